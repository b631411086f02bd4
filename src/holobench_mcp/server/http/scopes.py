"""What a token may do: one that only reads is shown no tool that writes, and gets none done."""

from __future__ import annotations

from typing import Any

from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST, CallToolResult, TextContent

from holobench_mcp.server.http.tokens import WRITE

#: Methods that end or change a measurement.
_WRITING_METHODS = frozenset({"tasks/cancel", "tasks/update"})
_REFUSED = "{what} changes something here, and this connection may only read: it needs a token with the scope 'write'."


class ScopeCheck:
    """A middleware of the protocol. Which tools write, their own annotations say."""

    def __init__(self) -> None:
        self.server: MCPServer[Any] | None = None
        self._writing: frozenset[str] | None = None

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Answer what the token allows."""
        if _may_write(ctx):
            return await call_next(ctx)
        if ctx.method in _WRITING_METHODS:
            raise MCPError(INVALID_REQUEST, _REFUSED.format(what=ctx.method))
        if ctx.method not in ("tools/call", "tools/list"):
            return await call_next(ctx)
        writing = await self._writing_tools()
        name = (ctx.params or {}).get("name")
        if ctx.method == "tools/call" and isinstance(name, str) and name in writing:
            sentence = _REFUSED.format(what=name)
            return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)
        result = await call_next(ctx)
        if ctx.method == "tools/list" and result is not None:
            return _without(result, writing)
        return result

    async def _writing_tools(self) -> frozenset[str]:
        """The same as long as the server runs."""
        if self._writing is None:
            tools = await self.server.list_tools() if self.server is not None else []
            self._writing = frozenset(
                t.name for t in tools if t.annotations is None or not t.annotations.read_only_hint
            )
        return self._writing


def _may_write(ctx: ServerRequestContext[Any, Any]) -> bool:
    scope = getattr(ctx.request, "scope", None) or {}
    return WRITE in getattr(scope.get("auth"), "scopes", ())


def _without(result: Any, names: frozenset[str]) -> HandlerResult:  # noqa: ANN401 - a model or its document
    if isinstance(result, dict):
        return {**result, "tools": [tool for tool in result["tools"] if tool["name"] not in names]}
    shown: HandlerResult = result.model_copy(update={"tools": [t for t in result.tools if t.name not in names]})
    return shown
