"""A metric's level in one measurement: one number a run, and the interval that the runs or their repeats give it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from holobench_mcp.evidence.formulas import FloatArray, t_quantile
from holobench_mcp.evidence.run_tests import locations

#: Logs where a metric is positive everywhere, units where it isn't, the share of true samples for booleans.
LevelScale = Literal["log", "plain", "rate"]
#: The normal's quantile of a 95 % interval.
_Z = 1.959963984540054


@dataclass(frozen=True)
class Level:
    """Where a metric lay in one measurement, with its 95 % interval; in logs on the log scale."""

    value: float
    ci: tuple[float, float] | None
    n: int
    n_runs: int


def run_number(values: FloatArray) -> float:
    """A run as one number: the mean over input points of each point's median. values: (points, repeats), NaN missing.

    Each point has a finite value. A comparison's runs are the same, except where they are few (`run_tests.locations`).
    """
    return float(locations([values], few=False).mean())


def level(runs: Sequence[FloatArray], scale: LevelScale) -> Level:
    """A metric's level in one measurement: the mean of its runs' numbers; of booleans the mean of their samples.

    runs: (points, repeats) each, NaN missing, with a finite sample at every point. With two or more, the interval is
    of their differences, else of the repeats; a rate's is at least as wide as its samples make it (Wilson 1927).
    """
    if not runs:
        raise ValueError("no run has a finite sample")
    n = sum(int(np.isfinite(run).sum()) for run in runs)
    if scale == "rate":
        numbers = [float(np.nanmean(run, axis=1).mean()) for run in runs]
    else:
        runs = [np.log(run) for run in runs] if scale == "log" else runs
        numbers = [run_number(run) for run in runs]
    value = float(np.mean(numbers))
    ci = _of_runs(numbers) if len(runs) > 1 else None if scale == "rate" else _of_repeats(value, runs[0])
    if scale == "rate":
        low, high = _of_trials(value, runs)
        ci = (low, high) if ci is None else (max(min(low, ci[0]), 0.0), min(max(high, ci[1]), 1.0))
    return Level(value, ci, n, len(runs))


def levels(measurements: Sequence[Sequence[FloatArray]], scale: LevelScale) -> list[Level | None]:
    """The level of each measurement, None of one without runs: of the most that are alike, all at once.

    A history has a thousand measurements of one run each, of one sweep and without gaps.
    """
    lone = [i for i, runs in enumerate(measurements) if len(runs) == 1 and np.isfinite(runs[0]).all()]
    shapes = Counter(measurements[i][0].shape for i in lone)
    alike = [i for i in lone if measurements[i][0].shape == shapes.most_common(1)[0][0]] if scale != "rate" else []
    if len(alike) < 2:
        return [level(runs, scale) if runs else None for runs in measurements]
    found = dict(zip(alike, _of_lone_runs(np.stack([measurements[i][0] for i in alike]), scale), strict=True))
    return [found.get(i) or (level(runs, scale) if runs else None) for i, runs in enumerate(measurements)]


def _of_lone_runs(runs: FloatArray, scale: LevelScale) -> list[Level]:
    """The levels of measurements of one run each. runs: (measurements, points, repeats), all finite."""
    _, points, repeats = runs.shape
    numbers = np.log(runs) if scale == "log" else runs
    values = np.median(numbers, axis=2).mean(axis=1).tolist()
    if repeats < 2:
        return [Level(value, None, points, 1) for value in values]
    variances = (numbers.var(axis=2, ddof=1) / repeats).sum(axis=1) / points**2
    halves = (t_quantile(0.975, float(points * (repeats - 1))) * np.sqrt(variances)).tolist()
    return [
        Level(value, (value - half, value + half), points * repeats, 1)
        for value, half in zip(values, halves, strict=True)
    ]


def _of_runs(numbers: Sequence[float]) -> tuple[float, float]:
    value = float(np.mean(numbers))
    half = t_quantile(0.975, len(numbers) - 1) * float(np.std(numbers, ddof=1)) / math.sqrt(len(numbers))
    return value - half, value + half


def _of_repeats(value: float, run: FloatArray) -> tuple[float, float] | None:
    counts = np.isfinite(run).sum(axis=1)
    several = counts > 1
    df = float((counts[several] - 1).sum())
    if df == 0:
        return None
    variance = float((np.nanvar(run[several], axis=1, ddof=1) / counts[several]).sum()) / counts.size**2
    half = t_quantile(0.975, df) * math.sqrt(variance)
    return value - half, value + half


def _of_trials(rate: float, runs: Sequence[FloatArray]) -> tuple[float, float]:
    """Wilson's score interval, for as many trials as the points, which count alike, are worth together."""
    counts = np.sum([np.isfinite(run).sum(axis=1) for run in runs], axis=0)
    n = counts.size**2 / float((1 / counts).sum())
    centre = (rate + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)
