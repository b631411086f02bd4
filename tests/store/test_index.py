"""The index is a cache: broken, locked or away, it takes no answer with it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from conftest import rewrite, snapshot
from holobench_mcp.model import StoreError
from holobench_mcp.store import Store, layout, open_store
from holobench_mcp.store.backend import Backend


def test_a_broken_index_is_built_again(store: Store, tmp_path: Path) -> None:
    store.record(snapshot())
    assert store.manifests().count() == 1
    [index] = (tmp_path / "cache" / "index").glob("*.sqlite")
    index.write_bytes(b"not a database" * 1000)
    assert open_store(store.location.url).manifests().count() == 1


@pytest.mark.parametrize("damage", ["bytes", "rows", "lock"])
def test_an_index_that_breaks_while_it_is_open_takes_no_answer_away(
    store: Store, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store.record(snapshot())
    assert store.manifests().count() == 1
    (path,) = (tmp_path / "cache" / "index").glob("*.sqlite")
    other = sqlite3.connect(path, isolation_level=None)
    if damage == "bytes":
        path.write_bytes(os.urandom(path.stat().st_size))
    elif damage == "rows":
        other.execute("UPDATE results SET digest = x'00', metrics = x'00'")
    else:
        monkeypatch.setattr(sqlite3, "connect", lambda *a, timeout, **o: connect(*a, timeout=0, **o))
        store = open_store(store.location.url)
        assert store.manifests().count() == 1
        other.execute("BEGIN IMMEDIATE")
    second = store.record(snapshot(at=1))
    assert [m.result_id for m in store.manifests().select()] == [second, first]
    assert store.manifests().bench_names() == ["sort"]
    assert store.manifests().count() == 2


connect = sqlite3.connect


@pytest.mark.parametrize("change", ["removed", "cut", "another's", "recorded again"])
def test_manifests_of_a_folder_are_those_of_its_files_also_after_the_index_was_read(store: Store, change: str) -> None:
    first, second = (store.record(snapshot(at=i)) for i in range(2))
    index = store.manifests()
    assert len(index.rows()) == 2
    path = Path(store.location.url) / layout.manifest_key(first)
    match change:
        case "removed":
            path.unlink()
        case "cut":
            path.write_bytes(path.read_bytes()[:-40])
        case "another's":
            path.write_bytes((path.parent / f"{second}.json").read_bytes())
        case _:
            rewrite(path, lambda m: {**m, "over_time": True})
    right = [second] if change != "recorded again" else [second, first]
    assert [m.result_id for m in index.select()] == right
    assert [m.over_time for m in index.select()] == [False, True][: len(right)]
    assert index.unreadable == ((first,) if change in ("cut", "another's") else ())
    assert index.count() == len(right)


def test_a_first_index_of_a_folder_holds_no_copies_of_manifests(store: Store, tmp_path: Path) -> None:
    store.record(snapshot())
    assert [m.bench_name for m in store.manifests().select()] == ["sort"]
    [path] = (tmp_path / "cache" / "index").glob("*.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM bodies").fetchone() == (0,)


def test_an_index_forgets_what_was_deleted(store: Store) -> None:
    result_id = store.record(snapshot())
    assert store.manifests().count() == 1
    (Path(store.location.url) / layout.manifest_key(result_id)).unlink()
    assert open_store(store.location.url).manifests().count() == 0


def test_an_index_that_can_not_be_written_is_kept_in_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLOBENCH_MCP_CACHE", "/proc/nowhere")
    store.record(snapshot())
    assert open_store(store.location.url).manifests().count() == 1


@pytest.mark.parametrize("problem", [StoreError("down"), KeyboardInterrupt()])
def test_a_store_that_goes_away_in_mid_refresh_leaves_no_lock(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: BaseException
) -> None:
    for at in range(3):
        store.record(snapshot(at=at))
    get, reads = Backend.get, []

    def failing(self: Backend, key: str) -> bytes | None:
        reads.append(key)
        if len([k for k in reads if k.startswith(layout.RESULTS)]) == 2:
            raise problem
        return get(self, key)

    monkeypatch.setattr(Backend, "get", failing)
    with pytest.raises(type(problem)):
        store.manifests()
    (path,) = (tmp_path / "cache" / "index").glob("*.sqlite")
    with contextlib.closing(sqlite3.connect(path, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.rollback()
    monkeypatch.setattr(Backend, "get", get)
    assert store.manifests().count() == 3
