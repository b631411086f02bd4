"""gc frees what no result names, and takes nothing from a writer, wherever either of them stands or ends."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

import pytest

from conftest import snapshot
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.store import Store, layout, open_store
from holobench_mcp.store.contents import contents_of
from holobench_mcp.store.gc import gc
from store_steps import Crash, Turns, ending_at, stepped

HOUR = 3600.0
#: Steps that either actor has at most.
STEPS = 20
LEFT = snapshot(at=2)


def folder_of(store: Store) -> Path:
    return Path(store.location.url)


def age(store: Store, seconds: float = 10 * HOUR) -> None:
    """Let everything that is stored have been written long ago, and taken out long ago."""
    then = time.time() - seconds
    for path in folder_of(store).rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))
    for i, path in enumerate(sorted((folder_of(store) / layout.TRASH).glob("202[1-9]*"))):
        path.rename(path.with_name(f"20200101T0000{i:02d}.{time.time_ns() % 1_000_000:06d}Z"))


def blobs(store: Store) -> set[str]:
    return {key for key, _ in store.backend.keys(layout.BLOBS)}


@pytest.fixture
def left_behind(tmp_path: Path) -> Path:
    """A store with a result, and old blobs of another one whose writer was ended before its manifest."""
    store = open_store(tmp_path / "left_behind")
    store.record(snapshot(at=1))
    leave(store, LEFT)
    age(store)
    return folder_of(store)


def leave(store: Store, result: Snapshot) -> None:
    """Record a result, and end before its manifest is there."""
    for data in contents_of(result).values():
        store.backend.put_blob(data)


def test_only_what_nothing_names_and_is_old_is_taken_out_and_destroyed_later(left_behind: Path) -> None:
    store = open_store(left_behind)
    held = {layout.blob_key(b.sha256) for m in store.manifests().select() for b in m.blobs.values()}
    before = blobs(store)
    planned = gc(store, grace_s=HOUR)
    assert (planned.status, planned.moved_to_trash, planned.next_step) == ("planned", 1, "holobench-mcp gc --yes")
    assert blobs(store) == before
    done = gc(store, grace_s=HOUR, dry_run=False)
    assert (done.status, done.moved_to_trash, done.destroyed) == ("done", 1, 0)
    assert held <= blobs(store) < before
    assert gc(store, grace_s=HOUR, dry_run=False).status == "nothing"
    age(store)
    assert gc(store, grace_s=HOUR, dry_run=False).destroyed == 1
    assert not list(store.backend.keys(layout.TRASH)) and not (left_behind / layout.TRASH).exists()
    assert not list(store.verify())


def test_young_blobs_stay(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    leave(store, snapshot())
    assert gc(store, dry_run=False).status == "nothing"
    assert gc(store, dry_run=False, grace_s=0).moved_to_trash == 2


def test_nothing_is_taken_out_while_a_manifest_is_damaged(left_behind: Path) -> None:
    store = open_store(left_behind)
    path = left_behind / layout.manifest_key(store.manifests().ids()[0])
    path.write_bytes(path.read_bytes()[:-3])
    before = blobs(store)
    refused = gc(store, grace_s=0, dry_run=False)
    assert (refused.status, refused.next_step) == ("refused", "holobench-mcp repair")
    assert blobs(store) == before


def test_files_of_writes_that_were_broken_off_are_removed_when_old(left_behind: Path) -> None:
    store = open_store(left_behind)
    old, young = left_behind / "results" / "x.json#1", left_behind / "blobs" / "y#12"
    old.write_bytes(b"x")
    age(store)
    young.write_bytes(b"y")
    assert gc(store, grace_s=HOUR).broken_off_writes == 1 and old.exists()
    assert gc(store, grace_s=HOUR, dry_run=False).broken_off_writes == 1
    assert young.exists() and not old.exists()


def test_a_machine_whose_clock_is_ahead_takes_nothing_young(left_behind: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomorrow(gc.__globals__["datetime"]):  # type: ignore[misc]
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + gc.__globals__["timedelta"](days=3)

    store = open_store(left_behind)
    leave(store, snapshot(at=3))
    monkeypatch.setitem(gc.__globals__, "datetime", Tomorrow)
    gc(store, grace_s=24 * HOUR, dry_run=False)
    assert len(blobs(store)) == 4


# ---------------------------------------------------------------------- beside a writer


def check(store: Store, result_id: str, *, crashed: bool = False) -> None:
    """A result that was acknowledged is whole, now and after any further gc. crashed: somebody did not come to his end."""
    manifest = store.manifest(result_id)
    store.snapshot(manifest)
    if not crashed:
        assert {layout.blob_key(b.sha256) for b in manifest.blobs.values()} <= blobs(store)
    for _ in range(2):
        age(store)
        gc(store, grace_s=HOUR, dry_run=False)
    store.snapshot(store.manifest(result_id))
    assert not list(store.verify())
    named = {b.sha256 for m in store.manifests().select() for b in m.blobs.values()}
    assert {layout.sha256_of(key) for key in blobs(store)} == named


@pytest.mark.parametrize("seed", range(60))
def test_a_writer_that_reuses_an_old_blob_keeps_it_in_any_interleaving(left_behind: Path, seed: int) -> None:
    turns = Turns(seed, 2)
    writer, collector = (stepped(left_behind, turns.before(actor)) for actor in (0, 1))
    result_id, report = turns.run(lambda: writer.record(LEFT), lambda: gc(collector, grace_s=HOUR, dry_run=False))
    assert isinstance(result_id, str) and not isinstance(report, BaseException), (result_id, report)
    check(open_store(left_behind), result_id)


@pytest.mark.parametrize("step", range(STEPS))
def test_a_whole_write_between_any_two_requests_of_gc_keeps_its_blobs(left_behind: Path, step: int) -> None:
    left, ids = [step], list[str]()

    def before() -> None:
        if left[0] == 0:
            ids.append(open_store(left_behind).record(LEFT))
        left[0] -= 1

    gc(stepped(left_behind, before), grace_s=HOUR, dry_run=False)
    check(open_store(left_behind), ids[0] if ids else open_store(left_behind).record(LEFT))


@pytest.mark.parametrize("step", range(STEPS))
def test_a_whole_gc_between_any_two_requests_of_a_writer_takes_nothing_from_it(left_behind: Path, step: int) -> None:
    left = [step]

    def before() -> None:
        if left[0] == 0:
            gc(open_store(left_behind), grace_s=HOUR, dry_run=False)
        left[0] -= 1

    check(open_store(left_behind), stepped(left_behind, before).record(LEFT))


@pytest.mark.parametrize("step", range(STEPS))
def test_a_gc_that_is_ended_anywhere_loses_nothing(left_behind: Path, step: int) -> None:
    with suppress(Crash):
        gc(stepped(left_behind, ending_at(step)), grace_s=HOUR, dry_run=False)
    store = open_store(left_behind)
    for m in store.manifests().select():
        store.snapshot(m)
    check(store, store.record(LEFT), crashed=True)


@pytest.mark.parametrize("seed", range(30))
def test_writers_and_collectors_that_are_ended_anywhere_leave_a_whole_store(left_behind: Path, seed: int) -> None:
    turns = Turns(seed, 3)

    def ends(actor: int, step: int):
        wait, end = turns.before(actor), ending_at(step)

        def before() -> None:
            wait()
            end()

        return before

    first = stepped(left_behind, ends(0, seed % 13))
    second, third = stepped(left_behind, turns.before(1)), stepped(left_behind, ends(2, 3 + seed % 11))
    outcomes = turns.run(
        lambda: first.record(LEFT),
        lambda: second.record(LEFT),
        lambda: gc(third, grace_s=HOUR, dry_run=False),
    )
    assert isinstance(outcomes[1], str), outcomes
    check(open_store(left_behind), outcomes[1], crashed=True)


def test_what_is_read_while_it_lies_in_the_trash_is_read_from_there(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    manifest = store.manifest(store.record(snapshot()))
    (tmp_path / "trash" / "20260101T000000.000000Z").mkdir(parents=True)
    shutil.move(tmp_path / "blobs", tmp_path / "trash" / "20260101T000000.000000Z" / "blobs")
    assert store.snapshot(manifest).bench_name == manifest.bench_name
