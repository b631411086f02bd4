"""Waiting on for a measurement that another call began."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from holobench_mcp.server.services import Services, described
from holobench_mcp.server.shapes import Measured
from holobench_mcp.server.tools.arguments import RUNS
from holobench_mcp.server.tools.waiting import WaitSeconds, wait_for_answer


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="Wait for a measurement", annotations=RUNS)
    @described
    async def wait_measurement(
        ctx: Context[Any],
        measurement: Annotated[str | None, Field(description="Its id; without one, the one under way")] = None,
        wait_seconds: WaitSeconds = None,
    ) -> Annotated[CallToolResult, Measured]:
        """The answer of a measurement that was still running, as soon as it is there. One that was broken off is
        gone on with."""
        return await wait_for_answer(
            ctx, services, lambda: services.workspace.measuring.find(measurement), wait_seconds
        )
