"""What a call with wrong arguments gets: one sentence that names the argument, also where the tool has none such.

The SDK ignores arguments that a tool does not have, so a misspelt margin would silently be the default one; and it
reports a wrong one in pydantic's words, over several lines.
"""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from mcp.server import MCPServer
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult
from pydantic import BaseModel, ValidationError

from holobench_mcp.model import fault_in
from holobench_mcp.model.text import plain
from holobench_mcp.server.links import with_link
from holobench_mcp.server.shapes import advertised_output
from holobench_mcp.server.wire import AsGiven, advertised, normal

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context
    from mcp_types import GetPromptResult, InputRequiredResult


#: What an argument was called before, and in other tools.
_OLD_NAMES = {"bench_name": "benchmark", "name": "benchmark"}


Params = TypeVar("Params", bound=BaseModel)
#: What serves a method of the protocol: the request and its parameters in, its result out.
Handler = Callable[[ServerRequestContext[Any, Any], Params], Awaitable[HandlerResult]]


class Server(MCPServer[Any]):
    """An MCPServer that takes no argument lightly, and that serves methods which the SDK has no place for."""

    def serve_method(self, method: str, params: type[Params], handler: Handler[Params]) -> None:
        """Serve a method, in the place of what served it before. What is served is advertised."""
        self._lowlevel_server.add_request_handler(method, params, handler)

    def handler_of(self, method: str) -> Handler[Any]:
        """What serves a method now. Raises KeyError for one that is not served."""
        entry = self._lowlevel_server.get_request_handler(method)
        if entry is None:
            raise KeyError(method)
        return entry.handler

    def add_tool(self, fn: Callable[..., Any], name: str | None = None, *args: Any, **options: Any) -> None:  # noqa: ANN401 - the SDK's
        """Add a tool, with the schema that clients can use and that arguments are read by."""
        super().add_tool(fn, name, *args, **options)
        tool = self._tool_manager.get_tool(name or fn.__name__)
        if tool is not None:
            tool.parameters = advertised(tool.parameters)
            tool.fn_metadata = AsGiven.of(tool.fn_metadata)
            if tool.fn_metadata.output_schema is not None:
                tool.fn_metadata.output_schema = advertised_output(tool.fn_metadata.output_schema)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Any, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """A prompt, rendered. Raises MCPError, which names what is unknown or missing, where the SDK names nothing."""
        prompt = self._prompt_manager.get_prompt(name)
        if prompt is None:
            known = ", ".join(p.name for p in self._prompt_manager.list_prompts())
            raise MCPError(INVALID_PARAMS, f"There is no prompt {name!r:.80}. There are {known}.")
        declared = {a.name: a for a in prompt.arguments or ()}
        given = {name: text for name, text in (arguments or {}).items() if text is not None}
        for unknown in given.keys() - declared.keys():
            takes = ", ".join(declared) or "none"
            raise MCPError(INVALID_PARAMS, f"{unknown!r:.80}: {name} has no such argument. It takes {takes}.")
        for argument in declared.values():
            if argument.required and not str(given.get(argument.name, "")).strip():
                what = argument.description or ""
                raise MCPError(INVALID_PARAMS, f"{argument.name}: {name} needs it. {what}".strip())
        return await super().get_prompt(name, given, context)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool. Raises ToolError, naming the argument, for one that is unknown, wrong or missing."""
        tool = self._tool_manager.get_tool(name)
        if tool is None:
            raise ToolError(_no_such_tool(name, [t.name for t in self._tool_manager.list_tools()]))
        known = list(tool.parameters.get("properties", {}))
        arguments = _renamed(name, arguments, known)
        for argument in arguments:
            if argument not in known:
                near = difflib.get_close_matches(argument[:100], known, n=1)
                hint = f"Did you mean {near[0]}?" if near else f"It takes {', '.join(known) or 'none'}."
                raise ToolError(f"{argument!r:.80}: {name} has no such argument. {hint}")
        arguments = normal(arguments, tool.parameters)
        try:
            result = await super().call_tool(name, arguments, context)
            version = context.protocol_version if context is not None else None
            return with_link(result, version) if isinstance(result, CallToolResult) else result
        except ToolError as problem:
            if isinstance(problem.__cause__, ValidationError) and not isinstance(problem, UnexpectedToolError):
                fault = fault_in(problem.__cause__, document=arguments)
                absent = fault.path[0] if fault.path and fault.path[0] not in arguments else ""
                raise ToolError(f"{plain(str(fault))} {_named_by(name, absent)}".strip()) from problem
            raise


def _named_by(tool: str, argument: str) -> str:
    """The call that has the names of which a tool's argument is one; nothing of an argument that is no name."""
    measures = tool in ("run_benchmark", "compare_revisions")
    calls = {
        "benchmark": "list_benchmarks()" if measures else "list_results()",
        "metric": "list_metrics()",
        "result": "list_results()",
        "measurement": "wait_measurement()",
    }
    return f"{calls[argument]} has the names." if argument in calls else ""


def _no_such_tool(name: str, known: list[str]) -> str:
    """What to say of a tool that is not there: one that measures may be missing because nothing is configured."""
    from holobench_mcp.server.tools import MEASURING  # whose modules import the services, which import this one

    said = f"Unknown tool: {plain(name, 80)}."
    if name in MEASURING:
        return (
            f"{said} Benchmarks are measured from here only where a person has configured them, as "
            "[tool.holobench-mcp.benchmarks.NAME] with a command in pyproject.toml (over HTTP with measure = true in "
            "[tool.holobench-mcp.http] too), and started the server again. Meanwhile `holobench-mcp ab -- COMMAND` in "
            "a shell measures a change, and `holobench-mcp run -- COMMAND` records a run for compare_results."
        )
    near = difflib.get_close_matches(name[:100], known, n=1)
    return f"{said} {f'Did you mean {near[0]}? ' if near else ''}There are {', '.join(known)}."


def _renamed(tool: str, arguments: dict[str, Any], known: list[str]) -> dict[str, Any]:
    """Arguments by the names that the tool has now. Raises ToolError where both names got different values."""
    renamed = dict(arguments)
    for old, new in _OLD_NAMES.items():
        if old not in renamed or old in known or new not in known:
            continue
        value, new_value = renamed.pop(old), renamed.get(new)
        if value is None or new_value is None:  # null is absent
            renamed[new] = value if new_value is None else new_value
        elif value != new_value:
            raise ToolError(f"{new}: {tool} got {new_value!r:.80}, and {old}={value!r:.80} beside it. Give one.")
    return renamed
