"""The contract of a result is upstream's: whatever holobench says of one, we say, key for key."""

from __future__ import annotations

import json
from pathlib import Path

from bencher import report_export as upstream_export
from bencher.results.bench_result import BenchResult
from hypothesis import given
from jsonschema import Draft202012Validator

from bench_results import COORDINATES, OBJECTS, RELAXED, results, same
from holobench_mcp.model import ResultDocument
from holobench_mcp.result import contract
from holobench_mcp.result.samples import decode_samples, encode_samples
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.result.strict_json import strict


@RELAXED
@given(results() | results(moments=3))
def test_a_results_contract_equals_upstreams(result: BenchResult) -> None:
    theirs = upstream_export.result_to_dict(result, include_series=True)
    same(contract.result_to_dict(result, include_series=True), theirs)
    stored = Snapshot.from_result(result)
    same(contract.result_to_dict(stored, include_series=True), theirs)
    back = stored.with_(dataset=decode_samples(encode_samples(stored)))
    same(contract.result_to_dict(back, include_series=True), theirs)
    same(contract.result_to_dict(back), upstream_export.result_to_dict(result))


@RELAXED
@given(results(coordinates=COORDINATES + OBJECTS) | results(coordinates=OBJECTS, moments=2))
def test_a_live_results_contract_equals_upstreams_whatever_its_inputs_are(result: BenchResult) -> None:
    theirs = upstream_export.result_to_dict(result, include_series=True)
    ours = contract.result_to_dict(result, include_series=True)
    assert repr(ours) == repr(theirs)


@RELAXED
@given(results(coordinates=COORDINATES + OBJECTS) | results(coordinates=OBJECTS, moments=2))
def test_a_stored_result_says_the_same_before_and_after_its_archive(result: BenchResult) -> None:
    stored = Snapshot.from_result(result)
    back = stored.with_(dataset=decode_samples(encode_samples(stored)))
    assert repr(contract.result_to_dict(back)) == repr(contract.result_to_dict(stored))


@RELAXED
@given(results())
def test_a_result_fits_its_schema_ours_and_upstreams(result: BenchResult) -> None:
    schema = Draft202012Validator(ResultDocument.model_json_schema())
    for document in (contract.result_to_dict(result), upstream_export.result_to_dict(result)):
        schema.validate(strict(document))
    schema.validate({**strict(contract.result_to_dict(result)), "a key of tomorrow": [1]})


@RELAXED
@given(results())
def test_the_written_file_is_strict_json(result: BenchResult) -> None:
    text = json.dumps(strict(contract.result_to_dict(result)), allow_nan=False)
    assert json.loads(text)["schema_version"] == 1


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    built = Snapshot.build(bench_name="b", metrics={"time": {"units": "ms"}}, samples={"time": [1.0, 2.0]})
    path = contract.result_to_json(built, tmp_path / "a" / "b" / "result.json")
    assert json.loads(path.read_text())["bench_name"] == "b"
