"""What every request passes before it is answered: its log, its limits, and who asks. Its address: `address`.

Written as plain ASGI applications around each other: the SDK's own server stands innermost.
"""

from __future__ import annotations

import json
import logging
import time

import anyio
from starlette.authentication import AuthCredentials
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holobench_mcp.server.http.tokens import READ

#: What a load balancer or an OAuth client asks for before it has a token.
OPEN_PATHS = ("/healthz", "/readyz", "/.well-known/")
#: How long a client may take to send a request's body, and to take a piece of the answer.
BODY_S, SEND_S = 30.0, 30.0
access_log = logging.getLogger("holobench_mcp.access")


def is_open(path: str) -> bool:
    """Whether a path is answered to anybody."""
    return any(path == one or (one.endswith("/") and path.startswith(one)) for one in OPEN_PATHS)


class AccessLog:
    """One line of JSON a request: who, what, how it went and how long it took. No query, no header with a secret."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and write the line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, sent = time.monotonic(), {"status": 0, "bytes": 0}

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent["status"] = message["status"]
            elif message["type"] == "http.response.body":
                sent["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            self._write(scope, sent, time.monotonic() - began)

    def _write(self, scope: Scope, sent: dict[str, int], seconds: float) -> None:
        headers = dict(scope["headers"])
        user = scope.get("user")
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "client": (scope.get("client") or ("",))[0],
            "user": getattr(user, "username", "") or "-",
            "method": scope["method"],
            "path": _text(scope["path"]),
            "call": " ".join(filter(None, (_text(headers.get(key, b"")) for key in (b"mcp-method", b"mcp-name")))),
            **sent,
            "ms": round(seconds * 1000, 1),
        }
        access_log.info("%s", json.dumps({key: value for key, value in line.items() if value != ""}))


def _text(value: str | bytes) -> str:
    """As much of a client's text as is worth a line; JSON escapes what a terminal would obey."""
    return (value.decode("latin-1") if isinstance(value, bytes) else value)[:200]


class Limits:
    """No request takes for ever to arrive, and no client to take its answer."""

    def __init__(self, app: ASGIApp, *, body_s: float = BODY_S, send_s: float = SEND_S) -> None:
        self._app, self._body_s, self._send_s = app, body_s, send_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer within the limits, or not at all."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline = anyio.current_time() + self._body_s
        state = {"body": True, "started": False}

        async def in_time(*_: object) -> Message:
            if not state["body"]:
                return await receive()
            with anyio.CancelScope(deadline=deadline) as waiting:
                message = await receive()
            if waiting.cancelled_caught:
                raise _TooSlow
            state["body"] = message["type"] == "http.request" and message.get("more_body", False)
            return message

        async def taken(message: Message) -> None:
            state["started"] = True
            with anyio.fail_after(self._send_s):
                await send(message)

        try:
            await self._app(scope, in_time, taken)
        except* _TooSlow:
            if not state["started"]:
                with anyio.move_on_after(self._send_s):
                    late = JSONResponse({"error": "the request took too long to arrive"}, 408, {"connection": "close"})
                    await late(scope, receive, send)
        except* TimeoutError:
            access_log.info("%s", json.dumps({"closed": "the client did not take its answer"}))


class _TooSlow(Exception):
    """A body that did not arrive in time."""


class ReadsOnly:
    """Lets everybody read: on loopback, where no token was given."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as to somebody who may read."""
        if scope["type"] == "http":
            scope["auth"] = AuthCredentials([READ])
        await self._app(scope, receive, send)


class UnlessOpen:
    """Sends what anybody may ask past what guards the rest."""

    def __init__(self, app: ASGIApp, guarded: ASGIApp) -> None:
        self._app, self._guarded = app, guarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by one of the two."""
        is_guarded = scope["type"] == "http" and not is_open(scope["path"])
        await (self._guarded if is_guarded else self._app)(scope, receive, send)
