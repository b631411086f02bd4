"""What may be run from here."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp_types import CallToolResult

from holobench_mcp import digest
from holobench_mcp.server.services import Services, answer, for_agents
from holobench_mcp.server.shapes import Listed
from holobench_mcp.server.tools.arguments import READS


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="List runnable benchmarks", annotations=READS)
    @for_agents
    def list_benchmarks() -> Annotated[CallToolResult, Listed]:
        """The benchmarks that this project allows to run from here, with their parameters."""
        listed = services.workspace.measuring.list_benchmarks()
        return answer(digest.benchmarks(listed), listed)
