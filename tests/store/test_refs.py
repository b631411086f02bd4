"""A ref is a log: it keeps what it meant before, stays in the store, and means results of its own bench."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from conftest import rewrite, snapshot
from holobench_mcp.model import IntegrityError, InvalidArgument
from holobench_mcp.store import Store, bundle, open_store
from holobench_mcp.store.lookup import Lookup


@pytest.mark.parametrize("name", ["..", "a/b", "", "latest", "x" * 65, "a\nb", "-x", "a..b"])
def test_a_ref_name_can_not_reach_out_of_the_store(store: Store, name: str) -> None:
    result_id = store.record(snapshot())
    with pytest.raises(InvalidArgument):
        store.set_ref("sort", name, result_id)


def test_a_ref_keeps_what_it_meant_before(store: Store) -> None:
    first, second = (store.record(snapshot(at=i)) for i in range(2))
    store.set_ref("sort", "baseline", first, by="ann", reason="release")
    entry = store.set_ref("sort", "baseline", second, by="bob")
    assert entry.replaced == first
    assert [(e.result_id, e.set_by, e.reason) for e in store.ref_log("sort", "baseline")] == [
        (first, "ann", "release"),
        (second, "bob", None),
    ]


@pytest.mark.parametrize(
    "edit",
    [
        lambda e: e | {"bench_name": "search"},
        lambda e: e | {"name": "other"},
        lambda e: e | {"result_id": "../../etc/passwd"},
        lambda e: e | {"set_at": "yesterday"},
        lambda e: e | {"set_at": "2026-03-01T12:00:00"},
        lambda e: e | {"more": 1},
        lambda e: [e],
    ],
)
def test_a_hand_edited_ref_is_an_integrity_error(store: Store, edit) -> None:
    store.set_ref("sort", "baseline", store.record(snapshot()))
    (path,) = (Path(store.location.url) / "refs" / "sort" / "baseline").iterdir()
    rewrite(path, edit)
    with pytest.raises(IntegrityError):
        store.ref("sort", "baseline")
    assert list(store.verify())


def test_a_ref_can_not_be_edited_to_mean_another_benchs_result(store: Store) -> None:
    ours, theirs = store.record(snapshot()), store.record(snapshot(bench="search"))
    store.set_ref("sort", "baseline", ours)
    (path,) = (Path(store.location.url) / "refs" / "sort" / "baseline").iterdir()
    rewrite(path, lambda e: e | {"result_id": theirs})
    with pytest.raises(IntegrityError, match="search"):
        Lookup(store).find("sort@baseline")
    assert list(store.verify())


def test_benches_of_one_slug_have_refs_of_their_own(store: Store) -> None:
    for bench in ("Sort it", "sort-it", "sort it"):
        store.set_ref(bench, "baseline", store.record(snapshot(bench=bench)))
    assert sorted(e.bench_name for e in store.refs()) == ["Sort it", "sort it", "sort-it"]
    assert {store.ref(b, "baseline").bench_name for b in ("Sort it", "sort-it")} == {"Sort it", "sort-it"}  # type: ignore[union-attr]


def test_what_was_set_last_counts_though_the_clock_has_gone_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = (store.record(snapshot(at=i)) for i in range(3))
    store.set_ref("sort", "baseline", first)

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - timedelta(days=400)

    monkeypatch.setattr(bundle, "datetime", Earlier)
    for result_id in (second, third):
        store.set_ref("sort", "baseline", result_id)
        assert store.ref("sort", "baseline").result_id == result_id
    assert [entry.result_id for entry in store.ref_log("sort", "baseline")] == [first, second, third]


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_a_listing_reads_an_entry_once_and_sees_what_another_process_set_or_damaged(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "store" if kind == "folder" else f"memory://{tmp_path.name}-refs"
    writer, reader = open_store(where), open_store(where)
    first, second = (writer.record(snapshot(at=i)) for i in range(2))
    for i in range(30):
        writer.set_ref("sort", f"name-{i}", first)
    read = list[str]()
    get = reader.backend.get
    monkeypatch.setattr(reader.backend, "get", lambda key: read.append(key) or get(key))

    def meanings() -> dict[str, str]:
        read.clear()
        entries, damaged = reader.readable_refs()
        assert not damaged
        return {entry.name: entry.result_id for entry in entries}

    assert meanings() == {f"name-{i}": first for i in range(30)}
    assert len(read) == 30
    assert meanings() == {f"name-{i}": first for i in range(30)}
    assert reader.readable_refs("sort")[0] == reader.refs()
    assert read == []
    entry = writer.set_ref("sort", "name-7", second)
    assert meanings()["name-7"] == second
    assert len(read) == 1
    key = next(key for key in read if "name-7" in key)
    writer.backend.put(key, b'{"cut": ')
    entries, damaged = reader.readable_refs()
    assert damaged == [key]
    assert entry not in entries
    with pytest.raises(IntegrityError, match="name-7"):
        reader.refs()


def test_what_a_name_means_costs_a_listing_and_its_last_entry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    result_id = store.record(snapshot())
    entries = [store.set_ref("sort", "baseline", result_id, reason=str(i)) for i in range(20)]
    read = list[str]()
    get = store.backend.get
    monkeypatch.setattr(store.backend, "get", lambda key: read.append(key) or get(key))
    assert store.ref("sort", "baseline") == entries[-1]
    assert len(read) == 1
