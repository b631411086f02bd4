"""The contract is upstream's: whatever holobench says of a result or a pair, we say, key for key."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import bencher as bn
import numpy as np
import pytest
import xarray as xr
from bencher import report_export as upstream_export
from bencher.bench_cfg import BenchCfg
from bencher.execution import Execution
from bencher.regression import detect_regressions
from bencher.results.bench_result import BenchResult
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from holobench_mcp.model import ComparisonDocument, ResultDocument
from holobench_mcp.result import contract
from holobench_mcp.result.samples import decode_samples, encode_samples
from holobench_mcp.result.snapshot import Snapshot

RELAXED = settings(deadline=None, max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
VALUES = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 1e-300, 5.0])
COORDINATES = st.sampled_from(
    [np.array([1, 2, 3]), np.array([0.5, 1.25]), np.array(["a", "bb"]), np.array(["True", "False"]), np.array([7])]
)


@st.composite
def declared(draw: st.DrawFn, name: str) -> bn.ResultFloat:
    direction = draw(st.sampled_from(list(bn.OptDir)))
    claim = draw(st.sampled_from([None, "< 3", ">= 0.1234567891", "-1..1"]))
    if draw(st.booleans()):
        variable = bn.ResultBool(direction=direction, claim=claim)
    else:
        variable = bn.ResultFloat(units=draw(st.sampled_from(["ms", "", "ul"])), direction=direction, claim=claim)
    variable.name = name
    return variable


@st.composite
def results(draw: st.DrawFn, names: tuple[str, ...] = ("time", "score"), moments: int = 1) -> BenchResult:
    """A BenchResult as holobench makes one: 0 to 3 inputs, repeats, and a history when moments > 1."""
    dims = draw(st.integers(0, 3))
    coords = {f"in{i}": draw(COORDINATES) for i in range(dims)}
    repeats = draw(st.integers(1, 4))
    variables = [draw(declared(name)) for name in names]
    shape = (*[len(c) for c in coords.values()], repeats)
    full = (*shape, moments) if moments > 1 else shape
    names_of_dims = [*coords, "repeat", *(["over_time"] if moments > 1 else [])]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    data = {}
    for variable in variables:
        if isinstance(variable, bn.ResultBool):
            values = rng.integers(0, 2, full).astype(float)
        else:
            values = rng.normal(draw(st.sampled_from([0, 1, -5, 100])), draw(st.sampled_from([0.0, 1.0, 30.0])), full)
        for _ in range(draw(st.integers(0, 3))):
            values.flat[draw(st.integers(0, values.size - 1))] = draw(VALUES)
        data[variable.name] = (names_of_dims, values)
    all_coords = {**coords, "repeat": np.arange(1, repeats + 1)}
    if moments > 1:
        all_coords["over_time"] = np.array([f"2026-01-0{i + 1}" for i in range(moments)], dtype="datetime64[ns]")
    cfg = BenchCfg(
        bench_name=draw(st.sampled_from(["bench", "Sort it!"])),
        over_time=moments > 1,
        input_vars=[sweep(name, draw(st.sampled_from(["n", "ul"]))) for name in coords],
        result_vars=variables,
    )
    cfg.execution = Execution(
        uuid="00000000-0000-4000-8000-000000000000",
        executed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).isoformat(),
        display_label="label",
        source_revision=draw(st.sampled_from([None, "abc123"])),
    )
    result = BenchResult(cfg)
    result.ds = xr.Dataset(data, coords=all_coords)
    if moments > 1:
        result.regression_report = detect_regressions(result.ds, cfg, bn.BenchRunCfg(regression_method="adaptive"))
    return result


def sweep(name: str, units: str) -> bn.FloatSweep:
    variable = bn.FloatSweep(default=0.0, bounds=(0.0, 1.0), units=units)
    variable.name = name
    return variable


def same(ours: object, theirs: object) -> None:
    assert json.dumps(ours, default=str) == json.dumps(theirs, default=str)


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
@given(st.data(), st.sampled_from(["percentage", "adaptive", "delta", "absolute"]))
def test_a_comparison_equals_upstreams(data: st.DataObject, method: str) -> None:
    moments = data.draw(st.sampled_from([1, 1, 3]))
    baseline = data.draw(
        results(names=data.draw(st.sampled_from([("time", "score"), ("time", "old")])), moments=moments)
    )
    candidate = data.draw(results(moments=moments))
    run_cfg = bn.BenchRunCfg(
        regression_method=method,
        regression_delta=2.0,
        regression_absolute=50.0,
        regression_overrides=data.draw(
            st.sampled_from([None, {"time": {"delta": 1.0, "absolute": 9.0}}, {"score": 3}, {"time": {}}])
        ),
    )
    try:
        theirs = upstream_export.compare_results(baseline, candidate, run_cfg=run_cfg)
    except Exception as problem:
        with pytest.raises(type(problem)):
            contract.compare_results(baseline, candidate, run_cfg=run_cfg, include_change=True)
        return
    same(contract.compare_results(baseline, candidate, run_cfg=run_cfg, include_change=True), theirs)
    before, after = Snapshot.from_result(baseline), Snapshot.from_result(candidate)
    for metric in theirs["metrics"]:
        del metric["change"]
    same(contract.compare_results(baseline, candidate, run_cfg=run_cfg), theirs)
    same(contract.compare_results(before, after, run_cfg=run_cfg), theirs)


@RELAXED
@given(results(), results())
def test_documents_fit_their_schemas_ours_and_upstreams(baseline: BenchResult, candidate: BenchResult) -> None:
    result_schema = Draft202012Validator(ResultDocument.model_json_schema())
    comparison_schema = Draft202012Validator(ComparisonDocument.model_json_schema())
    for document in (contract.result_to_dict(candidate), upstream_export.result_to_dict(candidate)):
        result_schema.validate(contract.strict(document))
    result_schema.validate({**contract.strict(contract.result_to_dict(candidate)), "a key of tomorrow": [1]})
    comparison_schema.validate(contract.strict(contract.compare_results(baseline, candidate)))
    upstreams = contract.strict(contract.compare_results(baseline, candidate, include_change=True))
    comparison_schema.validate(upstreams)


@RELAXED
@given(results())
def test_the_written_file_is_strict_json(result: BenchResult) -> None:
    text = json.dumps(contract.strict(contract.result_to_dict(result)), allow_nan=False)
    assert json.loads(text)["schema_version"] == 1


def test_upstreams_own_tests_find_every_function_that_they_may_name() -> None:
    theirs = [n for n, f in vars(upstream_export).items() if getattr(f, "__module__", "") == upstream_export.__name__]
    assert {"compare_results", "series_for_var", "_verdict", "_change"} <= set(theirs)
    assert [name for name in theirs if not callable(getattr(contract, name, None))] == []


def test_results_that_share_no_metric_are_refused() -> None:
    before, after = built("old"), built("new")
    with pytest.raises(ValueError, match=r"candidate only: new; baseline only: old"):
        contract.compare_results(before, after)


def test_files_are_written_with_their_folder(tmp_path) -> None:
    path = contract.result_to_json(built("time"), tmp_path / "a" / "b" / "result.json")
    assert json.loads(path.read_text())["bench_name"] == "b"
    both = contract.comparison_to_json(built("time"), built("time"), tmp_path / "c" / "comparison.json", indent=1)
    assert json.loads(both.read_text())["summary"] == {"improved": 0, "regressed": 0, "unchanged": 1}


def built(metric: str) -> Snapshot:
    return Snapshot.build(bench_name="b", metrics={metric: {"units": "ms"}}, samples={metric: [1.0, 2.0]})
