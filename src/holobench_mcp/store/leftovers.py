"""Files of a store's folder that are no objects of it: what writes left that were broken off. A bucket has none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from holobench_mcp.store.backend import Backend
from holobench_mcp.store.folder import UNFINISHED, moment


def broken_off_writes(backend: Backend, before: datetime) -> list[Path]:
    """Files that were begun before a moment and are still not whole."""
    return [path for path in _files(backend) if UNFINISHED.fullmatch(path.name) and _written(path) <= before]


def remove(paths: list[Path]) -> None:
    """Remove files, as far as that is allowed and they are still there."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


def remove_empty_folders(backend: Backend, prefix: str) -> None:
    """Remove what is left of a prefix's folders when all in them is gone."""
    if backend.location.folder is None:
        return
    for folder, _, _ in os.walk(backend.location.folder / prefix, topdown=False):
        with suppress(OSError):  # it is not empty
            Path(folder).rmdir()


def _files(backend: Backend) -> Iterator[Path]:
    if backend.location.folder is None:
        return
    for folder, _, names in os.walk(backend.location.folder):
        yield from (Path(folder, name) for name in names)


def _written(path: Path) -> datetime:
    try:
        return moment(path.lstat().st_mtime)
    except OSError:
        return datetime.max.replace(tzinfo=UTC)
