"""The server as an ASGI application: the protocol at /mcp, pages for browsers, and what a load balancer asks."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend, RequireAuthMiddleware
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import JSONResponse

from holobench_mcp.config import HttpConfig, OAuthConfig
from holobench_mcp.model import HolobenchMcpError
from holobench_mcp.server.http.address import Address
from holobench_mcp.server.http.app_sessions import AppSessions
from holobench_mcp.server.http.gate import AccessLog, Limits, ReadsOnly, UnlessOpen
from holobench_mcp.server.http.introspection import Introspection
from holobench_mcp.server.http.page_access import PageAccess
from holobench_mcp.server.http.pages import Pages
from holobench_mcp.server.http.revocation import WhileInForce
from holobench_mcp.server.http.tokens import READ, WRITE, Tokens

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from holobench_mcp.server.services import Services

PATH = "/mcp"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
#: How long an answer about the store's health holds: a balancer asks every few seconds, and for each of its parts.
_READY_S = 5.0


class Verifier:
    """A token of the file or the environment, or else of the authorization server."""

    def __init__(self, tokens: Tokens, introspection: Introspection | None) -> None:
        self._verifiers: tuple[TokenVerifier, ...] = (tokens, *([introspection] if introspection is not None else []))

    async def verify_token(self, token: str) -> AccessToken | None:
        """What a token may do; None for one that nobody knows."""
        for verifier in self._verifiers:
            if (found := await verifier.verify_token(token)) is not None:
                return found
        return None


def http_app(server: MCPServer[Any], services: Services, tokens: Tokens, config: HttpConfig) -> ASGIApp:
    """The whole application; `server` has its `ScopeCheck` already. Without a token, whoever may connect may read."""
    _add_health(server, services)
    inner = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        max_request_body_size=int(config.max_body_mb * 2**20),
        # `Address` has looked at it, for every path.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    verifier = Verifier(tokens, Introspection(config.oauth) if config.oauth is not None else None)
    protocol = AppSessions(inner)
    guarded: ASGIApp = ReadsOnly(protocol)
    if tokens.any or config.oauth is not None:
        if config.oauth is not None:
            inner.router.routes.extend(_metadata(config.oauth))
        guarded = _asks_for_tokens(protocol, verifier, config.oauth)
    access = PageAccess(tokens, verifier, oauth=config.oauth is not None)
    app: ASGIApp = Pages(UnlessOpen(inner, guarded), services, access, PATH)
    for layer in (
        functools.partial(Address, hosts=(*_of_loopback(""), *config.hosts), origins=_origins(config)),
        Limits,
        AccessLog,
    ):
        app = layer(app)
    return app


def _asks_for_tokens(inner: ASGIApp, verifier: Verifier, oauth: OAuthConfig | None) -> ASGIApp:
    metadata = build_resource_metadata_url(AnyHttpUrl(oauth.resource)) if oauth is not None else None
    required = RequireAuthMiddleware(WhileInForce(inner, verifier), [READ], metadata)
    return AuthenticationMiddleware(AuthContextMiddleware(required), backend=BearerAuthBackend(verifier))


def _metadata(oauth: OAuthConfig) -> list[Any]:
    return list(
        create_protected_resource_routes(
            resource_url=AnyHttpUrl(oauth.resource),
            authorization_servers=[AnyHttpUrl(oauth.issuer)],
            scopes_supported=[READ, WRITE],
        )
    )


def _of_loopback(scheme: str) -> list[str]:
    return [f"{scheme}{name}{port}" for name in _LOOPBACK for port in ("", ":*")]


def _origins(config: HttpConfig) -> list[str]:
    return [
        *_of_loopback("http://"),
        *(f"{s}://{host}" for s in ("http", "https") for host in config.hosts),
        *config.origins,
    ]


# ---------------------------------------------------------------------- health


def _add_health(server: MCPServer[Any], services: Services) -> None:
    """`/healthz`: the process answers. `/readyz`: its store does too. Neither says anything else."""
    known: dict[str, Any] = {"until": 0.0, "status": 503}
    asking = anyio.Lock()

    async def healthz(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> JSONResponse:
        # One at a time: where the store hangs, each question is a thread that waits for seconds.
        async with asking:
            if time.monotonic() >= known["until"]:
                known["status"] = 200 if await anyio.to_thread.run_sync(_answers, services) else 503
                known["until"] = time.monotonic() + _READY_S
        return JSONResponse({"status": "ready" if known["status"] == 200 else "no store"}, known["status"])

    server.custom_route("/healthz", methods=["GET", "HEAD"])(healthz)
    server.custom_route("/readyz", methods=["GET", "HEAD"])(readyz)


def _answers(services: Services) -> bool:
    try:
        services.opened.store.backend.ask()
    except HolobenchMcpError:
        return False
    return True


def needs_token(host: str) -> bool:
    """Whether others than this machine's own processes reach an address."""
    import ipaddress

    if host.lower() == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return True


def read_tokens(file: str | None, environ: Mapping[str, str]) -> Tokens:
    """The tokens that are in force. Raises ConfigError for a file that can't be used."""
    return Tokens(Path(file).expanduser() if file else None, environ)
