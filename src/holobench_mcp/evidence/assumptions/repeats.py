"""One run a side: its repeats are all there is, and what another run would differ by is known from elsewhere.

A metric that depends on the machine gets the spread between runs added to its uncertainty, from the store or assumed.
"""

from __future__ import annotations

import numpy as np

from holobench_mcp.evidence import formulas, point_tests, run_tests
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.question import Question, Samples, Tested
from holobench_mcp.model import RunVariance

Moments = tuple[FloatArray, FloatArray, FloatArray]

#: Run-to-run standard deviation, in percent, of a metric that depends on the machine, where nothing was measured.
ASSUMED_RUN_SD_PERCENT = 3.0


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
    question, guards = samples.question, samples.question.guards
    (nb, mb, vb), (nc, mc, vc) = base, cand
    least_p = run_tests.resolution(float(nb.sum()), float(nc.sum()), guards)
    if least_p > run_tests.MOST_BY_CHANCE:
        return samples.unable("two repeats at one point can't tell a change from noise")
    d = mc - mb
    sides, dfs = np.stack([vb / nb, vc / nc]), np.stack([nb - 1, nc - 1])
    models = [formulas.stratified_welch(d, sides, dfs)]
    if guards.worst_model and (nb != nc).any():
        # Few repeats against many: Welch's test is too sure where the few happen to agree (7.6 % at 3 and 30).
        pooled = (vb * (nb - 1) + vc * (nc - 1)) / (nb + nc - 2)
        models.append(formulas.stratified_welch(d, (pooled * (1 / nb + 1 / nc))[None, :], (nb + nc - 2)[None, :]))
    between = _between_runs(question)
    added, added_df = _added(between)
    size = np.ones(d.size) if samples.scale == "log" else (np.abs(mb) + np.abs(mc)) / 2
    overall = formulas.worst([model.plus(added * float(size.mean()) ** 2, added_df) for model in models])
    points = point_tests.moderated_tests(
        d, np.stack([vb, vc]), dfs, np.stack([1 / nb, 1 / nc]),
        added=added * size**2, added_df=added_df, relative=added > 0 and samples.scale == "log", guards=guards,
    )  # fmt: skip
    return samples.answer(overall, points=points, variance=between, p=least_p)


def _between_runs(question: Question) -> RunVariance:
    """What is added for one run a side: known from the store, or assumed; nothing for independent repeats."""
    if not question.on_machine or not question.guards.assumed_run_spread:
        return RunVariance(source="none")
    if question.known is not None and question.known.sd_percent is not None:
        return question.known
    return RunVariance(
        source="assumed",
        sd_percent=ASSUMED_RUN_SD_PERCENT,
        note="record 3 runs a side to measure it",
    )


def _added(between: RunVariance) -> tuple[float, float]:
    """What one run a side adds to the variance of an effect of size 1, with its degrees of freedom."""
    if between.sd_percent is None:
        return 0.0, float("inf")
    return 2 * (between.sd_percent / 100) ** 2, float("inf") if between.df is None else between.df
