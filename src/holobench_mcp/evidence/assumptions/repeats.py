"""One run a side: its repeats are all there is, and what another run would differ by is known from elsewhere.

A metric that depends on the machine gets the spread between runs added to its uncertainty, from the store or assumed.
"""

from __future__ import annotations

import math

import numpy as np

from holobench_mcp.evidence import formulas, point_tests, run_tests
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.past_noise import Prior
from holobench_mcp.evidence.question import Samples, Tested
from holobench_mcp.model import RunVariance

Moments = tuple[FloatArray, FloatArray, FloatArray]

#: Run-to-run standard deviation, in percent, of a metric that depends on the machine, where nothing was measured; and
#: the degrees of freedom that so rough an assumption is worth. With more, a machine whose runs differ by 5.6 % alarms
#: in more than one of fourteen pairs; with fewer, none of forty benchmarks is found that became slower by a half.
ASSUMED_RUN_SD_PERCENT, ASSUMED_DF = 4.0, 6.0
#: Runs that lie so many times farther above their best repeats than any earlier run did are of another load.
_OTHER_LOAD = 2.0
#: How far a normal number lies above the best tenth of many, in standard deviations; and how far at most a mean is
#: taken to lie above it by its spread alone, which a few iterations of 45,000 can make five times the mean.
_TO_BEST_TENTH, _MOST_BY_SPREAD = 1.28, 0.05


def test(samples: Samples) -> Tested:
    """Welch's test over the points as strata, and moderated tests at each."""
    repeated = run_tests.distinct(samples).where_repeated()
    if repeated is None:
        return samples.unable("a single sample a side can't tell a change from noise")
    base, cand = (
        run_tests.moments(side[0], finite=repeated.complete) for side in (repeated.baseline, repeated.candidate)
    )
    return by_moments(repeated, base, cand)


def by_moments(samples: Samples, base: Moments, cand: Moments) -> Tested:
    """The same from each point's number of repeats, their mean and variance, on the scale of the test."""
    guards = samples.question.guards
    (nb, mb, vb), (nc, mc, vc) = base, cand
    least_p = run_tests.resolution(float(nb.sum()), float(nc.sum()), guards)
    if least_p > run_tests.MOST_BY_CHANCE:
        return samples.unable("two repeats at one point can't tell a change from noise")
    d = mc - mb
    sides, dfs = np.array([vb / nb, vc / nc]), np.array([nb - 1, nc - 1])
    models = [formulas.stratified_welch(d, sides, dfs)]
    if guards.worst_model and (nb != nc).any():
        # Few repeats against many: Welch's test is too sure where the few happen to agree (7.6 % at 3 and 30).
        pooled = (vb * (nb - 1) + vc * (nc - 1)) / (nb + nc - 2)
        models.append(formulas.stratified_welch(d, (pooled * (1 / nb + 1 / nc))[None, :], (nb + nc - 2)[None, :]))
    prior, between = _between_runs(samples)
    added, added_df = 2 * prior.variance, prior.df
    size = np.ones(d.size) if samples.scale == "log" else (np.abs(mb) + np.abs(mc)) / 2
    overall = formulas.worst([model.plus(added * float(size.mean()) ** 2, added_df) for model in models])
    points = point_tests.moderated_tests(
        d, np.array([vb, vc]), dfs, np.array([1 / nb, 1 / nc]),
        added=added * size**2, added_df=added_df, relative=added > 0 and samples.scale == "log", guards=guards,
    )  # fmt: skip
    return samples.answer(overall, points=points, variance=between, p=least_p)


def _between_runs(samples: Samples) -> tuple[Prior, RunVariance]:
    """What runs are taken to differ by: as earlier ones did, or as is assumed; not at all for independent repeats."""
    question, guards = samples.question, samples.question.guards
    if not question.on_machine or not guards.assumed_run_spread:
        return Prior(0.0, math.inf), RunVariance(source="none")
    slowed = _slowed(samples) if guards.slowed_runs else [0.0]
    past = question.past if samples.scale == "log" else None
    lone, count = (past.lone, past.measurements) if past is not None else (None, None)
    unlike_past = past is not None and lone is not None and max(slowed) > _OTHER_LOAD * past.most_slowed
    if lone is not None and not unlike_past:
        sd = 100 * lone.variance**0.5
        return lone, RunVariance(source="store", sd_percent=sd, df=lone.df, measurements=count)
    known = 0.0 if lone is None else lone.variance
    # A run that lies far above its best repeat was disturbed, and another of the same code may not be, or be more.
    variance = max((ASSUMED_RUN_SD_PERCENT / 100) ** 2, known) + float(np.mean(np.square(slowed)))
    return Prior(variance, ASSUMED_DF), RunVariance(
        source="assumed",
        sd_percent=100 * variance**0.5,
        df=ASSUMED_DF,
        measurements=count if unlike_past else None,
        unlike_past=unlike_past,
        note="record 3 runs a side to measure it",
    )


def _slowed(samples: Samples) -> list[float]:
    """By how much each side's run lies beyond its best repeats; of means and spreads as much as normal noise makes."""
    if samples.scale != "log":
        return [0.0]
    if samples.aggregates is not None:
        relative = [side.sd / side.mean for side in samples.aggregates]
        beyond = [_TO_BEST_TENTH * float(np.square(sd).sum()) ** 0.5 / sd.size for sd in relative]
        return [min(slowed, _MOST_BY_SPREAD) for slowed in beyond]
    runs = [side[0] for side in (samples.baseline, samples.candidate)]
    return [run_tests.slowed(run, samples.question.direction) for run in runs]
