"""A quick, seeded look at the error rates that benchmarks/calibration.py measures at length."""

from __future__ import annotations

import numpy as np
import pytest

from calibration_noise import FAMILIES, is_alarm, ours, run
from holobench_mcp import judge

PAIRS = 120
#: 5 % and three standard errors of so few pairs.
MOST = 0.05 * PAIRS + 3 * (0.05 * 0.95 * PAIRS) ** 0.5


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", [(1, 2), (1, 5), (10, 3), (100, 2), (100, 5)])
def test_identical_code_is_seldom_called_changed(family, shape):
    rng = np.random.default_rng(2026)
    noise, kind = FAMILIES[family], "bool" if family.startswith("boolean") else "float"
    assert sum(ours(noise(rng, shape), noise(rng, shape), kind=kind) for _ in range(PAIRS)) <= MOST


@pytest.mark.parametrize("runs", [(2, 2), (3, 3), (1, 3), (2, 5)])
@pytest.mark.parametrize("family", ["log-normal 15 %", "contaminated", "bimodal"])
@pytest.mark.parametrize("shape", [(1, 2), (1, 30), (50, 2)])
def test_runs_that_differ_by_more_than_their_repeats_are_seldom_called_changed(family, runs, shape):
    rng = np.random.default_rng(2026)
    alarms = 0
    for _ in range(PAIRS):
        sides = [
            [run(FAMILIES[family](rng, shape) * np.exp(0.02 * rng.standard_normal()), units="ms") for _ in range(n)]
            for n in runs
        ]
        alarms += is_alarm(judge(*sides))
    assert alarms <= MOST


def test_a_whole_comparison_of_many_metrics_keeps_the_rate_of_one():
    rng = np.random.default_rng(2026)
    noise = FAMILIES["log-normal 15 %"]
    pair = lambda: [run(*(noise(rng, (10, 5)) for _ in range(5)))]  # noqa: E731
    assert sum(is_alarm(judge(pair(), pair())) for _ in range(PAIRS)) <= MOST


def test_a_slowdown_of_15_percent_everywhere_is_found_nearly_always():
    rng = np.random.default_rng(2026)
    noise = FAMILIES["log-normal 15 %"]
    found = sum(ours(noise(rng, (10, 5)), 1.15 * noise(rng, (10, 5))) for _ in range(PAIRS))
    assert found >= 0.95 * PAIRS


def test_one_slow_point_of_a_hundred_is_found_mostly_and_others_seldom():
    rng = np.random.default_rng(2026)
    found = false = 0
    for _ in range(PAIRS):
        sd = np.sqrt(0.02 / rng.chisquare(4, (100, 1)))
        base, cand = (100 * np.exp(sd * rng.standard_normal((100, 5))) for _ in range(2))
        cand[37] *= 1.3
        moved = {p.inputs["x"] for p in judge([run(base)], [run(cand)]).metrics[0].points}
        found += 37 in moved
        false += bool(moved - {37})
    assert found >= 0.5 * PAIRS
    assert false <= MOST


@pytest.mark.parametrize("repeats", [2, 3, 4, 5])
def test_points_on_different_edges_of_rounding_are_seldom_called_changed(repeats):
    rng = np.random.default_rng(2026)
    alarms = 0
    for _ in range(PAIRS):
        levels = 10 * np.exp(rng.uniform(0, 0.7, (100, 1)))
        base, cand = (np.round(levels + 0.1 * rng.standard_normal((100, repeats))) for _ in "ab")
        alarms += ours(base, cand)
    assert alarms <= MOST


@pytest.mark.parametrize("rare", [0.1, 0.2])
def test_a_rare_mode_is_seldom_called_a_change_of_some_point(rare):
    rng = np.random.default_rng(2026)
    noise = lambda: 100 * np.exp(0.002 * rng.standard_normal((100, 3)) + 0.3 * (rng.random((100, 3)) < rare))  # noqa: E731
    assert sum(ours(noise(), noise()) for _ in range(PAIRS)) <= MOST


@pytest.mark.parametrize("repeats", [3, 5])
def test_two_modes_in_ten_metrics_at_one_point_are_seldom_called_a_change_of_any(repeats):
    rng = np.random.default_rng(2026)
    noise = FAMILIES["bimodal"]
    side = lambda: [run(*(noise(rng, (1, repeats)) for _ in range(10)))]  # noqa: E731
    assert sum(is_alarm(judge(side(), side())) for _ in range(PAIRS)) <= MOST


# ---------------------------------------------------------------------- a machine that others keep busy


def disturbed(rng, runs, *, factor=1.0):
    """Runs of 4 points × 5 repeats of which others slow down some, in some runs many, and never make one faster."""
    side = []
    for _ in range(runs):
        logs = 0.02 * rng.standard_normal((4, 5)) + 0.02 * rng.standard_normal()
        logs += np.where(rng.random((4, 5)) < rng.random(), rng.exponential(0.5, (4, 5)), 0)
        side.append(run(factor * 100 * np.exp(logs), units="ms"))
    return side


@pytest.mark.parametrize("paired", [True, False])
def test_what_others_do_on_the_machine_neither_alarms_nor_hides_a_slowdown(paired):
    rng = np.random.default_rng(2026)
    alarms = sum(is_alarm(judge(disturbed(rng, 5), disturbed(rng, 5), paired=paired)) for _ in range(PAIRS))
    assert alarms <= MOST
    judgements = [judge(disturbed(rng, 5), disturbed(rng, 5, factor=1.1), paired=paired) for _ in range(PAIRS)]
    assert sum(j.decision == "regressed" for j in judgements) >= 0.6 * PAIRS
    by_best = [j for j in judgements if j.metrics[0].location == "best"]
    assert len(by_best) >= 0.8 * PAIRS
    assert "by their best repeats, as others kept the machine busy" in by_best[0].reason


def test_code_that_has_become_unsteady_is_not_excused_by_its_best_repeats():
    rng = np.random.default_rng(2026)
    found = 0
    for _ in range(PAIRS):
        quiet = [run(100 * np.exp(0.02 * rng.standard_normal((4, 5))), units="ms") for _ in range(5)]
        slow_at_times = [np.where(rng.random((4, 5)) < 0.7, 1.5, 1.0) for _ in range(5)]
        unsteady = [run(100 * s * np.exp(0.02 * rng.standard_normal((4, 5))), units="ms") for s in slow_at_times]
        found += judge(quiet, unsteady).decision == "regressed"
    assert found >= 0.95 * PAIRS
