"""How far a measurement is, for the chart in the conversation: no agent is shown this tool, and it measures nothing."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from holobench_mcp.server.services import Services, described
from holobench_mcp.server.shapes import Measured
from holobench_mcp.server.tools.arguments import READS
from holobench_mcp.server.tools.waiting import WaitSeconds, wait_for_answer


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="How far a measurement is", annotations=READS)
    @described
    async def measurement_progress(
        ctx: Context[Any],
        measurement: Annotated[str, Field(description="Its id")],
        wait_seconds: WaitSeconds = None,
    ) -> Annotated[CallToolResult, Measured]:
        """How far a measurement is, or its answer. Begins nothing, and goes on with nothing."""
        return await wait_for_answer(
            ctx, services, lambda: services.workspace.measuring.look_at(measurement), wait_seconds
        )
