"""One measurement at a time on a machine: two at once would measure each other.

The kernel holds the lock for the process that took it, so that it is free again however that process ends.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from holobench_mcp.capture.leases import try_lock
from holobench_mcp.config import CACHE_VARIABLE, cache_folder
from holobench_mcp.measure.progress import Cancelled, Ending
from holobench_mcp.model import Busy, CaptureError
from holobench_mcp.model.text import plain

_TICK_S = 0.1


@contextmanager
def machine_lock(
    what: str,
    *,
    wait: bool = True,
    ending: Callable[[], Ending | None] = lambda: None,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold this machine's measuring lock.

    what: shown to whoever finds the lock taken. on_wait: called with who holds it, again and again while it is waited
    for. Raises Busy when it is taken and not to be waited for, Cancelled when the measurement is to end meanwhile.
    """
    path = _place()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _opened(path)
    except OSError as problem:
        raise CaptureError(f"The lock of this machine's measurements, {path}, can't be opened: {problem}.") from problem
    try:
        while not _taken(handle):
            holder = _holder(handle)
            if not wait:
                raise Busy(f"Another measurement is running on this machine: {holder}. Try again when it is over.")
            if (why := ending()) is not None:
                raise Cancelled(f"It ended while it waited for another measurement, {holder}: {why.why}.", why)
            if on_wait is not None:
                on_wait(holder)
            time.sleep(_TICK_S)
        _write(handle, {"pid": os.getpid(), "what": what, "since": datetime.now(UTC).isoformat(timespec="seconds")})
        yield
        _write(handle, {})
    finally:
        os.close(handle)


def _place() -> Path:
    """One file for all users of the machine; beside the caches, where these are apart."""
    if os.environ.get(CACHE_VARIABLE):
        return cache_folder() / "measuring.lock"
    return Path(tempfile.gettempdir()) / "holobench-mcp-measuring.lock"


def _opened(path: Path) -> int:
    """The lock's file; for reading alone where it is another user's, which the kernel locks as well."""
    # A pipe in its place would let us wait for its other end.
    flags = os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    for how in (os.O_RDWR, os.O_RDWR | os.O_CREAT | os.O_EXCL, os.O_RDONLY):
        with suppress(PermissionError, FileNotFoundError, FileExistsError):
            return os.open(path, how | flags, 0o644)
    return os.open(path, os.O_RDONLY | flags)


def _taken(handle: int) -> bool:
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no file")
        return try_lock(handle)
    except OSError as problem:
        raise CaptureError(
            f"The lock of this machine's measurements, {_place()}, can't be taken: {problem}."
        ) from problem


def _write(handle: int, holder: dict[str, object]) -> None:
    with suppress(OSError):  # another user's file can be locked, but not written: whoever waits learns less
        if os.fstat(handle).st_nlink > 1:
            return  # by another name it is some file of ours, which somebody has put here to be overwritten
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(holder).encode(), 0)


def _holder(handle: int) -> str:
    """Who holds the lock, in his own words: any user may have written them."""
    with suppress(OSError, ValueError, LookupError, TypeError, RecursionError):
        holder = json.loads(os.pread(handle, 4096, 0))
        return plain(f"{holder['what']}, since {holder['since']}, process {holder['pid']}", 300)
    return "one that did not say which"
