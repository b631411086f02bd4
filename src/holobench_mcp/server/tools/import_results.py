"""Taking in files of other tools, and saved results."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field

from holobench_mcp import digest
from holobench_mcp.server.services import Services, answer, for_agents
from holobench_mcp.server.shapes import Listed


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(
        title="Import saved results",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )
    @for_agents
    def import_results(
        path: Annotated[str, Field(description="A benchmark tool's output or a saved result, below the project")],
        format: Annotated[str | None, Field(description="auto, unless given")] = None,
        label: Annotated[str | None, Field(description="A name for this code")] = None,
        revision: Annotated[str | None, Field(description="The commit measured, where the file lacks it")] = None,
    ) -> Annotated[CallToolResult, Listed]:
        """Record what another benchmark tool wrote (pytest-benchmark, pyperf, hyperfine, Google
        Benchmark, go test, asv, Criterion, JMH, vitest, JSON lines, CSV) or saved
        results, so that they can be compared. Nothing in it is run."""
        report = services.workspace.import_for_agent(path, format_name=format, label=label, revision=revision)
        return answer(digest.imported(report), report)
