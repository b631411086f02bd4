"""The tools that run something: only what a person has configured, and only where something is.

The measuring happens in a worker thread, so that the server answers meanwhile; when the request is cancelled or the
client is gone, the whole process group is ended before the thread is left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field

from holobench_mcp import digest
from holobench_mcp.answers import BenchmarkList, MeasurementReport, RevisionReport
from holobench_mcp.config import MAX_ROUNDS, MAX_RUNS
from holobench_mcp.server.services import Services, answer, described, for_agents

R = TypeVar("R")
OnProgress = Callable[[str, int, int], None]

_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_RUNS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)

Parameters = Annotated[
    dict[str, str | int | float | bool] | None,
    Field(description="Values for parameters that list_benchmarks shows, such as {'repeats': 5}"),
]
Wait = Annotated[bool, Field(description="Wait for another measurement on this machine, or be refused at once")]


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tools that measure, where the configuration has benchmarks."""
    if services.config is None or not services.config.benchmarks:
        return

    @server.tool(title="List runnable benchmarks", annotations=_READS)
    @for_agents
    def list_benchmarks() -> Annotated[CallToolResult, BenchmarkList]:
        """The benchmarks that this project allows to run from here, with their parameters."""
        listed = services.workspace.measuring.list_benchmarks()
        return answer(digest.benchmarks(listed), listed)

    @server.tool(title="Run a benchmark", annotations=_RUNS)
    @described
    async def run_benchmark(
        ctx: Context[Any],
        name: Annotated[str, Field(description="One of list_benchmarks")],
        label: Annotated[str | None, Field(description="A name for this measurement, such as 'after caching'")] = None,
        runs: Annotated[
            int | None, Field(ge=1, le=MAX_RUNS, description="Processes to run, if not as configured")
        ] = None,
        repeats: Annotated[
            int | None, Field(description="Short for parameters={'repeats': …}, where the benchmark declares it")
        ] = None,
        parameters: Parameters = None,
        wait: Wait = True,
    ) -> Annotated[CallToolResult, MeasurementReport]:
        """Measure the working tree as it is now, in several processes, and record every run. Takes minutes; reports
        progress. To know whether uncommitted changes made things faster, call compare_revisions instead: it measures
        both sides in turn and needs nothing else."""
        if repeats is not None and "repeats" in (parameters or {}):
            raise ToolError("repeats: parameters has a value for it too; give one of them.")
        chosen = {**(parameters or {}), **({"repeats": repeats} if repeats is not None else {})}
        report = await _in_thread(
            ctx,
            lambda progress, cancel: services.workspace.measuring.run_benchmark(
                name, label=label, runs=runs, parameters=chosen, wait=wait, progress=progress, cancel=cancel
            ),
        )
        return answer(digest.measurement(report), report)

    @server.tool(title="Compare two revisions by measuring both", annotations=_RUNS)
    @described
    async def compare_revisions(
        ctx: Context[Any],
        benchmark: Annotated[str, Field(description="One of list_benchmarks")],
        base: Annotated[
            str, Field(description="The code before: a branch, tag or hash; merge-base finds where the work began")
        ] = "merge-base",
        head: Annotated[
            str, Field(description="The code after: worktree is the working tree with its uncommitted changes")
        ] = "worktree",
        rounds: Annotated[int, Field(ge=2, le=MAX_ROUNDS, description="Runs of each side, in turn")] = 5,
        max_seconds: Annotated[float | None, Field(gt=0, description="Stop after the round that passes this")] = None,
        parameters: Parameters = None,
        wait: Wait = True,
    ) -> Annotated[CallToolResult, RevisionReport]:
        """Did the change make it faster? Measures two revisions in turn, in temporary checkouts, and gives the
        decision with its evidence: nothing else needs to be called. The benchmark's own files are taken from the base
        on both sides. Takes minutes; reports progress."""
        report = await _in_thread(
            ctx,
            lambda progress, cancel: services.workspace.measuring.compare_revisions(
                benchmark,
                base=base,
                head=head,
                rounds=rounds,
                max_seconds=max_seconds,
                parameters=parameters,
                wait=wait,
                progress=progress,
                cancel=cancel,
            ),
        )
        return answer(digest.revisions(report), report)


async def _in_thread(ctx: Context[Any], work: Callable[[OnProgress, threading.Event], R]) -> R:
    """Run work in a thread, telling its progress; when cancelled, tell it to stop and wait until it has."""
    cancel = threading.Event()
    step = 0.0

    def tell(message: str, done: int, total: int) -> None:
        nonlocal step
        if cancel.is_set():
            return
        # What is told must grow with every message, also between two runs.
        step = max(step + 1e-3, float(done))
        anyio.from_thread.run(ctx.report_progress, step, float(total) or None, message)

    outcome: list[R] = []
    problems: list[ToolError] = []

    async def stop_when_cancelled() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cancel.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stop_when_cancelled)
        await anyio.lowlevel.checkpoint()
        with anyio.CancelScope(shield=True):
            try:
                outcome.append(await anyio.to_thread.run_sync(for_agents(lambda: work(tell, cancel))))
            except ToolError as problem:
                problems.append(problem)  # raised below, as a task group would wrap it
        tasks.cancel_scope.cancel()
    if problems:
        raise problems[0]
    return outcome[0]
