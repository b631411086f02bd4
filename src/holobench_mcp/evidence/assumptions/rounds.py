"""Interleaved rounds: the i-th runs of both sides were measured in turn, so that what drifts is common to a pair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from holobench_mcp.evidence import run_tests
from holobench_mcp.evidence.disturbed_runs import far_runs, without_disturbed
from holobench_mcp.evidence.formulas import Estimate, FloatArray
from holobench_mcp.evidence.past_noise import with_past
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
    overall, past_agrees = _overall(samples, numbers, yb, yc)
    trimmed = without_disturbed(yb, yc, overall, guards) if samples.question.on_machine else None
    points = by_round.size - 1.0
    within = run_tests.WithinRuns(
        run_tests.within_run_shape(differences, by_round)[None, :],
        np.full((1, differences.shape[1]), points),
        np.array([1 / by_round.size]),
    )
    of_a_run = by_round.size / 2
    if trimmed is None:
        return run_tests.answer(samples, numbers, overall, overall.variance * of_a_run, within, past_agrees=past_agrees)
    return run_tests.answer(samples, numbers, trimmed, trimmed.variance * of_a_run, within, disturbed=far_runs(yb, yc))


def _overall(
    samples: Samples, numbers: run_tests.RunNumbers, yb: FloatArray, yc: FloatArray
) -> tuple[Estimate, bool | None]:
    """The mean difference, and whether the past agrees with its noise. yb, yc: the number of each run."""
    guards, past = samples.question.guards, run_tests.past_of(samples, numbers)
    spread = run_tests.spread_of_rounds(yb, yc, past, guards)
    own = Estimate(float((yc - yb).mean()), spread.variance / yb.size, spread.df)
    prior = None if past is None else past.pairs if spread.pairs else past.sides
    moderated, past_agrees = with_past(own, 2 / yb.size, prior, guards)
    least = 2 * numbers.floor / yb.size
    return replace(moderated, variance=max(spread.price * moderated.variance, least)), past_agrees
