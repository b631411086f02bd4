"""The contract of a pair of results is upstream's: whatever holobench says of one, we say, key for key."""

from __future__ import annotations

import json
from pathlib import Path

import bencher as bn
import numpy as np
import pytest
from bencher import report_export as upstream_export
from bencher.results.bench_result import BenchResult
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bench_results import COORDINATES, OBJECTS, RELAXED, results, same
from holobench_mcp.evidence import contract_comparison
from holobench_mcp.model import ComparisonDocument
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.result.strict_json import strict


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
            contract_comparison.compare_results(baseline, candidate, run_cfg=run_cfg, include_change=True)
        return
    same(contract_comparison.compare_results(baseline, candidate, run_cfg=run_cfg, include_change=True), theirs)
    before, after = Snapshot.from_result(baseline), Snapshot.from_result(candidate)
    for metric in theirs["metrics"]:
        del metric["change"]
    same(contract_comparison.compare_results(baseline, candidate, run_cfg=run_cfg), theirs)
    same(contract_comparison.compare_results(before, after, run_cfg=run_cfg), theirs)


@pytest.mark.filterwarnings("ignore:.*sort order is undefined:RuntimeWarning")
@RELAXED
@given(results(coordinates=COORDINATES + OBJECTS), results(coordinates=OBJECTS))
def test_a_live_comparison_equals_upstreams_whatever_the_inputs_are(
    baseline: BenchResult, candidate: BenchResult
) -> None:
    try:
        theirs = upstream_export.compare_results(baseline, candidate)
    except Exception as problem:
        with pytest.raises(type(problem)):
            contract_comparison.compare_results(baseline, candidate, include_change=True)
        return
    ours = contract_comparison.compare_results(baseline, candidate, include_change=True)
    assert repr(ours) == repr(theirs)


@RELAXED
@given(results())
def test_a_live_bench_that_was_renamed_is_called_by_its_new_name(result: BenchResult) -> None:
    """As upstream has it: a comparison goes by the configuration, a result by what it was collected as."""
    result.collected_identity = result.identity
    result.bench_cfg.bench_name = "renamed"
    assert contract_comparison.compare_results(result, result)["baseline"]["bench_name"] == "renamed"
    assert upstream_export.compare_results(result, result)["baseline"]["bench_name"] == "renamed"
    same(contract_comparison.result_to_dict(result), upstream_export.result_to_dict(result))


@RELAXED
@given(*[results(coordinates=(np.array([1, 2]), np.array(["a", "bb"])))] * 2)
def test_a_comparison_fits_its_schema_ours_and_upstreams(baseline: BenchResult, candidate: BenchResult) -> None:
    schema = Draft202012Validator(ComparisonDocument.model_json_schema())
    schema.validate(strict(contract_comparison.compare_results(baseline, candidate)))
    schema.validate(strict(contract_comparison.compare_results(baseline, candidate, include_change=True)))


def test_upstreams_own_tests_find_every_function_that_they_may_name() -> None:
    theirs = [n for n, f in vars(upstream_export).items() if getattr(f, "__module__", "") == upstream_export.__name__]
    assert {"compare_results", "series_for_var", "_verdict", "_change"} <= set(theirs)
    assert [name for name in theirs if not callable(getattr(contract_comparison, name, None))] == []


def test_results_that_share_no_metric_are_refused() -> None:
    before, after = built("old"), built("new")
    with pytest.raises(ValueError, match=r"candidate only: new; baseline only: old"):
        contract_comparison.compare_results(before, after)


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "c" / "comparison.json"
    both = contract_comparison.comparison_to_json(built("time"), built("time"), path, indent=1)
    assert json.loads(both.read_text())["summary"] == {"improved": 0, "regressed": 0, "unchanged": 1}


def built(metric: str) -> Snapshot:
    return Snapshot.build(bench_name="b", metrics={metric: {"units": "ms"}}, samples={metric: [1.0, 2.0]})
