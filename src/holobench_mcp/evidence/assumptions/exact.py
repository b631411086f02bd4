"""No noise to judge: every sample of a side is the same at each point, and that says all there is to say."""

from __future__ import annotations

import math

import numpy as np

from holobench_mcp.evidence import point_tests, run_tests
from holobench_mcp.evidence.formulas import Estimate, FloatArray
from holobench_mcp.evidence.question import Samples, Tested, times_two_to

#: Steps of rounding, in units of the last digit: to fives at most, or to quarters.
_COARSEST_STEP, _QUARTER = 5, 25


def holds(samples: Samples) -> bool:
    """Whether no side varies at any point, and chance or a coarse clock are no explanation of that."""
    difference = constant_difference(samples)
    if difference is None:
        return False
    return _is_known(samples, difference) or not samples.question.on_machine


def test(samples: Samples) -> Tested:
    """The difference itself, certain; or that so few equal samples tell nothing, one step of rounding apart."""
    difference = constant_difference(samples)
    if difference is None or not _is_known(samples, difference):
        return samples.unable("so few equal samples, one step of rounding apart, can't tell a change from noise")
    if samples.scale == "log":
        difference = np.where(np.abs(difference) < 1e-14, 0.0, difference)
    overall = Estimate(float(difference.mean()), 0.0, float("inf"))
    # Where points differ both ways their mean may not: then what moved are points.
    p = 0.0 if difference.any() else 1.0
    return samples.answer(overall, points=point_tests.certain(difference), p=p, exact=True)


def constant_difference(samples: Samples) -> FloatArray | None:
    """The difference at each point, where no side varies at any; None where one does."""
    if any((a[0] != a[0, 0]).any() for a in samples.runs if not np.isnan(a[0]).any()):
        return None  # at the first point already, which spares a look at a hundred thousand
    ends = []
    for side in (samples.baseline, samples.candidate):
        low = np.min([np.nanmin(a, axis=1) for a in side], axis=0)
        high = np.max([np.nanmax(a, axis=1) for a in side], axis=0)
        if (low != high).any():
            return None
        ends.append(low)
    return np.asarray(ends[1] - ends[0])


def _is_known(samples: Samples, difference: FloatArray) -> bool:
    """Whether constants on both sides say all there is to say: equal ones, and different ones of a counter."""
    question = samples.question
    if question.settings.deterministic:
        return True
    fewest = min(run_tests.fewest_samples(side) for side in (samples.baseline, samples.candidate))
    if fewest < 2:
        return False
    if not difference.any():
        return True
    if question.on_machine and question.guards.coarse_clock:
        return False  # two times that are constant are a coarse clock's
    differs = np.flatnonzero(difference)
    if differs.size > 1 or fewest > 2 or not question.guards.rounding_step:
        return True
    ends = (side[0][differs[0]] for side in (samples.baseline, samples.candidate))
    values = (float(end[np.isfinite(end)][0]) for end in ends)
    unscaled = (math.exp(v) if samples.scale == "log" else times_two_to(v, samples.exponent) for v in values)
    return differs_by_more_than_rounding(*unscaled)


def differs_by_more_than_rounding(baseline: float, candidate: float) -> bool:
    """Whether two constants differ by more than one step of what they are rounded to.

    Two samples a side that are equal by rounding are common: noise that straddles an edge of rounding makes two
    constants, one step apart, in one of eight pairs of identical code. Two steps apart they are not. A step is one to
    five of the last digit, or a quarter: on a grid of such steps both values stand where their difference divides them.
    """
    for digits in range(7):
        scale = 10.0**digits
        steps = baseline * scale, candidate * scale
        if not all(map(math.isfinite, steps)):
            break
        if all(abs(s - round(s)) <= 1e-9 * max(1.0, abs(s)) for s in steps):
            low, step = abs(round(steps[0])), abs(round(steps[1]) - round(steps[0]))
            return not ((step <= _COARSEST_STEP or step == _QUARTER) and step > 0 and low % step == 0)
    return True  # equal to the last bit of a long number: no rounding
