"""Who may look at the pages: by a session's cookie, or by a token as any other client has one.

A cookie is good for pages only, which change nothing; the protocol takes none. It is a session and not the token, no
script can read it, no other site can make a browser send it, and it ends with its token.
"""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from cachetools import TTLCache
from starlette.requests import ClientDisconnect, Request

from holobench_mcp.server.http.tokens import READ, SESSION_S, Tokens

if TYPE_CHECKING:
    from mcp.server.auth.provider import TokenVerifier

#: A form with a token and an address takes no more.
_MAX_FORM_BYTES = 8192
#: Wrong tokens from one address in so many seconds; then it waits, with a right one too.
MOST_FAILURES, FAILURES_S = 10, 60
_MAX_ADDRESSES = 10_000


@dataclass(frozen=True)
class Visitor:
    """Somebody who may look. name: of the token; session: whether a cookie let them in, and they can sign out."""

    name: str = ""
    session: bool = False


@dataclass(frozen=True)
class Form:
    """What a sign-in was asked with."""

    token: str
    to: str


class PageAccess:
    """Lets in who may read. tokens: those of the file and the environment; verifier: theirs, or everybody's."""

    def __init__(self, tokens: Tokens, verifier: TokenVerifier, *, oauth: bool) -> None:
        self._tokens, self._verifier = tokens, verifier
        self.is_open = not tokens.any and not oauth
        #: Whether a token can be typed in; those of an authorization server are asked about with each request.
        self.has_sign_in = tokens.any
        self.oauth = oauth
        self._failures: TTLCache[str, int] = TTLCache(_MAX_ADDRESSES, FAILURES_S)

    async def visitor(self, request: Request) -> Visitor | None:
        """Who asks; None for somebody who may not look."""
        if self.is_open:
            return Visitor()
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme:
            found = await self._verifier.verify_token(token.strip()) if scheme.lower() == "bearer" else None
            if found is None or READ not in found.scopes or (found.expires_at or math.inf) < time.time():
                return None
            return Visitor(found.client_id)
        for session in _cookies(request, cookie_name(request)):
            if (known := self._tokens.verify_session(session)) is not None:
                return Visitor(known.name, session=True)
        return None

    def must_wait(self, request: Request) -> bool:
        """Whether too many wrong tokens came from an address a moment ago."""
        return self._failures.get(_address(request), 0) >= MOST_FAILURES

    def begin_session(self, request: Request, token: str) -> tuple[Visitor, str] | None:
        """Somebody who signs in, and their cookie; None for a token that is none, which counts as a failure."""
        begun = self._tokens.begin_session(token)
        if begun is None:
            address = _address(request)
            self._failures[address] = self._failures.get(address, 0) + 1
            return None
        known, session = begun
        return Visitor(known.name, session=True), _cookie(request, session, SESSION_S)


def ended_cookie(request: Request) -> str:
    """The cookie that ends a session."""
    return _cookie(request, "", 0)


def cookie_name(request: Request) -> str:
    """The name of the session's cookie. Cookies don't know ports, so the name does: one machine may serve several.

    Behind TLS its name says that it came over it, so that no neighbour on plain HTTP can set it.
    """
    port = urlsplit(f"//{request.headers.get('host', '')}").netloc.rpartition(":")[2]
    name = f"holobench-{port}" if port.isdigit() else "holobench"
    return f"__Host-{name}" if _is_secure(request) else name


async def form(request: Request) -> Form | None:
    """The form of a sign-in; None for what is none, or too large."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return None
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > _MAX_FORM_BYTES:
                return None
        fields = parse_qs(body.decode("utf-8"), max_num_fields=10)
    except (ValueError, ClientDisconnect):
        return None
    return Form(fields.get("token", [""])[-1].strip(), own_address(fields.get("to", ["/"])[-1]))


def own_address(text: str) -> str:
    """An address of a page of this server; the overview's for any other."""
    path, _, query = text.partition("?")
    if not (path == "/" or path.startswith(("/bench/", "/comparison/"))) or not text.isprintable() or "\\" in text:
        return "/"
    return quote(path, safe="/%") + (f"?{quote(query, safe='=&%')}" if query else "")


def comes_from_elsewhere(request: Request) -> bool:
    """Whether a page of another origin made the browser ask."""
    return request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


# ---------------------------------------------------------------------- parts


def _is_secure(request: Request) -> bool:
    """Whether the browser speaks TLS: to the proxy in front of this server, which says so."""
    forwarded = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return "https" in (forwarded, request.url.scheme)


def _cookie(request: Request, value: str, seconds: int) -> str:
    secure = "; Secure" if _is_secure(request) else ""
    return f"{cookie_name(request)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def _cookies(request: Request, name: str) -> list[str]:
    """Every value that a browser sends under a name."""
    found = []
    for header in request.headers.getlist("cookie"):
        for part in header.split(";")[:100]:
            key, _, value = part.strip().partition("=")
            if key == name:
                found.append(value)
    return found[:5]


def _address(request: Request) -> str:
    """Where a client is; of IPv6 its network, of which it has all addresses."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else host
