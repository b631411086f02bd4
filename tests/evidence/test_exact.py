"""What never varies is exact, unless chance or a clock explain that."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evidence_sides import only, run
from holobench_mcp import judge
from holobench_mcp.evidence.assumptions.exact import differs_by_more_than_rounding
from holobench_mcp.model import MetricSettings


def test_equal_constants_are_exactly_unchanged():
    found = only(judge([run([7, 7])], [run([7, 7])]))
    assert (found.decision, found.effect_percent, found.ci) == ("unchanged", 0, (0, 0))
    assert "exactly equal" in found.reason


def test_a_deterministic_counter_that_differs_has_changed_exactly():
    found = only(judge([run([1200, 1200])], [run([1300, 1300])]))
    assert (found.decision, found.p_value) == ("regressed", 0)
    runs = [run([1200]) for _ in range(3)], [run([1300]) for _ in range(3)]
    assert judge(*runs).decision == "regressed"


def test_an_exact_difference_at_the_only_point_is_the_means_and_no_points():
    found = only(judge([run([5.0] * 4)], [run([6.0] * 4)]))
    assert (found.decision, found.points) == ("regressed", ())
    assert "most at" not in found.reason


def test_one_sample_a_side_is_exact_only_where_the_metric_is_declared_deterministic():
    sides = [run([1200])], [run([1300])]
    assert judge(*sides).decision == "inconclusive"
    assert judge(*sides, settings={"m0": MetricSettings(deterministic=True)}).decision == "regressed"


def test_constants_one_step_of_rounding_apart_are_not_exact_until_repeated():
    assert judge([run([10, 10])], [run([11, 11])]).decision == "inconclusive"
    assert judge([run([10, 10, 10])], [run([11, 11, 11])]).decision == "regressed"
    assert not differs_by_more_than_rounding(0.12, 0.13)
    assert differs_by_more_than_rounding(0.13, 0.15)
    assert differs_by_more_than_rounding(math.pi, math.e)


def test_a_coarse_clock_is_no_deterministic_counter():
    found = only(judge([run([15.6] * 5, units="ms")], [run([15.7] * 5, units="ms")]))
    assert found.decision == "inconclusive"
    assert found.run_variance.source == "assumed"


def test_one_point_on_an_edge_of_rounding_among_constants_is_no_proof():
    base, cand = np.full((5, 2), 10.0), np.full((5, 2), 10.0)
    cand[3] = 11
    assert judge([run(base)], [run(cand)]).decision == "inconclusive"
    cand[3] = 12.3
    assert judge([run(base)], [run(cand)]).decision == "regressed"


@pytest.mark.parametrize(("low", "high"), [(99, 102), (100, 105), (0.75, 1.0), (10, 11)])
def test_neighbours_on_a_coarse_grid_are_one_step_of_rounding_apart(low, high):
    assert not differs_by_more_than_rounding(low, high)
    assert not differs_by_more_than_rounding(high, low)


def test_numbers_too_large_to_write_out_are_not_rounded():
    assert differs_by_more_than_rounding(1.1e308, 1.7e308)
