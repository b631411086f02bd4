"""When a metric changed."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import Field

from holobench_mcp import digest
from holobench_mcp.server.services import Services, answer, for_agents
from holobench_mcp.server.shapes import Listed
from holobench_mcp.server.tools.arguments import READS


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="A metric's history", annotations=READS)
    @for_agents
    def metric_history(
        benchmark: Annotated[str, Field(description="The benchmark, as list_results or list_benchmarks names it")],
        metric: Annotated[str, Field(description="One of its metrics")],
        point: Annotated[
            dict[str, str | int | float | bool] | None, Field(description="One input point, such as {'size': 200}")
        ] = None,
        limit: Annotated[int, Field(ge=2, le=1000, description="Newest codes to look at")] = 50,
        uncommitted: Annotated[bool, Field(description="Take in uncommitted code too")] = False,
    ) -> Annotated[CallToolResult, Listed]:
        """When did a metric change? Its value and interval at each code that was measured, in the order of commits,
        the change points with the revisions between which they lie and how sure they are, or a slow drift that no
        single step shows. One sweep, command and machine; limits names what is left out."""
        answered = services.workspace.metric_history(
            benchmark, metric, point=point, limit=limit, uncommitted=uncommitted
        )
        return answer(digest.history(answered), answered)
