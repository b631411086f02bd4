"""Which comparisons a store has, by the code that was the candidate: what "the newest decision" is found by.

The log has a folder for each baseline's code, and grows with every commit. So a folder is listed again only when it
changed, and of a bucket, where a listing takes requests, everything, but seldom. Entries are read once, until they
are rewritten. Knows nothing of what was decided.
"""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cachetools import LRUCache

from holobench_mcp.model import ComparisonEntry
from holobench_mcp.store import comparisons, layout
from holobench_mcp.store.backend import Backend

#: A folder's timestamp is coarse: one that is this fresh may hide a later change. Some know whole seconds.
_RACY_NS, _COARSE_NS = 50_000_000, 2_100_000_000
#: Seconds for which the listing of a bucket holds.
_LISTING_S = 30.0
_MAX_ENTRIES = 20_000


@dataclass
class _Folder:
    stamp: int | None  #: when it changed last; None where something may have escaped the listing
    written: dict[str, int]  #: when each entry was written, by its key


class ComparisonLog:
    """The log's entries by their candidate. Thread-safe."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = threading.Lock()
        self._folders: dict[str, _Folder] = {}
        self._by_candidate: dict[str, dict[str, int]] = {}
        self._entries: LRUCache[tuple[str, int], ComparisonEntry | None] = LRUCache(_MAX_ENTRIES)
        self._listed_at = float("-inf")
        #: Another number as soon as anything in the log is another.
        self.version = 0

    def refresh(self) -> None:
        """See what was logged since the last time. Raises StoreError."""
        with self._lock:
            folder = self._backend.location.folder
            changed = self._list_bucket() if folder is None else self._list_folders(folder)
            if changed:
                self.version += 1
                by_candidate: dict[str, dict[str, int]] = defaultdict(dict)
                for one in self._folders.values():
                    for key, written in one.written.items():
                        by_candidate[_candidate_of(key)][key] = written
                self._by_candidate = dict(by_candidate)

    def of_candidates(self, codes: Iterable[str], limit: int) -> list[str]:
        """The keys of entries of some candidates, in their order; of each the one written last first."""
        found = list[str]()
        with self._lock:
            for code in codes:
                written = self._by_candidate.get(code, {})
                found += sorted(written, key=lambda key: (written[key], key), reverse=True)
                if len(found) >= limit:
                    break
        return found[:limit]

    def entry(self, key: str) -> ComparisonEntry | None:
        """An entry, read once as long as it stays as it is. Raises IntegrityError or StoreError."""
        with self._lock:
            at = key, self._by_candidate.get(_candidate_of(key), {}).get(key, 0)
            if at in self._entries:
                return self._entries[at]
        entry = comparisons.read(self._backend, key)
        with self._lock:
            self._entries[at] = entry
        return entry

    # ------------------------------------------------------------------ parts

    def _list_folders(self, root: Path) -> bool:
        """List what changed below a folder. Whether anything did."""
        changed, there = False, set[str]()
        for name, stamp in _folders_in(root / layout.COMPARISONS):
            there.add(name)
            known = self._folders.get(name)
            if known is not None and known.stamp == stamp:
                continue
            now = time.time_ns()
            written = _files_in(root / layout.COMPARISONS / name, f"{layout.COMPARISONS}{name}/")
            racy = _RACY_NS if stamp % 1_000_000_000 else _COARSE_NS
            changed |= known is None or known.written != written
            self._folders[name] = _Folder(stamp if now - stamp > racy else None, written)
        for name in self._folders.keys() - there:
            del self._folders[name]
            changed = True
        return changed

    def _list_bucket(self) -> bool:
        if time.monotonic() - self._listed_at < _LISTING_S:
            return False
        written = {o.key: int(o.written.timestamp() * 1e9) for o in self._backend.objects(layout.COMPARISONS)}
        self._listed_at = time.monotonic()
        known = self._folders.get("")
        self._folders[""] = _Folder(None, written)
        return known is None or known.written != written


def _folders_in(root: Path) -> list[tuple[str, int]]:
    """The folders in a folder, and when each changed last."""
    return [(entry.name, at) for entry in _entries(root) if (at := _changed(entry, folders=True)) is not None]


def _files_in(folder: Path, prefix: str) -> dict[str, int]:
    """The documents in a folder, and when each was written."""
    found = (entry for entry in _entries(folder) if entry.name.endswith(".json"))
    return {prefix + entry.name: at for entry in found if (at := _changed(entry, folders=False)) is not None}


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _changed(entry: os.DirEntry[str], *, folders: bool) -> int | None:
    """When it changed last; None for what is not of the kind, or leads nowhere: `verify` tells of that."""
    try:
        return entry.stat().st_mtime_ns if entry.is_dir() is folders else None
    except OSError:
        return None


def _candidate_of(key: str) -> str:
    """The candidate's code of a key, `comparisons/<code>/<search>-<code>.json`."""
    return key.removesuffix(".json").rpartition("-")[2]
