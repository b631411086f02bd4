"""The tools, one module each: its arguments, and its description for an agent that never heard of holobench."""

from __future__ import annotations

from typing import Any

from mcp.server import MCPServer

from holobench_mcp.server.services import Services
from holobench_mcp.server.tools import (
    cancel_measurement,
    compare_results,
    compare_revisions,
    export_result,
    import_results,
    list_baselines,
    list_benchmarks,
    list_metrics,
    list_results,
    measurement_progress,
    metric_history,
    run_benchmark,
    set_baseline,
    wait_measurement,
)

#: In the order in which clients list them.
_ALWAYS = (
    compare_results,
    list_results,
    list_metrics,
    export_result,
    metric_history,
    list_baselines,
    set_baseline,
    import_results,
)
_WITH_BENCHMARKS = (
    list_benchmarks,
    run_benchmark,
    compare_revisions,
    wait_measurement,
    cancel_measurement,
    measurement_progress,
)

#: The names of those that are there only where a person has configured benchmarks.
MEASURING = tuple(tool.__name__.rpartition(".")[2] for tool in _WITH_BENCHMARKS)


def register(server: MCPServer[Any], services: Services, *, measures: bool) -> None:
    """Add every tool that this project's configuration allows. measures: whether benchmarks may be run from here."""
    for tool in _ALWAYS:
        tool.register(server, services)
    if measures:
        for tool in _WITH_BENCHMARKS:
            tool.register(server, services)
