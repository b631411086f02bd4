"""Runs as the unit: each run gives one number, and the sides are compared on those. What `runs` and `rounds` share.

A run is one process. Its repeats share a memory layout, a core and its neighbours' noise, so that they tell next to
nothing of what another run of the same code would measure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from holobench_mcp.evidence import formulas, point_tests
from holobench_mcp.evidence.formulas import Estimate, FloatArray
from holobench_mcp.evidence.guards import Guards
from holobench_mcp.evidence.past_noise import PastNoise
from holobench_mcp.evidence.question import Question, Samples, Tested
from holobench_mcp.model import Direction, Location, RunVariance

#: Fewer rounds know little of how much they differ. With differences within rounds this much quieter than the runs,
#: rounds are compared as pairs.
FEW_ROUNDS, _CLEARLY = 4, 0.25
#: From so many rounds on pairs have enough degrees of freedom of their own: they are as sure, whatever drifts.
MANY_ROUNDS = 12
#: With fewer runs on a side, their spread is too easily small by luck: medians of two modes part two runs from two
#: cleanly once in eight.
FEWEST_RUNS = 3
#: The best repeats of runs have less than this share of the variance of their medians, together and on each side, where
#: others kept the machine busy. Of identical code without such noise one comparison in twenty looks so by chance.
_DISTURBED, _DISTURBED_SIDE = 0.5, 0.7
#: Where the medians of runs differ by less than this, nobody kept the machine busy, whatever their best repeats do.
_LEAST_DISTURBANCE = 0.01
#: Looking first whether pairs are quieter, and choosing then, alarms a little too often (6 % at a nominal 5 %), which
#: this factor in the variance takes back. Where the past tells it, nothing was chosen, and nothing is paid.
_PRICE_OF_POOLING = 1.15
#: Samples that chance alone parts cleanly more often than this tell nothing.
MOST_BY_CHANCE = 0.05


@dataclass(frozen=True)
class RunNumbers:
    """The location of every run at every point, (runs, points) a side, and the least that runs differ by."""

    baseline: FloatArray
    candidate: FloatArray
    location: Location
    floor: float  #: of the variance of a run's number


@dataclass(frozen=True)
class WithinRuns:
    """What is left at each point of a run's location after its number: what moderated tests take."""

    variances: FloatArray
    dfs: FloatArray
    weights: FloatArray  #: what a side counts for in the effect's variance, 1/n


@dataclass(frozen=True)
class RoundSpread:
    """The variance of a round's difference, with its degrees of freedom: of pairs, or of the runs of each side."""

    variance: float
    df: float
    pairs: bool
    price: float = 1.0  #: of having chosen, a factor in the variance


def distinct(samples: Samples) -> Samples:
    """Without exact copies of runs: a copy is no further evidence, and would make the runs look alike."""
    if not samples.question.guards.distinct_runs:
        return samples
    base, cand = (without_copies(side) for side in (samples.baseline, samples.candidate))
    return replace(samples, baseline=base, candidate=cand)


def numbers_of(samples: Samples, *, fewest: int) -> RunNumbers:
    """What stands for each run. fewest: fewer runs can't tell how much they differ, and their repeats help."""
    question = samples.question
    few = min(samples.n_runs) < fewest
    base, cand = locations(samples.baseline, few=few), locations(samples.candidate, few=few)
    floor = by_repeats(samples.runs) if few and question.guards.repeats_of_few_runs else 0.0
    if not few and _may_be_disturbed(samples):
        best = undisturbed(samples, (base, cand))
        if best is not None:
            return RunNumbers(*best, "best", floor)
    return RunNumbers(base, cand, "mean" if few else "median", floor)


def past_of(samples: Samples, numbers: RunNumbers) -> PastNoise | None:
    """What earlier measurements showed of the noise of such numbers: of logarithms, of runs that nobody disturbed."""
    question = samples.question
    known = question.guards.past_noise and _is_machine_log(samples) and numbers.location != "best"
    return question.past if known else None


def answer(
    samples: Samples,
    numbers: RunNumbers,
    overall: Estimate,
    run_variance: float,
    within: WithinRuns,
    *,
    disturbed: tuple[int, int] | None = None,
    past_agrees: bool | None = None,
) -> Tested:
    """The test of the mean, no surer than its samples can be, and those of the points.

    disturbed: how many runs of each side lie far from the others, where the mean is a trimmed one for them.
    past_agrees: whether the past's noise was found to be that of the present; None where it took no part.
    """
    guards, past = samples.question.guards, samples.question.past
    least_p = resolution(fewest_samples(samples.baseline), fewest_samples(samples.candidate), guards)
    if least_p > MOST_BY_CHANCE:
        return samples.unable("so few runs of one sample can't tell a change from noise")
    variance = RunVariance(
        source="runs",
        sd_percent=100 * run_variance**0.5 if samples.scale == "log" else None,
        df=overall.df if math.isfinite(overall.df) else None,
        measurements=past.measurements if past is not None and past_agrees is not None else None,
        unlike_past=past_agrees is False,
    )
    effect = numbers.candidate.mean(axis=0) - numbers.baseline.mean(axis=0)
    if disturbed is not None:
        effect += overall.effect - float(effect.mean())  # what disturbed a whole run is no point's
    # What all points of a run share is the run's own; a point's test carries the uncertainty of both.
    points = point_tests.moderated_tests(
        effect, within.variances, within.dfs, np.outer(within.weights, np.ones(effect.size)),
        added=overall.variance, added_df=overall.df, guards=guards,
    )  # fmt: skip
    tested = samples.answer(overall, points=points, variance=variance, p=least_p, location=numbers.location)
    return replace(tested, disturbed=disturbed)


def resolution(n: float, m: float, guards: Guards) -> float:
    """The least p that n samples against m can have; 1 where one side has a lone sample, which knows no spread."""
    if not guards.resolution:
        return 0.0
    return 1.0 if min(n, m) < 2 else formulas.chance_of_parting(n, m)


def with_samples(
    base: Sequence[FloatArray], cand: Sequence[FloatArray], *, paired: bool
) -> tuple[list[FloatArray], list[FloatArray]]:
    """The runs that have the metric at all: one that broke off takes no points from the others."""
    has = [[bool(np.isfinite(a).any()) for a in side] for side in (base, cand)]
    if paired:
        has = [[b and c for b, c in zip(*has, strict=True)]] * 2
    base, cand = ([*compress(side, some)] or [side[0]] for side, some in zip((base, cand), has, strict=True))
    return base, cand


def fewest_samples(runs: Sequence[FloatArray]) -> int:
    """How many samples a side has, in all its runs together, at the point that has the fewest."""
    return int(sum(np.isfinite(a).sum(axis=1) for a in runs).min())


def without_copies(runs: tuple[FloatArray, ...]) -> tuple[FloatArray, ...]:
    """Runs without exact copies of others. Runs in which all samples are equal are alike by chance, and count."""
    if len(runs) == 1:
        return runs
    first: dict[bytes, FloatArray] = {}
    return tuple(a for a in runs if first.setdefault(a.tobytes(), a) is a or bool((a == a.flat[0]).all()))


def moments(samples: FloatArray, *, finite: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count, mean and variance (n − 1) at each point. samples: (points, repeats), NaN missing unless finite."""
    if finite:
        n = np.full(samples.shape[0], float(samples.shape[1]))
        mean = formulas.row_sums(samples) / samples.shape[1]
        residual = samples - mean[:, None]
        return n, mean, np.einsum("ij,ij->i", residual, residual) / max(samples.shape[1] - 1, 1)
    there = np.isfinite(samples)
    n = there.sum(axis=1).astype(float)
    filled = np.where(there, samples, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    residual = np.where(there, samples - mean[:, None], 0.0)
    return n, mean, (residual**2).sum(axis=1) / np.maximum(n - 1, 1)


def locations(runs: Sequence[FloatArray], *, few: bool) -> FloatArray:
    """One number a run and point: the median of its repeats, which outliers of a garbage collector don't move.

    Of few runs it is the mean, because that is what the repeats know the uncertainty of. Shape (runs, points).
    """
    if few:
        return np.stack([np.nanmean(a, axis=1) for a in runs])
    if len({a.shape for a in runs}) == 1 and not any(np.isnan(a).any() for a in runs):
        return np.asarray(np.median(np.stack(runs), axis=2))  # fifty runs at once cost little more than one
    return np.stack([np.nanmedian(a, axis=1) if np.isnan(a).any() else np.median(a, axis=1) for a in runs])


def undisturbed(samples: Samples, medians: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray] | None:
    """The best repeat of each run at each point, where the medians show that others kept the machine busy; else None.

    Whoever shares the machine only ever makes a measurement slower, so that the fastest of some repeats is the one that
    was disturbed least (as `timeit` advises). It is taken where the runs' best repeats differ far less than their
    medians do, on both sides: code that has itself become unsteady shows that on one. medians: (runs, points) of each
    side.
    """
    best = np.nanmin if samples.question.direction is Direction.minimize else np.nanmax
    sides = (samples.baseline, samples.candidate)
    base, cand = (np.stack([best(a, axis=1) for a in side]) for side in sides)
    spread, usual = ([float(at.mean(axis=1).var(ddof=1)) for at in some] for some in ((base, cand), medians))
    if sum(spread) >= _DISTURBED * sum(usual) or sum(usual) < 2 * _LEAST_DISTURBANCE**2:
        return None
    both = all(s < _DISTURBED_SIDE * u for s, u in zip(spread, usual, strict=True))
    return (base, cand) if both or not samples.question.guards.best_on_both_sides else None


def by_repeats(runs: Sequence[FloatArray]) -> float:
    """The variance of a run's number that its own repeats show, the mean over runs; 0 without repeats."""
    return float(np.mean([_of_its_repeats(a) for a in runs]))


def spread_of_rounds(yb: FloatArray, yc: FloatArray, past: PastNoise | None, guards: Guards) -> RoundSpread:
    """The variance of a round's difference. yb, yc: the run numbers, in order of rounds.

    Differences within rounds are free of what drifts between them, and have few degrees of freedom. Up to eleven
    rounds, unless the rounds clearly differ, the runs of each side about their own mean tell it with twice as many,
    and a 10 % change with 3 % noise between runs is found far more often than by pairs. Which are quieter the past
    tells best; else the rounds themselves, from three on.
    """
    pairs = RoundSpread(float((yc - yb).var(ddof=1)), yb.size - 1.0, pairs=True)
    sides = RoundSpread(float(yb.var(ddof=1) + yc.var(ddof=1)), 2 * pairs.df, pairs=False)
    if not guards.pooled_rounds or yb.size >= MANY_ROUNDS:
        return pairs
    if past is not None and past.pairs_are_quieter is not None:
        return pairs if past.pairs_are_quieter else sides
    if yb.size < FEWEST_RUNS:
        return pairs
    price = _PRICE_OF_POOLING if guards.price_of_pooling else 1.0
    if pairs.variance >= _CLEARLY * sides.variance:
        return replace(sides, price=price)
    # Of three rounds one in eight looks so by luck alone, so that pairs are no surer a choice.
    return replace(pairs, price=price) if yb.size < FEW_ROUNDS else pairs


def between_sides(yb: FloatArray, yc: FloatArray, floor: float, guards: Guards) -> Estimate:
    """The effect between the run numbers of two sides, at least one of which has several, by the less sure model.

    floor: the least variance of a run's number.
    """
    scale = 1 / yb.size + 1 / yc.size
    effect = float(yc.mean() - yb.mean())
    df = float(yb.size + yc.size - 2)
    pooled = (float(np.square(yb - yb.mean()).sum()) + float(np.square(yc - yc.mean()).sum())) / df
    student = Estimate(effect, max(pooled, floor) * scale, df)
    if min(yb.size, yc.size) < 2:
        return student
    welch = formulas.welch(yb, yc)
    welch = Estimate(effect, max(welch.variance, floor * scale), welch.df)
    if yb.size == yc.size or not guards.worst_model:
        return welch
    # With few runs of unequal number Welch's test is too sure where the few happen to agree (7 % at 2 and 5 runs).
    return formulas.worst([welch, student])


def slowed(run: FloatArray, direction: Direction) -> float:
    """By how much a run's mean lies beyond its best repeats: what others on the machine may have slowed it by.

    Only a tenth of the repeats is better. Over all points together, so that independent noise of many points is no
    slowdown. run: (points, repeats), logs.
    """
    if np.isfinite(run).all():
        left = run - (formulas.row_sums(run) / run.shape[1])[:, None]
        repeats = np.sort(left.sum(axis=0) / len(run))
    else:
        left = run - np.nanmean(run, axis=1)[:, None]
        there = np.isfinite(left)
        means = np.where(there, left, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
        repeats = np.sort(means[there.any(axis=0)])
    tenth = repeats.size // 10
    below, above = -float(repeats[tenth]), float(repeats[-1 - tenth])
    return {Direction.minimize: below, Direction.maximize: above, Direction.none: max(below, above)}[direction]


def of_a_lone_run(samples: Samples) -> float:
    """The variance of a lone run's number that its own repeats show; 0 where each side has several runs.

    The other side's runs can't know of an outlier in it.
    """
    lone = next((side[0] for side in (samples.baseline, samples.candidate) if len(side) == 1), None)
    return 0.0 if lone is None or not samples.question.guards.repeats_of_a_lone_run else _of_its_repeats(lone)


def _is_machine_log(samples: Samples) -> bool:
    return samples.question.on_machine and samples.scale == "log"


def _may_be_disturbed(samples: Samples) -> bool:
    """Whether others on the machine could have slowed some repeats down, and there are others to take."""
    question: Question = samples.question
    return (
        question.guards.best_repeats
        and _is_machine_log(samples)
        and question.direction is not Direction.none
        and min(samples.n_runs) >= FEWEST_RUNS
        and min(samples.n_repeats) >= 2
    )


def _of_its_repeats(run: FloatArray) -> float:
    if run.shape[1] < 2:
        return 0.0
    n, _, variance = moments(run, finite=bool(np.isfinite(run).all()))
    several = n >= 2
    return float((variance[several] / n[several]).sum()) / n.size**2


def shape_of_a_side(runs: Sequence[FloatArray], at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Variance and degrees of freedom, at each point, of what is left of a run's location after its number.

    Of a lone run its repeats tell the least that it can be. at: its locations, (runs, points).
    """
    if len(runs) > 1:
        return within_run_shape(at, at.mean(axis=1)), np.full(at.shape[1], len(runs) - 1.0)
    n, _, variance = moments(runs[0], finite=bool(np.isfinite(runs[0]).all()))
    return variance / np.maximum(n, 1), n - 1


def within_run_shape(locations: FloatArray, numbers: FloatArray) -> FloatArray:
    """Variance over runs, at each point, of what is left of a location after its run's number. (runs, points)."""
    left = locations - numbers[:, None]
    return np.asarray(np.square(left - left.mean(axis=0)).sum(axis=0) / (numbers.size - 1))
