"""A file of a folder, read or written whole, by as few calls of the system as that takes.

A first index reads a hundred thousand files, and recording a small result is mostly the writing of four.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

#: Bytes that are read at once: nearly every document is shorter.
_CHUNK = 1 << 16
_BINARY = getattr(os, "O_BINARY", 0)
#: Opening a pipe must not wait for somebody who writes to it.
_READ_ONLY = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0)
#: How often a folder is made before its file is given up.
_MAX_TRIES = 3
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY


def read_file(path: str) -> bytes:
    """All bytes of a file. Raises OSError, for whatever else can be opened too."""
    file = os.open(path, _READ_ONLY)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "it is no file", path)
        parts = list[bytes]()
        while data := os.read(file, _CHUNK if len(parts) < 2 else max(os.fstat(file).st_size, _CHUNK)):
            parts.append(data)
        return b"".join(parts)
    finally:
        os.close(file)


def write_file(path: str, parts: Sequence[bytes | memoryview], *, replace: bool) -> bool:
    """Put a file in its place when all of it is written, so that nobody ever reads a part of one. Raises OSError.

    Its folder is made, also where gc, which removes empty ones, takes it away meanwhile. False where
    there was one, unless it is to be replaced. A write that is broken off leaves a file of the name and a number, as
    obstore's do: `leftovers` knows them.
    """
    if not replace and os.path.lexists(path):
        return False
    for _ in range(_MAX_TRIES):
        try:
            unfinished = _write_new(path, parts)
            break
        except FileNotFoundError:
            _make_folder(os.path.dirname(path))  # noqa: PTH120 - as below
    else:
        unfinished = _write_new(path, parts)
    try:
        if replace:
            os.replace(unfinished, path)  # noqa: PTH105 - a Path takes three times as long, as below
            return True
        os.link(unfinished, path)  # which fails where somebody else was faster
    except FileExistsError:
        return False
    finally:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)  # noqa: PTH108
    return True


def _make_folder(path: str) -> None:
    with suppress(FileExistsError):
        try:
            os.mkdir(path)  # noqa: PTH102 - as above: most are the one missing folder of a hundred
        except FileNotFoundError:
            Path(path).mkdir(parents=True, exist_ok=True)


def _write_new(path: str, parts: Sequence[bytes | memoryview]) -> str:
    """Write a file beside the place that it is for. Returns its path."""
    for number in count(1):
        unfinished = f"{path}#{number}"
        try:
            file = os.open(unfinished, _NEW, 0o666)
        except FileExistsError:  # another writer's, or of one that was ended
            continue
        break
    try:
        try:
            for part in parts:
                rest = memoryview(part)
                while rest:
                    rest = rest[os.write(file, rest) :]
        finally:
            os.close(file)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)  # noqa: PTH108
        raise
    return unfinished
