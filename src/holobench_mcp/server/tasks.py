"""The extension `io.modelcontextprotocol/tasks` (SEP-2663): a client that declares it gets a task in place of a wait.

A measurement is one thing, whoever asks after it: the task's id is the measurement's, `tasks/get` finds it after a
restart of the server too, and its result is what `wait_measurement` would have answered. A client that did not declare
the extension never sees a task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.server.mcpserver import require_client_extension
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER
from mcp_types import HEADER_MISMATCH, INVALID_PARAMS, CallToolRequestParams, CallToolResult, RequestParams
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from holobench_mcp.server.chart.extension import FOR_THE_PAGE
from holobench_mcp.server.tools.waiting import AS_TASK

EXTENSION = "io.modelcontextprotocol/tasks"
#: How often a client should ask: a run takes seconds, and what nobody asks after for two minutes ends.
POLL_INTERVAL_MS = 5000
#: How long a measurement that was broken off can be gone on with; its results stay for ever.
TTL_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Task:
    """A task as it is now. result: of a completed one; error: of a failed one, which is a fault of the protocol."""

    id: str
    status: Literal["working", "completed", "failed", "cancelled"]
    message: str
    created_at: str
    updated_at: str
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None

    def wire(self, *, detailed: bool) -> dict[str, Any]:
        """The task as it is sent. detailed: with what it came to, as `tasks/get` gives it."""
        sent: dict[str, Any] = {
            "taskId": self.id,
            "status": self.status,
            "statusMessage": self.message,
            "createdAt": self.created_at,
            "lastUpdatedAt": self.updated_at,
            "ttlMs": TTL_MS,
            "pollIntervalMs": POLL_INTERVAL_MS,
        }
        if detailed and self.result is not None:
            sent["result"] = dict(self.result)
        if detailed and self.error is not None:
            sent["error"] = dict(self.error)
        return sent


class TaskSource(Protocol):
    """What knows the tasks. Its methods may take a while, and are called in the server's event loop."""

    async def get(self, task_id: str) -> Task | None:
        """A task as it is now, which somebody waits for. None for one that there is not."""
        ...

    async def cancel(self, task_id: str) -> None:
        """End a task that is under way."""
        ...


class TaskParams(RequestParams):
    """The parameters of `tasks/get` and `tasks/cancel`."""

    task_id: str


class UpdateParams(TaskParams):
    """The parameters of `tasks/update`: no task of ours asks for input, so that every response is ignored."""

    input_responses: dict[str, Any] = {}


class Tasks(Extension):
    """Offers tasks to clients that declare them."""

    identifier = EXTENSION

    def __init__(self, source: TaskSource) -> None:
        self._source = source

    def methods(self) -> Sequence[MethodBinding]:
        """What a client asks of a task. Earlier protocols have no tasks of this kind."""
        versions = frozenset(MODERN_PROTOCOL_VERSIONS)
        return (
            MethodBinding("tasks/get", TaskParams, self._get, versions),
            MethodBinding("tasks/update", UpdateParams, self._update, versions),
            MethodBinding("tasks/cancel", TaskParams, self._cancel, versions),
        )

    async def intercept_tool_call(
        self,
        params: CallToolRequestParams,
        ctx: ServerRequestContext[Any, Any],
        call_next: CallNext,
    ) -> HandlerResult:
        """The call's result; where that only says that it is still measured, the task that it is.

        By then the measurement's document is in the store, so that the task is as durable as its results.
        """
        # The page of the chart asks how far one is, and knows of no tasks.
        if params.name == FOR_THE_PAGE or ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS or not _declared(ctx):
            return await call_next(ctx)
        token = AS_TASK.set(True)
        try:
            result = await call_next(ctx)
        finally:
            AS_TASK.reset(token)
        name = task_id_in(result)
        task = await self._source.get(name) if name is not None else None
        if task is None:
            return result
        return {"resultType": "task", **task.wire(detailed=False)}

    async def _get(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        task = await self._known(ctx, params.task_id)
        return {"resultType": "complete", **task.wire(detailed=True)}

    async def _update(self, ctx: ServerRequestContext[Any, Any], params: UpdateParams) -> HandlerResult:
        await self._known(ctx, params.task_id)
        return {"resultType": "complete"}

    async def _cancel(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        task = await self._known(ctx, params.task_id)
        if task.status == "working":
            await self._source.cancel(task.id)
        return {"resultType": "complete"}

    async def _known(self, ctx: ServerRequestContext[Any, Any], task_id: str) -> Task:
        require_client_extension(ctx, EXTENSION)
        headers = getattr(ctx.request, "headers", None)  # over HTTP, where proxies route by it
        if headers is not None and headers.get(MCP_NAME_HEADER) != task_id:
            raise MCPError(code=HEADER_MISMATCH, message=f"The header {MCP_NAME_HEADER} is not the task's id")
        task = await self._source.get(task_id)
        if task is None:
            raise MCPError(code=INVALID_PARAMS, message=f"Task not found: {task_id!r:.100}")
        return task


def task_id_in(result: HandlerResult) -> str | None:
    """The id of the measurement that a tool's answer says is still running."""
    structure = result.structured_content if isinstance(result, CallToolResult) else None
    if structure is None or structure.get("status") not in ("running", "waiting"):
        return None
    name = structure.get("measurement")
    return name if isinstance(name, str) else None


def _declared(ctx: ServerRequestContext[Any, Any]) -> bool:
    capabilities = ctx.session.client_capabilities
    return bool(capabilities and capabilities.extensions and EXTENSION in capabilities.extensions)
