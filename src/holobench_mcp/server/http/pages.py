"""The pages as a browser asks for them: which address is which page, who gets it, and what a browser may do with it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import anyio
import anyio.to_thread
from starlette.authentication import SimpleUser
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from holobench_mcp.model import HolobenchMcpError, InvalidArgument, NotComparable, StoreError, UnknownResult
from holobench_mcp.server.http.gate import is_open
from holobench_mcp.server.http.page_access import (
    FAILURES_S,
    PageAccess,
    Visitor,
    comes_from_elsewhere,
    ended_cookie,
    form,
    own_address,
)
from holobench_mcp.server.http.page_views import ASSETS, PageViews, View, plain_page, whole_page
from holobench_mcp.server.http.sign_in import no_sign_in, sentence, sign_in_form
from holobench_mcp.server.services import Services
from holobench_mcp.store.layout import is_result_id

#: Nothing but this server's own stylesheet and script; no page of others may show or send any of it.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not less: a form's Origin would be null, which is refused as that of a page of nobody.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_PRIVATE = {"cache-control": "no-store", "vary": "authorization, cookie"}
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
#: Pages that are made at one time; the protocol's calls have the other threads.
_AT_ONCE = 4
log = logging.getLogger("holobench_mcp")


class Pages:
    """Answers what a browser asks for, and hands on all else."""

    def __init__(self, app: ASGIApp, services: Services, access: PageAccess, protocol: str) -> None:
        self._app, self._access, self._protocol = app, access, protocol
        self._views = PageViews(services)
        self._threads: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if scope["type"] != "http" or not self._is_for_browsers(scope):
            await self._app(scope, receive, send)
            return
        response = await self._answer(Request(scope, receive))
        response.headers.update(_HEADERS)
        await response(scope, receive, send)

    def _is_for_browsers(self, scope: Scope) -> bool:
        """Whether an address is a page's; of addresses that are nobody's, those that a browser asks for."""
        path = scope["path"]
        if path in ("/", "/login", "/logout") or path.startswith(("/bench/", "/comparison/", "/assets/")):
            return True
        if path == self._protocol or is_open(path) or scope["method"] not in ("GET", "HEAD"):
            return False
        return b"text/html" in dict(scope["headers"]).get(b"accept", b"")

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if path in ("/login", "/logout"):
            if request.method == "POST":
                return await (self._sign_in if path == "/login" else self._sign_out)(request)
            return _redirect("/") if request.method in ("GET", "HEAD") else _not_allowed("GET, HEAD, POST")
        if request.method not in ("GET", "HEAD"):
            return _not_allowed("GET, HEAD")
        if path.startswith("/assets/"):
            return _asset(path.removeprefix("/assets/"))
        visitor = await self._access.visitor(request)
        if visitor is None:
            return self._refusal(request)
        request.scope["user"] = SimpleUser(visitor.name)
        view = _view(path, request)
        return _missing("There is no such page.") if view is None else await self._page(request, view, visitor)

    # ------------------------------------------------------------------ pages

    async def _page(self, request: Request, view: View, visitor: Visitor) -> Response:
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(_AT_ONCE)
        try:
            content = await anyio.to_thread.run_sync(self._views.content, view, limiter=self._threads)
        except (UnknownResult, InvalidArgument) as problem:
            return _missing(str(problem))
        except NotComparable as problem:
            return _html(plain_page("Not comparable", sentence(str(problem))), 200)
        except StoreError as problem:
            return _html(plain_page("The store can't be read", sentence(str(problem))), 503)
        except HolobenchMcpError as problem:
            return _html(plain_page("This can't be shown", sentence(str(problem))), 500)
        except Exception as problem:
            log.exception("unexpected")
            said = f"holobench-mcp failed with {type(problem).__name__}; its log has more."
            return _html(plain_page("This can't be shown", sentence(said)), 500)
        tag = f'"{content.version}"'
        asked = request.headers.get("if-none-match")
        # An open page asks every few seconds, and must not hold a connection in between.
        again = {"connection": "close"} if asked is not None else {}
        known = [t.strip().removeprefix("W/") for t in (asked or "").split(",")]
        if tag in known:
            return Response(status_code=304, headers={"etag": tag, **_PRIVATE, **again})
        return _html(whole_page(content, view, signed_in=visitor.session), 200, {"etag": tag, **again})

    # ------------------------------------------------------------------ coming and going

    def _refusal(self, request: Request) -> Response:
        """What somebody gets who may not look: the way to sign in."""
        if not self._access.has_sign_in:
            return _unauthorized(no_sign_in())
        # A link on another site makes a browser leave the cookie at home. A page of ours that loads itself does not.
        again = comes_from_elsewhere(request) and request.headers.get("sec-fetch-mode") == "navigate"
        query = request.url.query
        to = own_address(request.scope["path"] + (f"?{query}" if query else ""))
        return _unauthorized(sign_in_form(to, oauth=self._access.oauth, again=again))

    async def _sign_in(self, request: Request) -> Response:
        if comes_from_elsewhere(request):
            return _html(plain_page("Not from there", sentence("Sign in from a page of this server.")), 403)
        if not self._access.has_sign_in:
            return _redirect("/") if self._access.is_open else _unauthorized(no_sign_in())
        asked = await form(request)
        if asked is None:
            return _html(plain_page("Not a form", sentence("This takes a form with a token.")), 400)
        if self._access.must_wait(request):
            said = f"Too many wrong tokens came from your address. Try again in {FAILURES_S} seconds."
            page = sign_in_form(asked.to, oauth=self._access.oauth, said=said)
            return _html(page, 429, {"retry-after": str(FAILURES_S)})
        begun = self._access.begin_session(request, asked.token)
        if begun is None:
            said = "This token is not one that is in force here."
            return _unauthorized(sign_in_form(asked.to, oauth=self._access.oauth, said=said))
        visitor, cookie = begun
        request.scope["user"] = SimpleUser(visitor.name)
        return _redirect(asked.to, {"set-cookie": cookie})

    async def _sign_out(self, request: Request) -> Response:
        if comes_from_elsewhere(request):
            return _html(plain_page("Not from there", sentence("Sign out on a page of this server.")), 403)
        return _redirect("/", {"set-cookie": ended_cookie(request)})


# ---------------------------------------------------------------------- parts


def _view(path: str, request: Request) -> View | None:
    """The page of an address; None where there is none."""
    if path == "/":
        return ("overview",)
    if path.startswith("/bench/"):
        name = path.removeprefix("/bench/") or request.query_params.get("name", "")
        return ("bench", name) if name else None
    sides = path.removeprefix("/comparison/").split("/")
    if path.startswith("/comparison/") and len(sides) == 2 and all(map(is_result_id, sides)):
        return ("comparison", sides[0], sides[1])
    return None


def _html(body: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        body.encode(errors="backslashreplace"), status, {**_PRIVATE, **(headers or {})}, "text/html; charset=utf-8"
    )


def _asset(name: str) -> Response:
    if name not in ASSETS:
        return _missing("There is no such file.")
    made, kind = ASSETS[name]
    return Response(made(), 200, _FOR_EVER, kind)


def _missing(said: str) -> Response:
    return _html(plain_page("Not found", sentence(said)), 404)


def _unauthorized(body: str) -> Response:
    return _html(body, 401, {"www-authenticate": "Bearer"})


def _not_allowed(methods: str) -> Response:
    return _html(plain_page("Not here", sentence(f"This address answers to {methods}.")), 405, {"allow": methods})


def _redirect(to: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status_code=303, headers={"location": to, **_PRIVATE, **(headers or {})})
