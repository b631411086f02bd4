"""Single input points that moved are found and named, and quiet ones are not believed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evidence_sides import lognormal, only, run
from holobench_mcp import judge
from holobench_mcp.evidence.decision import MAX_POINTS_LISTED
from holobench_mcp.evidence.error_rate import share_of_mean
from holobench_mcp.evidence.point_tests import PointTests, moderated_tests


def test_a_slowdown_at_one_input_point_is_found_though_the_mean_hides_it():
    rng = np.random.default_rng(14)
    base, cand = (100 * np.exp(0.05 * rng.standard_normal((100, 5))) for _ in range(2))
    cand[37] *= 1.3
    found = only(judge([run(base)], [run(cand)]))
    assert abs(found.effect_percent) < 1
    assert found.decision == "regressed"
    assert [p.inputs for p in found.points] == [{"x": 37}]
    assert found.points[0].ci[0] < found.points[0].effect_percent < found.points[0].ci[1]
    assert "x=37" in found.reason


def test_a_mixture_is_regressed_and_lists_both_worst_first():
    rng = np.random.default_rng(15)
    base, cand = (100 * np.exp(0.03 * rng.standard_normal((20, 6))) for _ in range(2))
    cand[3] *= 1.4
    cand[9] /= 1.4
    found = only(judge([run(base)], [run(cand)]))
    assert found.decision == "regressed"
    assert [(p.inputs["x"], p.decision) for p in found.points] == [(3, "regressed"), (9, "improved")]


def test_all_points_that_moved_are_counted_though_only_the_worst_are_listed():
    base = lognormal(16, (2500, 5), sd=0.02)
    found = only(judge([run(base)], [run(base[:, ::-1] * 1.5)]))
    assert found.points_moved == 2500
    assert len(found.points) == MAX_POINTS_LISTED


def test_quiet_points_among_points_of_two_modes_are_not_believed():
    base = np.full((100, 3), 10.0) + np.tile([0, 1, 1], (100, 1))
    cand = base.copy()
    base[5], cand[5] = 10, 11  # by luck, all repeats in one mode on each side
    assert judge([run(base)], [run(cand)]).decision in ("unchanged", "inconclusive")


def test_a_lone_runs_outlier_is_no_point_that_moved():
    sides = np.array([np.r_[1.0, np.full(49, 1e-4)], np.full(50, 1e-4)])
    dfs = np.stack([np.full(50, 1.0), np.full(50, 4.0)])
    effect = np.r_[0.5, np.zeros(49)]
    found = moderated_tests(
        effect, sides, dfs, np.stack([np.full(50, 0.5), np.full(50, 0.2)]), added=0, added_df=math.inf
    )
    assert found.q[0] > 0.05


def test_the_mean_weighs_less_where_points_are_many():
    assert share_of_mean(2) == share_of_mean(10) == pytest.approx(0.7)
    assert share_of_mean(100) == share_of_mean(100_000) == pytest.approx(0.2)


def test_a_lone_runs_outlier_at_one_point_is_not_that_points_change():
    lone = lognormal(200, (100, 3), sd=0.02)
    lone[7, 1] *= 8
    others = [run(lognormal(201 + i, (100, 3), sd=0.02), units="ms") for i in range(3)]
    assert judge(others, [run(lone, units="ms")]).decision in ("unchanged", "inconclusive")


def test_few_repeats_against_many_know_only_what_the_few_know():
    rng = np.random.default_rng(210)
    noise = lambda n: 100 * np.exp(0.03 * rng.standard_normal((100, n)) + 2 * (rng.random((100, n)) < 0.05))  # noqa: E731
    alarms = sum(judge([run(noise(5))], [run(noise(30))]).decision in ("regressed", "improved") for _ in range(60))
    assert alarms <= 8


def test_a_shift_that_all_points_of_a_run_share_is_no_change_at_a_point():
    base = lognormal(220, (10, 10), sd=0.01)
    shifted = lognormal(221, (10, 10), sd=0.01, level=108)
    found = only(judge([run(base, units="ms")], [run(shifted, units="ms")]))
    assert (found.decision, found.points_moved) == ("inconclusive", 0)
    shifted[4] *= 1.3
    found = only(judge([run(base, units="ms")], [run(shifted, units="ms")]))
    assert 4 in [p.inputs["x"] for p in found.points]


def test_one_slow_point_of_a_hundred_is_found_in_milliseconds_too():
    rng = np.random.default_rng(222)
    found = false = 0
    for _ in range(100):
        sd = np.sqrt(0.02 / rng.chisquare(4, (100, 1)))
        base, cand = (100 * np.exp(sd * rng.standard_normal((100, 5))) for _ in range(2))
        cand[37] *= 1.3
        points = only(judge([run(base, units="ms")], [run(cand, units="ms")])).points
        moved = {p.inputs["x"] for p in points}
        found += 37 in moved
        false += bool(moved - {37})
    assert found >= 58
    assert false <= 8


def test_which_intervals_are_within_a_margin_is_what_the_intervals_say():
    rng = np.random.default_rng(11)
    n = 20_000
    effect, variance, df = rng.normal(0, 0.02, n), rng.exponential(1e-4, n), np.exp(rng.uniform(-1, 25, n))
    variance[:100], effect[:50], effect[50], effect[60], variance[200], df[:10] = 0, 0, 0.03, np.nan, np.nan, np.inf
    tests, places = PointTests(effect, np.ones(n), variance, df), np.arange(n)
    for margin in (0.0, 0.001, 0.03, 0.2):
        low, high = tests.intervals(places)
        assert np.array_equal(tests.within(margin, places), (low >= -margin) & (high <= margin)), margin
