"""Whether answers are right: a metric that is configured to say so is looked at in every run, at every point.

A mean over runs would forgive what one of them got wrong, and no test is asked: a wrong answer is not noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holobench_mcp.evidence.aligned import Aligned
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.question import Question
from holobench_mcp.model import Direction


@dataclass(frozen=True)
class WorseAnswers:
    """Where, and in how many runs, the candidate's answers are worse than in any run of the baseline."""

    places: npt.NDArray[np.intp]  #: flat, among the shared points
    runs: npt.NDArray[np.intp]  #: of the candidate
    before: float  #: at the first place, the baseline's worst
    after: float  #: and what the first of the runs that are worse there has
    run: int  #: which one that is


def worse_answers(question: Question, aligned: Aligned) -> WorseAnswers | None:
    """None where the metric says nothing of correctness, or no run of the candidate is worse at any point."""
    if not question.settings.correctness:
        return None
    variable = question.metric.variable
    base = np.stack([_at_points(aligned.baseline_samples(i, variable)) for i in range(aligned.n_baseline)])
    cand = np.stack([_at_points(aligned.candidate_samples(i, variable)) for i in range(aligned.n_candidate)])
    with np.errstate(invalid="ignore"):
        low, high = np.fmin.reduce(base, axis=0), np.fmax.reduce(base, axis=0)
        fewer = (cand < low) & ~np.isclose(cand, low, rtol=1e-12, atol=0)
        more = (cand > high) & ~np.isclose(cand, high, rtol=1e-12, atol=0)
    worse = {Direction.maximize: fewer, Direction.minimize: more, Direction.none: fewer | more}[question.direction]
    if not worse.any():
        return None
    places, runs = np.flatnonzero(worse.any(axis=0)), np.flatnonzero(worse.any(axis=1))
    first = int(places[0])
    run = int(np.flatnonzero(worse[:, first])[0])
    before = low[first] if fewer[run, first] else high[first]
    return WorseAnswers(places, runs, float(before), float(cand[run, first]), run)


def _at_points(samples: FloatArray) -> FloatArray:
    """The mean of the repeats at each point, infinities included; NaN without any. samples: (points, repeats)."""
    known = ~np.isnan(samples)
    total = np.where(known, samples, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
