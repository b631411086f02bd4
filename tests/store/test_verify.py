"""verify finds every kind of damage to every kind of object, and repair makes the rest whole again without destroying any."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from conftest import cli, snapshot
from damages import copy_of, damage, small_store
from holobench_mcp.model import HolobenchMcpError
from holobench_mcp.store import layout, open_store
from holobench_mcp.store.repair import repair
from holobench_mcp.store.seal import sealed
from holobench_mcp.store.verify import verify


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLOBENCH_MCP_CACHE", str(tmp_path_factory.mktemp("cache")))
        return small_store(tmp_path_factory.mktemp("original"))


def problems(folder: Path) -> list[str]:
    try:
        return [f.sentence for f in verify(open_store(folder)) if f.damage]
    except HolobenchMcpError as problem:
        return [str(problem)]


def contents(folder: Path) -> set[str]:
    return {hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


#: Of random damage to any file: `python benchmarks/damages.py` tries thousands.
@pytest.mark.parametrize("part", range(4))
def test_every_random_damage_is_found(original: Path, tmp_path: Path, part: int) -> None:
    for seed in range(50 * part, 50 * part + 50):
        store = copy_of(original, tmp_path / str(seed))
        what = damage(store, seed)
        if what is None:
            continue
        if what == f"remove {min(k for k, _ in open_store(original).backend.keys(layout.JOURNAL))}":
            # The newest entry of the journal: as where a writer was ended before it wrote there. Nothing is lost.
            assert any("journal does not know" in f.sentence for f in verify(open_store(store))), what
        else:
            assert problems(store), what
        shutil.rmtree(store)


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_repair_leaves_a_whole_store_and_destroys_nothing(original: Path, tmp_path: Path, seed: int) -> None:
    folder = copy_of(original, tmp_path / "store")
    damage(folder, seed)
    before, store = contents(folder), open_store(folder)
    found = problems(folder)
    planned = repair(store)
    assert contents(folder) == before and (planned.status == "planned") == bool(found)
    done = repair(store, dry_run=False)
    assert not problems(folder)
    assert before <= contents(folder)
    for manifest in store.manifests().select():
        store.snapshot(manifest)
    if done.status == "done":
        assert {m.result_id for m in store.manifests().select()} >= {
            m.result_id for m in open_store(original).manifests().select()
        }
    assert repair(store, dry_run=False).status == "nothing"


def test_a_flipped_bit_of_a_document_or_a_small_blob_is_flipped_back(original: Path, tmp_path: Path) -> None:
    for path in sorted(p for p in original.rglob("*") if p.is_file() and p.name != layout.MARKER):
        folder = copy_of(original, tmp_path / "store")
        damaged = folder / path.relative_to(original)
        data = bytearray(damaged.read_bytes())
        data[len(data) * 2 // 3] ^= 8
        damaged.write_bytes(data)
        assert repair(open_store(folder), dry_run=False).status == "done", damaged
        assert damaged.read_bytes() == path.read_bytes()
        shutil.rmtree(folder)


@pytest.mark.parametrize("tail", [-1, -30, -68])
def test_a_document_whose_end_is_cut_within_its_digest_gets_it_back(original: Path, tmp_path: Path, tail: int) -> None:
    folder = copy_of(original, tmp_path / "store")
    path = next((folder / "results").glob("*.json"))
    right = path.read_bytes()
    path.write_bytes(right[:tail])
    done = repair(open_store(folder), dry_run=False)
    whole = tail != -68  # of whose digest nothing is left
    assert path.exists() is whole and (done.status == "done") is whole
    assert not whole or path.read_bytes() == right


def test_two_files_that_were_swapped_get_their_places_again(original: Path, tmp_path: Path) -> None:
    for kind in ("blobs", "results", "journal", "measurements", "comparisons"):
        folder = copy_of(original, tmp_path / kind)
        one, other, *_ = sorted(p for p in (folder / kind).rglob("*") if p.is_file())
        first, second = one.read_bytes(), other.read_bytes()
        one.write_bytes(second)
        other.write_bytes(first)
        assert problems(folder)
        assert repair(open_store(folder), dry_run=False).status == "done", kind
        assert (one.read_bytes(), other.read_bytes()) == (first, second) and not problems(folder)


@pytest.mark.parametrize(
    "damage_it", [lambda p: p.unlink(), lambda p: p.write_bytes(b"{}"), lambda p: p.write_bytes(b"")]
)
def test_a_contract_is_made_anew_from_the_samples(tmp_path: Path, damage_it) -> None:
    store = open_store(tmp_path / "store")
    manifest = store.manifest(store.record(snapshot()))
    path = tmp_path / "store" / layout.blob_key(manifest.blobs["result.json"].sha256)
    right = path.read_bytes()
    damage_it(path)
    done = repair(store, dry_run=False)
    assert [step.action for step in done.steps] == ["rebuilt"] and path.read_bytes() == right


def test_documents_of_before_there_were_digests_get_them(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    path = tmp_path / "store" / layout.manifest_key(store.record(snapshot()))
    document = json.loads(path.read_bytes())
    del document["digest"]
    shutil.rmtree(tmp_path / "store" / "journal")
    path.write_bytes(json.dumps(document, indent=1).encode())
    assert any("repair --yes" in f.sentence and not f.damage for f in verify(store))
    assert [step.action for step in repair(store, dry_run=False).steps] == ["sealed"]
    assert repair(store, dry_run=False).status == "nothing"
    assert path.read_bytes() == sealed(json.dumps(document, indent=1).encode())
    assert not [f for f in verify(store) if "digests in them" in f.sentence]


def test_what_the_journal_does_not_know_is_written_in_and_missed_from_then_on(original: Path, tmp_path: Path) -> None:
    folder = copy_of(original, tmp_path / "store")
    shutil.rmtree(folder / "journal")
    store = open_store(folder)
    assert [step.action for step in repair(store, dry_run=False).steps] == ["journaled"] and not list(verify(store))
    next((folder / "comparisons").rglob("*.json")).unlink()
    assert len(problems(folder)) == 1


def test_a_marker_that_is_missing_or_garbled_is_written_anew(original: Path, tmp_path: Path) -> None:
    for data in (None, b"", b"{", b'{"format": 1}\n'):
        folder = copy_of(original, tmp_path / str(data))
        marker = folder / layout.MARKER
        marker.unlink() if data is None else marker.write_bytes(data)
        assert problems(folder)
        assert repair(open_store(folder), dry_run=False).status == "done"
        assert not problems(folder)


def test_a_newer_format_is_no_damage(original: Path, tmp_path: Path) -> None:
    folder = copy_of(original, tmp_path / "store")
    (folder / layout.MARKER).write_bytes(b'{"format": 2}')
    with pytest.raises(HolobenchMcpError, match=r"format 2; this version reads 1\. Upgrade"):
        list(verify(open_store(folder)))


def test_writes_that_were_broken_off_and_removed_results_are_no_damage(original: Path, tmp_path: Path) -> None:
    folder = copy_of(original, tmp_path / "store")
    store = open_store(folder)
    store.backend.put_blob(b"of a writer that was ended")
    (folder / "results" / "x.json#3").write_bytes(b"half")
    assert not problems(folder)
    assert any("No result names 1 of the blobs" in f.sentence for f in verify(store))


def test_progress_is_shown_and_json_says_what_to_do(original: Path, tmp_path: Path) -> None:
    folder = copy_of(original, tmp_path / "store")
    steps: list[tuple[int, int]] = []
    list(verify(open_store(folder), lambda done, total: steps.append((done, total))))
    assert [done for done, _ in steps] == list(range(1, steps[0][1] + 1))
    path = next((folder / "results").glob("*.json"))
    path.write_bytes(path.read_bytes()[:50])
    said = cli("--store", str(folder), "verify", "--json", cwd=tmp_path)
    assert said.returncode == 3
    assert list(json.loads(said.stdout))[:3] == ["status", "reason", "next_step"]
    assert json.loads(said.stdout)["damaged"][0] == path.relative_to(folder).as_posix()
    done = cli("--store", str(folder), "repair", "--yes", "--json", cwd=tmp_path)
    assert done.returncode == 3 and json.loads(done.stdout)["status"] == "incomplete"
    assert not path.exists() and (folder / "damaged").exists()
    assert not problems(folder)


@pytest.mark.skipif(os.name == "nt", reason="folders of Windows have other permissions")
def test_what_can_not_be_read_is_no_damage(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copy_of(original, tmp_path / "store")
    store = open_store(folder)
    monkeypatch.setattr(type(store.backend), "get", lambda *_: (_ for _ in ()).throw(PermissionError(13, "no")))
    with pytest.raises(OSError, match="no"):
        list(verify(store))
