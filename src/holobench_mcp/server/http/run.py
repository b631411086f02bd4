"""Serving over HTTP until a signal ends it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import threading
from functools import partial

import anyio
import anyio.to_thread
import uvicorn
from sse_starlette.sse import AppStatus
from uvicorn.protocols.http.h11_impl import H11Protocol

from holobench_mcp.model import ConfigError
from holobench_mcp.server.app import http_server, warm_up
from holobench_mcp.server.http.app import PATH, http_app, needs_token, read_tokens
from holobench_mcp.server.http.tokens import READ_VARIABLE, WRITE_VARIABLE
from holobench_mcp.server.services import Services
from holobench_mcp.server.telemetry import send_spans

#: How long the head of a request may take to arrive, and a connection may be idle.
HEAD_S, IDLE_S = 10.0, 15
#: How long requests may take to end when the server is told to: whoever told it kills it some seconds later.
_ENDS_S = 10
#: How long answers may take to leave once nothing is measured any more; an open stream is waited for as long.
_ANSWERS_S = 1.0


class AnsweringServer(uvicorn.Server):
    """Told to end, it ends what is being measured first, so that whoever waits for it is answered, and streams last.

    Every answer is a stream, and the SDK's are all cut as soon as the signal comes.
    """

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was asked, then close what streams."""
        try:
            await anyio.to_thread.run_sync(partial(self._services.close, at_once=True, timeout=_ENDS_S))
            with anyio.move_on_after(_ANSWERS_S):
                while self.server_state.tasks:
                    await anyio.sleep(0.05)
        finally:
            AppStatus.should_exit = True
        await super().shutdown(sockets)


class DeadlineProtocol(H11Protocol):
    """HTTP/1.1 that waits for no head of a request for ever: uvicorn does, and slow ones would use up what there is."""

    head_s = HEAD_S
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is opened; its first request has so long."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Something has arrived: perhaps the rest of a head."""
        if self._is_idle() and self._deadline is None:
            self._wait()
        super().data_received(data)
        if not self._is_idle():
            self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and its deadline with it."""
        self._forget()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self.head_s, self._expire)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        if self._is_idle() and not self.transport.is_closing():
            self.transport.abort()


def serve_http(
    *, host: str, port: int, token_file: str | None, store: str | None = None, project: str | None = None
) -> None:
    """Serve at http://HOST:PORT/mcp. Raises ConfigError where an address needs a token and there is none."""
    services = Services(store=store, project=project)
    config = services.opened.config.http
    tokens = read_tokens(token_file, os.environ)
    if needs_token(host) and not tokens.any and config.oauth is None:
        raise ConfigError(
            f"--host: {host} can be reached from other machines, and no token is asked for. Name a file of tokens "
            f"(--token-file) or set {READ_VARIABLE} or {WRITE_VARIABLE}; or serve on 127.0.0.1."
        )
    _log_to_stderr()
    send_spans()
    listening = listen(host, port)
    where = f"[{host}]" if ":" in host else host
    settings = uvicorn.Config(
        http_app(http_server(services), services, tokens, config),
        host=host,
        http=DeadlineProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=_ENDS_S,
        limit_concurrency=config.max_connections,
        backlog=512,
    )
    may = (
        "tokens are asked for"
        if tokens.any or config.oauth
        else "open to this machine's processes, which may only read"
    )
    print(f"serving MCP at http://{where}:{listening.getsockname()[1]}{PATH} ({may})", file=sys.stderr, flush=True)  # noqa: T201 - a person waits for it
    threading.Thread(target=warm_up, args=(services,), daemon=True).start()
    AppStatus.enable_automatic_graceful_drain = False
    AnsweringServer(settings, services).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at an address; ConfigError where that can't be had."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host.strip("[]"), port), family=family, backlog=512)
    except (OSError, OverflowError) as problem:
        raise ConfigError(f"--port: {host}:{port} can't be listened on: {problem}.") from problem
    # Connections take it over. An answer goes out in two parts, its head first: without this the second part waits for
    # the client's delayed acknowledgement of the first, 40 ms. asyncio sets it on sockets that it makes itself.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _log_to_stderr() -> None:
    """The access log as lines of JSON, everything else from warnings on."""
    for name, level, form in (
        ("holobench_mcp.access", logging.INFO, "%(message)s"),
        ("holobench_mcp", logging.WARNING, "%(levelname)s %(message)s"),
        ("uvicorn", logging.ERROR, "%(levelname)s %(message)s"),
        # It warns of every request that is refused, in the client's own words; the access log has them.
        ("mcp", logging.ERROR, "%(levelname)s %(message)s"),
    ):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter(form))
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
