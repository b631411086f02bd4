"""What was recorded and removed since the last time: by the journal of the store, and by listings of its results.

The journal tells it in one request. What it does not tell (a writer that died before its entry, one of before there
were journals, a file that a person deleted) a listing finds, and a listing of everything takes a request for a thousand
results, or a fifth of a second of a folder of a hundred thousand. So small stores are listed whenever they changed;
large folders as often as it takes a fiftieth of the time; large buckets a page each time, round and round.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace

from holobench_mcp.model import IntegrityError, progress
from holobench_mcp.store import journal, layout
from holobench_mcp.store.backend import LISTING_PAGE, Backend
from holobench_mcp.store.index import file, rows
from holobench_mcp.store.many import read_many

#: Folders of so many results are listed whenever they changed: some milliseconds.
SMALL = 5000
#: The part of the time that listings of a larger folder may take, and the age at which any folder is listed again.
_SHARE, _MAX_AGE_S = 0.02, 3600
#: A folder's timestamp is coarse: a listing this fresh may already have missed a later write. Some know whole seconds.
_RACY_NS, _COARSE_NS = 50_000_000, 2_100_000_000
#: Manifests that are written to the index at once: a write waits for the disk.
_BATCH = 2500
#: Behind every id.
_LAST = "~"


@dataclass(frozen=True)
class State:
    """How far an index has read its store; all processes that share its file share it.

    stamp: of the folder, when it was listed whole and nothing can have escaped that. listed_at, cost: when it was
    listed whole, and how many seconds that took. cursor: the id behind which the next page of a bucket is listed.
    filling: whether somebody is reading many results, or died of it.
    """

    journal_end: int = 0
    stamp: int | None = None
    listed_at: float = 0.0
    cost: float = 0.0
    cursor: str = ""
    filling: int = 0


def refresh(db: sqlite3.Connection, backend: Backend) -> None:
    """Bring the index up to date with its store."""
    state = State(**dict(db.execute("SELECT key, value FROM state")))
    if backend.location.folder is None:
        if state.filling or not state.listed_at or _n_results(db) < LISTING_PAGE:
            _list_all(db, backend, state, None)
        else:
            _list_page(db, backend, _read_journal(db, backend, state))
        return
    stamp = backend.listing_stamp(layout.RESULTS)
    if state.filling:
        _list_all(db, backend, state, stamp)
        return
    age = time.time() - state.listed_at
    if stamp is not None and stamp == state.stamp and 0 <= age < _MAX_AGE_S:
        return
    if _n_results(db) > SMALL and 0 <= age < min(state.cost / _SHARE, _MAX_AGE_S):
        _read_journal(db, backend, state)
    else:
        _list_all(db, backend, state, stamp)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All that is written meanwhile, or nothing: other processes are kept waiting, so nothing is read from a store."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


# ---------------------------------------------------------------------- ways to read


def _read_journal(db: sqlite3.Connection, backend: Backend, state: State) -> State:
    """Take in what the journal says behind the place where it was read last."""
    news = journal.news(backend, state.journal_end)
    if news.end == state.journal_end:
        return state
    _take_in(db, backend, news.recorded)
    read = replace(state, journal_end=news.end)
    if news.damaged:
        read = replace(read, listed_at=0.0)
    _drop(db, backend, news.removed, read)
    return read


def _list_all(db: sqlite3.Connection, backend: Backend, state: State, stamp: int | None) -> None:
    """Take in what a listing of all results has and the index has not, and drop what it has not.

    stamp: the folder's, before it is listed.
    """
    listed_at, started = time.time_ns(), time.monotonic()
    # Where the journal ended before the listing: what is recorded meanwhile is read again.
    end = journal.end(backend, state.journal_end)
    missing = {name.removesuffix(".json") for name in backend.names(layout.RESULTS)}
    gone = []
    for (result_id,) in db.execute("SELECT result_id FROM results UNION ALL SELECT result_id FROM damaged"):
        if result_id in missing:
            missing.remove(result_id)
        else:
            gone.append(result_id)
    # One that was damaged may have been repaired.
    missing.update(row[0] for row in db.execute("SELECT result_id FROM damaged"))
    cost = time.monotonic() - started
    missing.difference_update(gone)
    if len(missing) > SMALL > _n_results(db):
        with transaction(db):
            rows.begin_filling(db)
    else:
        _make_indexes(db)
    _take_in(db, backend, sorted(filter(layout.is_result_id, missing)))
    with transaction(db) if rows.is_filling(db) else nullcontext():
        if rows.is_filling(db):
            rows.end_filling(db)
    _make_indexes(db)
    racy = _RACY_NS if stamp is None or stamp % 1_000_000_000 else _COARSE_NS
    trusted = stamp if stamp is not None and listed_at - stamp > racy else None
    _drop(db, backend, gone, State(end, trusted, listed_at / 1e9, cost, state.cursor), before=state)


def _list_page(db: sqlite3.Connection, backend: Backend, state: State) -> None:
    """Compare one page of a bucket's results with the index: the one behind the last."""
    keys = backend.first_keys(layout.RESULTS, f"{layout.RESULTS}{state.cursor}.json" if state.cursor else None)
    listed = [key.removeprefix(layout.RESULTS).removesuffix(".json") for key in keys]
    whole = len(listed) >= LISTING_PAGE
    last = listed[-1] if whole else _LAST
    query = "SELECT result_id FROM results WHERE result_id > ? AND result_id <= ?"
    known = {row[0] for row in db.execute(query, (state.cursor, last))}
    _take_in(db, backend, [name for name in listed if name not in known and layout.is_result_id(name)])
    gone = sorted(known.difference(listed))
    _drop(db, backend, gone, replace(state, cursor=last if whole else "", listed_at=state.listed_at or time.time()))


# ---------------------------------------------------------------------- parts


def _n_results(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(sum(n), 0) FROM groups WHERE kind = 'bench_name'").fetchone()[0])


def _make_indexes(db: sqlite3.Connection) -> None:
    """The SQLite indexes that results are found by, unless they are there."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'by_newest_of_bench'").fetchone() is None:
        with transaction(db):
            for statement in file.INDEXES:
                db.execute(statement)


def _take_in(db: sqlite3.Connection, backend: Backend, result_ids: Sequence[str]) -> None:
    """Read results into the index; of many, the next ones while some are written."""
    if len(result_ids) <= _BATCH:
        _insert(db, backend, *_read(backend, result_ids))
        return
    with ThreadPoolExecutor(1) as reader:
        some = rows.batches(result_ids, _BATCH)
        ahead = reader.submit(_read, backend, next(some))
        for n, batch in enumerate(some):
            progress.say("reading results into the index", n * _BATCH, len(result_ids))
            found = ahead.result()
            ahead = reader.submit(_read, backend, batch)
            _insert(db, backend, *found)
        _insert(db, backend, *ahead.result())


def _read(backend: Backend, result_ids: Sequence[str]) -> tuple[list[rows.Stored], list[str]]:
    """Results, and the ids of those that are damaged; what was deleted meanwhile is in neither."""
    found, damaged = list[rows.Stored](), list[str]()
    ids = {layout.manifest_key(result_id): result_id for result_id in result_ids}
    for key, data in read_many(backend, ids):
        try:
            if data is not None:
                found.append(rows.read_manifest(data, ids[key]))
        except IntegrityError:
            damaged.append(ids[key])
    return found, damaged


def _insert(db: sqlite3.Connection, backend: Backend, found: Sequence[rows.Stored], damaged: Sequence[str]) -> None:
    known = {row[0] for row in db.execute("SELECT result_id FROM damaged")} if damaged else set()
    if found or set(damaged) - known:
        with transaction(db):
            rows.insert(db, found, bodies=backend.location.folder is None)
            rows.mark_damaged(db, damaged)


def _drop(
    db: sqlite3.Connection, backend: Backend, gone: Iterable[str], read: State, *, before: State | None = None
) -> None:
    """Drop results that the store really has no more, and write down how far it was read.

    before: what stands there, where no process needs to know of nothing but another time of listing.
    """
    # Another process may have taken in what was recorded after this one's listing.
    keys = [layout.manifest_key(result_id) for result_id in gone]
    lost = [
        key.removeprefix(layout.RESULTS).removesuffix(".json") for key, data in read_many(backend, keys) if data is None
    ]
    news = lost or before is None or (read.stamp, read.journal_end) != (before.stamp, before.journal_end)
    if not news and before is not None and before.listed_at:
        fresh = read.cost / _SHARE if _n_results(db) > SMALL else _MAX_AGE_S / 2
        if read.listed_at - before.listed_at < fresh:
            return
    with transaction(db):
        rows.delete(db, lost)
        db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", asdict(read).items())
