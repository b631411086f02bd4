"""What holobench's own over-time detectors say is passed on verbatim."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from conftest import snapshot
from holobench_mcp.evidence.detectors import upstream_detectors
from holobench_mcp.model import Metric
from holobench_mcp.result import upstream
from holobench_mcp.result.snapshot import Snapshot

TIME = Metric(variable="time_ms", units="ms")


def over_time(levels: list[float]) -> list[Snapshot]:
    return [snapshot([[level, level * 1.01]], inputs={"size": [10]}, at=i) for i, level in enumerate(levels)]


def samples(snapshots: list[Snapshot]) -> list[np.ndarray]:
    return [s.samples["time_ms"].reshape(-1, s.samples["time_ms"].shape[-1]) for s in snapshots]


def test_upstreams_detectors_speak_verbatim_of_the_newest_result() -> None:
    from bencher.bench_cfg import BenchRunCfg
    from bencher.regression import detect_regressions

    stored = over_time([10.0, 10.1, 9.9, 10.0, 10.05, 20.0])
    stacked = upstream.over_time_dataset(
        [s.dataset for s in stored if s.dataset is not None], [f"{i:06d}" for i in range(len(stored))]
    )
    declared = SimpleNamespace(result_vars=[upstream.declare(TIME)])
    configured = [
        BenchRunCfg(regression_method="adaptive"),
        BenchRunCfg(regression_method="percentage"),
        BenchRunCfg(regression_method="delta", regression_delta=1.0),
        BenchRunCfg(regression_method="absolute", regression_absolute=15.0),
    ]
    theirs = [r.to_dict() for cfg in configured for r in detect_regressions(stacked, declared, cfg).results]
    methods = {"adaptive": None, "percentage": None, "delta": 1.0, "absolute": 15.0}
    ours = upstream_detectors(samples(stored), TIME, methods)
    np.testing.assert_equal(ours, theirs)
    assert [checks["method"] for checks in ours] == list(methods)
    assert all(checks["regressed"] for checks in ours)


def test_detectors_that_fall_back_on_the_same_check_say_it_once() -> None:
    checks = upstream_detectors(samples(over_time([10.0, 20.0])), TIME, {"adaptive": None, "percentage": None})
    assert [(t["method"], t["regressed"]) for t in checks] == [("percentage", True)]


def test_upstreams_detectors_say_nothing_of_one_result() -> None:
    assert upstream_detectors(samples(over_time([10.0])), TIME, {"percentage": None}) == []


@pytest.mark.parametrize("gaps", [False, True])
def test_of_results_of_many_points_and_other_repeats_they_say_what_they_say_of_the_joined_datasets(gaps: bool) -> None:
    rng = np.random.default_rng(7)
    values = [rng.lognormal(2 + 0.1 * i, 0.2, (13, 9, 3 + i % 3)) for i in range(12)]
    if gaps:
        for array in values:
            array[rng.random(array.shape) < 0.3] = np.nan
    datasets = [
        xr.Dataset(
            {"time_ms": (("a", "b", "repeat"), array)},
            coords={"a": range(13), "b": range(9), "repeat": range(1, array.shape[2] + 1)},
        )
        for array in values
    ]
    stacked = upstream.over_time_dataset(datasets, [f"{i:06d}" for i in range(12)])
    for method, threshold in (("adaptive", None), ("percentage", None), ("delta", 1.0), ("absolute", 15.0)):
        theirs = upstream.detect(stacked, [TIME], upstream.run_config(method, threshold)).results
        flat = [array.reshape(-1, array.shape[2]) for array in values]
        np.testing.assert_equal(upstream_detectors(flat, TIME, {method: threshold}), [r.to_dict() for r in theirs])


def test_a_detector_of_tomorrow_that_reads_more_is_given_the_dataset(monkeypatch: pytest.MonkeyPatch) -> None:
    regression = upstream.regression()
    series = samples(over_time([10.0, 10.1, 9.9, 10.0, 10.05, 20.0]))
    expected = upstream_detectors(series, TIME, {"adaptive": None})
    original = regression.detect_regressions

    def reads_more(dataset: Any, *args: Any) -> Any:
        dataset["time_ms"].quantile(0.5)
        return original(dataset, *args)

    monkeypatch.setattr(regression, "detect_regressions", reads_more)
    np.testing.assert_equal(upstream_detectors(series, TIME, {"adaptive": None}), expected)


@pytest.mark.parametrize("kind", ["steady", "drifting", "rounded", "with outliers"])
def test_the_adaptive_detector_says_the_same_without_scipy_stats(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from bencher import regression

    rng = np.random.default_rng(len(kind))
    levels = 10 * np.exp(0.02 * rng.standard_normal(40))
    levels *= np.linspace(1, 1.5, 40) if kind == "drifting" else 1
    levels[::9] *= 3 if kind == "with outliers" else 1
    levels = levels.round(1) if kind == "rounded" else levels
    stored = over_time(levels.tolist())
    stacked = upstream.over_time_dataset(
        [s.dataset for s in stored if s.dataset is not None], list(map(str, range(40)))
    )
    declared = SimpleNamespace(result_vars=[upstream.declare(TIME)])
    theirs = regression.detect_regressions(stacked, declared, upstream.run_config("adaptive")).results
    monkeypatch.delitem(sys.modules, "scipy.stats")
    assert [r.to_dict() for r in upstream.detect(stacked, [TIME], upstream.run_config("adaptive")).results] == [
        r.to_dict() for r in theirs
    ]
    np.testing.assert_equal(
        upstream_detectors(samples(stored), TIME, {"adaptive": None}), [r.to_dict() for r in theirs]
    )
    assert "scipy.stats" not in sys.modules
