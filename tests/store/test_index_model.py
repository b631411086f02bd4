"""The index against a plain scan of the store: whatever was done to it, both give equal answers.

The index may be late about a file that was edited where it lies, until the result is looked at. So every result is looked
at before the two are compared, as a listing does.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import obstore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import snapshot
from holobench_mcp.model import IntegrityError, Manifest, UnknownResult
from holobench_mcp.store import Store, backend, journal, layout, open_store
from holobench_mcp.store.index import Index, file, refresh
from holobench_mcp.store.lookup import Lookup
from holobench_mcp.store.parsing import parse_manifest

BENCHES, REVISIONS, LABELS = ("sort", "Sort", "a@b"), (None, "aaaa1111", "aaaa2222", "bbbb"), (None, "before", "after")
START = datetime(2026, 3, 1, tzinfo=UTC)

RECORD = st.tuples(
    st.just("record"),
    st.sampled_from(BENCHES),
    st.sampled_from(REVISIONS),
    st.sampled_from(LABELS),
    st.booleans(),
    st.integers(-3, 3),  # hours on the writer's clock: many at once, and many late
)
OPERATIONS = st.lists(
    st.one_of(
        RECORD,
        RECORD,
        st.tuples(st.sampled_from(["delete", "damage", "repair", "unjournaled", "tear journal"]), st.integers(0, 50)),
        st.just(("version",)),
        st.just(("refresh", "other process")),
        st.just(("refresh",)),
    ),
    min_size=1,
    max_size=14,
)


class Scan:
    """What the store holds, by reading all of it."""

    def __init__(self, folder: Path) -> None:
        self.readable: list[Manifest] = []
        self.damaged: list[str] = []
        for path in (folder / "results").glob("*.json"):
            try:
                self.readable.append(parse_manifest(path.read_bytes(), path.stem))
            except IntegrityError:
                self.damaged.append(path.stem)
        self.readable.sort(key=lambda m: (m.executed_at, m.result_id), reverse=True)

    def ids(self, **conditions: object) -> list[str]:
        return [m.result_id for m in self.readable if all(_holds(m, name, value) for name, value in conditions.items())]

    def values(self, column: str, **conditions: object) -> list[str]:
        chosen = set(self.ids(**conditions))
        newest: dict[str, str] = {}
        for m in self.readable:
            value = {"revision": m.source_revision, "label": m.label}.get(column, m.bench_name)
            timed = column == "label" and value is not None and value.endswith("UTC")
            if m.result_id in chosen and value is not None and not timed:
                newest.setdefault(value, m.executed_at)
        return sorted(sorted(newest), key=newest.__getitem__, reverse=True)


def _holds(m: Manifest, name: str, value: object) -> bool:
    match name:
        case "commit":
            return m.source_revision == value
        case "revision":
            return (m.source_revision or "").startswith(str(value))
        case "dirty":
            return bool(m.environment.git_dirty) == value
        case "benches":
            return m.bench_name in value  # type: ignore[operator]
        case "before":
            return (m.executed_at, m.result_id) < value  # type: ignore[operator]
        case _:
            return bool(getattr(m, name) == value)


CHOICES = (
    {},
    {"bench_name": "sort"},
    {"benches": ("sort", "a@b")},
    {"benches": ()},
    {"label": "before"},
    {"label": "after", "bench_name": "a@b"},
    {"commit": "aaaa1111"},
    {"commit": "aaaa1111", "dirty": True},
    {"commit": "aaaa1111", "dirty": False, "bench_name": "Sort"},
    {"commit": "bbbb", "label": "after"},
    {"label": "before", "benches": ("sort", "Sort"), "dirty": False},
    {"dirty": True},
)
DISTINCT = (
    ("bench_name", {}),
    ("bench_name", {"label": "before"}),
    ("bench_name", {"commit": "aaaa1111", "dirty": True}),
    ("revision", {}),
    ("revision", {"bench_name": "sort"}),
    ("revision", {"revision": "aaaa"}),
    ("revision", {"revision": "aaaa", "benches": ("sort", "Sort"), "dirty": False}),
    ("label", {}),
    ("label", {"bench_name": "Sort"}),
)


def agrees(index: Index, scan: Scan) -> None:
    for conditions in CHOICES:
        expected = scan.ids(**conditions)
        assert index.ids(**conditions) == expected, conditions
        assert index.ids(**conditions, limit=2) == expected[:2]
        assert [m.result_id for m in index.select(**conditions, limit=2, offset=1)] == expected[1:3]
        assert index.count(**conditions) == len(expected)
        assert index.has(**conditions) == bool(expected)
    for column, conditions in DISTINCT:
        assert index.distinct(column, **conditions) == scan.values(column, **conditions), (column, conditions)
        assert index.distinct(column, **conditions, limit=1) == scan.values(column, **conditions)[:1]
    assert index.select() == scan.readable
    assert index.unreadable == tuple(sorted(scan.damaged))
    for m in scan.readable[:3]:
        before = (m.executed_at, m.result_id)
        assert [row.result_id for row in index.rows(before=before, limit=3)] == scan.ids(before=before)[:3]
        assert index.ids(id_prefix=m.result_id[:-3], limit=1) == [m.result_id]
    for row, m in zip(index.rows(), scan.readable, strict=True):
        shown = (m.result_id, m.bench_name, m.executed_at, m.source_revision, m.environment.git_dirty, m.label)
        assert row == (*shown, tuple(metric.variable for metric in m.metrics))


def up_to_date(store: Store) -> Index:
    """The index, every result of it looked at."""
    index = store.manifests()
    while store.correct(index.ids()):
        index = store.manifests()
    return index


def apply(store: Store, n: int, operation: tuple) -> None:
    folder = Path(store.location.url)
    files = sorted((folder / "results").glob("*.json")) if folder.exists() else []
    match operation:
        case ("record", bench, revision, label, dirty, hours):
            result = snapshot([[float(n), 1.0, 2.0]], bench=bench, revision=revision, label=label)
            when = (START + timedelta(hours=hours)).isoformat()
            result = result.with_(provenance={**result.provenance, "executed_at": when})
            store.record(result.with_(environment=result.environment.model_copy(update={"git_dirty": dirty})))
        case ("unjournaled", _):
            # A writer that died before its entry, or one of before there were journals.
            result = snapshot([[float(n), 3.0, 2.0]])
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(journal, "append", lambda *_, **__: None)
                store.record(result)
        case ("delete", i) if files:
            files[i % len(files)].unlink()
        case ("damage", i) if files:
            data = bytearray(files[i % len(files)].read_bytes())
            data[i % len(data)] ^= 4
            files[i % len(files)].write_bytes(data)
        case ("repair", i) if files:
            path = files[i % len(files)]
            data = path.read_bytes()
            path.unlink()
            path.write_bytes(data)
        case ("tear journal", i):
            entries = sorted((folder / "journal").glob("*.json")) if folder.exists() else []
            if entries:
                entries[i % len(entries)].write_bytes(b"{")
        case ("version",):
            path = file.path_of(store.location.url)
            if path.exists():
                other = sqlite3.connect(path)
                other.execute(f"PRAGMA user_version = {file.VERSION + 1}")
                other.close()
        case ("refresh", "other process"):
            up_to_date(open_store(store.location.url))
        case ("refresh",):
            up_to_date(store)


def names_agree(store: Store, scan: Scan) -> None:
    """Every way of naming a result."""
    lookup = Lookup(store)
    names = {"latest": scan.ids(), "latest~1": scan.ids()[1:]}
    for bench in {m.bench_name for m in scan.readable}:
        names[f"{bench}@latest"] = scan.ids(bench_name=bench)
        names[f"{bench}@latest~2"] = scan.ids(bench_name=bench)[2:]
        names[f"{bench}@label:before"] = scan.ids(bench_name=bench, label="before")
        clean, dirty = (scan.ids(bench_name=bench, commit="bbbb", dirty=dirty) for dirty in (False, True))
        names[f"{bench}@bbbb"] = clean or dirty
        names[f"{bench}@bbbb+dirty"] = dirty
    for name, expected in names.items():
        if not expected:
            with pytest.raises(UnknownResult):
                lookup.find(name)
        else:
            assert lookup.find(name).manifest.result_id == expected[0], name
    for result_id in scan.ids()[:2]:
        assert lookup.find(result_id[:-1]).manifest.result_id == result_id


def run(store: Store, operations: list[tuple]) -> Store:
    """The store after some operations, opened anew where the index was given another version."""
    for n, operation in enumerate(operations):
        apply(store, n, operation)
        if operation == ("version",):
            store = open_store(store.location.url)
    (Path(store.location.url) / "results").mkdir(parents=True, exist_ok=True)
    return store


FOR_EACH = settings(max_examples=25, deadline=None)


@given(OPERATIONS)
@FOR_EACH
def test_whatever_happens_to_a_store_its_index_answers_as_a_scan_of_it_does(operations: list[tuple]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLOBENCH_MCP_CACHE", f"{folder}/cache")
        store = run(open_store(f"{folder}/store"), operations)
        scan = Scan(Path(folder) / "store")
        agrees(up_to_date(store), scan)
        names_agree(store, scan)
        assert up_to_date(open_store(f"{folder}/store")).select() == scan.readable


@given(st.lists(st.one_of(RECORD, st.just(("refresh",)), st.just(("refresh", "other process"))), max_size=10))
@FOR_EACH
def test_a_large_folder_that_is_read_by_its_journal_alone_answers_as_a_scan_does(operations: list[tuple]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLOBENCH_MCP_CACHE", f"{folder}/cache")
        store = open_store(f"{folder}/store")
        store.record(snapshot([[99.0, 1.0, 2.0]]))
        assert store.manifests().count() == 1
        patch.setattr(refresh, "SMALL", 0)
        patch.setattr(refresh, "_SHARE", 1e-9)
        patch.setattr(backend.Backend, "names", None)
        store = run(store, operations)
        agrees(store.manifests(), Scan(Path(folder) / "store"))


@given(OPERATIONS)
@FOR_EACH
def test_a_large_folder_is_as_a_scan_of_it_once_it_was_listed_again(operations: list[tuple]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLOBENCH_MCP_CACHE", f"{folder}/cache")
        with pytest.MonkeyPatch.context() as large:
            large.setattr(refresh, "SMALL", 0)
            large.setattr(refresh, "_SHARE", 1e-9)
            store = run(open_store(f"{folder}/store"), operations)
            store.manifests()
        agrees(up_to_date(store), Scan(Path(folder) / "store"))


@given(
    st.lists(st.one_of(st.just("record"), st.just("delete"), st.just("unjournaled"), st.just("refresh")), max_size=12)
)
@FOR_EACH
def test_a_large_bucket_is_known_after_so_many_refreshes_as_it_has_pages(operations: list[str]) -> None:
    url = f"memory://{uuid4().hex}"
    with pytest.MonkeyPatch.context() as patch:
        for module in (refresh, backend):
            patch.setattr(module, "LISTING_PAGE", 3)
        store, present = open_store(url), set[str]()
        for n in range(8):
            present.add(store.record(snapshot([[float(n), 1.0, 2.0]], bench=f"b{n % 3}", at=n)))
        assert set(store.manifests().ids()) == present
        for n, operation in enumerate(operations):
            if operation == "delete" and present:
                key = layout.manifest_key(sorted(present)[n % len(present)])
                obstore.delete(store.backend._store(), key)
                present.remove(key[len(layout.RESULTS) : -len(".json")])
            elif operation in ("record", "unjournaled"):
                with pytest.MonkeyPatch.context() as lost:
                    if operation == "unjournaled":
                        lost.setattr(journal, "append", lambda *_, **__: None)
                    present.add(open_store(url).record(snapshot([[float(n), 5.0, 2.0]], bench=f"c{n % 2}", at=n)))
                assert operation == "unjournaled" or present >= {store.manifests().ids(limit=1)[0]}
            else:
                store.manifests()
        for _ in range(2 * (len(present) // 3 + 2)):
            store.manifests()
        assert set(store.manifests().ids()) == present
