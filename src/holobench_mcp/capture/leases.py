"""Whose things are still in use: every measuring process holds a lease, a file that the kernel keeps locked for it.

A process's number says little: another container counts its own, and a number is given again. A lock is the kernel's
word, however the process ends and whatever it is called elsewhere. What can't be judged is left alone.
"""

from __future__ import annotations

import atexit
import json
import os
import platform
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path

from holobench_mcp.config import cache_folder

#: The form of a token: it stands in the names of folders, and begins a run's mark.
TOKEN = re.compile(r"[0-9a-f]{16}")
_SUFFIX = ".lease"
#: A lease of another machine that shares this cache is looked at only when no measurement can still be under way.
_FOREIGN_S = 30 * 86_400.0


def try_lock(handle: int) -> bool:
    """Take the kernel's lock of an open file, if nobody has it. Raises OSError where there are no locks."""
    try:
        import fcntl
    except ImportError:  # Windows: no lock, as there is no other way that survives a crash
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def own_token() -> str:
    """The token of this process's lease, which it holds from now to its end, where the cache folder can be written."""
    return _hold(os.getpid(), cache_folder())


def is_held(token: str) -> bool:
    """Whether a lease is in this cache, and its process may still be alive."""
    known = TOKEN.fullmatch(token) is not None and (cache_folder() / "leases" / f"{token}{_SUFFIX}").exists()
    return known and not any(True for _ in _ended(token))


def cache_id() -> str:
    """What tells this cache folder from others of the same path, as other containers have: leases are judged in it."""
    path = cache_folder() / "leases" / "cache.id"
    for _ in range(2):
        with suppress(OSError):
            if TOKEN.fullmatch(known := path.read_text().strip()):
                return known
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            unnamed = path.with_name(f"{secrets.token_hex(8)}.new")
            unnamed.write_text(secrets.token_hex(8))
            try:
                os.link(unnamed, path)  # whole or not at all, and never over another's
            finally:
                unnamed.unlink()
    return ""


def ended_tokens() -> list[str]:
    """The tokens of all leases whose processes are gone."""
    return [path.stem for path, _ in _ended("*")]


def forget(token: str) -> None:
    """Remove the lease of a process that is gone, when nothing of it is left."""
    for path, handle in _ended(token):
        with suppress(OSError):
            # Not one that was taken by another in this place meanwhile.
            if os.path.samestat(os.fstat(handle), path.stat()):
                path.unlink()


@cache
def _hold(pid: int, folder: Path) -> str:
    """Take a lease. It is locked before it has its name: nobody ever finds it free."""
    home = folder / "leases"
    token = secrets.token_hex(8)
    unnamed = home / f"{token}.new"
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.write(handle, json.dumps({"pid": pid, "machine": _machine()}).encode())
        with suppress(OSError):  # without locks, its age tells
            try_lock(handle)
        path = unnamed.rename(home / f"{token}{_SUFFIX}")
    except OSError:
        # A folder that can't be written, or a full disk, ends no run: what bears this token is left to its owner.
        with suppress(OSError):
            unnamed.unlink(missing_ok=True)
        return token
    atexit.register(_release, pid, path)
    return token


def _release(pid: int, path: Path) -> None:
    if os.getpid() == pid:  # not in a process that was forked from it
        path.unlink(missing_ok=True)


def _ended(pattern: str) -> Iterator[tuple[Path, int]]:
    """Leases that nobody holds, each with its file open and locked meanwhile."""
    for path in (cache_folder() / "leases").glob(f"{pattern}{_SUFFIX}"):
        with _opened(path) as handle:
            if handle is not None and _can_be_judged(path, handle) and _is_free(handle):
                yield path, handle


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


def _can_be_judged(path: Path, handle: int) -> bool:
    with suppress(OSError, ValueError, TypeError, KeyError):
        theirs, ours = json.loads(os.pread(handle, 4096, 0))["machine"], _machine()
        # Containers of one machine have names of their own, and one kernel; a restarted machine has the same name.
        if theirs["host"] == ours["host"] or (ours["boot"] is not None and theirs["boot"] == ours["boot"]):
            return True
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > _FOREIGN_S
    return False


def _is_free(handle: int) -> bool:
    try:
        return try_lock(handle)
    except OSError:
        return False


@lru_cache(maxsize=1)
def _machine() -> dict[str, str | None]:
    boot = None
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return {"host": platform.node(), "boot": boot}
