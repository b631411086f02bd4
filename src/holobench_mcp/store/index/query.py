"""What results are chosen by, as SQL: each choice by the one SQLite index that has its results in order.

SQLite picks an index by guesses about how many rows a condition leaves; where it guesses wrong, a page takes seconds.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Literal, TypedDict

from holobench_mcp.result.identity import is_time_label

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


#: Conditions on one column, and the SQLite index in whose order a choice by it comes; the first that is given is used.
_BY = (
    ("measurement", "measurement", "by_measurement"),
    ("commit", "revision", "by_revision"),
    ("label", "label", "by_label"),
    ("benchmark", "benchmark", "by_benchmark"),
    ("definition", "definition", "by_definition"),
)
#: Indexes that have the results of one value in order for each bench only.
_BY_BENCH = {"commit": "revision", "label": "label", "benchmark": "benchmark"}


def select(
    db: sqlite3.Connection, columns: str, conditions: Conditions, limit: int | None, offset: int = 0
) -> list[tuple[Any, ...]]:
    """Columns of results, newest first; of a beginning of ids, the last ids first."""
    benches = _benches(db, conditions)
    if benches is None:
        query, values = _query(conditions, None)
        query = f"SELECT {columns} FROM results {query} LIMIT ? OFFSET ?"
        return db.execute(query, [*values, -1 if limit is None else limit, offset]).fetchall()
    most = -1 if limit is None else limit + offset
    runs = []
    for bench_name in benches:
        query, values = _query(conditions, bench_name)
        query = f"SELECT {columns}, executed_at, result_id FROM results {query} LIMIT ?"
        runs.append(db.execute(query, [*values, most]).fetchall())
    merged = runs[0] if len(runs) == 1 else heapq.merge(*runs, key=itemgetter(-2, -1), reverse=True)
    return [row[:-2] for row in islice(merged, offset, None if limit is None else limit + offset)]


def count(db: sqlite3.Connection, conditions: Conditions) -> int:
    """How many results there are."""
    grouped = _grouped(conditions)
    if grouped is not None:
        where, values = grouped
        return int(db.execute(f"SELECT coalesce(sum(n), 0) FROM groups WHERE {where}", values).fetchone()[0])
    found = 0
    for bench_name in _benches(db, conditions) or (None,):
        query, values = _query(conditions, bench_name)
        counted = f"SELECT count(*) FROM results {query.partition(' ORDER BY ')[0]}"
        found += int(db.execute(counted, values).fetchone()[0])
    return found


def exists(db: sqlite3.Connection, conditions: Conditions) -> bool:
    """Whether there is any result."""
    grouped = _grouped(conditions)
    if grouped is not None:
        where, values = grouped
        return bool(db.execute(f"SELECT EXISTS (SELECT 1 FROM groups WHERE {where})", values).fetchone()[0])
    return bool(select(db, "result_id", conditions, 1))


def distinct(db: sqlite3.Connection, column: Column, conditions: Conditions, limit: int | None) -> list[str]:
    """The different values of a column, the one measured last first. Of labels, not those that are times."""
    if column == "result_id":
        return [row[0] for row in select(db, "result_id", conditions, limit)]
    given = {name: value for name, value in conditions.items() if value is not None}
    filters = {"bench_name": ("commit", "label", "benchmark", "dirty", "revision")}.get(column, ("dirty", "revision"))
    if set(given) - {"bench_name", "benches", *filters}:
        raise ValueError(f"distinct values of {column} can't be chosen by {', '.join(given)}")
    if column == "bench_name":
        grouped = _grouped(conditions)
        if grouped is None:
            raise ValueError(f"benches can't be chosen by {', '.join(given)} together")
        where, values = grouped
    else:
        where, values = _kind(column, conditions)
    shown = "bench_name" if column == "bench_name" else "value"
    if column == "bench_name" or "revision" in given or len(conditions.get("benches") or ()) > 1:
        query = f"SELECT {shown}, max(newest) FROM groups WHERE {where} GROUP BY {shown} ORDER BY 2 DESC, 1 LIMIT ?"
        return [row[0] for row in db.execute(query, [*values, -1 if limit is None else limit])]
    # In the order of an index, so that the first few are found without all others.
    rows = db.execute(f"SELECT {shown} FROM groups WHERE {where} ORDER BY newest DESC, {shown}", values)
    return list(islice(_once(row[0] for row in rows), limit))


# ---------------------------------------------------------------------- parts


def _query(conditions: Conditions, bench_name: str | None) -> tuple[str, list[object]]:
    """Which index, what conditions and what order, and the values. bench_name: the one that is read now."""
    where, values = list[str](), list[object]()
    index, order = "by_time" if bench_name is None else "by_bench", "executed_at DESC, result_id DESC"
    for name, column, by in reversed(_BY):
        if (value := conditions.get(name)) is not None:
            index = by
            where.insert(0, f"{column} = ?")
            values.insert(0, value)
    if bench_name is not None:
        where.append("bench_name = ?")
        values.append(bench_name)
    if (dirty := conditions.get("dirty")) is not None:
        where.append("(dirty = 1) = ?")
        values.append(dirty)
    for column, prefix in (("revision", conditions.get("revision")), ("result_id", conditions.get("id_prefix"))):
        if prefix is not None:
            where.append(f"{column} >= ? AND {column} < ?")
            values += [prefix, prefix + _LAST]
            if column == "result_id":
                index, order = "sqlite_autoindex_results_1", "result_id DESC"
    if (before := conditions.get("before")) is not None:
        where.append("(executed_at, result_id) < (?, ?)")
        values += before
    hint = f"INDEXED BY {index}"
    return f"{hint} WHERE {' AND '.join(where) or '1'} ORDER BY {order}", values


def _benches(db: sqlite3.Connection, conditions: Conditions) -> list[str] | None:
    """The benches that a choice is read of one by one; None where its index has all results in order."""
    if conditions.get("measurement") is not None or conditions.get("id_prefix") is not None:
        return _named_benches(conditions)
    named = _named_benches(conditions)
    if named is not None:
        return named
    for condition, kind in _BY_BENCH.items():
        value = conditions.get(condition)
        if value is None:
            continue
        if isinstance(value, str) and kind == "label" and is_time_label(value):
            query = "SELECT DISTINCT bench_name FROM results INDEXED BY by_label WHERE label = ?"
            return [row[0] for row in db.execute(query, [value])] or [""]
        query = "SELECT DISTINCT bench_name FROM groups WHERE kind = ? AND value = ?"
        return [row[0] for row in db.execute(query, [kind, value])] or [""]
    return None


def _named_benches(conditions: Conditions) -> list[str] | None:
    """The benches that a choice is limited to; one that there is not, where it is limited to none."""
    one, some = conditions.get("bench_name"), conditions.get("benches")
    if one is None:
        return None if some is None else list(dict.fromkeys(some)) or [""]
    return [one] if some is None or one in some else [""]


def _grouped(conditions: Conditions) -> tuple[str, list[object]] | None:
    """The groups that add up to a choice; None where it is by more than a bench and one value."""
    given = {name for name, value in conditions.items() if value is not None} - {"bench_name", "benches"}
    if not given or given == {"revision"}:
        return _kind("revision" if given else "bench_name", conditions)
    if given <= {"commit", "dirty"} and "commit" in given:
        return _kind("revision", conditions)
    if given == {"benchmark"}:
        return _kind("benchmark", conditions)
    label = conditions.get("label")
    if given == {"label"} and label is not None and not is_time_label(label):
        return _kind("label", conditions)
    return None


def _kind(kind: str, conditions: Conditions) -> tuple[str, list[object]]:
    """The groups of a kind, as far as a choice goes by it."""
    where, values = ["kind = ?"], list[object]([kind])
    by_value: dict[str, str | None] = {
        "revision": conditions.get("commit"),
        "label": conditions.get("label"),
        "benchmark": conditions.get("benchmark"),
    }
    if (value := by_value.get(kind)) is not None:
        where.append("value = ?")
        values.append(value)
    benches = _named_benches(conditions)
    if benches is not None:
        where.append(f"bench_name IN ({', '.join('?' * len(benches))})")
        values += benches
    if kind == "revision" and (prefix := conditions.get("revision")) is not None:
        where.append("value >= ? AND value < ?")
        values += [prefix, prefix + _LAST]
    if kind == "revision" and (dirty := conditions.get("dirty")) is not None:
        where.append("dirty = ?")
        values.append(int(dirty))
    return " AND ".join(where), values


def _once(values: Iterable[str]) -> Iterator[str]:
    before: set[str] = set()
    for value in values:
        if value not in before:
            before.add(value)
            yield value
