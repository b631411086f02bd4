"""What one result measured."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp_types import CallToolResult

from holobench_mcp import digest
from holobench_mcp.server.services import Services, answer, for_agents
from holobench_mcp.server.shapes import Listed
from holobench_mcp.server.tools.arguments import READS, Cursor, ResultName


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="List a result's metrics", annotations=READS)
    @for_agents
    def list_metrics(result: ResultName = "latest", cursor: Cursor = None) -> Annotated[CallToolResult, Listed]:
        """What one result measured: the swept inputs with their values, and each metric's unit, better direction,
        mean, best value and where that was, and whether its claim holds."""
        listed = services.workspace.list_metrics(result, cursor)
        return answer(digest.metrics(listed), listed)
