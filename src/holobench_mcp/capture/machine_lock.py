"""One measurement at a time on a machine: two at once would measure each other.

The kernel holds the lock for the process that took it, so that it is free again however that process ends.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from holobench_mcp.config import cache_folder
from holobench_mcp.model import Busy, CaptureError

_TICK_S = 0.1


@contextmanager
def machine_lock(
    what: str,
    *,
    wait: bool = True,
    cancel: threading.Event | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold this machine's measuring lock.

    what: told to whoever finds the lock taken. on_wait: called with who holds it, when it has to be waited for.
    Raises Busy when it is taken and not to be waited for, or the wait is cancelled.
    """
    path = cache_folder() / "measuring.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise CaptureError(f"The lock of this machine's measurements, {path}, can't be opened: {problem}.") from problem
    try:
        told = False
        while not _taken(handle):
            holder = _holder(path)
            if not wait:
                raise Busy(f"Another measurement is running on this machine: {holder}. Try again when it is over.")
            if cancel is not None and cancel.is_set():
                raise Busy(f"Cancelled while waiting for another measurement: {holder}.")
            if not told and on_wait is not None:
                on_wait(holder)
                told = True
            time.sleep(_TICK_S)
        _write(handle, {"pid": os.getpid(), "what": what, "since": datetime.now(UTC).isoformat(timespec="seconds")})
        yield
        _write(handle, {})
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: no lock, as there is no other way that survives a crash
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(handle: int, holder: dict[str, object]) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(holder).encode(), 0)


def _holder(path: Path) -> str:
    with suppress(OSError, ValueError, KeyError):
        told = json.loads(path.read_text())
        return f"{told['what']}, since {told['since']}, process {told['pid']}"
    return "one that did not say which"
