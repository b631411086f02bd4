"""The index's SQLite file: its tables, where it is, and how it is opened."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from holobench_mcp.config import cache_folder
from holobench_mcp.result.identity import is_time_label

#: Raise it when a column or the meaning of one changes; another version's file is left to it.
VERSION = 4
#: SQLite's own name of a temporary file, which it removes.
_TEMPORARY = ""
_MEMORY = ":memory:"

#: results: what a listing shows and what names are made of. bodies: the manifests themselves, of a bucket; those of a
#: folder are read from there as quickly. damaged: results whose manifests can't be read. groups: how many results
#: share a value, by bench, and when the newest of them was measured. state: how far the store was read.
_TABLES = """
CREATE TABLE results (
    id INTEGER PRIMARY KEY, result_id TEXT NOT NULL UNIQUE, bench_name TEXT NOT NULL, executed_at TEXT NOT NULL,
    revision TEXT, dirty INTEGER NOT NULL, label TEXT, definition TEXT NOT NULL, measurement TEXT, benchmark TEXT,
    metrics TEXT NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE damaged (result_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE groups (
    kind TEXT NOT NULL, value TEXT NOT NULL, bench_name TEXT NOT NULL, dirty INTEGER NOT NULL, n INTEGER NOT NULL,
    newest TEXT NOT NULL, PRIMARY KEY (kind, value, bench_name, dirty)
) WITHOUT ROWID;
CREATE TABLE state (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""
#: By what results are found, newest first. Made after a first reading, which is twice as fast without them.
INDEXES = (
    "CREATE INDEX IF NOT EXISTS by_time ON results (executed_at DESC, result_id DESC)",
    "CREATE INDEX IF NOT EXISTS by_bench ON results (bench_name, executed_at DESC, result_id DESC)",
    "CREATE INDEX IF NOT EXISTS by_definition ON results (definition, executed_at DESC, result_id DESC)",
    "CREATE INDEX IF NOT EXISTS by_revision ON results (revision, bench_name, executed_at DESC, result_id DESC)"
    " WHERE revision IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS by_label ON results (label, bench_name, executed_at DESC, result_id DESC)"
    " WHERE label IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS by_benchmark ON results (benchmark, bench_name, executed_at DESC, result_id DESC)"
    " WHERE benchmark IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS by_measurement ON results (measurement) WHERE measurement IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS by_newest ON groups (kind, newest DESC, value)",
    "CREATE INDEX IF NOT EXISTS by_newest_of_bench ON groups (kind, bench_name, newest DESC, value)",
)


def places(url: str) -> Iterator[Path | str]:
    """Where the index of a store may be: in the cache folder; where that can't be written, in one that is nobody's."""
    if not url.startswith("memory:"):
        yield path_of(url)
        yield _TEMPORARY
    yield _MEMORY


def path_of(url: str) -> Path:
    """The file of a store's index."""
    return cache_folder() / "index" / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.v{VERSION}.sqlite"


def connect(path: Path | str) -> sqlite3.Connection:
    """Open an index, building its tables anew where it is broken or of another version."""
    if isinstance(path, Path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _prepared(path)
    except sqlite3.DatabaseError as problem:
        if not isinstance(path, Path) or isinstance(problem, sqlite3.OperationalError):
            raise
        remove(path)
        return _prepared(path)


def remove(path: Path | str) -> None:
    """Remove an index's file, and what SQLite keeps beside it."""
    for stale in path.parent.glob(path.name + "*") if isinstance(path, Path) else ():
        with suppress(OSError):
            stale.unlink()


def copy_into(db: sqlite3.Connection, path: Path | str) -> bool:
    """Fill an empty index with what a file of this version holds, which can't be written any more. Whether it could."""
    if not isinstance(path, Path):
        return False
    with suppress(sqlite3.Error):
        source = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True, timeout=0)
        try:
            if source.execute("PRAGMA user_version").fetchone()[0] == VERSION:
                source.backup(db)
                return True
        finally:
            source.close()
    return False


def _prepared(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=5, check_same_thread=False, isolation_level=None)
    try:
        db.execute("PRAGMA cache_size = -16000")
        db.create_function("is_time_label", 1, is_time_label, deterministic=True)
        if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            _make_tables(db)
        db.execute("SELECT result_id, digest FROM results LIMIT 1").fetchone()
        db.execute("SELECT value FROM state LIMIT 1").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def _make_tables(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            db.execute(f'DROP TABLE "{name}"')
        for statement in _TABLES.strip().split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")
