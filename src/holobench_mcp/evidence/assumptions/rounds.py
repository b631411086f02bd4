"""Interleaved rounds: the i-th runs of both sides were measured in turn, so that what drifts is common to a pair."""

from __future__ import annotations

import numpy as np

from holobench_mcp.evidence import run_tests
from holobench_mcp.evidence.disturbed_runs import far_runs, without_disturbed
from holobench_mcp.evidence.formulas import Estimate
from holobench_mcp.evidence.question import Samples, Tested


def holds(samples: Samples) -> bool:
    """Whether there are pairs, and more than one."""
    return samples.question.paired and max(samples.n_runs) > 1


def test(samples: Samples) -> Tested:
    """Student's test on the differences within rounds, or on the runs of each side about their own mean.

    Where single runs were disturbed, Yuen's on the trimmed means of the sides.
    """
    guards = samples.question.guards
    numbers = run_tests.numbers_of(samples, fewest=run_tests.FEW_ROUNDS)
    differences = numbers.candidate - numbers.baseline
    by_round = differences.mean(axis=1)
    yb, yc = numbers.baseline.mean(axis=1), numbers.candidate.mean(axis=1)
    spread, df = run_tests.spread_of_rounds(yb, yc, guards)
    spread = max(spread, 2 * numbers.floor)
    overall = Estimate(float(by_round.mean()), spread / by_round.size, df)
    trimmed = without_disturbed(yb, yc, overall, guards) if samples.question.on_machine else None
    points = by_round.size - 1.0
    within = run_tests.WithinRuns(
        run_tests.within_run_shape(differences, by_round)[None, :],
        np.full((1, differences.shape[1]), points),
        np.array([1 / by_round.size]),
    )
    if trimmed is None:
        return run_tests.answer(samples, numbers, overall, spread / 2, within)
    run_variance = trimmed.variance * by_round.size / 2
    return run_tests.answer(samples, numbers, trimmed, run_variance, within, far_runs(yb, yc))
