"""What servers that were killed left behind: processes, worktrees, indexes and temporary folders, and their removal."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from holobench_mcp.capture import leases
from holobench_mcp.capture.runner import PRIVATE, end_processes
from holobench_mcp.config import cache_folder
from holobench_mcp.measure.worktrees import OWNER, remove_worktrees

#: How long a killed process is waited for, so that it writes nothing into what is about to be removed.
_ENDS_S = 5.0


def clean_up_after_crash() -> list[str]:
    """Remove what servers that were killed left behind. Returns which. What a living one has is left alone."""
    removed = []
    ended = set(leases.ended_tokens())
    if ended:
        removed += [f"process {pid}" for pid in end_processes(lambda mark: _token(mark) in ended, _ENDS_S)]
    # Leases are where these are: what has none is of a process that has ended.
    left = [path for token, path in _in_cache() if not leases.is_held(token)]
    # Temporary folders are shared by caches, and other caches have leases of their own.
    left += [path for token, path in _in_temporary_folder() if token in ended]
    for path in left:
        _remove(path)
        removed.append(str(path))
    for token in ended:
        leases.forget(token)
    return removed


def _in_cache() -> Iterator[tuple[str, Path]]:
    for home in (cache_folder() / "worktrees").glob("*"):
        yield _owner(home), home
    for index in cache_folder().glob("index-*"):
        yield _token(index.name.removeprefix("index-")), index


def _in_temporary_folder() -> Iterator[tuple[str, Path]]:
    for private in Path(tempfile.gettempdir()).glob(f"{PRIVATE}*"):
        yield _token(private.name.removeprefix(PRIVATE)), private


def _owner(home: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((home / OWNER).read_text())["lease"])
    return _token(home.name)


def _token(name: str) -> str:
    named = leases.TOKEN.match(name)
    return named[0] if named else ""


def _remove(path: Path) -> None:
    if path.parent == cache_folder() / "worktrees":
        repository = Path("/")
        with suppress(OSError, ValueError, KeyError, TypeError):
            repository = Path(str(json.loads((path / OWNER).read_text())["repository"]))
        remove_worktrees(path, repository)
    elif path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
