"""A store keeps results whole, once, and unchanged; and says so when somebody else changed them."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from conftest import snapshot
from holobench_mcp.model import ConfigError, IntegrityError, InvalidArgument, StoreError, UnknownResult
from holobench_mcp.result.contract import result_to_dict
from holobench_mcp.result.samples import decode_samples, encode_samples
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.store import Store, layout, open_store
from holobench_mcp.store.backend import Backend
from holobench_mcp.store.names import find


def test_what_is_recorded_comes_back_bit_for_bit(store: Store) -> None:
    recorded = snapshot([[0.1 + 0.2, np.nan], [1e-310, -0.0]], claim="< 3", revision="abc123", label="x")
    back = store.snapshot(store.manifest(store.record(recorded)))
    assert back.dataset is not None
    assert back.samples["time_ms"].tobytes() == recorded.samples["time_ms"].tobytes()
    assert (back.inputs, back.metrics, back.provenance) == (recorded.inputs, recorded.metrics, recorded.provenance)
    assert result_to_dict(back) == result_to_dict(recorded)


def test_recording_twice_is_recording_once(store: Store) -> None:
    result = snapshot()
    assert store.record(result) == store.record(result)
    assert store.manifests().count() == 1
    assert len(list(store.backend.keys(layout.RESULTS))) == 1


def test_an_id_is_readable_and_follows_the_content(store: Store) -> None:
    one = store.record(snapshot(bench="Sort it!"))
    other = store.record(snapshot([[1.0, 1.1, 0.9], [2.0, 2.1, 1.8]], bench="Sort it!"))
    assert one.startswith("sort-it-20260301T120000Z-")
    assert one != other


@pytest.mark.parametrize("dies_before", range(4))
def test_a_crash_between_any_two_writes_leaves_a_whole_result_or_none(
    store: Store, monkeypatch: pytest.MonkeyPatch, dies_before: int
) -> None:
    put, written = Backend._put, []

    def dying(self: Backend, key: str, data: bytes, mode: str) -> bool:
        if len(written) == dies_before:
            raise KeyboardInterrupt
        written.append(key)
        return put(self, key, data, mode)

    result = snapshot()
    monkeypatch.setattr(Backend, "_put", dying)
    with pytest.raises(KeyboardInterrupt):
        store.record(result)
    monkeypatch.setattr(Backend, "_put", put)
    assert open_store(store.location.url).manifests().count() == 0
    assert list(store.verify()) == []
    assert store.manifest(store.record(result)).bench_name == "sort"


def _record_some(url: str, start: int) -> None:
    store = open_store(url)
    for i in range(20):
        store.record(snapshot([[1.0 + i % 10, 1.0], [2.0, start % 10]], at=i))
        store.set_ref("sort", "baseline", store.manifests().select(limit=1)[0].result_id)


def test_two_processes_recording_at_once_lose_nothing(store: Store) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_record_some, args=(store.location.url, start)) for start in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [w.exitcode for w in writers] == [0, 0]
    assert store.manifests().count() == 40
    assert len(store.ref_log("sort", "baseline")) == 40
    assert list(store.verify()) == []


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
    path = Path(store.location.url) / layout.manifest_key(result_id)
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))
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
    path = Path(store.location.url) / layout.manifest_key(result_id)
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))
    assert len(list(store.verify())) == 1


def test_a_manifest_can_not_name_the_blobs_of_another_result(store: Store) -> None:
    slow, fast = (store.record(snapshot(((factor,) * 3,), at=i)) for i, factor in enumerate((2.0, 1.0)))
    theirs = json.loads((Path(store.location.url) / layout.manifest_key(fast)).read_text())
    path = Path(store.location.url) / layout.manifest_key(slow)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"blobs": theirs["blobs"]}))
    with pytest.raises(IntegrityError, match="does not agree with its own id"):
        store.manifest(slow)
    assert [m.result_id for m in store.manifests().select()] == [fast]


@pytest.mark.parametrize("damage", [b"", b"{", b"[" * 100_000])
def test_recording_again_heals_a_damaged_manifest(store: Store, damage: bytes) -> None:
    told = snapshot()
    result_id = store.record(told)
    (Path(store.location.url) / layout.manifest_key(result_id)).write_bytes(damage)
    assert store.record(told) == result_id
    assert store.manifest(result_id).bench_name == "sort"
    assert not list(store.verify())


@pytest.mark.parametrize(
    "provenance",
    [
        {"source_revision": 5},
        {"display_label": ["x"]},
        {"executed_at": 5},
        {"executed_at": "tomorrow"},
        {"executed_at": "0001-01-01T00:00:00+14:00"},
        {"executed_at": "0001-01-01T00:00:00+00:00"},
        {"executed_at": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_a_provenance_that_listings_would_stumble_over_is_not_recorded(store: Store, provenance: dict) -> None:
    told = snapshot()
    with pytest.raises(InvalidArgument, match=f"provenance.{next(iter(provenance))}"):
        store.record(told.with_(provenance={**told.provenance, **provenance}))
    assert not Path(store.location.url).exists()


@pytest.mark.parametrize("claim", ["<1234567.25", " 0 .. 5e0", ">= 0.1", "< 1e-300"])
def test_a_claim_is_the_same_however_it_is_written(store: Store, claim: str) -> None:
    store.record(snapshot(claim=claim))
    store.record(snapshot(((float("nan"),),), claim=claim, at=1))
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
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))
    with pytest.raises(IntegrityError):
        store.ref("sort", "baseline")
    assert list(store.verify())


def test_a_ref_can_not_be_edited_to_mean_another_benchs_result(store: Store) -> None:
    ours, theirs = store.record(snapshot()), store.record(snapshot(bench="search"))
    store.set_ref("sort", "baseline", ours)
    (path,) = (Path(store.location.url) / "refs" / "sort" / "baseline").iterdir()
    path.write_text(path.read_text().replace(ours, theirs))
    with pytest.raises(IntegrityError, match="search"):
        find(store, "sort@baseline")
    assert list(store.verify())


def test_benches_of_one_slug_have_refs_of_their_own(store: Store) -> None:
    for bench in ("Sort it", "sort-it", "sort it"):
        store.set_ref(bench, "baseline", store.record(snapshot(bench=bench)))
    assert sorted(e.bench_name for e in store.refs()) == ["Sort it", "sort it", "sort-it"]
    assert {store.ref(b, "baseline").bench_name for b in ("Sort it", "sort-it")} == {"Sort it", "sort-it"}  # type: ignore[union-attr]


def test_an_empty_place_is_no_error_and_reading_makes_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path / "nowhere")
    assert not store.exists()
    assert store.manifests().count() == 0
    with pytest.raises(UnknownResult):
        store.manifest("sort-20260301T120000Z-0000000000")
    assert not (tmp_path / "nowhere").exists()


def test_a_store_of_a_later_format_is_refused(store: Store) -> None:
    store.record(snapshot())
    (Path(store.location.url) / layout.MARKER).write_text('{"format": 2}')
    with pytest.raises(StoreError, match="Upgrade"):
        open_store(store.location.url).manifests()


def test_schemes_that_are_not_stores_are_refused() -> None:
    with pytest.raises(ConfigError, match="ftp://"):
        open_store("ftp://example.invalid/x")


@pytest.mark.parametrize("damage", ["", "[" * 100_000, "{}", '{"format": true}'])
def test_a_marker_that_is_none_is_told(store: Store, damage: str) -> None:
    store.record(snapshot())
    (Path(store.location.url) / layout.MARKER).write_text(damage)
    with pytest.raises(StoreError, match=layout.MARKER.partition(".")[0] + "|format"):
        open_store(store.location.url).manifests()


@pytest.mark.parametrize("part", ["", "results", "refs"])
def test_a_file_where_a_folder_belongs_is_told(store: Store, part: str) -> None:
    place = Path(store.location.url) / part
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("x")
    with pytest.raises(StoreError, match="is not a folder"):
        list(store.verify())


def test_a_memory_store_is_shared_within_a_process() -> None:
    open_store("memory://one").record(snapshot())
    assert open_store("memory://one").manifests().count() == 1
    assert open_store("memory://two").manifests().count() == 0


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
        other.execute("UPDATE results SET manifest = '{}'")
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


def test_an_index_forgets_what_was_deleted(store: Store) -> None:
    result_id = store.record(snapshot())
    assert store.manifests().count() == 1
    (Path(store.location.url) / layout.manifest_key(result_id)).unlink()
    assert open_store(store.location.url).manifests().count() == 0


def test_an_index_that_can_not_be_written_is_kept_in_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLOBENCH_MCP_CACHE", "/proc/nowhere")
    store.record(snapshot())
    assert open_store(store.location.url).manifests().count() == 1


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="mounting a tmpfs needs root")
@pytest.mark.parametrize(("options", "says"), [("size=64k", "no space left"), ("ro", "read-only")])
def test_a_full_or_read_only_disk_is_told_and_loses_nothing(tmp_path: Path, options: str, says: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a tmpfs can't be mounted here: {mounted.stderr.decode().strip()}")
    try:
        store = open_store(disk / "store")
        with pytest.raises(StoreError, match=f"(?i){says}"):
            for i in range(60):
                store.record(snapshot(np.random.default_rng(i).random((20, 50)), at=i % 60))
        assert list(open_store(disk / "store").verify()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=False)


ANY_FLOATS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4)),
    elements=st.floats(allow_nan=True, allow_infinity=True),
)


@settings(deadline=None, max_examples=50, derandomize=True, suppress_health_check=list(HealthCheck))
@given(ANY_FLOATS, st.text(min_size=1, max_size=8).filter(lambda t: t.isprintable() and t.strip() and "/" not in t))
def test_samples_survive_the_codec_bit_for_bit(values: np.ndarray, word: str) -> None:
    words = [f"{word}{i}" for i in range(values.shape[1])]
    built = Snapshot.build(
        bench_name="b",
        inputs={"n": list(range(values.shape[0])), "word": words},
        metrics={"m": {}},
        samples={"m": values},
    )
    data = encode_samples(built)
    back = built.with_(dataset=decode_samples(data))
    assert back.samples["m"].tobytes() == built.samples["m"].tobytes()
    assert back.coordinates["word"].tolist() == words
    assert encode_samples(back) == data


@settings(deadline=None, max_examples=80, derandomize=True)
@given(st.data())
def test_a_damaged_archive_is_an_integrity_error_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(encode_samples(snapshot()))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with contextlib.suppress(IntegrityError):
        decode_samples(cut)


def test_an_archive_that_claims_gigabytes_is_refused_before_it_is_read() -> None:
    import io
    import zipfile

    buffer = io.BytesIO()
    header = b"\x93NUMPY\x01\x00"
    told = b"{'descr': '<f8', 'fortran_order': False, 'shape': (500000000,), }".ljust(117) + b"\n"
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metric/t.npy", header + len(told).to_bytes(2, "little") + told)
    with pytest.raises(IntegrityError, match="claims"):
        decode_samples(buffer.getvalue())


@pytest.mark.parametrize("samples", [np.ones(3, complex), np.array(["a"]), np.ones(0), np.zeros(1, "M8[s]")])
def test_samples_that_are_no_numbers_are_refused(samples: np.ndarray) -> None:
    buffer = io.BytesIO()
    coordinate = np.arange(max(1, len(samples)))[: len(samples)]
    np.savez(buffer, **{"dims": np.array(["repeat"]), "coord/repeat": coordinate, "metric/x": samples})
    with pytest.raises(IntegrityError, match="holds an array of"):
        decode_samples(buffer.getvalue())


def test_an_archive_that_is_locked_or_broken_inside_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dims.npy", b"\x93NUMPY" + b"x" * 900)
    whole = packed.getvalue()
    locked = bytearray(whole)
    locked[6] |= 1  # the flag of encryption, in the member's header and in the directory
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    broken = bytearray(whole)
    broken[38:50] = b"\xff" * 12
    for data in (locked, broken):
        with pytest.raises(IntegrityError):
            decode_samples(bytes(data))


def test_an_archive_with_objects_is_refused() -> None:
    import io

    buffer = io.BytesIO()
    np.savez(buffer, **{"metric/t": np.array([print], dtype=object), "dims": np.array(["repeat"])})
    with pytest.raises(IntegrityError):
        decode_samples(buffer.getvalue())
