"""What the extension `io.modelcontextprotocol/ui` adds to the protocol, and for whom.

The page is a resource for whoever reads it. The tools say which page shows their answers, and what the page itself may
call, only in the list that a client of the extension gets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.server.apps import EXTENSION_ID, Apps, client_supports_apps
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.resources import FunctionResource
from mcp_types import ListToolsResult, PaginatedRequestParams, Tool

from holobench_mcp.server.arguments import Server
from holobench_mcp.server.chart.fragments import CHART_URI, WANTED

if TYPE_CHECKING:
    from holobench_mcp.server.services import Services

__all__ = ["EXTENSION_ID", "ForApps", "charts", "register"]

#: The tools whose answers the page shows.
CHARTED = frozenset({"compare_results", "compare_revisions", "wait_measurement", "metric_history"})
#: The one tool that the page calls. It is the page's alone: no model is shown it, nor any client without the extension.
FOR_THE_PAGE = "measurement_progress"
#: The page loads nothing, from nowhere, and may do nothing that a browser asks a person for.
_SEALED: dict[str, Any] = {
    "csp": {"connectDomains": [], "resourceDomains": [], "frameDomains": [], "baseUriDomains": []},
    "permissions": {},
    "prefersBorder": True,
}


def charts() -> Apps:
    """The extension, with its page."""
    apps = Apps()
    apps.add_resource(
        FunctionResource(
            uri=CHART_URI,
            name="chart",
            title="Chart of a comparison or a history",
            description="Shows the chart that comes with an answer. Static, without network.",
            meta={"ui": _SEALED},
            fn=_page,
        )
    )
    return apps


def _page() -> str:
    from holobench_mcp.server.chart.page import page

    return page()


class ForApps:
    """A middleware of the protocol: whether the client of a request shows charts."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Answer, with or without charts."""
        shown = client_supports_apps(ctx) or _remembered(ctx)
        token = WANTED.set((lambda: self._services.workspace) if shown else None)
        try:
            return await call_next(ctx)
        finally:
            WANTED.reset(token)


def _remembered(ctx: ServerRequestContext[Any, Any]) -> bool:
    """The same of a client that said so in an earlier request, over HTTP."""
    headers = getattr(ctx.request, "headers", None)
    if headers is None or ctx.session.client_capabilities is not None:
        return False
    from holobench_mcp.server.http.app_sessions import shows_charts

    return shows_charts(headers)


def register(server: Server) -> None:
    """Let the list of tools say what there is for whom."""
    listed = server.handler_of("tools/list")

    async def for_client(ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None) -> HandlerResult:
        result = await listed(ctx, params)
        if not isinstance(result, ListToolsResult):
            return result
        wanted = WANTED.get() is not None
        tools = [_with_page(t) if wanted else t for t in result.tools if wanted or t.name != FOR_THE_PAGE]
        return result.model_copy(update={"tools": tools})

    server.serve_method("tools/list", PaginatedRequestParams, for_client)


def _with_page(tool: Tool) -> Tool:
    """A tool with the page that shows its answers. Only the page's own tool may be called by the page."""
    if tool.name == FOR_THE_PAGE:
        return tool.model_copy(update={"meta": {"ui": {"visibility": ["app"]}}})
    ui = {"resourceUri": CHART_URI} if tool.name in CHARTED else {}
    return tool.model_copy(update={"meta": {**(tool.meta or {}), "ui": {**ui, "visibility": ["model"]}}})
