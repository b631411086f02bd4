"""What is recorded."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import Field

from holobench_mcp import digest
from holobench_mcp.server.services import Services, answer, for_agents
from holobench_mcp.server.shapes import Listed
from holobench_mcp.server.tools.arguments import READS, Cursor


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="List recorded benchmark results", annotations=READS)
    @for_agents
    def list_results(
        benchmark: Annotated[str | None, Field(description="Only this benchmark")] = None,
        revision: Annotated[str | None, Field(description="Only this git revision, branch or tag")] = None,
        label: Annotated[str | None, Field(description="Only this display label")] = None,
        limit: Annotated[int, Field(ge=1, le=100, description="Results a page")] = 20,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, Listed]:
        """Which benchmark results are recorded, newest first: id, benchmark, time, git revision, metrics, baselines."""
        page = services.workspace.list_results(
            benchmark=benchmark, revision=revision, label=label, limit=limit, cursor=cursor
        )
        return answer(digest.results(page), page)
