"""Benches of a suite share an error rate, and those of one run a side know of one another how far such runs lie apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from evidence_sides import run
from holobench_mcp import Snapshot
from holobench_mcp.evidence.family import Family
from holobench_mcp.evidence.judgement import examined, judge, p_values
from holobench_mcp.evidence.suite_spread import effects_of, spreads_of
from holobench_mcp.model import Decision, MetricEvidence

Sides = tuple[list[Snapshot], list[Snapshot]]


def judged_together(suite: list[Sides]) -> list[MetricEvidence]:
    """Every bench of a suite, as one of it."""
    found = [examined(*sides) for sides in suite]
    spreads = spreads_of(effects_of(f.tests) for f in found)
    shares = [p_values(f, spreads) for f in found]
    judged = []
    for i, sides in enumerate(suite):
        others = tuple(p for n, of_bench in enumerate(shares) if n != i for p in of_bench)
        judged.append(judge(*sides, found=found[i], family=Family(others, len(suite), spreads)).metrics[0])
    return judged


def suite_of(
    benches: int,
    seed: int,
    *,
    runs: int = 1,
    sd: float = 0.02,
    factors: Mapping[int, float] | None = None,
    points: int = 1,
    common: float = 0.0,
    disturbed: float = 0.0,
) -> list[Sides]:
    """A suite before and after. sd: between runs; common: what all benches of a process share of it; disturbed: the
    share of the benches of a run that others slow down by half while they are measured."""
    rng = np.random.default_rng(seed)
    shift = [[common * rng.standard_normal() for _ in range(runs)] for _ in "ab"]
    suite = []
    for bench in range(benches):
        sides = []
        for side in (0, 1):
            factor = (factors or {}).get(bench, 1.0) if side else 1.0
            logs = [s + sd * rng.standard_normal() + 0.5 * (rng.random() < disturbed) for s in shift[side]]
            noise = [np.exp(log + 0.02 * rng.standard_normal((points, 20))) for log in logs]
            sides.append([run(100 * factor * values, units="ms") for values in noise])
        suite.append((sides[0], sides[1]))
    return suite


def moved(judged: list[MetricEvidence]) -> set[int]:
    return {i for i, m in enumerate(judged) if m.decision in (Decision.regressed, Decision.improved)}


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("common", [0.0, 0.03])
def test_a_suite_in_which_nothing_moved_does_not_alarm(runs: int, common: float) -> None:
    alarms = sum(bool(moved(judged_together(suite_of(20, seed, runs=runs, common=common)))) for seed in range(12))
    assert alarms <= 2  # half a one is allowed in the mean; each bench at 5 % of its own alarms in most


@pytest.mark.parametrize("share", [0.2, 0.4])
def test_benches_that_others_disturbed_in_a_single_run_are_no_alarm(share: float) -> None:
    alarms = sum(bool(moved(judged_together(suite_of(30, seed, disturbed=share)))) for seed in range(8))
    assert alarms <= 1


@pytest.mark.parametrize("slower", [{3}, {0, 1, 2}, set(range(200))], ids=["one", "three", "all"])
@pytest.mark.parametrize("benches", [5, 50, 200])
def test_benches_of_single_runs_that_became_slower_are_found(benches: int, slower: set[int]) -> None:
    judged = judged_together(suite_of(benches, 1, sd=0.015, factors=dict.fromkeys(slower, 1.4)))
    assert moved(judged) == {i for i in slower if i < benches}


def test_an_answer_says_that_single_runs_of_a_suite_lie_too_far_apart() -> None:
    judged = judged_together(suite_of(50, 2, disturbed=0.4, factors={3: 1.2}))
    assert moved(judged) == set()
    assert judged[3].run_variance is not None and judged[3].run_variance.source == "suite"
    assert "as the other benches differ" in judged[3].reason
    assert ([limit.what for limit in judged[3].limits], judged[3].runs_needed) == (["suite_spread"], 3)


def test_points_of_single_runs_are_no_surer_than_the_suite_is() -> None:
    calm, busy = (
        judged_together(suite_of(20, 5, points=10, sd=0.01, disturbed=share, factors={4: 1.3})) for share in (0.0, 0.4)
    )
    assert calm[4].decision is Decision.regressed
    assert busy[4].decision is Decision.inconclusive and not busy[4].points


def test_copies_of_one_run_know_of_no_spread() -> None:
    base = run(100 * np.exp(0.02 * np.random.default_rng(3).standard_normal((1, 20))), units="ms")
    slower = base.with_(dataset=base.known_dataset * 1.38)
    assert moved(judged_together([([base], [slower])] * 15)) == set(range(15))
    assert moved(judged_together([([base], [base])] * 15)) == set()


def test_the_interval_of_one_of_many_leaves_zero_out_only_where_it_moved() -> None:
    judged = judged_together(suite_of(25, 7, runs=3, sd=0.01, factors={4: 1.5}))
    assert 4 in moved(judged)
    for i, m in enumerate(judged):
        assert m.ci is not None and m.interval_level is not None
        assert (m.ci[0] > 0 or m.ci[1] < 0) == (i in moved(judged)) or abs(m.size) < 3  # the margin
        assert m.interval_level > 0.99 or m.decision is Decision.unchanged
