"""Documents and files of a store that anybody may have written: each is read, or refused as damaged, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import WHEN, snapshot
from holobench_mcp.model import (
    HolobenchMcpError,
    IntegrityError,
    InvalidArgument,
    MeasurementDocument,
    RunRole,
)
from holobench_mcp.result import samples
from holobench_mcp.result.samples import decode_archive
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.store import Store, layout, open_store
from holobench_mcp.store.parsing import parse_manifest, parse_measurement, parse_ref_entry
from holobench_mcp.store.seal import sealed

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=20),
    st.lists(st.none() | st.integers(), max_size=3), st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    st.sampled_from(["\ud800", "../..", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 10**400, "x" * 100_000]),
)  # fmt: skip


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Any, Any]]:
    """A manifest, an entry of a ref and a measurement's document: its key or id, its content, and what reads it."""
    store = open_store(tmp_path_factory.mktemp("store"))
    result_id = store.record(snapshot(label="x", environment={"python": "3", "command": ["a"]}))
    store.set_ref("sort", "baseline", result_id, reason="because")
    name = "m-20260301T120000Z-abcdef"
    role = RunRole(result_id=result_id)
    store.put_measurement(MeasurementDocument(id=name, kind="benchmark", started_at=WHEN.format(0), roles=(role,)))
    [ref] = [key for key, _ in store.backend.keys(layout.REFS)]

    def content(key: str) -> Any:
        document = json.loads(store.backend.get(key) or b"")
        del document["digest"]
        return document

    return {
        "manifest": (result_id, content(layout.manifest_key(result_id)), parse_manifest),
        "ref": (ref, content(ref), parse_ref_entry),
        "measurement": (name, content(layout.measurement_key(name)), parse_measurement),
    }


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, part in parts for p in paths_of(part, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = replaced(value[path[0]], path[1:], new)
    return copied


@pytest.mark.parametrize("kind", ["manifest", "ref", "measurement"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_document_with_an_odd_value_is_read_or_damaged(documents: Any, kind: str, data: st.DataObject) -> None:
    name, content, parse = documents[kind]
    path = data.draw(st.sampled_from(paths_of(content)[1:]))
    odd = replaced(content, path, data.draw(ODD))
    try:
        parse(sealed(json.dumps(odd).encode()), name)
    except IntegrityError as problem:
        assert len(str(problem)) < 1000 and str(problem).isprintable()


@settings(max_examples=150)
@given(st.binary(max_size=300) | st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"\xff", b"NaN", b'{"x":1e999}']))
def test_bytes_that_are_no_document_are_damaged(data: bytes) -> None:
    for parse, name in (
        (parse_manifest, "sort-20260301T120000Z-0000000000"),
        (parse_measurement, "m-20260301T120000Z-abcdef"),
        (parse_ref_entry, "refs/sort/baseline/20260301T120000.000000Z-00000000.json"),
    ):
        for written in (data, sealed(data)):
            with pytest.raises(IntegrityError):
                parse(written, name)


#: NaNs whose payload would be a pointer to a reader that boxes values in them; signed, signalling, and the least number.
BOXED = np.array([0x7FF8DEADBEEF0001, 0xFFF8000000000001, 0x7FF0000000000001, 0x8000000000000000, 1], dtype="<u8")


def test_numbers_of_any_bits_come_back_as_they_are(store: Store) -> None:
    manifest = store.manifest(store.record(snapshot(BOXED.view("<f8").reshape(1, 5))))
    assert store.snapshot(manifest).samples["time_ms"].tobytes() == BOXED.tobytes()
    assert list(store.verify()) == []


def test_thousands_of_metrics_are_a_result_like_any_other(store: Store) -> None:
    names = [f"metric {i}" for i in range(2_000)]
    made = Snapshot.build(
        bench_name="wide",
        inputs={},
        metrics={name: {} for name in names},
        samples={name: [float(i)] for i, name in enumerate(names)},
        executed_at=WHEN.format(0),
    )
    back = store.snapshot(store.manifest(store.record(made)))
    assert back.samples["metric 1999"][0] == 1999.0 and len(back.metrics) == 2_000


@pytest.mark.parametrize("argument", ["bench_name", "metrics", "inputs", "constants"])
def test_a_name_of_a_megabyte_is_refused_in_a_short_sentence(argument: str) -> None:
    name = "x" * 1_000_000
    given: dict[str, Any] = {
        "bench_name": "sort", "inputs": {}, "metrics": {"time": {}}, "samples": {"time": [1.0]}, "constants": {},
    }  # fmt: skip
    match argument:
        case "bench_name":
            given["bench_name"] = name
        case "metrics":
            given |= {"metrics": {name: {}}, "samples": {name: [1.0]}}
        case "inputs":
            given |= {"inputs": {name: [1]}, "samples": {"time": [[1.0]]}}
        case "constants":
            given["constants"] = {name: 1}
    with pytest.raises(HolobenchMcpError, match="1 to 200 printable characters") as refused:
        Snapshot.build(**given)
    assert len(str(refused.value)) < 300


def test_samples_that_would_fill_the_memory_are_refused_before_they_are_read() -> None:
    """A gigabyte of zeros is a megabyte of an archive."""
    import io
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("metric/x.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (10**9,)})
        for _ in range(64):
            member.write(bytes(1 << 20))
    with pytest.raises(IntegrityError):
        decode_archive(stream.getvalue(), name="samples")


@pytest.mark.parametrize("repeats", [900, 1000, 1100, 5000])
def test_what_is_stored_can_be_read_and_what_is_too_large_for_that_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch, repeats: int
) -> None:
    monkeypatch.setattr(samples, "MAX_SAMPLES", 2 * 1024)
    sweep = snapshot(np.ones((1, repeats)))
    try:
        result_id = store.record(sweep)
    except InvalidArgument as refused:
        assert "bytes of samples" in str(refused) and repeats > 900
        assert not list(store.backend.keys(layout.BLOBS))
    else:
        assert store.snapshot(store.manifest(result_id)).samples["time_ms"].shape == (1, repeats) and repeats < 5000


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_in_a_store_give_nothing_away(store: Store, tmp_path: Path) -> None:
    result_id = store.record(snapshot())
    folder, secret = Path(store.location.url), tmp_path / "secret"
    secret.write_text('{"secret": "hunter2"}')
    manifest = store.manifest(result_id)
    (folder / "results" / "sort-20260301T120000Z-0123456789.json").symlink_to(secret)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.json").write_text(secret.read_text())
    (folder / "results" / "elsewhere").symlink_to(tmp_path / "elsewhere")
    blob = folder / layout.blob_key(manifest.blobs["samples.npz"].sha256)
    blob.unlink()
    blob.symlink_to(secret)
    shown = [*store.verify()]
    assert shown and not any("hunter2" in sentence for sentence in shown)
    assert open_store(folder).manifests().ids() == [result_id]
    with pytest.raises(IntegrityError) as damaged:
        store.snapshot(manifest)
    assert "hunter2" not in str(damaged.value)
    (folder / "results" / "loop.json").symlink_to("loop.json")
    assert any("results/loop.json: it is a link that leads to itself" in sentence for sentence in store.verify())
    assert open_store(folder).manifests().ids() == [result_id]
