"""Measurements as tasks: what a task's status is, and its result, by the measurement's job."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio.to_thread
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent

from holobench_mcp import digest
from holobench_mcp.model import HolobenchMcpError, InvalidArgument
from holobench_mcp.server.services import Services, for_agents
from holobench_mcp.server.tasks import Task
from holobench_mcp.server.tools.waiting import answer_of

if TYPE_CHECKING:
    from holobench_mcp.measure.jobs import Job
    from holobench_mcp.workspace.work import Answer


class MeasurementTasks:
    """The measurements of this project as tasks. Whoever asks after one waits for it."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def get(self, task_id: str) -> Task | None:
        """A measurement as it is now, gone on with where it was broken off."""
        return await anyio.to_thread.run_sync(self._get, task_id)

    async def cancel(self, task_id: str) -> None:
        """End a measurement at once."""
        await anyio.to_thread.run_sync(self._services.workspace.measuring.cancel, task_id)

    def _get(self, task_id: str) -> Task | None:
        try:
            job = self._services.workspace.measuring.find(task_id)
        except InvalidArgument:
            return None
        except HolobenchMcpError as problem:
            when = datetime.now(UTC).isoformat()
            sentence = digest.with_output(str(problem))
            return Task(task_id, "completed", sentence, when, when, _wire(_failed(sentence)))
        with job.waiter():
            return task_of(job)


def task_of(job: Job[Answer]) -> Task:
    """A job as a task. One that failed is completed with the error that the tool's call would have had."""
    from holobench_mcp.workspace import underway

    document, when = job.document, datetime.now(UTC).isoformat()
    if not job.is_over:
        return Task(job.id, "working", digest.plain(underway.running(job).reason), document.started_at, when)
    updated = document.ended_at or when
    if document.status == "cancelled":
        return Task(job.id, "cancelled", "It was cancelled.", document.started_at, updated)
    try:
        result = for_agents(answer_of)(job)
    except ToolError as problem:
        result = _failed(str(problem))
    first = next((block.text for block in result.content if isinstance(block, TextContent)), "")
    return Task(job.id, "completed", first.split("\n", 1)[0], document.started_at, updated, _wire(result))


def _failed(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def _wire(result: CallToolResult) -> dict[str, object]:
    return result.model_dump(by_alias=True, mode="json", exclude_none=True)
