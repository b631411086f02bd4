"""A stream ends with the token that opened it: an answer may go on for hours, and tokens are taken back meanwhile."""

from __future__ import annotations

import anyio
from mcp.server.auth.provider import TokenVerifier
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: How long after a token is taken back a stream may still send.
CHECK_S = 5.0


class WhileInForce:
    """Asks about a request's token again before each part of its answer, at most every few seconds.

    A stream that nothing happens on sends a ping every fifteen seconds, so that it is closed too.
    """

    def __init__(self, app: ASGIApp, verifier: TokenVerifier, *, check_s: float = CHECK_S) -> None:
        self._app, self._verifier, self._check_s = app, verifier, check_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as long as the token is in force."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = Headers(scope=scope).get("authorization", "").partition(" ")[2].strip()
        checked = anyio.current_time()
        answering = anyio.CancelScope()

        async def sent_in_force(message: Message) -> None:
            nonlocal checked
            if answering.cancel_called:
                return
            if message["type"] == "http.response.body" and anyio.current_time() - checked >= self._check_s:
                checked = anyio.current_time()
                if await self._verifier.verify_token(token) is None:
                    answering.cancel()
                    return
            await send(message)

        with answering:
            await self._app(scope, receive, sent_in_force)
        if answering.cancel_called:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
