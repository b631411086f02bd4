"""A metric's level in one measurement is the mean of its runs' numbers, and its interval is of what differs most."""

from __future__ import annotations

import math

import numpy as np
import pytest

from holobench_mcp.evidence.levels import level, levels

NAN = math.nan


def test_a_level_is_the_mean_over_points_of_their_medians() -> None:
    runs = [np.array([[1.0, 2.0, 90.0], [10.0, 20.0, 30.0]])]
    assert level(runs, "plain").value == pytest.approx((2 + 20) / 2)
    assert math.exp(level(runs, "log").value) == pytest.approx(math.sqrt(2 * 20))


def test_with_several_runs_the_interval_is_of_their_differences() -> None:
    """Repeats that agree within each run say nothing of how much runs differ."""
    one = level([np.array([[value, value * 1.0001]]) for value in (10.0, 11.0, 12.0)], "plain")
    assert (one.n_runs, one.n) == (3, 6)
    half = 4.302652729911275 / math.sqrt(3)  # Student's t at 0.975 with 2 df, times a standard deviation of 1
    assert one.ci == pytest.approx((11 - half, 11 + half), rel=1e-3)


def test_with_one_run_the_interval_is_of_its_repeats() -> None:
    one = level([np.array([[9.0, 10.0, 11.0]])], "plain")
    assert (one.n_runs, one.n) == (1, 3)
    half = 4.302652729911275 / math.sqrt(3)
    assert one.ci == pytest.approx((10 - half, 10 + half))


def test_one_sample_has_a_level_and_no_interval() -> None:
    one = level([np.array([[5.0]])], "plain")
    assert (one.value, one.ci, one.n) == (5.0, None, 1)


def test_samples_that_are_missing_are_left_out() -> None:
    one = level([np.array([[NAN, 4.0, NAN]])], "plain")
    assert (one.value, one.n) == (4.0, 1)


def test_a_measurement_without_a_run_is_refused() -> None:
    with pytest.raises(ValueError, match="no run has a finite sample"):
        level([], "plain")


@pytest.mark.parametrize(
    ("runs", "rate"),
    [
        ([[[1, 1, 1, 0, 0]]], 0.6),
        ([[[1, 1, 1, 1, 0]]], 0.8),
        ([[[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]], 0.8),
        ([[[1, 0, NAN, NAN, NAN], [1, 1, 1, 1, 1]]], 0.75),
        ([[[1, 1]], [[0, 0]], [[1, 1]], [[1, 1]]], 0.75),
    ],
)
def test_the_level_of_a_boolean_is_how_often_it_is_true(runs: list[list[list[float]]], rate: float) -> None:
    """The median of a flag that fails 4 times of 10 is that it holds."""
    one = level([np.array(run, dtype=float) for run in runs], "rate")
    assert one.value == pytest.approx(rate)
    assert one.ci is not None
    assert 0 <= one.ci[0] < rate < one.ci[1] <= 1


@pytest.mark.parametrize("runs", [1, 3])
def test_a_boolean_that_was_always_true_is_not_sure_to_stay_so(runs: int) -> None:
    one = level([np.ones((2, 5))] * runs, "rate")
    assert one.value == 1.0
    assert one.ci == (pytest.approx(1 - 3.84 / (10 * runs + 3.84), abs=0.01), pytest.approx(1.0))


@pytest.mark.parametrize("scale", ["log", "plain", "rate"])
@pytest.mark.parametrize("repeats", [1, 2, 5])
def test_levels_of_many_measurements_are_those_of_each(scale, repeats):
    rng = np.random.default_rng(17)
    measurements = [[rng.uniform(0.1, 1, (6, repeats))] for _ in range(20)]
    measurements[3] = [*measurements[3], rng.uniform(0.1, 1, (6, repeats))]
    measurements[5] = []
    measurements[7] = [rng.uniform(0.1, 1, (6, 9))]
    measurements[9] = [np.where(np.arange(repeats) < max(repeats - 1, 1), measurements[9][0], np.nan)]
    each = [level(runs, scale) if runs else None for runs in measurements]
    for ours, expected in zip(levels(measurements, scale), each, strict=True):
        if expected is None:
            assert ours is None
            continue
        assert ours is not None and (ours.n, ours.n_runs) == (expected.n, expected.n_runs)
        assert ours.value == pytest.approx(expected.value, rel=1e-12)
        assert (ours.ci is None) == (expected.ci is None)
        assert ours.ci is None or ours.ci == pytest.approx(expected.ci, rel=1e-9)
