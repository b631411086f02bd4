"""How the server goes: its measurements end after their present process, or at once where it is told to go now."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any

import anyio
import anyio.to_thread

from holobench_mcp.server.services import Services

#: How long processes may take to end when the server is told to: clients kill it some seconds later.
_ENDS_S = 10.0


def ends_measurements(
    services: Services, *, at_once: bool = False
) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """A lifespan: when the client has gone, what is being measured ends after its present process, or at once."""
    close = partial(services.close, at_once=at_once, timeout=_ENDS_S if at_once else None)

    @asynccontextmanager
    async def lifespan(_server: object) -> AsyncIterator[None]:
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(close)

    return lifespan


def end_on_signals(services: Services) -> None:
    """End all processes that measure, and say so in their documents, before a signal ends this one."""

    def end(number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=_end, args=(services, number), daemon=True).start()

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            with suppress(AttributeError, ValueError, OSError):
                signal.signal(getattr(signal, name), end)


def _end(services: Services, number: int) -> None:
    with suppress(Exception):
        services.close(at_once=True, timeout=_ENDS_S)
    os._exit(128 + number)
