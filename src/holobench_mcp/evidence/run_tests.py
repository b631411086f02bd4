"""Runs as the unit: each run gives one number, and the sides are compared on those. Pure functions on arrays.

A run is one process. Its repeats share a memory layout, a core and its neighbours' noise, so that they tell next to
nothing of what another run of the same code would measure.
"""

from __future__ import annotations

from itertools import compress

import numpy as np

from holobench_mcp.evidence import formulas
from holobench_mcp.evidence.formulas import Estimate, FloatArray

#: With fewer rounds, or with differences within rounds this much quieter than the runs, rounds are compared as pairs.
#: Looking first and choosing then alarms a little too often (6 % at a nominal 5 %), which the room in the variance
#: takes back; a 10 % change with 3 % noise between runs is still found far more often than by pairs.
_FEW_ROUNDS, _CLEARLY, _ROOM = 4, 0.25, 1.15
#: With fewer runs on a side, their spread is too easily small by luck: medians of two modes part two runs from two
#: cleanly once in eight.
_FEW_RUNS = 3
#: The best repeats of runs have less than this share of the variance of their medians, together and on each side, where
#: others kept the machine busy. Of identical code without such noise one comparison in twenty looks so by chance, and
#: choosing what varies less makes it look too sure (6 % alarms at a nominal 5 %), which the room takes back.
_DISTURBED, _DISTURBED_SIDE, ROOM_OF_BEST = 0.5, 0.7, 1.15


def with_samples(
    base: list[FloatArray], cand: list[FloatArray], *, paired: bool
) -> tuple[list[FloatArray], list[FloatArray]]:
    """The runs that have the metric at all: one that broke off takes no points from the others."""
    has = [[bool(np.isfinite(a).any()) for a in side] for side in (base, cand)]
    if paired:
        has = [[b and c for b, c in zip(*has, strict=True)]] * 2
    base, cand = (list(compress(side, kept)) or side[:1] for side, kept in zip((base, cand), has, strict=True))
    return base, cand


def fewest_samples(runs: list[FloatArray]) -> int:
    """How many samples a side has, in all its runs together, at the point that has the fewest."""
    return int(sum(np.isfinite(a).sum(axis=1) for a in runs).min())


def without_copies(runs: list[FloatArray]) -> list[FloatArray]:
    """Runs without exact copies of others: a copy is no further evidence, and would make the runs look alike.

    Runs in which all samples are equal are alike by chance, and count.
    """
    if len(runs) == 1:
        return runs
    seen: dict[bytes, FloatArray] = {}
    kept = []
    for samples in runs:
        if seen.setdefault(samples.tobytes(), samples) is samples or bool((samples == samples.flat[0]).all()):
            kept.append(samples)
    return kept


def moments(samples: FloatArray, *, finite: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count, mean and variance (n − 1) at each point. samples: (points, repeats), NaN missing unless finite."""
    if finite:
        n = np.full(samples.shape[0], float(samples.shape[1]))
        mean = samples.mean(axis=1)
        residual = samples - mean[:, None]
        return n, mean, np.einsum("ij,ij->i", residual, residual) / max(samples.shape[1] - 1, 1)
    there = np.isfinite(samples)
    n = there.sum(axis=1).astype(float)
    filled = np.where(there, samples, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    residual = np.where(there, samples - mean[:, None], 0.0)
    return n, mean, (residual**2).sum(axis=1) / np.maximum(n - 1, 1)


def are_few(n_runs: tuple[int, int], *, paired: bool) -> bool:
    """Whether the runs alone can't tell how much they differ, so that their repeats have a say."""
    return min(n_runs) < (_FEW_ROUNDS if paired else _FEW_RUNS)


def locations(runs: list[FloatArray], *, few: bool) -> FloatArray:
    """One number a run and point: the median of its repeats, which outliers of a garbage collector don't move.

    Of few runs it is the mean, because that is what the repeats know the uncertainty of. Shape (runs, points).
    """
    if few:
        return np.stack([np.nanmean(a, axis=1) for a in runs])
    return np.stack([np.nanmedian(a, axis=1) if np.isnan(a).any() else np.median(a, axis=1) for a in runs])


def undisturbed(
    base: list[FloatArray], cand: list[FloatArray], medians: tuple[FloatArray, FloatArray], *, lowest: bool
) -> tuple[FloatArray, FloatArray] | None:
    """The best repeat of each run at each point, where the medians show that others kept the machine busy; else None.

    Whoever shares the machine only ever makes a measurement slower, so that the fastest of some repeats is the one that
    was disturbed least (as `timeit` advises). It is taken where the runs' best repeats differ far less than their
    medians do, on both sides: code that has itself become unsteady shows that on one. medians: (runs, points) of each
    side. lowest: whether the lowest value is the best.
    """
    if min(len(base), len(cand)) < _FEW_RUNS or min(a.shape[1] for a in (*base, *cand)) < 2:
        return None
    best = np.nanmin if lowest else np.nanmax
    found = tuple(np.stack([best(a, axis=1) for a in side]) for side in (base, cand))
    spread, usual = ([float(at.mean(axis=1).var(ddof=1)) for at in sides] for sides in (found, medians))
    disturbed = sum(spread) < _DISTURBED * sum(usual)
    both = all(s < _DISTURBED_SIDE * u for s, u in zip(spread, usual, strict=True))
    return (found[0], found[1]) if disturbed and both else None


def told_by_repeats(runs: list[FloatArray]) -> float:
    """The variance of a run's number that its own repeats show, the mean over runs; 0 without repeats."""
    return float(np.mean([_of_its_repeats(a) for a in runs]))


def spread_of_rounds(yb: FloatArray, yc: FloatArray) -> tuple[float, float]:
    """The variance of a round's difference, with its degrees of freedom. yb, yc: the run numbers, in order of rounds.

    Differences within rounds are free of what drifts between them, and have few degrees of freedom. From four rounds
    on, unless the rounds clearly differ, the runs of each side about their own mean tell it with twice as many.
    """
    within = float((yc - yb).var(ddof=1))
    df = yb.size - 1.0
    pooled = float(yb.var(ddof=1) + yc.var(ddof=1))
    if yb.size < _FEW_ROUNDS or within < _CLEARLY * pooled:
        return within, df
    return _ROOM * pooled, 2 * df


def between_sides(yb: FloatArray, yc: FloatArray, floor: float, lone: float) -> tuple[Estimate, float]:
    """The effect between the run numbers of two sides, at least one of which has several, and its p.

    floor: the least variance of a run's number. lone: the variance that the repeats of a side's only run give its
    number; the other side's runs can't know of an outlier in it.
    """
    scale = 1 / yb.size + 1 / yc.size
    effect = float(yc.mean() - yb.mean())
    df = float(yb.size + yc.size - 2)
    pooled = (float(np.square(yb - yb.mean()).sum()) + float(np.square(yc - yc.mean()).sum())) / df
    student = Estimate(effect, max(pooled, floor) * scale + lone, df)
    if min(yb.size, yc.size) < 2:
        return student, student.p_value()
    welch = formulas.welch(yb, yc)
    welch = Estimate(effect, max(welch.variance, floor * scale), welch.df)
    if yb.size == yc.size:
        return welch, welch.p_value()
    # With few runs of unequal number Welch's test is too sure where the few happen to agree (7 % at 2 and 5 runs).
    worst = max((welch, student), key=Estimate.p_value)
    return worst, worst.p_value()


def of_a_lone_run(base: list[FloatArray], cand: list[FloatArray]) -> float:
    """The variance of a lone run's number that its own repeats show; 0 where each side has several runs."""
    lone = base if len(base) == 1 else cand if len(cand) == 1 else None
    return 0.0 if lone is None else _of_its_repeats(lone[0])


def _of_its_repeats(run: FloatArray) -> float:
    if run.shape[1] < 2:
        return 0.0
    n, _, variance = moments(run, finite=bool(np.isfinite(run).all()))
    several = n >= 2
    return float((variance[several] / n[several]).sum()) / n.size**2


def shape_of_a_side(runs: list[FloatArray], at: FloatArray) -> tuple[FloatArray, FloatArray]:
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
