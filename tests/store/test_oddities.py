"""What is no object in an object's place takes nothing else away, and is said: links, pipes, folders, names, permissions."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from conftest import snapshot
from damages import copy_of, small_store
from holobench_mcp.config import Retention, load_config
from holobench_mcp.model import StoreError
from holobench_mcp.store import Store, layout, open_store, trash
from holobench_mcp.store.finding import Finding
from holobench_mcp.store.gc import gc
from holobench_mcp.store.repair import repair
from holobench_mcp.store.retention import restore_named_results, retention
from holobench_mcp.store.sync import sync
from holobench_mcp.store.verify import verify
from holobench_mcp.workspace import Workspace
from oddities import FOLDERS, IN_PLACE, NAMES, an_object, fill, replace

#: The folders whose every object counts.
OURS = tuple(folder for folder in FOLDERS if folder not in ("trash", "damaged"))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("original")
        patch.setenv("HOLOBENCH_MCP_CACHE", str(folder / "cache"))
        store = small_store(folder)
        fill(store)
    return store


@pytest.fixture
def damaged(original: Path, tmp_path: Path) -> Path:
    """A small store to damage, with something in its trash, and something that was set aside."""
    return copy_of(original, tmp_path / "damaged")


def workspace(store: Path) -> Workspace:
    return Workspace(load_config(project=store.parent, store=str(store), environ={}))


def damage_in(store: Path) -> dict[str, Finding]:
    return {f.sentence.partition(": ")[0]: f for f in verify(open_store(store)) if f.damage}


def all_else_is_there(store: Path) -> None:
    """What reads a store answers, of whatever is whole."""
    space = workspace(store)
    page = space.list_results()
    assert page.total == 5 and "1 stored result is damaged and left out" in (page.reason or "")
    assert "1 baseline is damaged and left out" in (page.reason or "")
    assert space.find("sort@main").bench_name == "sort"
    assert len(space.store.measurements()) == 1 and len(space.list_baselines().baselines) == 1
    assert gc(space.store, dry_run=False).status == "refused"
    assert retention(space.store, Retention(results=1), dry_run=False).status == "refused"
    copied = sync(space.store, open_store(store.parent / "copy"))
    assert copied.status == "incomplete" and copied.results >= 4


@pytest.mark.parametrize("turn", range(3))
def test_what_is_no_file_takes_nothing_else_away_and_is_said(damaged: Path, turn: int) -> None:
    kinds = list(IN_PLACE)
    placed = {}
    for n, folder in enumerate(FOLDERS):
        path = an_object(damaged, folder)
        placed[path.relative_to(damaged).as_posix()] = kind = kinds[(n + 2 * turn) % len(kinds)]
        replace(path, IN_PLACE[kind])
    all_else_is_there(damaged)
    found = damage_in(damaged)
    ours = {key: kind for key, kind in placed.items() if key.startswith(OURS)}
    assert found.keys() == ours.keys()
    for key, kind in ours.items():
        assert kind.replace("a link upwards", "a folder") in found[key].sentence
        assert found[key].by_hand == (kind == "a link that leads nowhere")
    notes = [f.sentence for f in verify(open_store(damaged)) if not f.damage]
    assert any(note.startswith("Of what is in trash/, 1 is damaged") for note in notes)
    repaired = repair(open_store(damaged), dry_run=False)
    left = {key for key, kind in ours.items() if kind == "a link that leads nowhere"}
    assert damage_in(damaged).keys() == left and all((damaged / key).is_symlink() for key in left)
    assert repaired.status == "incomplete" and ("only a person can put right" in repaired.reason) == bool(left)
    assert open_store(damaged).record(snapshot()) in open_store(damaged).manifests().ids()


def test_names_that_no_key_has_are_said_and_take_nothing_away(damaged: Path) -> None:
    for folder in FOLDERS:
        for name in NAMES:
            Path(os.fsdecode(os.fsencode(an_object(damaged, folder).parent) + b"/" + name)).write_text("{}")
        os.utime(an_object(damaged, folder), (2**36, 2**36))  # a year that no calendar has
    space = workspace(damaged)
    assert space.list_results().total == 6 and space.find("sort@main").bench_name == "sort"
    assert gc(space.store, dry_run=False, grace_s=0).status == "refused"
    assert sync(space.store, open_store(damaged.parent / "copy")).results == 6
    found = damage_in(damaged)
    unprintable = sum(not os.fsdecode(name).isprintable() for name in NAMES)
    by_hand = [f.sentence for f in found.values() if f.by_hand]
    assert len(by_hand) == len(FOLDERS) * unprintable and all(sentence.isprintable() for sentence in by_hand)
    assert len(found) - len(by_hand) == len(OURS) * (len(NAMES) - unprintable)
    assert repair(open_store(damaged), dry_run=False).status == "incomplete"
    assert damage_in(damaged).keys() == {s.partition(": ")[0] for s in by_hand}
    assert workspace(damaged).list_results().total == 6


@contextmanager
def as_another_user(*folders: Path) -> Iterator[None]:
    """While it lasts, be somebody to whom permissions apply, who owns these folders. Root alone has to become one."""
    if os.geteuid() != 0:
        yield
        return
    around = {parent for folder in folders for parent in folder.parents if not parent.stat().st_mode & 0o005}
    modes = {parent: parent.stat().st_mode for parent in around}
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, 65534, follow_symlinks=False)
    try:
        for parent, mode in modes.items():
            parent.chmod(mode | 0o055)
        os.seteuid(65534)
        yield
    finally:
        os.seteuid(0)
        for parent, mode in modes.items():
            parent.chmod(mode)


@pytest.mark.skipif(os.name == "nt", reason="permissions are others there")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_may_not_be_read_takes_nothing_else_away_and_stays_where_it_is(
    damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    paths = [an_object(damaged, folder) for folder in FOLDERS]
    if what == "folder":
        paths = [path.parent for path in paths if len(path.relative_to(damaged).parts) > 2]
    (tmp_path / "mine" / "cache").mkdir(parents=True)
    monkeypatch.setenv("HOLOBENCH_MCP_CACHE", str(tmp_path / "mine" / "cache"))
    list(verify(open_store(damaged)))  # whatever is imported late may be closed to others
    with as_another_user(damaged, tmp_path / "mine"):
        for path in paths:
            path.chmod(0)
        try:
            page = workspace(damaged).list_results()
            assert page.total == (5 if what == "file" else 6) and "damaged and left out" in (page.reason or "")
            found = damage_in(damaged)
            assert found and all(
                f.by_hand and "can't be read (Permission denied)" in f.sentence for f in found.values()
            )
            assert retention(open_store(damaged), Retention(results=1), dry_run=False).status == "refused"
            assert repair(open_store(damaged), dry_run=False).status == "incomplete"
        finally:
            for path in paths:
                path.chmod(0o700)
    assert not damage_in(damaged) and workspace(damaged).list_results().total == 6


@pytest.mark.parametrize("kind", [folder for folder in FOLDERS if folder != "damaged"])
def test_a_folder_that_leads_nowhere_ends_what_would_remove_or_repair(damaged: Path, kind: str) -> None:
    shutil.rmtree(damaged / kind)
    (damaged / kind).symlink_to("nowhere")  # a disk that is not there today
    with pytest.raises(StoreError, match=f"{kind} is not a folder"):
        repair(open_store(damaged), dry_run=False)
    if kind != "results":
        assert workspace(damaged).list_results().total == 6
    if kind in ("results", "blobs"):
        with pytest.raises(StoreError, match=f"{kind} is not a folder"):
            gc(open_store(damaged), dry_run=False, grace_s=0)


def test_gc_destroys_no_copy_that_something_damaged_stands_in_for(store: Store) -> None:
    manifest = store.manifest(store.record(snapshot()))
    key = layout.blob_key(manifest.blobs["samples.npz"].sha256)
    right = store.backend.get(key) or b""
    taken = trash.take_out(store.backend, key, trash.store_clock(store.backend) - timedelta(days=9))
    assert taken is not None
    store.backend.put(key, right[:-1] + b"?" * 40)
    stranger = f"{layout.TRASH}mine/notes.txt"
    store.backend.put(stranger, b"not of a store")
    assert gc(store, dry_run=False).destroyed == 0 and store.backend.get(taken) == right
    notes = [f.sentence for f in verify(store) if not f.damage]
    assert any("1 was put there by nothing here" in note and stranger in note for note in notes)
    assert repair(store, dry_run=False).steps[0].action == "restored" and not damage_in(Path(store.location.url))
    assert gc(store, dry_run=False).status in ("done", "nothing") and store.backend.get(stranger) is not None
    assert store.backend.get(taken) is None and store.backend.get(key) == right


def test_only_a_whole_copy_comes_back_from_the_trash(store: Store) -> None:
    result_id = store.record(snapshot())
    store.set_ref("sort", "main", result_id)
    key = layout.manifest_key(result_id)
    right, now = store.backend.get(key) or b"", trash.store_clock(store.backend)
    trash.take_out(store.backend, key, now)
    for days, data in ((-1, right[:-9]), (1, b"")):
        store.backend.put(key, data)
        trash.take_out(store.backend, key, now + timedelta(days=days))
    assert restore_named_results(store.backend) == {result_id} and store.backend.get(key) == right
    assert restore_named_results(store.backend) == set() and not damage_in(Path(store.location.url))
