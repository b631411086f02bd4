"""Booleans: all trials of a side together, in percentage points; never surer than the runs are."""

from __future__ import annotations

import numpy as np

from holobench_mcp.evidence import formulas, point_tests
from holobench_mcp.evidence.formulas import Estimate
from holobench_mcp.evidence.question import Samples, Tested


def test(samples: Samples) -> Tested:
    """Fisher's exact test at one point, Mantel and Haenszel's over several, Fisher's at each."""
    question, sides = samples.question, (samples.baseline, samples.candidate)
    trials = np.stack([sum(np.isfinite(a).sum(axis=1) for a in side) for side in sides]).astype(float)
    good = np.stack([sum(np.nansum(a, axis=1) for a in side) for side in sides])
    rates = good / trials
    d = rates[1] - rates[0]
    if not d.any() and bool(((rates == 0) | (rates == 1)).all()):
        return samples.answer(Estimate(0.0, 0.0, float("inf")), points=point_tests.certain(d), exact=True)
    # Agresti & Caffo (2000): two successes and two failures more, shared out over the points, keep the interval honest.
    extra = 2 / d.size if question.guards.plus_two else 0.0
    shrunk = (good + extra) / (trials + 2 * extra)
    variance = float((shrunk * (1 - shrunk) / (trials + 2 * extra)).sum()) / d.size**2
    overall = Estimate(float(d.mean()), variance, float("inf"))
    if question.guards.boolean_runs and min(samples.n_runs) >= 2:
        # The runs may differ by more than their repeats explain.
        by_run = [np.array([np.nanmean(a) for a in side]) for side in sides]
        between = formulas.welch(*by_run)
        if between.variance > variance:
            overall = max((overall, Estimate(overall.effect, between.variance, between.df)), key=Estimate.half_width)
    if question.settings.deterministic and d.any():
        return samples.answer(Estimate(overall.effect, 0.0, float("inf")), points=point_tests.certain(d), p=0.0)
    plus = (good + 1) / (trials + 2)
    at_points = (plus * (1 - plus) / (trials + 2)).sum(axis=0)
    exact = formulas.fisher_exact(good, trials) if d.size > 1 else np.ones_like(d)
    return samples.answer(
        overall, points=point_tests.given(d, exact, at_points), p=formulas.mantel_haenszel(good, trials)
    )
