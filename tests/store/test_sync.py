"""sync copies what the other side lacks, whole or not at all, goes on where it stopped, and of two documents keeps the further."""

from __future__ import annotations

import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from conftest import cli, snapshot
from damages import copy_of, small_store
from holobench_mcp.model import InvalidArgument
from holobench_mcp.store import Store, layout, open_store
from holobench_mcp.store.sync import sync
from holobench_mcp.store.verify import verify
from store_steps import Crash, Turns, ending_at, stepped

DOCUMENTS = (layout.RESULTS, layout.REFS, layout.MEASUREMENTS, layout.COMPARISONS, layout.BLOBS)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLOBENCH_MCP_CACHE", str(tmp_path_factory.mktemp("cache")))
        return small_store(tmp_path_factory.mktemp("original"))


def objects(store: Store | Path) -> dict[str, bytes | None]:
    """Everything but the journal, which says who wrote in which order."""
    opened = store if isinstance(store, Store) else open_store(store)
    return {key: opened.backend.get(key) for key, _ in opened.backend.keys("") if key.startswith(DOCUMENTS)}


def damage_in(store: Store) -> list[str]:
    return [f.sentence for f in verify(store) if f.damage]


def test_everything_is_copied_and_nothing_twice(original: Path, tmp_path: Path) -> None:
    source, destination = open_store(original), open_store(tmp_path / "to")
    planned = sync(source, destination, dry_run=True)
    assert planned.status == "planned" and planned.results == 6 and not destination.exists()
    done = sync(source, destination)
    assert (done.status, done.results, done.baselines, done.measurements, done.comparisons) == ("done", 6, 3, 2, 2)
    assert done.bytes == planned.bytes > 0
    assert objects(destination) == objects(source) and not list(verify(destination))
    again = sync(source, destination)
    assert (again.status, again.present, again.results) == ("nothing", 6, 0)


def test_a_copy_that_is_broken_off_anywhere_leaves_a_whole_store_and_goes_on(original: Path, tmp_path: Path) -> None:
    source = open_store(original)
    copied = set()
    for step in count(step=4):
        folder = tmp_path / str(step)
        ended = False
        with suppress(Crash):
            sync(source, stepped(folder, ending_at(step)))
            ended = True
        destination = open_store(folder)
        assert not damage_in(destination), step
        left = sync(source, destination)
        assert left.status == ("nothing" if ended else left.status)
        assert objects(destination) == objects(source)
        copied.add(left.results)
        shutil.rmtree(folder)
        if ended:
            break
    assert {0, 6} < copied


def test_both_ways_join_what_both_have(original: Path, tmp_path: Path) -> None:
    one, other = open_store(copy_of(original, tmp_path / "one")), open_store(tmp_path / "other")
    other.set_ref("b", "main", other.record(snapshot(bench="b", at=5)))
    sync(one, other)
    sync(other, one)
    assert objects(one) == objects(other) and len(one.refs()) == 3
    assert not damage_in(one) and not damage_in(other)


def test_of_a_measurement_that_both_have_the_further_one_stays_on_both(original: Path, tmp_path: Path) -> None:
    for further in ("one", "other"):
        stores = {name: open_store(copy_of(original, tmp_path / further / name)) for name in ("one", "other")}
        document = stores["one"].measurements()[0]
        ahead = document.changed(rounds=document.rounds + 3, notes=("more",))
        stores[further].put_measurement(ahead)
        assert sync(stores["one"], stores["other"]).measurements == (further == "one")
        assert sync(stores["other"], stores["one"]).measurements == (further == "other")
        for store in stores.values():
            assert store.measurement(document.id) == ahead


def test_what_is_damaged_is_named_and_not_copied(original: Path, tmp_path: Path) -> None:
    folder = copy_of(original, tmp_path / "from")
    source, destination = open_store(folder), open_store(tmp_path / "to")
    broken = source.manifest(source.manifests().ids()[0])
    blob = folder / layout.blob_key(broken.blobs["samples.npz"].sha256)
    blob.write_bytes(blob.read_bytes()[:-1])
    entry = next((folder / "comparisons").rglob("*.json"))
    entry.write_bytes(entry.read_bytes()[:-1])
    done = sync(source, destination)
    assert (done.status, done.results, done.comparisons) == ("incomplete", 5, 1)
    assert any(broken.result_id in p for p in done.problems) and any(entry.name in p for p in done.problems)
    assert broken.result_id not in destination.manifests().ids()
    assert not [f for f in verify(destination) if f.damage and broken.result_id not in f.sentence]


def test_what_is_damaged_there_is_sent_again_when_it_is_looked_for(original: Path, tmp_path: Path) -> None:
    source, folder = open_store(original), copy_of(original, tmp_path / "to")
    destination = open_store(folder)
    one, other = (destination.manifest(i) for i in destination.manifests().ids(limit=2))
    (folder / layout.blob_key(one.blobs["samples.npz"].sha256)).write_bytes(b"")
    (folder / layout.manifest_key(other.result_id)).write_bytes(b"{}")
    assert sync(source, destination).results == 0
    assert sync(source, destination, whole=True).results == 2
    assert objects(destination) == objects(source) and not damage_in(destination)


@pytest.mark.parametrize("seed", range(8))
def test_two_that_copy_at_once_are_harmless(original: Path, tmp_path: Path, seed: int) -> None:
    turns = Turns(seed, 2)
    stores = [stepped(tmp_path / "to", turns.before(actor)) for actor in (0, 1)]
    outcomes = turns.run(*(lambda store=store: sync(open_store(original), store) for store in stores))
    assert not [o for o in outcomes if isinstance(o, BaseException)]
    assert objects(tmp_path / "to") == objects(original) and not damage_in(open_store(tmp_path / "to"))


def test_one_store_twice_and_a_store_that_is_none_are_errors(original: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="name two stores"):
        sync(open_store(original), open_store(str(original) + "/."))
    said = cli("sync", "nothing-here", str(tmp_path / "to"), cwd=tmp_path)
    assert said.returncode == 2 and "nothing was ever recorded in" in said.stderr


def test_the_command_says_what_it_did(original: Path, tmp_path: Path) -> None:
    done = cli("sync", str(original), "to", "--both", cwd=tmp_path)
    assert done.returncode == 0
    assert "6 results, 3 entries of baselines, 2 measurements, 2 comparisons copied. Back: " in done.stderr
