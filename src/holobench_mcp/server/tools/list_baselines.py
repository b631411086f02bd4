"""What is pinned."""

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

    @server.tool(title="List baselines", annotations=READS)
    @for_agents
    def list_baselines(
        benchmark: Annotated[str | None, Field(description="Only this benchmark")] = None,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, Listed]:
        """Which results are pinned as baselines, by whom, when and why."""
        listed = services.workspace.list_baselines(benchmark, cursor)
        return answer(digest.baselines(listed), listed)
