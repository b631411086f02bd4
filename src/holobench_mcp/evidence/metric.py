"""The test of one metric: its samples on one scale, and the table that says which situation they are in.

Logs where a metric is positive everywhere, units where it isn't, proportions for booleans. The tests themselves are
under `assumptions/`, one module a situation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from holobench_mcp.evidence import run_tests
from holobench_mcp.evidence.aligned import Aligned
from holobench_mcp.evidence.assumptions import aggregates, exact, proportions, repeats, rounds, runs
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.question import Question, Samples, Tested, is_proportion
from holobench_mcp.model import Kind, Metric


@dataclass(frozen=True)
class Assumption:
    """A situation that samples can be in, and the test that fits it."""

    name: str
    when: str
    holds: Callable[[Samples], bool]
    test: Callable[[Samples], Tested]


#: The first that holds is taken.
ASSUMPTIONS = (
    Assumption("proportions", "the metric is a boolean", is_proportion, proportions.test),
    Assumption("aggregates", "of a side's one run only means and spreads are known", aggregates.holds, aggregates.test),
    Assumption("exact", "no side varies, and the metric is no clock's", exact.holds, exact.test),
    Assumption("rounds", "the runs of both sides were measured in turn", rounds.holds, rounds.test),
    Assumption("runs", "a side has several runs", runs.holds, runs.test),
    Assumption("repeats", "each side has one run", lambda _: True, repeats.test),
)


def examine(question: Question, aligned: Aligned, base_metric: Metric) -> Tested:
    """The test of one metric on both sides. base_metric: its declaration on the baseline's side."""
    samples, metric = _samples(question, aligned), question.metric
    if any(getattr(base_metric, f) != getattr(metric, f) for f in ("units", "kind", "meaning_version")):
        return samples.unable("its declaration changed", incomparable=True)
    if base_metric.direction != metric.direction and question.settings.direction is None:
        return samples.unable("its better direction changed", incomparable=True)
    if not samples.places.any():
        return samples.unable("no input point was measured on both sides")
    scaled = _scaled(samples)
    if (
        max(scaled.n_runs) == 1
        and scaled.aggregates is None
        and not is_proportion(scaled)
        and not question.settings.deterministic
    ):
        repeated = scaled.where_repeated()
        if repeated is None:
            return scaled.unable("a single sample a side can't tell a change from noise")
        scaled = repeated
    return next(a for a in ASSUMPTIONS if a.holds(scaled)).test(scaled)


def _samples(question: Question, aligned: Aligned) -> Samples:
    """The samples at the points that every run has measured, and how many are missing."""
    variable = question.metric.variable
    base = [aligned.baseline_samples(i, variable) for i in range(aligned.n_baseline)]
    cand = [aligned.candidate_samples(i, variable) for i in range(aligned.n_candidate)]
    pair = aggregates.of_sides(aligned, variable, base, cand)
    if all(np.isfinite(a).all() for a in (*base, *cand)):
        everywhere = np.ones(aligned.n_points, dtype=np.bool_)
        return Samples(question, "plain", tuple(base), tuple(cand), everywhere, aggregates=pair)
    padding = _padding(aligned, variable, [*base, *cand])
    dropped = sum(int((~np.isfinite(a)).sum()) for a in (*base, *cand)) - padding
    base, cand = run_tests.with_samples(base, cand, paired=question.paired)
    base, cand = ([np.where(np.isfinite(a), a, np.nan) for a in side] for side in (base, cand))
    places = np.logical_and.reduce([np.isfinite(a).any(axis=1) for a in (*base, *cand)])
    return Samples(
        question, "plain", tuple(a[places] for a in base), tuple(a[places] for a in cand), places,
        dropped=dropped, padded=padding > 0, aggregates=pair and (pair[0].only(places), pair[1].only(places)),
    )  # fmt: skip


def _padding(aligned: Aligned, variable: str, runs: Sequence[FloatArray]) -> int:
    """How many places of the runs' arrays no sample was taken for."""
    held = [aligned.replication(i, variable) for i in range(len(runs))]
    return sum(int(h.padding(a.shape[1]).sum()) for h, a in zip(held, runs, strict=True) if h is not None)


def _scaled(samples: Samples) -> Samples:
    """The samples on the scale that they are tested on."""
    if samples.question.metric.kind is Kind.bool:
        return replace(samples, scale="bool")
    if all((a > 0).all() if samples.complete else (a[~np.isnan(a)] > 0).all() for a in samples.runs):
        base, cand = (tuple(np.log(a) for a in side) for side in (samples.baseline, samples.candidate))
        return replace(samples, scale="log", baseline=base, candidate=cand)
    # In units of a power of two near the largest, which is exact, squares of the largest numbers stay finite.
    largest = max(float(np.nanmax(np.abs(a))) for a in samples.runs)
    exponent = max(math.frexp(largest)[1], -900)
    base, cand = (tuple(np.ldexp(a, -exponent) for a in side) for side in (samples.baseline, samples.candidate))
    return replace(samples, exponent=exponent, baseline=base, candidate=cand)
