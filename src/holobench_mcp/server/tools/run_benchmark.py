"""Measuring the working tree."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult
from pydantic import Field

from holobench_mcp.config import MAX_RUNS
from holobench_mcp.server.services import Services, described
from holobench_mcp.server.shapes import Measured
from holobench_mcp.server.tools.arguments import RUNS, Parameters
from holobench_mcp.server.tools.waiting import WaitSeconds, wait_for_answer


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="Run a benchmark", annotations=RUNS)
    @described
    async def run_benchmark(
        ctx: Context[Any],
        benchmark: Annotated[str, Field(description="One of list_benchmarks")],
        label: Annotated[str | None, Field(description="A name for this measurement, such as 'after caching'")] = None,
        runs: Annotated[
            int | None, Field(ge=1, le=MAX_RUNS, description="Processes to run, if not as configured")
        ] = None,
        repeats: Annotated[
            int | None, Field(description="Short for parameters={'repeats': …}, where the benchmark declares it")
        ] = None,
        parameters: Parameters = None,
        wait_seconds: WaitSeconds = None,
    ) -> Annotated[CallToolResult, Measured]:
        """Measure the working tree as it is now, in several processes, and record every run. Takes minutes; reports
        progress. To know whether uncommitted changes made things faster, call compare_revisions instead: it measures
        both sides in turn and needs nothing else."""
        if repeats is not None and "repeats" in (parameters or {}):
            raise ToolError("repeats: parameters has a value for it too; give one of them.")
        chosen = {**(parameters or {}), **({"repeats": repeats} if repeats is not None else {})}
        return await wait_for_answer(
            ctx,
            services,
            lambda: services.workspace.measuring.start_benchmark(benchmark, label=label, runs=runs, parameters=chosen),
            wait_seconds,
        )
