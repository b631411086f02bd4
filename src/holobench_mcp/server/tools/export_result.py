"""One result as holobench's contract."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import Field

from holobench_mcp import digest
from holobench_mcp.server.services import Services, answer, for_agents
from holobench_mcp.server.shapes import Listed
from holobench_mcp.server.tools.arguments import READS, ResultName


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="Export a result's contract", annotations=READS)
    @for_agents
    def export_result(
        result: ResultName = "latest",
        include_series: Annotated[bool, Field(description="Add the recorded history of over-time results")] = False,
    ) -> Annotated[CallToolResult, Listed]:
        """One result as holobench's stable result.json contract: provenance, metrics, optima, claims, regressions."""
        document = services.workspace.export_result(result, include_series=include_series)
        return answer(digest.result(document), document)
