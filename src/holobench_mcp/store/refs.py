"""Refs in the store: each a log of entries, written once, of which the last is what the name means now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from threading import Lock

from holobench_mcp.model import IntegrityError, RefEntry, StoreError
from holobench_mcp.store import layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.folder import StoredObject
from holobench_mcp.store.many import map_many
from holobench_mcp.store.parsing import parse_ref_entry

#: What keys tell apart.
_TICK = timedelta(microseconds=1)
#: Entries that are in memory: a kilobyte each.
_MAX_KNOWN = 20_000


def log(backend: Backend, bench_name: str, name: str) -> Iterator[RefEntry]:
    """Every entry of a ref, oldest first. Raises IntegrityError for one that is damaged."""
    for key in sorted(key for key, _ in backend.keys(layout.ref_prefix(bench_name, name))):
        yield read(backend, key)


def next_moment(backend: Backend, bench_name: str, name: str, now: datetime) -> datetime:
    """When the next entry of a ref's log is set: behind all others, also where the clock was ahead for the last one."""
    keys = [key for key, _ in backend.keys(layout.ref_prefix(bench_name, name))]
    last = max((moment for key in keys if (moment := layout.ref_moment(key)) is not None), default=None)
    return now if last is None else max(now, last + _TICK)


def last_keys(backend: Backend, bench_name: str | None = None) -> list[str]:
    """The key of the last entry of every ref: of one bench, or of all."""
    return [found.key for found in _last(backend, bench_name)]


class Current:
    """What every ref means now. Each entry is read once: a listing shows whether it is what it was. Thread-safe."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = Lock()
        self._known: dict[StoredObject, RefEntry] = {}

    def read(self, bench_name: str | None = None) -> tuple[list[RefEntry], list[str]]:
        """The last entry of every ref, of one bench or of all, and the keys of those that are damaged."""
        try:
            found = _last(self._backend, bench_name)
        except StoreError:
            if self._backend.location.folder is None:
                raise
            return [], [layout.REFS]  # of a folder that can't be read nothing is known; what else there is can be
        with self._lock:
            known = dict(self._known)
        unread = [one for one in found if one not in known]
        damaged = list[str]()
        for one, entry in map_many(self._backend, self._entry, unread):
            if entry is None:
                damaged.append(one.key)
            else:
                known[one] = entry
        entries = [known[one] for one in found if one in known]
        with self._lock:
            if bench_name is None:
                self._known = dict(list(zip((one for one in found if one in known), entries, strict=True))[:_MAX_KNOWN])
        return entries, damaged

    def _entry(self, found: StoredObject) -> RefEntry | None:
        try:
            return read(self._backend, found.key)
        except IntegrityError:
            return None


def last(backend: Backend, bench_name: str, name: str) -> RefEntry | None:
    """The last entry of a ref, None where it has none. Raises IntegrityError for one that is damaged."""
    keys = [key for key, _ in backend.keys(layout.ref_prefix(bench_name, name))]
    return read(backend, max(keys)) if keys else None


def read(backend: Backend, key: str) -> RefEntry:
    """The entry at a key. Raises IntegrityError for one that is damaged."""
    return parse_ref_entry(backend.get(key) or b"", key)


def _last(backend: Backend, bench_name: str | None) -> list[StoredObject]:
    """The last entry of every ref, as a listing has it."""
    prefix = layout.REFS if bench_name is None else layout.ref_prefix(bench_name)
    found = sorted(backend.objects(prefix), key=attrgetter("key"))
    return list({one.key.rpartition("/")[0]: one for one in found}.values())
