"""What holobench's own over-time detectors say is passed on verbatim."""

from __future__ import annotations

import numpy as np
import xarray as xr

from conftest import snapshot
from holobench_mcp.evidence.detectors import upstream_detectors
from holobench_mcp.model import Metric
from holobench_mcp.result.snapshot import Snapshot

TIME = Metric(variable="time_ms", units="ms")


def over_time(levels: list[float]) -> list[Snapshot]:
    return [snapshot([[level, level * 1.01]], inputs={"size": [10]}, at=i) for i, level in enumerate(levels)]


def datasets(snapshots: list[Snapshot]) -> list[xr.Dataset]:
    return [s.dataset for s in snapshots if s.dataset is not None]


def test_upstreams_detectors_speak_verbatim_of_the_newest_result() -> None:
    from types import SimpleNamespace

    from bencher.bench_cfg import BenchRunCfg
    from bencher.regression import detect_regressions

    from holobench_mcp.result import upstream

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
    ours = upstream_detectors(datasets(stored), TIME, methods)
    np.testing.assert_equal(ours, theirs)
    assert [checks["method"] for checks in ours] == list(methods)
    assert all(checks["regressed"] for checks in ours)


def test_detectors_that_fall_back_on_the_same_check_say_it_once() -> None:
    checks = upstream_detectors(datasets(over_time([10.0, 20.0])), TIME, {"adaptive": None, "percentage": None})
    assert [(t["method"], t["regressed"]) for t in checks] == [("percentage", True)]


def test_upstreams_detectors_say_nothing_of_one_result() -> None:
    assert upstream_detectors(datasets(over_time([10.0])), TIME, {"percentage": None}) == []


def test_results_without_the_metric_are_passed_over() -> None:
    stored = over_time([10.0, 10.0, 10.1])
    mixed = datasets([stored[0], snapshot(metric="memory_mb"), stored[2]])
    methods = {"percentage": None}
    assert upstream_detectors(mixed, TIME, methods) == upstream_detectors([mixed[0], mixed[2]], TIME, methods)
