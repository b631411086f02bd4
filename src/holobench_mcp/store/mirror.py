"""What was read of a bucket, and written to it, on this machine: blobs, and the documents that are not in the index.

While the bucket is down, what was read before stays readable, as it was then. Nothing of it is believed: blobs and
documents are checked by their digests wherever they come from.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from holobench_mcp.config import cache_folder
from holobench_mcp.store import layout

#: What the mirrors of all stores may take together.
MAX_BYTES = 1_000_000_000
_PRUNED_EVERY = 500
_LISTED = (layout.REFS, layout.MEASUREMENTS, layout.COMPARISONS)
_READ = (layout.BLOBS, layout.MARKER, *_LISTED)


class Mirror:
    """Copies of one bucket's objects. A cache: it may be removed at any time, and none of its troubles are told.

    waiting: the folder of what could not be stored yet, which is readable meanwhile too.
    """

    def __init__(self, url: str, waiting: Path) -> None:
        self._waiting = waiting
        self._all = cache_folder() / "mirror"
        self._folder = self._all / hashlib.sha256(url.encode()).hexdigest()[:24]
        self._written = 0

    def get(self, key: str) -> bytes | None:
        """An object as it was read last, or as it waits to be sent; None for one that is neither."""
        for path in (self._path(key), self._waiting / key):
            with suppress(OSError):
                return path.read_bytes()
        return None

    def put_written(self, key: str, data: bytes) -> None:
        """Remember what this machine wrote: a measurement reads its own runs, also where the bucket went down since."""
        if key.startswith((layout.RESULTS, *_READ)):
            self._write(self._path(key), data)

    def put(self, key: str, data: bytes | None) -> None:
        """Remember what was read."""
        if key.startswith(_READ):
            if data is None:
                with suppress(OSError):
                    self._path(key).unlink()
            elif not key.startswith(layout.BLOBS) or not self._path(key).exists():
                self._write(self._path(key), data)

    @staticmethod
    def has_listings_of(prefix: str) -> bool:
        """Whether listings of a prefix are remembered: of those that are short, and not in the index."""
        return prefix.startswith(_LISTED)

    def listing(self, prefix: str) -> list[tuple[str, int, datetime]] | None:
        """The keys below a prefix, as they were listed last, with sizes and times; None where they were not."""
        for listed in (prefix, *(kind for kind in _LISTED if prefix.startswith(kind))):
            with suppress(OSError, ValueError, TypeError):
                found = json.loads(self._listing(listed).read_bytes())
                return [(k, size, datetime.fromisoformat(at)) for k, size, at in found if k.startswith(prefix)]
        return None

    def put_listing(self, prefix: str, found: Sequence[tuple[str, int, datetime]]) -> None:
        """Remember what was listed."""
        rows = [[key, size, written.isoformat()] for key, size, written in found]
        self._write(self._listing(prefix), json.dumps(rows).encode())

    def _path(self, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()

    def _listing(self, prefix: str) -> Path:
        return self._path(f"listing of {prefix}")

    def _write(self, path: Path, data: bytes) -> None:
        self._written += 1
        if self._written % _PRUNED_EVERY == 0:
            self._prune()
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                unfinished.write_bytes(data)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)

    def _prune(self) -> None:
        """Remove what was written first, as far as there is too much."""
        files = []
        for folder, _, names in os.walk(self._all):
            for name in names:
                with suppress(OSError):
                    stat = Path(folder, name).stat()
                    files.append((stat.st_mtime, stat.st_size, Path(folder, name)))
        excess = sum(size for _, size, _ in files) - MAX_BYTES
        for _, size, path in sorted(files):
            if excess <= 0:
                break
            excess -= size
            with suppress(OSError):
                path.unlink()
