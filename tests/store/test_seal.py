"""Every bit of every document is covered: a flipped one is found by whoever reads it, and by verify."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import snapshot
from holobench_mcp.config import load_config
from holobench_mcp.model import ComparisonEntry, IntegrityError, Measurement, MeasurementDocument
from holobench_mcp.store import Store, comparisons, layout, open_store
from holobench_mcp.store.parsing import parse_manifest, parse_measurement, parse_ref_entry
from holobench_mcp.store.seal import is_sealed, sealed, unsealed
from holobench_mcp.workspace import Workspace

PLAIN = snapshot()
LABELLED = snapshot(
    ((1.0000000000000002, 1.1), (2.0, float("nan"))), label='"digest": "é', revision="a" * 40, claim="< 3", bench="b@c"
)
MEASURED = snapshot(environment={"cpu_model": "x", "made_by": [1, "sha256:"]}).with_(
    measurement=Measurement(id="m", benchmark="words", run=2, runs=3)
)


def flips(data: bytes) -> Iterator[bytes]:
    for place in range(len(data)):
        for bit in range(8):
            yield data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def path_of(store: Store, key: str) -> Path:
    return Path(store.location.url) / key


@pytest.mark.parametrize("result", [PLAIN, LABELLED, MEASURED], ids=["plain", "labelled", "measured"])
def test_every_flipped_bit_of_a_manifest_is_found(store: Store, result) -> None:
    result_id = store.record(result)
    path = path_of(store, layout.manifest_key(result_id))
    data = path.read_bytes()
    for i, flipped in enumerate(flips(data)):
        with pytest.raises(IntegrityError, match=result_id):
            parse_manifest(flipped, result_id)
        if i % 499 == 0:
            path.write_bytes(flipped)
            assert list(store.verify())
    path.write_bytes(data)
    assert list(store.verify()) == []


def test_every_flipped_bit_of_a_refs_entry_is_found(store: Store) -> None:
    store.set_ref("sort", "baseline", store.record(PLAIN), reason="release", by="ann")
    (key,) = (key for key, _ in store.backend.keys(layout.REFS))
    for flipped in flips(path_of(store, key).read_bytes()):
        with pytest.raises(IntegrityError):
            parse_ref_entry(flipped, key)


def test_every_flipped_bit_of_a_measurements_document_is_found(store: Store) -> None:
    measurement_id = "sort-20260301T120000Z-0123ab"
    store.put_measurement(
        MeasurementDocument(
            id=measurement_id, kind="benchmark", benchmark="sort", started_at="2026-03-01T12:00:00+00:00"
        )
    )
    key = layout.measurement_key(measurement_id)
    for flipped in flips(path_of(store, key).read_bytes()):
        with pytest.raises(IntegrityError):
            parse_measurement(flipped, measurement_id)


def test_a_flipped_bit_of_the_log_of_comparisons_is_found(store: Store) -> None:
    one, other = (store.manifest(store.record(snapshot(at=i, revision=r * 40))) for i, r in enumerate("ab"))
    entry = ComparisonEntry(
        baseline=one.result_id, candidate=other.result_id, compared_at="2026-03-01T12:00:00+00:00", decision="regressed"
    )
    comparisons.create(store.backend, comparisons.entry_key("one", "other", "a search"), entry)
    (key,) = (key for key, _ in store.backend.keys(layout.COMPARISONS))
    path = path_of(store, key)
    for i, flipped in enumerate(flips(path.read_bytes())):
        if i % 97 == 0:
            path.write_bytes(flipped)
            assert any(key in problem for problem in store.verify())


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m | {"environment": m["environment"] | {"cpu_model": "faster"}},
        lambda m: m | {"measurement": {"id": "m", "side": "base"}},
        lambda m: m | {"constants": {"n": 1}},
        lambda m: m | {"more": 1},
        lambda m: m,
    ],
)
def test_an_edit_of_what_no_blob_vouches_for_is_found(store: Store, edit) -> None:
    result_id = store.record(PLAIN)
    path = path_of(store, layout.manifest_key(result_id))
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))
    assert any("digest" in problem for problem in store.verify())


def test_a_store_of_before_there_were_digests_stays_readable_and_says_what_is_not_covered(tmp_path: Path) -> None:
    store = open_store(tmp_path / ".holobench")
    result_id = store.record(PLAIN)
    path = path_of(store, layout.manifest_key(result_id))
    path.write_bytes(unsealed(path.read_bytes(), "x"))
    assert not is_sealed(path.read_bytes())
    assert open_store(tmp_path / ".holobench").manifest(result_id).bench_name == "sort"
    verification = Workspace(load_config(project=tmp_path)).verify()
    assert verification.problems == ()
    (note,) = verification.notes
    assert note.startswith("1 documents were written before")


def test_a_manifest_that_was_damaged_after_it_was_indexed_is_told_of_in_a_listing(tmp_path: Path) -> None:
    store = open_store(tmp_path / ".holobench")
    good, bad = (store.record(snapshot(at=i)) for i in range(2))
    workspace = Workspace(load_config(project=tmp_path))
    assert workspace.list_results().reason is None
    path = path_of(store, layout.manifest_key(bad))
    path.write_bytes(path.read_bytes().replace(b"2026", b"2027"))
    for opened in (workspace, Workspace(load_config(project=tmp_path))):
        page = opened.list_results()
        assert [row.result_id for row in page.results] == [good]
        assert page.reason is not None
        assert f"1 stored result is damaged and left out, such as {bad}: holobench-mcp verify" in page.reason
    shutil.rmtree(tmp_path / "cache")
    assert bad in (Workspace(load_config(project=tmp_path)).list_results().reason or "")


@pytest.mark.parametrize("document", [b'{"a": 1}', b'{\n "a": 1\n}', b'{"a": "}"}', '{"é": "sha256:"}'.encode()])
def test_a_sealed_document_is_json_and_comes_back(document: bytes) -> None:
    whole = sealed(document)
    assert set(json.loads(whole)) == {*json.loads(document), "digest"}
    assert json.loads(unsealed(whole, "k")) == json.loads(document)
