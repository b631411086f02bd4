"""How a client of an earlier protocol, over HTTP, is known to show charts.

Since 2026-07-28 every request says what its client can do. Before, only the first one did, and this server remembers
nothing between two requests: any of several behind a balancer answers any of them. So the client itself is given what
to remember: the id of its session, which it sends with every further request, says that it declared MCP Apps. Whoever
did not declare them gets no session, as ever.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "mcp-session-id"
#: How the id of such a session begins. It opens nothing: whoever makes one up gets charts with the answers.
_PREFIX = "charts-"
#: Bytes of a body that may be an `initialize`. No client says more of itself.
_LONGEST = 64 * 1024


def shows_charts(headers: object) -> bool:
    """Whether a request is of a session whose client declared MCP Apps."""
    return isinstance(headers, Headers) and headers.get(HEADER, "").startswith(_PREFIX)


class AppSessions:
    """Gives who declares MCP Apps in an `initialize` a session that says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the id of a session where there is one."""
        if scope["type"] != "http" or scope["method"] != "POST" or HEADER in Headers(scope=scope):
            await self._app(scope, receive, send)
            return
        messages, body = await _beginning(receive)
        remaining = iter(messages)

        async def again() -> Message:
            return next(remaining, None) or await receive()

        async def with_session(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(scope=message)[HEADER] = f"{_PREFIX}{uuid4().hex}"
            await send(message)

        await self._app(scope, again, with_session if _declares_apps(body) else send)


async def _beginning(receive: Receive) -> tuple[list[Message], bytes]:
    """The first messages of a request, and its body where that is whole and short."""
    messages: list[Message] = []
    body = b""
    while True:
        messages.append(message := await receive())
        if message["type"] != "http.request":
            return messages, b""
        body += message.get("body", b"")
        if len(body) > _LONGEST:
            return messages, b""
        if not message.get("more_body", False):
            return messages, body


def _declares_apps(body: bytes) -> bool:
    """Whether a request begins a session of an earlier protocol, and its client shows charts."""
    if EXTENSION_ID.encode() not in body:
        return False
    try:
        request: Any = json.loads(body)
        settings = request["params"]["capabilities"]["extensions"][EXTENSION_ID]
        return request["method"] == "initialize" and APP_MIME_TYPE in list(settings["mimeTypes"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
