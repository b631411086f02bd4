"""A metric's level in one measurement is the mean of its runs' numbers, and its interval is of what differs most."""

from __future__ import annotations

import math

import pytest

from conftest import snapshot
from holobench_mcp.evidence.levels import level


def test_a_level_is_the_mean_over_points_of_their_medians() -> None:
    runs = [snapshot([[1.0, 2.0, 90.0], [10.0, 20.0, 30.0]])]
    assert level(runs, "time_ms", log=False).value == pytest.approx((2 + 20) / 2)
    assert math.exp(level(runs, "time_ms", log=True).value) == pytest.approx(math.sqrt(2 * 20))


def test_with_several_runs_the_interval_is_of_their_differences() -> None:
    """Repeats that agree within each run say nothing of how much runs differ."""
    runs = [snapshot([[level, level * 1.0001]]) for level in (10.0, 11.0, 12.0)]
    e = level(runs, "time_ms", log=False)
    assert (e.n_runs, e.n) == (3, 6)
    assert e.ci is not None
    half = 4.302652729911275 / math.sqrt(3)  # Student's t at 0.975 with 2 df, times a standard deviation of 1
    assert e.ci == pytest.approx((11 - half, 11 + half), rel=1e-3)


def test_with_one_run_the_interval_is_of_its_repeats() -> None:
    e = level([snapshot([[9.0, 10.0, 11.0]])], "time_ms", log=False)
    assert (e.n_runs, e.n) == (1, 3)
    half = 4.302652729911275 / math.sqrt(3)
    assert e.ci == pytest.approx((10 - half, 10 + half))


def test_one_sample_has_a_level_and_no_interval() -> None:
    e = level([snapshot([[5.0]])], "time_ms", log=False)
    assert (e.value, e.ci, e.n) == (5.0, None, 1)


def test_samples_that_are_missing_are_left_out() -> None:
    e = level([snapshot([[math.nan, 4.0, math.inf], [math.nan, math.nan, math.nan]])], "time_ms", log=False)
    assert (e.value, e.n) == (4.0, 1)


def test_a_measurement_without_a_finite_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="time_ms has no finite sample"):
        level([snapshot([[math.nan]])], "time_ms", log=False)


def test_one_input_point_can_be_followed() -> None:
    runs = [snapshot([[1.0, 1.0], [7.0, 7.0]], inputs={"size": [10, 20]})]
    assert level(runs, "time_ms", log=False, point={"size": 20}).value == 7.0


@pytest.mark.parametrize(
    ("point", "expected"), [({"size": 30}, "size was never 30"), ({"sice": 10}, "needs a value for size")]
)
def test_a_point_that_was_never_measured_is_refused_with_those_that_were(point: dict[str, int], expected: str) -> None:
    with pytest.raises(KeyError, match=expected):
        level([snapshot([[1.0], [2.0]], inputs={"size": [10, 20]})], "time_ms", log=False, point=point)
