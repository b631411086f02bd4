"""Taking in a saved file."""

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
        path: Annotated[str, Field(description="A saved .pkl result or a result.json, below the project's folder")],
    ) -> Annotated[CallToolResult, Listed]:
        """Record results that were saved to a file, so that they can be compared. Nothing in a pickle is run: it is
        read in a quarantined process."""
        report = services.workspace.import_for_agent(path)
        return answer(digest.imported(report), report)
