"""A store's folder, listed by what its layout says: whatever stands in an object's place is listed, also what is none.

A link that leads to itself, a pipe, a folder of another user: one bad thing must not take the listing of all others
away, and must not go unsaid either. It is listed under its key, reads as nothing, and so counts as damaged.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from holobench_mcp.store import layout
from holobench_mcp.store.local_file import read_file

#: obstore writes a file under its name and a number, and renames it when it is whole.
UNFINISHED = re.compile(r".+#\d+", re.DOTALL)
#: How many parts the keys of a kind have.
_PARTS = {
    layout.RESULTS: 2,
    layout.JOURNAL: 2,
    layout.MEASUREMENTS: 2,
    layout.BLOBS: 3,
    layout.COMPARISONS: 3,
    layout.REFS: 4,
}
#: What is wrong with one file, and not with the folder, the process or the network. Reading a folder is EISDIR.
_OF_ONE_FILE = {errno.EACCES, errno.EPERM, errno.EIO, errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.EINVAL}
#: gc removes empty folders, also one that was made a moment ago.
_TRIES = 5


@dataclass(frozen=True)
class StoredObject:
    """An object as a listing has it."""

    key: str
    size: int
    written: datetime


@dataclass(frozen=True)
class Oddity:
    """What stands in an object's place, and is none. is_left: it may be right, once somebody lets it be read."""

    sentence: str
    is_left: bool


def objects(root: Path, prefix: str) -> Iterator[StoredObject]:
    """All below a prefix that is no folder of the layout. What is below a folder that can't be read is that folder."""
    folders = [prefix.rstrip("/")]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(root / folder) as found:
                entries = list(found)
        except FileNotFoundError:
            continue  # it was removed meanwhile
        except OSError:
            if folder == prefix.rstrip("/"):
                raise
            yield StoredObject(folder, 0, datetime.max.replace(tzinfo=UTC))
            continue
        for entry in entries:
            key = f"{folder}/{entry.name}"
            if UNFINISHED.fullmatch(entry.name) or not entry.name.isprintable():
                continue
            if _is_folder(entry) and key.count("/") + 1 < _parts_of(key):
                folders.append(key)
            else:
                yield _object(key, entry)


def unnameable(root: Path) -> Iterator[str]:
    """What can't be named in a store, as its name has what can't be printed: its path, spelt out."""
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            if not name.isprintable():
                yield os.path.relpath(Path(folder, name), root).encode("unicode_escape", "surrogateescape").decode()


def move(root: Path, source: str, target: str) -> bool:
    """Give whatever stands at a key another one: a link itself, a folder whole. False where nothing stands there."""
    for _ in range(_TRIES):
        if not os.path.lexists(root / source):
            return False
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # somebody removed the folder, which was empty, or moved the source
            (root / source).replace(root / target)
            return True
    return False


def read(root: Path, key: str, path: str) -> bytes | None:
    """The bytes of the file at a key, at this path; None where nothing stands there.

    No bytes where what stands there is no file, or can't be read: it is damaged to everybody, and `oddity` says why.
    Raises OSError where more can't be read than that, as without the marker nothing can; ValueError for a key of none.
    """
    try:
        return read_file(path)
    except (FileNotFoundError, NotADirectoryError):
        if not Path(path).is_symlink():  # a file that is there by now was not a moment ago
            return None
        if key == layout.MARKER:
            raise
    except OSError as problem:
        of_this_alone = problem.errno in _OF_ONE_FILE and os.path.lexists(f"{root}/{key.partition('/')[0]}/.")
        if key == layout.MARKER or not of_this_alone:
            raise
    return b""


def oddity(root: Path, key: str) -> Oddity | None:
    """What is wrong with what stands at a key, if it is not a file that can be read, or nothing."""
    path = root / key
    try:
        mode = path.lstat().st_mode
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            os.scandir(path).close()
        if stat.S_ISREG(mode):
            with path.open("rb") as file:
                file.read(1)
            return None
    except FileNotFoundError:
        if not path.is_symlink():
            return None
        return Oddity("it is a link that leads nowhere: bring back what it leads to, or remove it", True)
    except NotADirectoryError:
        return None
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            return Oddity("it is a link that leads to itself", False)
        return Oddity(f"it can't be read ({problem.strerror}): see to it that it can", True)
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    kind = next((name for is_kind, name in kinds if is_kind(mode)), "a device")
    return Oddity(f"it is {kind}, where a file should be", False)


def _parts_of(key: str) -> int:
    """How many parts the keys have that a key, or a part of one, is of."""
    parts = key.split("/")
    if f"{parts[0]}/" not in (layout.TRASH, layout.DAMAGED):
        return _PARTS.get(f"{parts[0]}/", 2)
    return 2 + _PARTS.get(f"{parts[2]}/", 1) if len(parts) > 2 else 4


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _object(key: str, entry: os.DirEntry[str]) -> StoredObject:
    try:
        found = entry.stat()
    except OSError:
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            return StoredObject(key, 0, datetime.max.replace(tzinfo=UTC))
    return StoredObject(key, found.st_size if stat.S_ISREG(found.st_mode) else 0, moment(found.st_mtime))


def moment(seconds: float) -> datetime:
    """A file's time; of one that no calendar has, the end of time: it is never taken for old."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)
