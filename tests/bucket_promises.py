"""What a store in a bucket promises, whoever's bucket it is: asserted against a server of each protocol."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from conftest import snapshot, until
from holobench_mcp.config import load_config
from holobench_mcp.model import StoreError
from holobench_mcp.store import Store, layout, open_store
from holobench_mcp.store.gc import gc
from holobench_mcp.store.repair import repair
from holobench_mcp.store.sync import sync
from holobench_mcp.store.verify import verify
from holobench_mcp.workspace import Workspace
from stored_runs import timing


def workspace(bucket: str, folder: Path) -> Workspace:
    return Workspace(load_config(project=folder, store=bucket, environ={}))


def damage_in(store: Store) -> list[str]:
    return [f.sentence for f in verify(store) if f.damage]


def holds_what_a_folder_holds(bucket: str, folder: Path, *, chain: bool = False) -> None:
    space = workspace(bucket, folder)
    space.store.wants_chain = chain
    result = timing(1.0, 1)
    ids = [space.record(result), space.record(timing(2.0, 2, revision="b" * 40))]
    assert space.record(result) == ids[0]
    space.set_baseline(ids[0], "main")
    assert space.compare("sort@main", ids[1]).decision is not None
    assert space.list_results().total == 2 and not damage_in(space.store)
    copy = open_store(folder / "folder")
    assert sync(open_store(bucket), copy).results == 2
    there, here = ({k: b.get(k) for k, _ in b.keys("results/")} for b in (space.store.backend, copy.backend))
    assert there == here
    assert sync(copy, open_store(bucket)).status == "nothing"


def creates_an_object_once(bucket: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        created = list(pool.map(lambda i: open_store(bucket).backend.create("results/x", b"%d" % i), range(6)))
    assert sorted(created) == [False] * 5 + [True]
    open_store(bucket).backend.remove("results/x")


def has_every_result_of_writers_at_once(bucket: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(lambda i: open_store(bucket).record(timing(1.0, i)), range(8)))
    assert set(open_store(bucket).manifests().ids()) == ids and not list(verify(open_store(bucket)))


def is_repaired_and_collected(bucket: str) -> None:
    store = open_store(bucket)
    manifest = store.manifest(store.record(snapshot()))
    store.backend.put(layout.blob_key(manifest.blobs["result.json"].sha256), b"{}")
    store.backend.put_blob(b"nobody names me")
    assert damage_in(store)
    assert repair(store, dry_run=False).status == "done" and not damage_in(store)
    until(lambda: gc(store, dry_run=False, grace_s=0).moved_to_trash == 1)  # some count whole seconds
    assert len(list(store.backend.keys(layout.BLOBS))) == 2 and not damage_in(store)


def shows_each_server_the_others_results(bucket: str, folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    one, other = workspace(bucket, folder / "a"), workspace(bucket, folder / "b")
    for i in range(4):
        recorder, reader = (one, other) if i % 2 else (other, one)
        result_id = recorder.record(timing(1.0, i))
        assert reader.list_results().results[0].result_id == result_id
    one.store.set_ref("sort", "main", result_id)
    assert other.find("sort@main").result_id == result_id


def is_readable_while_it_is_down(bucket: str, folder: Path, down: AbstractContextManager[None]) -> None:
    space = workspace(bucket, folder)
    ids = [space.record(timing(f, i, revision=r * 40)) for i, (f, r) in enumerate(((1.0, "a"), (1.5, "b")))]
    space.store.set_ref("sort", "main", ids[0])
    before = space.compare(ids[0], ids[1])
    assert space.list_results().reason is None
    with down:
        page = workspace(bucket, folder).list_results()  # another process, with the same caches
        assert [row.result_id for row in page.results] == ids[::-1]
        assert page.results[1].refs == ("main",)
        assert "This is what was read before" in (page.reason or "") and "does not answer" in (page.reason or "")
        again = workspace(bucket, folder).compare(ids[0], ids[1])
        assert again.decision == before.decision and "This is what was read before" in again.notes[0]
        with pytest.raises(StoreError):
            workspace(bucket, folder).verify()
        with pytest.raises(StoreError):
            workspace(bucket, folder).store.set_ref("sort", "main", ids[1])
    assert space.list_results().reason is None


def gets_what_waited_for_it(bucket: str, folder: Path, down: AbstractContextManager[None]) -> None:
    first = workspace(bucket, folder).record(timing(1.0, 0))
    results = [timing(1.0, i) for i in (1, 2)]
    with down:
        space = workspace(bucket, folder)
        waiting = [space.record(result) for result in results]
        assert space.library.spool.waiting() == 2
        with pytest.raises(StoreError):
            space.store.record(timing(1.0, 3))
    page = workspace(bucket, folder).list_results()
    assert {row.result_id for row in page.results} == {first, *waiting} and page.reason is None
    assert space.library.spool.waiting() == 0 and not space.library.spool.folder.exists()
    assert not damage_in(open_store(bucket))
    assert [space.record(result) for result in results] == waiting
