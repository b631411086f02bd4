"""What is to be imported: a file's bytes or a folder, opened with limits, and read as JSON or text when first asked.

Anybody may have written it. Sizes are looked at before a byte is read, what is packed is unpacked up to a limit, and no
file is followed out of its folder.
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from gzip import GzipFile
from pathlib import Path

from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.model import CaptureError

#: 25 million numbers as text; reading so much takes some seconds and a gigabyte.
MAX_BYTES = 256 << 20
#: Files of a folder that are read, and how much of it may be looked through for them.
MAX_FILES, MAX_LISTED = 20_000, 200_000
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Content:
    """A file, or a folder. name: as whoever named it will recognise it."""

    name: str
    data: bytes = b""
    folder: Path | None = None

    @classmethod
    def of(cls, path: Path, name: str | None = None, *, max_bytes: int = MAX_BYTES) -> Content:
        """A file's or folder's content. Raises CaptureError, naming it, for what can't be read or is too large."""
        name = name or str(path)
        try:
            if path.is_dir():
                return cls(name, folder=path.resolve())
            return cls(name, _unpacked(_bytes_of(path, name, max_bytes), name, max_bytes))
        except OSError as problem:
            raise CaptureError(f"{name} can't be read: {problem.strerror}.") from problem

    @property
    def identity(self) -> str:
        """A digest of the file."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def text(self) -> str | None:
        """The file as text; None where it is none, or a folder."""
        if self.folder is not None or (b"\0" in self.data[:4096] and self.data[:2] not in _UTF16):
            return None
        try:
            return self.data.decode("utf-16" if self.data[:2] in _UTF16 else "utf-8-sig")
        except UnicodeDecodeError:
            return None

    @cached_property
    def node(self) -> Node | None:
        """The file as one JSON document; None where it is none. Raises Malformed for one that is broken within."""
        text = self.text
        if text is None or not text.lstrip().startswith(("{", "[")) or self.objects:
            return None
        return Node(parsed(text))

    @cached_property
    def objects(self) -> list[Node]:
        """The file as one JSON object a line; empty where it is not that."""
        lines = [(i, line) for i, line in enumerate((self.text or "").split("\n"), start=1) if line.strip()]
        if not lines or not all(line.lstrip().startswith("{") for _, line in lines):
            return []
        if len(lines) == 1 and not all(key in lines[0][1] for key in ('"bench"', '"metrics"')):
            return []
        try:
            first = json.loads(lines[0][1])
        except (ValueError, RecursionError):
            return []  # the first line of a document that goes on
        if len(lines) == 1 and not {"bench", "metrics"} <= set(first):
            return []
        return [Node(parsed(line, f"line {i}"), f"line {i}") for i, line in lines]

    def has(self, **kinds: type) -> bool:
        """Whether the file is a JSON object in which keys have values of some types."""
        node = self.node
        if node is None or not isinstance(node.value, dict):
            return False
        return all(isinstance(node.value.get(key), kind) for key, kind in kinds.items())

    def files(self, pattern: str) -> Iterator[Path]:
        """The folder's files of a pattern, in order of their names; none that lies outside of it.

        Raises CaptureError for more than a folder of results has.
        """
        if self.folder is None:
            return
        found: list[Path] = []
        for looked_at, path in enumerate(self.folder.glob(pattern)):
            if looked_at > MAX_LISTED or len(found) > MAX_FILES:
                raise CaptureError(f"{self.name} has more files than a folder of results: name one deeper within.")
            if path.is_file() and path.resolve().is_relative_to(self.folder):
                found.append(path)
        yield from sorted(found)

    def file(self, path: Path) -> Content:
        """A file of the folder, named by its place in it."""
        base = self.folder or Path()
        return Content.of(path, f"{self.name}/{path.relative_to(base).as_posix()}")


def parsed(text: str, place: str = "") -> object:
    """A JSON document, NaN and infinities as some tools write them. Raises Malformed, with the place."""
    where = f"{place}: " if place else ""
    try:
        document: object = json.loads(text, object_pairs_hook=_unique)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(document, ensure_ascii=False).encode()  # half of a surrogate pair can't be stored again
    except RecursionError as problem:
        raise Malformed(f"{where}it is nested deeper than any result") from problem
    except ValueError as problem:
        raise Malformed(f"{where}it is not JSON ({problem})") from problem
    return document


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"an object has the key {twice[:60]!r} twice")
    return members


def _bytes_of(path: Path, name: str, max_bytes: int) -> bytes:
    if not path.is_file():  # a FIFO or a device would keep us waiting for its other end
        raise CaptureError(f"{name} is neither a file nor a folder.")
    size = path.stat().st_size
    if size > max_bytes:
        raise CaptureError(f"{name} has {size:,} bytes; at most {max_bytes:,} are read.")
    if size == 0:
        raise CaptureError(f"{name} is empty.")
    return path.read_bytes()


def _unpacked(data: bytes, name: str, max_bytes: int) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        with GzipFile(fileobj=io.BytesIO(data)) as stream:
            unpacked = stream.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise CaptureError(f"{name} can't be unpacked ({problem}).") from problem
    if len(unpacked) > max_bytes:
        raise CaptureError(f"{name} unfolds into more than {max_bytes:,} bytes, which no result does.")
    return unpacked
