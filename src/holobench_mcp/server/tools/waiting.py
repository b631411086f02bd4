"""How a call waits for a measurement: as long as its client has patience, with a sign of life meanwhile.

The measurement is not the call's: one that is cancelled or times out only stops waiting.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any

import anyio
import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from holobench_mcp import digest
from holobench_mcp.answers import MeasurementReport, RevisionReport
from holobench_mcp.server.services import Services, answer, for_agents

if TYPE_CHECKING:
    from holobench_mcp.measure.jobs import Job
    from holobench_mcp.workspace.work import Answer

#: Whether the call is made by a client that waits by asking after a task: it is answered at once.
AS_TASK: ContextVar[bool] = ContextVar("as_task", default=False)
#: How often a client is told that it is still being measured: some end a call that says nothing for long.
NOTICE_S = 8.0
#: How often it is looked whether the measurement is over.
_TICK_S = 0.05
#: How long the answer of a measurement that has ended may take to be there.
_WRITTEN_UP_S = 2.0
#: Nobody's client waits longer for a call.
MOST_SECONDS = 3600

WaitSeconds = Annotated[
    float | None,
    Field(ge=0, le=MOST_SECONDS, description="How long to wait for the answer before it says how far it is"),
]


async def wait_for_answer(
    ctx: Context[Any], services: Services, find: Callable[[], Job[Answer]], wait_seconds: float | None
) -> CallToolResult:
    """The answer of a measurement; where it is not there in time, how far it is and the call that waits on.

    find: gives the job, in a thread: it may read git and the store.
    """
    began = time.monotonic()
    patience = services.config.patience_s if services.config is not None else 0.0
    job = await anyio.to_thread.run_sync(for_agents(find))
    waits = 0.0 if AS_TASK.get() else patience if wait_seconds is None else wait_seconds
    await wait(ctx.report_progress, job, began + waits)
    if job.document.status != "running" and not AS_TASK.get():
        # What has ended only has to be written up: no client is sent away for that.
        await wait(ctx.report_progress, job, time.monotonic() + _WRITTEN_UP_S)
    return await anyio.to_thread.run_sync(for_agents(lambda: answer_of(job)))


async def wait(
    notify: Callable[[float, float | None, str | None], Awaitable[None]],
    job: Job[Answer],
    deadline: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> None:
    """Wait until a job is over or the deadline, by the clock, is there; say how far it is whenever that is news.

    What is measured may be one long process: a notice comes by time too.
    """
    from holobench_mcp.workspace import underway

    step, noticed, said = 0.0, clock(), None
    with job.waiter():
        while not job.is_over and clock() < deadline:
            message = underway.message(job)
            if message != said or clock() - noticed >= NOTICE_S:
                # The protocol wants progress to grow with every message, also between two runs.
                progress = job.state.progress
                step = max(step + 1e-3, float(progress.done))
                said, noticed = message, clock()
                await notify(step, float(progress.total) or None, digest.plain(underway.running(job).reason))
            await sleep(min(_TICK_S, max(deadline - clock(), 0.0)))


def answer_of(job: Job[Answer]) -> CallToolResult:
    """What there is to say of a job now. Raises what it failed with."""
    from holobench_mcp.workspace import next_calls, underway

    report = job.answer() if job.is_over else underway.running(job)
    if isinstance(report, RevisionReport):
        report = next_calls.of_report(report)
        return answer(digest.revisions(report), report)
    if isinstance(report, MeasurementReport):
        return answer(digest.measurement(report), report)
    return answer(digest.unfinished(report), report)
