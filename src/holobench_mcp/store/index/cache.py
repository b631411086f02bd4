"""The index as what answers are made from: opened where it can be, and built again where it breaks."""

from __future__ import annotations

import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, Unpack

from cachetools import LRUCache
from pydantic import ValidationError

from holobench_mcp.model import IntegrityError, Manifest
from holobench_mcp.store import layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.index import file, query, rows
from holobench_mcp.store.index.query import Column, Conditions
from holobench_mcp.store.index.refresh import refresh, transaction
from holobench_mcp.store.index.rows import ResultRow
from holobench_mcp.store.location import Location
from holobench_mcp.store.parsing import parse_manifest

_T = TypeVar("_T")
#: Manifests that were parsed: each is some kilobytes, and parsing one takes 20 µs.
_MAX_PARSED = 2000
#: Counts by several conditions at once, which take a look at each result.
_MAX_COUNTS = 200
#: What an index that can't be used is known by. An OperationalError is of its place: full, locked, read-only.
_BROKEN = (sqlite3.Error, ValidationError, zlib.error)

log = logging.getLogger("holobench_mcp")


class Index:
    """Manifests, queryable. Thread-safe; several processes may share the file."""

    def __init__(self, url: str) -> None:
        self._url = url
        #: Whether manifests are in the index too: where reading one is a request, or it can't be asked for.
        self._has_bodies = Location.parse(url).folder is None
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._place: Path | str | None = None
        self._backend: Backend | None = None
        self._parsed: LRUCache[bytes, Manifest] = LRUCache(_MAX_PARSED)
        self._counts: LRUCache[Hashable, int] = LRUCache(_MAX_COUNTS)

    def refresh(self, backend: Backend) -> None:
        """Take in what was recorded since the last time, and drop what is gone."""
        with self._lock:
            self._backend = backend
            self._on_index(lambda db: refresh(db, backend))

    def select(self, *, limit: int | None = None, offset: int = 0, **conditions: Unpack[Conditions]) -> list[Manifest]:
        """Manifests, newest first; those of a beginning of ids by their ids, the last one first."""
        return self._on_index(lambda db: self._select(db, conditions, limit, offset))

    def rows(self, *, limit: int | None = None, **conditions: Unpack[Conditions]) -> list[ResultRow]:
        """What a listing shows of results, in the same order."""
        return self._on_index(lambda db: [rows.shown(row) for row in query.select(db, rows.SHOWN, conditions, limit)])

    def ids(self, *, limit: int | None = None, **conditions: Unpack[Conditions]) -> list[str]:
        """The ids of results, in the same order."""
        return self._on_index(lambda db: [row[0] for row in query.select(db, "result_id", conditions, limit)])

    def count(self, **conditions: Unpack[Conditions]) -> int:
        """How many results there are."""
        return self._on_index(lambda db: self._count(db, conditions))

    def has(self, **conditions: Unpack[Conditions]) -> bool:
        """Whether there is any result."""
        return self._on_index(lambda db: query.exists(db, conditions))

    def distinct(self, column: Column, *, limit: int | None = None, **conditions: Unpack[Conditions]) -> list[str]:
        """The different values of a column, the one measured last first. Labels that are times are none."""
        return self._on_index(lambda db: query.distinct(db, column, conditions, limit))

    def bench_names(self) -> list[str]:
        """Every bench that has a result, the one measured last first."""
        return self.distinct("bench_name")

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Results whose manifests are damaged, as far as that is known: they are in no answer."""
        ask = "SELECT result_id FROM damaged ORDER BY result_id"
        return self._on_index(lambda db: tuple(row[0] for row in db.execute(ask)))

    @property
    def version(self) -> Hashable:
        """What is another as soon as this index holds anything else, whichever process wrote it."""
        return self._on_index(_version)

    def correct(self, result_ids: Sequence[str]) -> bool:
        """Read the manifests of results again. Whether the index was wrong about one: it is right now.

        For what is about to be shown: an edit or a flipped bit of a file changes no listing.
        """
        return self._on_index(lambda db: self._correct(db, result_ids))

    def forget(self) -> None:
        """Remove the index: what asks next builds it again from the store."""
        with self._lock:
            self._leave(sqlite3.OperationalError())
            for place in file.places(self._url):
                file.remove(place)

    # ------------------------------------------------------------------ parts

    def _on_index(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What work makes of the index; of one elsewhere, where it is locked, full, or breaks while it is open."""
        with self._lock:
            if self._db is not None:
                try:
                    return work(self._db)
                except _BROKEN as problem:
                    failed, place = problem, self._leave(problem)
            else:
                failed, place = None, None
            for db in self._open(place, failed):
                try:
                    if place is not None and self._backend is not None:
                        refresh(db, self._backend)
                    return work(db)
                except _BROKEN as problem:
                    failed, place = problem, self._leave(problem)
            raise IntegrityError(f"SQLite can't hold an index even in memory: {failed}.")

    def _open(self, left: Path | str | None, failed: Exception | None) -> Iterator[sqlite3.Connection]:
        """The index, opened at one place after another. left: where it was; failed: what went wrong there."""
        moved = isinstance(failed, sqlite3.OperationalError)
        for place in file.places(self._url):
            if moved and place == left:
                continue
            with suppress(sqlite3.Error, OSError):
                self._db, self._place = file.connect(place), place
                if moved and left is not None and file.copy_into(self._db, left):
                    left = None
                if not isinstance(place, Path) and not self._url.startswith("memory:"):
                    log.warning(
                        "The cache folder %s can't be used (%s): each process makes an index of its own.",
                        file.path_of(self._url).parent, failed or "it can't be written",
                    )  # fmt: skip
                yield self._db

    def _leave(self, problem: Exception) -> Path | str | None:
        """Close an index that can't be used, and remove it where it is broken. Returns where it was."""
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
        self._db = None
        if not isinstance(problem, sqlite3.OperationalError) and self._place is not None:
            file.remove(self._place)
        self._counts.clear()
        return self._place

    def _select(self, db: sqlite3.Connection, conditions: Conditions, limit: int | None, offset: int) -> list[Manifest]:
        while True:
            found = query.select(db, "id, result_id, digest", conditions, limit, offset)
            manifests = [self._manifest(db, *row) for row in found]
            if all(m is not None for m in manifests) or not self._correct(db, [result_id for _, result_id, _ in found]):
                return [manifest for manifest in manifests if manifest is not None]

    def _manifest(self, db: sqlite3.Connection, number: int, result_id: str, digest: bytes) -> Manifest | None:
        """A manifest, parsed once; None where a folder has another one, or none, at its place."""
        manifest = self._parsed.get(digest)
        if manifest is not None:
            return manifest
        if self._has_bodies:
            (body,) = db.execute("SELECT body FROM bodies WHERE id = ?", (number,)).fetchone() or (None,)
            if body is None:
                raise sqlite3.DatabaseError("the index has lost a manifest")
            manifest = rows.manifest_of(body)
        else:
            data = self._backend.get(layout.manifest_key(result_id)) if self._backend else None
            if data is None or rows.short_digest(data) != digest:
                return None
            manifest = parse_manifest(data, result_id)
        self._parsed[digest] = manifest
        return manifest

    def _count(self, db: sqlite3.Connection, conditions: Conditions) -> int:
        asked = {name: tuple(v) if isinstance(v, list) else v for name, v in conditions.items() if v is not None}
        key = (*_version(db), *sorted(asked.items()))
        if (known := self._counts.get(key)) is None:
            known = self._counts[key] = query.count(db, conditions)
        return known

    def _correct(self, db: sqlite3.Connection, result_ids: Sequence[str]) -> bool:
        backend = self._backend
        if backend is None:
            return False
        ask = "SELECT result_id, digest FROM results WHERE result_id = ?"
        digests = dict(row for result_id in result_ids for row in db.execute(ask, (result_id,)))
        wrong, right, damaged = list[str](), list[rows.Stored](), list[str]()
        for result_id, digest in digests.items():
            data = backend.get(layout.manifest_key(result_id))
            if data is not None and rows.short_digest(data) == digest:
                continue
            wrong.append(result_id)
            try:
                if data is not None:
                    right.append(rows.read_manifest(data, result_id))
            except IntegrityError:
                damaged.append(result_id)
        if wrong:
            with transaction(db):
                rows.delete(db, wrong)
                rows.insert(db, right, bodies=self._has_bodies)
                rows.mark_damaged(db, damaged)
        return bool(wrong)


def _version(db: sqlite3.Connection) -> tuple[int, int]:
    (by_others,) = db.execute("PRAGMA data_version").fetchone()
    return by_others, db.total_changes
