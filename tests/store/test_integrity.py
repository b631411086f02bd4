"""What was damaged or edited is found, named, healed by recording again, and takes no other result away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import rewrite, snapshot
from holobench_mcp.model import IntegrityError, InvalidArgument
from holobench_mcp.store import Store, layout, open_store


def test_a_truncated_blob_is_an_error_that_names_it(store: Store) -> None:
    manifest = store.manifest(store.record(snapshot()))
    digest = manifest.blobs["samples.npz"].sha256
    blob = Path(store.location.url) / layout.blob_key(digest)
    blob.write_bytes(blob.read_bytes()[:-10])
    with pytest.raises(IntegrityError, match=digest[:12]):
        store.snapshot(manifest)
    assert any(digest[:12] in problem for problem in store.verify())


def test_recording_again_heals_a_damaged_blob(store: Store) -> None:
    result = snapshot()
    manifest = store.manifest(store.record(result))
    blob = Path(store.location.url) / layout.blob_key(manifest.blobs["samples.npz"].sha256)
    blob.write_bytes(b"")
    store.record(result)
    assert list(store.verify()) == []


def test_swapped_blobs_are_noticed(store: Store) -> None:
    one, other = (store.manifest(store.record(snapshot([[v, v], [v, v]], at=v))) for v in (1, 2))
    paths = [Path(store.location.url) / layout.blob_key(m.blobs["samples.npz"].sha256) for m in (one, other)]
    first, second = (p.read_bytes() for p in paths)
    paths[0].write_bytes(second)
    paths[1].write_bytes(first)
    with pytest.raises(IntegrityError):
        store.snapshot(one)


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m | {"result_id": "sort-20260301T120000Z-0000000000"},
        lambda m: m | {"format": 2},
        lambda m: {k: v for k, v in m.items() if k != "bench_name"},
        lambda m: m | {"metrics": [*m["metrics"], {"variable": "made_up"}]},
        lambda m: m | {"inputs": []},
        lambda m: m | {"blobs": {}},
        lambda m: m | {"blobs": {**m["blobs"], "samples.npz": {"sha256": "../../etc/passwd", "size": 1}}},
        lambda m: m | {"blobs": {**m["blobs"], "samples.npz": m["blobs"]["result.json"]}},
        lambda m: m | {"bench_name": "search"},
        lambda m: m | {"executed_at": "tomorrow"},
        lambda m: m | {"executed_at": "2026-03-01T12:00:00"},
        lambda m: m | {"provenance": m["provenance"] | {"source_revision": {"a": 1}}},
        lambda m: m | {"provenance": m["provenance"] | {"display_label": ["x"]}},
        lambda m: m | {"provenance": m["provenance"] | {"source_revision": "f00d"}},
        lambda m: m | {"metrics": [m["metrics"][0] | {"direction": "maximize"}]},
        lambda m: m | {"metrics": [m["metrics"][0] | {"units": "s"}]},
        lambda m: m | {"metrics": [m["metrics"][0] | {"kind": "bool"}]},
        lambda m: m | {"metrics": [m["metrics"][0] | {"claim": "is fast"}]},
        lambda m: m | {"inputs": [m["inputs"][0] | {"units": "km"}]},
    ],
)
def test_a_hand_edited_manifest_is_an_integrity_error(store: Store, edit) -> None:
    result_id = store.record(snapshot())
    rewrite(Path(store.location.url) / layout.manifest_key(result_id), edit)
    with pytest.raises(IntegrityError):
        store.snapshot(store.manifest(result_id))
    assert list(store.verify())


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m | {"shape": [10**9, 10**9]},
        lambda m: m | {"stats": {"time_ms": m["stats"]["time_ms"] | {"mean": 1.0}}},
        lambda m: m | {"stats": {"time_ms": m["stats"]["time_ms"] | {"mean": float("nan")}}},
        lambda m: m | {"stats": {"time_ms": m["stats"]["time_ms"] | {"n": 5}}},
        lambda m: m | {"stats": {"time_ms": m["stats"]["time_ms"] | {"sd": None}}},
        lambda m: m | {"stats": {}},
    ],
)
def test_figures_of_a_manifest_that_are_not_its_samples_are_found(store: Store, edit) -> None:
    result_id = store.record(snapshot())
    rewrite(Path(store.location.url) / layout.manifest_key(result_id), edit)
    assert len(list(store.verify())) == 1


def test_a_manifest_can_not_name_the_blobs_of_another_result(store: Store) -> None:
    slow, fast = (store.record(snapshot(((factor,) * 3,), at=i)) for i, factor in enumerate((2.0, 1.0)))
    theirs = json.loads((Path(store.location.url) / layout.manifest_key(fast)).read_text())
    rewrite(Path(store.location.url) / layout.manifest_key(slow), lambda m: m | {"blobs": theirs["blobs"]})
    with pytest.raises(IntegrityError, match="does not agree with its own id"):
        store.manifest(slow)
    assert [m.result_id for m in store.manifests().select()] == [fast]


@pytest.mark.parametrize("damage", [b"", b"{", b"[" * 100_000])
def test_recording_again_heals_a_damaged_manifest(store: Store, damage: bytes) -> None:
    result = snapshot()
    result_id = store.record(result)
    (Path(store.location.url) / layout.manifest_key(result_id)).write_bytes(damage)
    assert store.record(result) == result_id
    assert store.manifest(result_id).bench_name == "sort"
    assert not list(store.verify())


def test_one_damaged_manifest_takes_no_other_result_away(store: Store) -> None:
    good, bad = (store.record(snapshot(at=i)) for i in range(2))
    (Path(store.location.url) / layout.manifest_key(bad)).write_text("{")
    index = open_store(store.location.url).manifests()
    assert [m.result_id for m in index.select()] == [good]
    assert index.unreadable == (bad,)


@pytest.mark.parametrize("bad", ["..", "../../x", "%2f", "a\0b", "x" * 10_000, "", "SORT-20260301T120000Z-0000000000"])
def test_an_id_can_not_reach_out_of_the_store(store: Store, bad: str) -> None:
    store.record(snapshot())
    with pytest.raises(InvalidArgument):
        store.manifest(bad)
    with pytest.raises(InvalidArgument):
        layout.blob_key(bad)
