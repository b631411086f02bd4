"""A server with the tools that the conformance scenarios of the tasks extension ask for, over our extension.

Run as `python tasks_fixture.py PORT`. Its tools are told apart from ours only by what they compute.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, CallToolResult, TextContent

from holobench_mcp.server.tasks import Task, Tasks
from holobench_mcp.server.tools.waiting import AS_TASK


class Coroutines:
    """Tasks that are coroutines of this process."""

    def __init__(self) -> None:
        self._tasks: dict[str, tuple[asyncio.Task[CallToolResult], str]] = {}

    async def answer(self, work: Any) -> CallToolResult:
        """The result of work, or what says that it is still running, as a tool that measures has it."""
        task = asyncio.create_task(work)
        if not AS_TASK.get():
            return await task
        name = f"task-{len(self._tasks)}-{id(task):x}"
        self._tasks[name] = (task, datetime.now(UTC).isoformat())
        return CallToolResult(content=[], structured_content={"status": "running", "measurement": name})

    async def get(self, task_id: str) -> Task | None:
        if task_id not in self._tasks:
            return None
        work, began = self._tasks[task_id]
        now = datetime.now(UTC).isoformat()
        if not work.done():
            return Task(task_id, "working", "computing", began, now)
        if work.cancelled():
            return Task(task_id, "cancelled", "It was cancelled.", began, now)
        if (problem := work.exception()) is not None:
            error = {"code": INTERNAL_ERROR, "message": str(problem)}
            return Task(task_id, "failed", str(problem), began, now, error=error)
        result = work.result().model_dump(by_alias=True, mode="json", exclude_none=True)
        return Task(task_id, "completed", "done", began, now, result=result)

    async def cancel(self, task_id: str) -> None:
        self._tasks[task_id][0].cancel()


def said(text: str, *, is_error: bool = False) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=is_error)


def create() -> MCPServer[Any]:
    source = Coroutines()
    server = MCPServer("tasks-fixture", extensions=[Tasks(source)])

    @server.tool()
    async def greet(name: str = "World") -> str:
        return f"Hello, {name}!"

    @server.tool()
    async def slow_compute(seconds: float = 1, label: str = "") -> CallToolResult:
        async def work() -> CallToolResult:
            await asyncio.sleep(seconds)
            return said(f"computed {label}")

        return await source.answer(work())

    @server.tool()
    async def failing_job() -> CallToolResult:
        async def work() -> CallToolResult:
            await asyncio.sleep(0.5)
            return said("it failed", is_error=True)

        return await source.answer(work())

    @server.tool()
    async def protocol_error_job() -> CallToolResult:
        async def work() -> CallToolResult:
            await asyncio.sleep(0.2)
            raise MCPError(code=INTERNAL_ERROR, message="it broke")

        return await source.answer(work())

    return server


if __name__ == "__main__":
    uvicorn.run(create().streamable_http_app(stateless_http=True), port=int(sys.argv[1]), log_level="error")
