"""A metric's level in one measurement: one number a run, and the interval that the runs or their repeats give it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from holobench_mcp.evidence.formulas import FloatArray, t_quantile
from holobench_mcp.evidence.run_tests import locations
from holobench_mcp.result.points import place_of

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot


@dataclass(frozen=True)
class Level:
    """Where a metric lay in one measurement, with its 95 % interval; on the log scale where `log`."""

    value: float
    ci: tuple[float, float] | None
    n: int
    n_runs: int


def run_number(values: FloatArray) -> float:
    """A run as one number: the mean over input points of each point's median. values: (points, repeats), NaN missing.

    Each point has a finite value. A comparison's runs are the same, except where they are few (`run_tests.locations`).
    """
    return float(locations([values], few=False).mean())


def level(runs: Sequence[Snapshot], variable: str, *, log: bool, point: Mapping[str, Any] | None = None) -> Level:
    """A metric's level in one measurement: the mean of its runs' numbers.

    runs: the processes of the measurement. With two or more, the interval is of their differences, else of the repeats.
    point: only this input point. Raises KeyError when a run has no such point, ValueError for no finite sample.
    """
    numbers, inner, df, n = [], 0.0, 0.0, 0
    for run in runs:
        samples = run.samples[variable].reshape(-1, run.samples[variable].shape[-1])
        if point:
            samples = samples[[place_of(run.coordinates, point)]]
        samples = np.where(np.isfinite(samples), samples, np.nan)
        samples = samples[np.isfinite(samples).any(axis=1)]
        if samples.size == 0:
            continue
        values = np.log(samples) if log else samples
        numbers.append(run_number(values))
        counts = np.isfinite(values).sum(axis=1)
        n += int(counts.sum())
        some = counts > 1
        inner = float((np.nanvar(values[some], axis=1, ddof=1) / counts[some]).sum()) / samples.shape[0] ** 2
        df = float((counts[some] - 1).sum())
    if not numbers:
        raise ValueError(f"{variable} has no finite sample")
    value = float(np.mean(numbers))
    if len(numbers) > 1:
        half = t_quantile(0.975, len(numbers) - 1) * float(np.std(numbers, ddof=1)) / math.sqrt(len(numbers))
        return Level(value, (value - half, value + half), n, len(numbers))
    if df > 0:
        half = t_quantile(0.975, df) * math.sqrt(inner)
        return Level(value, (value - half, value + half), n, 1)
    return Level(value, None, n, len(numbers))
