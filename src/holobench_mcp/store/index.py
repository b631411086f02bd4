"""The index: a local cache of a store's manifests, so that listing ten thousand results reads one file.

It is only ever a cache. When it is missing, broken, or of another version it is built again from the store, and when
the cache folder can't be written it lives in memory.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypedDict, TypeVar, Unpack

from pydantic import ValidationError

from holobench_mcp.config import cache_folder
from holobench_mcp.model import IntegrityError, Manifest
from holobench_mcp.store import layout
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.parsing import parse_manifest

#: Raise it when a column or the meaning of one changes; older files are then built again.
_VERSION = 2
#: A folder's timestamp is coarse: a listing this fresh may already have missed a later write.
_RACY_NS = 50_000_000

_SCHEMA = """
CREATE TABLE results (
    result_id TEXT PRIMARY KEY, bench_name TEXT NOT NULL, executed_at TEXT NOT NULL, revision TEXT,
    dirty INTEGER NOT NULL, label TEXT, definition TEXT, measurement TEXT, benchmark TEXT, manifest TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX by_time ON results (executed_at DESC, result_id DESC);
CREATE INDEX by_bench ON results (bench_name, executed_at DESC, result_id DESC);
CREATE INDEX by_revision ON results (revision, bench_name);
CREATE INDEX by_label ON results (label, bench_name);
CREATE INDEX by_benchmark ON results (benchmark, bench_name);
"""
_T = TypeVar("_T")
#: Each is some kilobytes; parsing one takes longer than reading it.
_MAX_PARSED = 10_000
_NEWEST_FIRST = "ORDER BY executed_at DESC, result_id DESC"
#: Behind every text that begins with the text before it.
_LAST = "\U0010ffff"
Column = Literal["result_id", "bench_name", "revision", "label", "benchmark"]


class Conditions(TypedDict, total=False):
    """What results are chosen by; a condition that is None holds for all.

    revision: a hash or the beginning of one; commit: the revision, whole. before: an (executed_at, result_id).
    benchmark: the configured benchmark that recorded them.
    """

    bench_name: str | None
    benches: Sequence[str] | None
    revision: str | None
    commit: str | None
    dirty: bool | None
    label: str | None
    definition: str | None
    measurement: str | None
    benchmark: str | None
    id_prefix: str | None
    before: tuple[str, str] | None


class Index:
    """Manifests, queryable. Thread-safe; several processes may share the file."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._stamp: int | None = None
        self._backend: Backend | None = None
        self._parsed: dict[str, tuple[str, Manifest]] = {}
        #: Results whose manifests are damaged, as of the last refresh: they are in no answer.
        self.unreadable: tuple[str, ...] = ()

    def refresh(self, backend: Backend) -> None:
        """Take in what was recorded since the last time, and drop what is gone."""
        with self._lock:
            self._backend = backend
            stamp = backend.listing_stamp(layout.RESULTS)
            if stamp is not None and stamp == self._stamp:
                return
            listed_at = time.time_ns()
            self._on_index(lambda db: self._update(db, backend))
            self._stamp = stamp if stamp is not None and listed_at - stamp > _RACY_NS else None

    def select(self, *, limit: int | None = None, offset: int = 0, **conditions: Unpack[Conditions]) -> list[Manifest]:
        """Manifests, newest first."""
        where, values = _where(conditions)
        values += [-1 if limit is None else limit, offset]
        query = f"SELECT result_id, manifest FROM results WHERE {where} {_NEWEST_FIRST} LIMIT ? OFFSET ?"  # noqa: S608 - columns are named below
        return self._on_index(lambda db: [self._manifest(*row) for row in db.execute(query, values)])

    def ids(self, *, limit: int | None = None, **conditions: Unpack[Conditions]) -> list[str]:
        """The ids of results, newest first."""
        where, values = _where(conditions)
        query = f"SELECT result_id FROM results WHERE {where} {_NEWEST_FIRST} LIMIT ?"  # noqa: S608 - as above
        values.append(-1 if limit is None else limit)
        return self._on_index(lambda db: [row[0] for row in db.execute(query, values)])

    def count(self, **conditions: Unpack[Conditions]) -> int:
        """How many results there are."""
        where, values = _where(conditions)
        query = f"SELECT count(*) FROM results WHERE {where}"  # noqa: S608 - as above
        return self._on_index(lambda db: int(db.execute(query, values).fetchone()[0]))

    def has(self, **conditions: Unpack[Conditions]) -> bool:
        """Whether there is any result."""
        where, values = _where(conditions)
        query = f"SELECT EXISTS (SELECT 1 FROM results WHERE {where})"  # noqa: S608 - as above
        return self._on_index(lambda db: bool(db.execute(query, values).fetchone()[0]))

    def distinct(self, column: Column, *, limit: int | None = None, **conditions: Unpack[Conditions]) -> list[str]:
        """The different values of a column, the one measured last first."""
        where, values = _where(conditions)
        query = (
            f"SELECT {column} FROM results WHERE {where} AND {column} IS NOT NULL "  # noqa: S608 - as above
            f"GROUP BY {column} ORDER BY max(executed_at) DESC, {column} LIMIT ?"
        )
        values.append(-1 if limit is None else limit)
        return self._on_index(lambda db: [row[0] for row in db.execute(query, values)])

    def bench_names(self) -> list[str]:
        """Every bench that has a result, the one measured last first."""
        return self.distinct("bench_name")

    # ------------------------------------------------------------------ the file

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            for path in _places(self._url):
                with suppress(sqlite3.Error, OSError):
                    self._db = _connect(path)
                    break
            else:
                raise IntegrityError("SQLite can't hold an index even in memory.")
        return self._db

    def _on_index(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What work makes of the index; of one in memory, when the file is locked or was broken while open."""
        with self._lock:
            try:
                return work(self._open())
            except (sqlite3.Error, ValidationError) as problem:
                with suppress(sqlite3.Error):
                    self._open().close()
                if not isinstance(problem, sqlite3.OperationalError):
                    for path in _places(self._url):
                        _remove(path)
                self._db = _connect(":memory:")
                if self._backend is not None:
                    self._update(self._db, self._backend)
                return work(self._db)

    def _update(self, db: sqlite3.Connection, backend: Backend) -> None:
        present = {key.removeprefix(layout.RESULTS).removesuffix(".json") for key, _ in backend.keys(layout.RESULTS)}
        known = {row[0] for row in db.execute("SELECT result_id FROM results")}
        unreadable = []
        try:
            for result_id in filter(layout.is_result_id, present - known):
                data = backend.get(layout.manifest_key(result_id))
                try:
                    if data is not None:  # None: it was deleted since the listing
                        self._insert(db, parse_manifest(data, result_id))
                except IntegrityError:
                    unreadable.append(result_id)
            db.executemany("DELETE FROM results WHERE result_id = ?", [(gone,) for gone in known - present])
        except BaseException:
            # A store that went away in the middle must not leave the file locked for other processes.
            with suppress(sqlite3.Error):
                db.rollback()
            raise
        self.unreadable = tuple(sorted(unreadable))
        self._commit(db)

    def _manifest(self, result_id: str, text: str) -> Manifest:
        """A row as a manifest: parsed once, as long as it stays the same."""
        known = self._parsed.get(result_id)
        if known is not None and known[0] == text:
            return known[1]
        manifest = Manifest.model_validate_json(text)
        if len(self._parsed) >= _MAX_PARSED:
            self._parsed.clear()
        self._parsed[result_id] = (text, manifest)
        return manifest

    def _insert(self, db: sqlite3.Connection, m: Manifest) -> None:
        db.execute(
            "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                m.result_id,
                m.bench_name,
                m.executed_at,
                m.source_revision,
                bool(m.environment.git_dirty),
                m.label,
                m.definition,
                m.measurement.id if m.measurement else None,
                m.measurement.benchmark if m.measurement else None,
                m.model_dump_json(),
            ),
        )

    def _commit(self, db: sqlite3.Connection) -> None:
        # A full cache disk must not take the answers away: what was read stays usable in this connection.
        with suppress(sqlite3.OperationalError):
            db.commit()


def _where(conditions: Conditions) -> tuple[str, list[object]]:
    """Conditions as SQL, and its values."""
    where, values = ["1"], list[object]()
    for column, value in (
        ("bench_name", conditions.get("bench_name")),
        ("revision", conditions.get("commit")),
        ("dirty", conditions.get("dirty")),
        ("label", conditions.get("label")),
        ("definition", conditions.get("definition")),
        ("measurement", conditions.get("measurement")),
        ("benchmark", conditions.get("benchmark")),
    ):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    for column, prefix in (("revision", conditions.get("revision")), ("result_id", conditions.get("id_prefix"))):
        if prefix is not None:
            where.append(f"{column} >= ? AND {column} < ?")
            values += [prefix, prefix + _LAST]
    if (benches := conditions.get("benches")) is not None:
        where.append(f"bench_name IN ({', '.join('?' * len(benches))})")
        values += benches
    if (before := conditions.get("before")) is not None:
        where.append("(executed_at, result_id) < (?, ?)")
        values += before
    return " AND ".join(where), values


def _places(url: str) -> Iterator[Path | str]:
    if not url.startswith("memory:"):
        yield cache_folder() / "index" / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.sqlite"
    yield ":memory:"


def _connect(path: Path | str) -> sqlite3.Connection:
    """Open an index file, building it anew when it is broken or of another version."""
    if isinstance(path, Path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _prepared(path)
    except sqlite3.DatabaseError:
        if not isinstance(path, Path):
            raise
        _remove(path)
        return _prepared(path)


def _remove(path: Path | str) -> None:
    """Remove an index file, and what SQLite keeps beside it."""
    for stale in path.parent.glob(path.name + "*") if isinstance(path, Path) else ():
        with suppress(OSError):
            stale.unlink()


def _prepared(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=5, check_same_thread=False)
    db.execute("PRAGMA synchronous = OFF")  # a cache: what a crash loses is read again
    if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
        db.execute("BEGIN IMMEDIATE")
        if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            db.execute("DROP TABLE IF EXISTS results")
            for statement in _SCHEMA.strip().split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")
        db.commit()
    db.execute("SELECT result_id, manifest FROM results LIMIT 1")
    return db
