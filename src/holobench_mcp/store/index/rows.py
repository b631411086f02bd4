"""Results as rows of the index, and the groups of them that names and counts are read from.

All that is written here is written in one transaction of the caller's. While many results are read at once, groups are
not written with each: they are made of the rows at the end.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeVar

from holobench_mcp.model import Manifest
from holobench_mcp.result.identity import is_time_label
from holobench_mcp.store import layout
from holobench_mcp.store.parsing import parse_unsealed_manifest
from holobench_mcp.store.seal import unsealed

#: How `dirty` is written: NULL would be one of neither kind.
_CLEAN, _DIRTY, _UNKNOWN = 0, 1, 2
#: Ids in one question to SQLite.
_MAX_VALUES = 500
#: What manifests have in common, which need not be stored with each: a third of the size that it has without.
_COMMON = (
    b'{\n "format": 1,\n "result_id": "",\n "bench_name": "",\n "executed_at": "2026-01-01T00:00:00+00:00",\n'
    b' "provenance": {\n  "uuid": "",\n  "executed_at": "2026-01-01T00:00:00+00:00",\n'
    b'  "display_label": "2026-01-01 00:00:00 UTC",\n  "source_revision": null,\n  "workflow": null,\n'
    b'  "workflow_run": null,\n  "lane": null,\n  "attempt": null\n },\n "over_time": false,\n "inputs": [\n'
    b'  {\n   "name": "size",\n   "units": null,\n   "kind": "int"\n  }\n ],\n "shape": [\n  4,\n  5\n ],\n'
    b' "metrics": [\n  {\n   "variable": "time_ms",\n   "units": "ms",\n   "direction": "minimize",\n'
    b'   "kind": "float",\n   "claim": null,\n   "meaning_version": 1\n  }\n ],\n "stats": {\n  "time_ms": {\n'
    b'   "n": 20,\n   "mean": 10.0,\n   "sd": 0.5,\n   "min": 8.0,\n   "median": 10.1,\n   "max": 10.9\n  }\n'
    b' },\n "constants": {},\n "environment": {\n  "holobench": "1.148.0",\n  "python": "3.12.1",\n'
    b'  "numpy": "2.3.5",\n  "os": "Linux-6.8.0-x86_64",\n'
    b'  "cpu_model": "AMD EPYC Intel(R) Xeon(R) Processor @ 2.80GHz",\n  "cpu_count": 8,\n'
    b'  "hostname_hash": "",\n  "git_commit": "",\n  "git_dirty": false,\n  "benchmark_sha256": "",\n'
    b'  "sweep_sha256": "",\n  "command": [\n   "python"\n  ],\n  "caches_on": false,\n'
    b'  "holobench_import": "light",\n  "git_diff_sha256": null\n },\n "measurement": {\n  "id": "",\n'
    b'  "benchmark": null,\n  "run": 0,\n  "runs": 1,\n  "side": null,\n  "sweep": 0,\n'
    b'  "measured_by": "recorded",\n  "cautions": []\n },\n "definition": "",\n "blobs": {\n  "result.json": {\n'
    b'   "sha256": "",\n   "size": 1759\n  },\n  "samples.npz": {\n   "sha256": "",\n   "size": 2114\n  }\n }\n}'
)
_T = TypeVar("_T")

#: What a ResultRow is made of.
SHOWN = "result_id, bench_name, executed_at, revision, dirty, label, metrics, digest"


class ResultRow(NamedTuple):
    """What a listing shows of a result."""

    result_id: str
    bench_name: str
    executed_at: str
    source_revision: str | None
    dirty: bool | None
    label: str | None
    metrics: tuple[str, ...]


class Stored(NamedTuple):
    """A result as the index stores it: a row of `results`, and the bytes of its manifest without their digest.

    Texts and bytes alone: of a hundred thousand manifests that are read at once, none is left over for the garbage
    collector to look through again and again, which takes longer than parsing them.
    """

    result_id: str
    bench_name: str
    executed_at: str
    revision: str | None
    dirty: int
    label: str | None
    definition: str
    measurement: str | None
    benchmark: str | None
    metrics: str
    digest: bytes  #: of the whole file
    document: bytes


#: The columns of a row, but for its number.
_COLUMNS = Stored._fields[:-1]


class _Group(NamedTuple):
    kind: str
    value: str
    bench_name: str
    dirty: int


def read_manifest(data: bytes, result_id: str) -> Stored:
    """The bytes of a manifest as they go into the index. Raises IntegrityError for damaged ones."""
    document = unsealed(data, layout.manifest_key(result_id))
    return _stored(parse_unsealed_manifest(document, result_id), data, document)


def as_stored(manifest: Manifest, data: bytes) -> Stored:
    """The same of a manifest whose bytes these are."""
    return _stored(manifest, data, unsealed(data, layout.manifest_key(manifest.result_id)))


def _stored(m: Manifest, data: bytes, document: bytes) -> Stored:
    dirty = m.environment.git_dirty
    return Stored(
        m.result_id,
        m.bench_name,
        m.executed_at,
        m.source_revision,
        _UNKNOWN if dirty is None else _DIRTY if dirty else _CLEAN,
        m.label,
        m.definition,
        m.measurement.id if m.measurement else None,
        m.measurement.benchmark if m.measurement else None,
        _as_json(tuple([metric.variable for metric in m.metrics])),
        short_digest(data),
        document,
    )


def short_digest(data: bytes) -> bytes:
    """What tells one state of a manifest's file from another."""
    return hashlib.sha256(data).digest()[:16]


def shown(row: tuple[str, str, str, str | None, int, str | None, str, bytes]) -> ResultRow:
    """The columns SHOWN as a row."""
    result_id, bench_name, executed_at, revision, dirty, label, metrics, _ = row
    dirty_or_not = None if dirty == _UNKNOWN else dirty == _DIRTY
    return ResultRow(result_id, bench_name, executed_at, revision, dirty_or_not, label, tuple(json.loads(metrics)))


def manifest_of(body: bytes) -> Manifest:
    """A body as a manifest."""
    unpacked = zlib.decompressobj(zdict=_COMMON)
    return Manifest.model_validate_json(unpacked.decompress(body) + unpacked.flush())


def compressed(document: bytes) -> bytes:
    """A manifest as a body."""
    packed = zlib.compressobj(1, zdict=_COMMON)
    return packed.compress(document) + packed.flush()


# ---------------------------------------------------------------------- writing


def insert(db: sqlite3.Connection, batch: Sequence[Stored], *, bodies: bool) -> int:
    """Take results in that are not there yet. Returns how many were not: another process may have been faster.

    bodies: whether their manifests are stored too, which takes as long as all the rest.
    """
    by_id = {stored.result_id: stored for stored in batch}
    known = present(db, list(by_id))
    new = [stored for stored in by_id.values() if stored.result_id not in known]
    if not new:
        return 0
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM results").fetchone()
    marks = ", ".join("?" * (1 + len(_COLUMNS)))
    db.executemany(
        f"INSERT INTO results (id, {', '.join(_COLUMNS)}) VALUES ({marks})",
        [(number, *stored[:-1]) for number, stored in enumerate(new, last + 1)],
    )
    if bodies:
        packed = ((number, compressed(stored.document)) for number, stored in enumerate(new, last + 1))
        db.executemany("INSERT OR REPLACE INTO bodies VALUES (?, ?)", packed)
    if db.execute("SELECT EXISTS (SELECT 1 FROM damaged)").fetchone()[0]:
        db.executemany("DELETE FROM damaged WHERE result_id = ?", [(stored.result_id,) for stored in new])
    if is_filling(db):
        return len(new)
    counts: dict[_Group, tuple[int, str]] = {}
    for s in new:
        for group in _groups(s.bench_name, s.revision, s.dirty == _DIRTY, s.label, s.benchmark):
            n, newest = counts.get(group, (0, ""))
            counts[group] = (n + 1, max(newest, s.executed_at))
    db.executemany(
        "INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n, "
        "newest = max(newest, excluded.newest)",
        [(*group, *count) for group, count in counts.items()],
    )
    return len(new)


def delete(db: sqlite3.Connection, result_ids: Iterable[str]) -> int:
    """Drop results, damaged ones too. Returns how many were there."""
    dropped, filling = 0, is_filling(db)
    for some in batches(result_ids, _MAX_VALUES):
        marks = ", ".join("?" * len(some))
        rows = db.execute(
            "SELECT id, bench_name, executed_at, revision, dirty, label, benchmark FROM results "
            f"WHERE result_id IN ({marks})",
            some,
        ).fetchall()
        db.execute(f"DELETE FROM damaged WHERE result_id IN ({marks})", some)
        numbers = [(row[0],) for row in rows]
        db.executemany("DELETE FROM results WHERE id = ?", numbers)
        db.executemany("DELETE FROM bodies WHERE id = ?", numbers)
        for _, bench_name, executed_at, revision, dirty, label, benchmark in () if filling else rows:
            for group in _groups(bench_name, revision, dirty == _DIRTY, label, benchmark):
                _shrink(db, group, executed_at)
        dropped += len(rows)
    return dropped


def mark_damaged(db: sqlite3.Connection, result_ids: Iterable[str]) -> None:
    """Take results out of all answers whose manifests can't be read, but remember them."""
    ids = list(result_ids)
    delete(db, ids)
    db.executemany("INSERT OR IGNORE INTO damaged VALUES (?)", [(result_id,) for result_id in ids])


def present(db: sqlite3.Connection, result_ids: Sequence[str]) -> set[str]:
    """Those of some results that are there."""
    found: set[str] = set()
    for some in batches(result_ids, _MAX_VALUES):
        query = f"SELECT result_id FROM results WHERE result_id IN ({', '.join('?' * len(some))})"
        found.update(row[0] for row in db.execute(query, some))
    return found


def is_filling(db: sqlite3.Connection) -> bool:
    """Whether many results are being read, by this process or another, and groups are made at the end of that."""
    return db.execute("SELECT 1 FROM state WHERE key = 'filling' AND value").fetchone() is not None


def begin_filling(db: sqlite3.Connection) -> None:
    """Write no groups until `end_filling`."""
    db.execute("INSERT OR REPLACE INTO state VALUES ('filling', 1)")


def end_filling(db: sqlite3.Connection) -> None:
    """Make the groups of the rows, and go on writing them with each."""
    db.execute("DELETE FROM groups")
    for kind, dirty in (("bench_name", "0"), ("revision", f"dirty = {_DIRTY}"), ("label", "0"), ("benchmark", "0")):
        value = "''" if kind == "bench_name" else kind
        one_label_a_result = "AND NOT is_time_label(label)" if kind == "label" else ""
        db.execute(
            f"INSERT INTO groups SELECT '{kind}', {value}, bench_name, {dirty}, count(*), max(executed_at) "
            f"FROM results WHERE {kind} IS NOT NULL {one_label_a_result} GROUP BY 2, 3, 4"
        )
    db.execute("INSERT OR REPLACE INTO state VALUES ('filling', 0)")


def batches(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Values, so many at a time."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some


@lru_cache(1000)
def _as_json(names: tuple[str, ...]) -> str:
    return json.dumps(names)


def _groups(
    bench_name: str, revision: str | None, dirty: bool, label: str | None, benchmark: str | None
) -> Iterator[_Group]:
    """The groups that a result is in. A label that is a time is in none: each would be one of its own."""
    yield _Group("bench_name", "", bench_name, 0)
    if revision is not None:
        yield _Group("revision", revision, bench_name, int(dirty))
    if label is not None and not is_time_label(label):
        yield _Group("label", label, bench_name, 0)
    if benchmark is not None:
        yield _Group("benchmark", benchmark, bench_name, 0)


def _shrink(db: sqlite3.Connection, group: _Group, executed_at: str) -> None:
    """Take one result, which is dropped already, out of a group."""
    where = "kind = ? AND value = ? AND bench_name = ? AND dirty = ?"
    row = db.execute(f"SELECT n, newest FROM groups WHERE {where}", group).fetchone()
    if row is None:
        raise sqlite3.DatabaseError("the index has lost count of its results")
    n, newest = row
    if n <= 1:
        db.execute(f"DELETE FROM groups WHERE {where}", group)
        return
    if newest == executed_at:
        column = f"{group.kind} = ? AND" if group.kind != "bench_name" else ""
        dirty = f"AND (dirty = {_DIRTY}) = {group.dirty}" if group.kind == "revision" else ""
        values = [group.value, group.bench_name] if column else [group.bench_name]
        query = f"SELECT max(executed_at) FROM results WHERE {column} bench_name = ? {dirty}"
        (newest,) = db.execute(query, values).fetchone()
    db.execute(f"UPDATE groups SET n = ?, newest = ? WHERE {where}", (n - 1, newest, *group))
