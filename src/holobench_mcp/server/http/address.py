"""Only requests that were meant for this server: by their Host, and a browser's by its Origin.

Without it any web page could talk to a server on loopback, by a name that is made to lead there. The SDK's own check
compares how an address begins; here it is parsed, as `localhost:1@evil.example` begins like one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from holobench_mcp.server.http.gate import is_open

#: A name or an address, of an origin with its scheme before it, and a port. A name means the same with a dot behind it.
_ADDRESS = re.compile(r"((?:https?://)?(?:\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*))\.?(?::([0-9]{1,5}|\*))?")
_LAST_PORT = 65535


class Addresses:
    """Hosts, or origins: each without a port, with one, or with any (`*`). Upper and lower case are the same."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = {parsed for text in allowed if (parsed := _parsed(text)) is not None}

    def __contains__(self, text: str) -> bool:
        """Whether a request's header is one of them."""
        found = _parsed(text)
        if found is None or found[1] == "*":
            return False
        return found in self._allowed or (found[1] != "" and (found[0], "*") in self._allowed)


class Address:
    """Refuses what is not for here, for every path but those that anybody may ask."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], origins: Iterable[str]) -> None:
        self._app, self._hosts, self._origins = app, Addresses(hosts), Addresses(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is meant for here."""
        refusal = self._refusal(scope) if scope["type"] == "http" and not is_open(scope["path"]) else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self._hosts:
            return PlainTextResponse("Invalid Host header", 421)
        # Whoever is no browser sends none.
        if any(origin not in self._origins for origin in headers.getlist("origin")):
            return PlainTextResponse("Invalid Origin header", 403)
        return None


def _parsed(text: str) -> tuple[str, str] | None:
    """The name and the port of an address; None for what is none."""
    written = _ADDRESS.fullmatch(text.lower())
    port = "" if written is None else written[2] or ""
    if written is None or (port.isdigit() and not 0 < int(port) <= _LAST_PORT):
        return None
    return written[1], port
