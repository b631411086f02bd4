"""Work that takes minutes, in a worker thread, so that the server answers meanwhile.

When the request is cancelled or the client is gone, the work is asked to stop, and the thread is left only once it has.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from holobench_mcp.server.services import for_agents

R = TypeVar("R")
OnProgress = Callable[[str, int, int], None]


async def in_thread(ctx: Context[Any], work: Callable[[OnProgress, threading.Event], R]) -> R:
    """Run work in a thread and report its progress; when cancelled, signal it to stop and wait until it has."""
    cancel = threading.Event()
    step = 0.0

    def report(message: str, done: int, total: int) -> None:
        nonlocal step
        if cancel.is_set():
            return
        # The protocol wants progress to grow with every message, also between two runs.
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
                outcome.append(await anyio.to_thread.run_sync(for_agents(lambda: work(report, cancel))))
            except ToolError as problem:
                problems.append(problem)  # raised below, as a task group would wrap it
        tasks.cancel_scope.cancel()
    if problems:
        raise problems[0]
    return outcome[0]
