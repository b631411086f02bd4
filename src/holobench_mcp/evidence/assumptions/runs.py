"""Several runs on a side: each gives one number, and the sides are compared on those."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from holobench_mcp.evidence import run_tests
from holobench_mcp.evidence.past_noise import with_past
from holobench_mcp.evidence.question import Samples, Tested


def holds(samples: Samples) -> bool:
    """Whether a side has more than one run that is no copy of another."""
    return max(run_tests.distinct(samples).n_runs) > 1


def test(samples: Samples) -> Tested:
    """Welch's test on the runs' numbers, or Student's where it is less sure, and moderated tests at each point."""
    samples = run_tests.distinct(samples)
    numbers = run_tests.numbers_of(samples, fewest=run_tests.FEWEST_RUNS)
    yb, yc = numbers.baseline.mean(axis=1), numbers.candidate.mean(axis=1)
    floor = numbers.floor
    guards, past = samples.question.guards, run_tests.past_of(samples, numbers)
    scale = 1 / yb.size + 1 / yc.size
    own = run_tests.between_sides(yb, yc, floor, guards)
    overall, past_agrees = with_past(own, scale, None if past is None else past.sides, guards)
    least = floor * scale
    overall = replace(overall, variance=max(overall.variance, least) + run_tests.of_a_lone_run(samples))
    shapes = [
        run_tests.shape_of_a_side(runs, at)
        for runs, at in ((samples.baseline, numbers.baseline), (samples.candidate, numbers.candidate))
    ]
    within = run_tests.WithinRuns(
        np.stack([s for s, _ in shapes]), np.stack([df for _, df in shapes]), np.array([1 / yb.size, 1 / yc.size])
    )
    return run_tests.answer(samples, numbers, overall, overall.variance / scale, within, past_agrees=past_agrees)
