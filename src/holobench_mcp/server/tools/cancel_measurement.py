"""Ending a measurement before it is over."""

from __future__ import annotations

from typing import Annotated, Any

import anyio.to_thread
from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import Field

from holobench_mcp import digest
from holobench_mcp.server.services import Services, answer, described, for_agents
from holobench_mcp.server.shapes import Measured
from holobench_mcp.server.tools.arguments import RUNS


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="Cancel a measurement", annotations=RUNS)
    @described
    async def cancel_measurement(
        measurement: Annotated[str, Field(description="Its id")],
    ) -> Annotated[CallToolResult, Measured]:
        """End a measurement at once. What was recorded until then stays, and the same call goes on from it."""
        ended = await anyio.to_thread.run_sync(for_agents(lambda: services.workspace.measuring.cancel(measurement)))
        return answer(digest.unfinished(ended), ended)
