"""A steady change over a whole series, and whether steps or a drift tell it better. Pure functions on arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from holobench_mcp.evidence.change_points import Step, find_change_points
from holobench_mcp.evidence.formulas import FloatArray, t_quantile
from holobench_mcp.evidence.series import (
    MIN_SERIES,
    inflation,
    normal_scores,
    nulls,
    p_of,
    simulated_length,
)

#: The share of the error rate that steps have. A drift over ten measurements is rarely near the edge of the noise.
_STEPS = 0.8


@dataclass(frozen=True)
class Drift:
    """A steady change over the whole series, from its first value to its last."""

    effect: float
    ci: tuple[float, float]
    p_value: float


def find_drift(values: FloatArray, *, alpha: float = 0.05) -> Drift | None:
    """A steady change over the series, None when there is none.

    By the slope of its normal scores, against those of series that do not drift.
    """
    there = np.flatnonzero(np.isfinite(values))
    if there.size < MIN_SERIES or float(values[there].std()) == 0:
        return None
    x, df = there - there.mean(), there.size - 2.0
    slope, error = _slope(x, normal_scores(values[there])[None, :])
    p = p_of(float(_t(slope, error)[0]), _null_of_drift(simulated_length(there.size)))
    if p > alpha:
        return None
    (slope,), (error,) = _slope(x, values[None, there])
    length = float(there[-1] - there[0])
    effect, half = float(slope) * length, t_quantile(0.975, df) * float(error) * length
    return Drift(effect, (effect - half, effect + half), p)


def _slope(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The least-squares slope and its standard error, widened for autocorrelation. x: (n,), centred. y: (series, n)."""
    centred = y - y.mean(axis=1, keepdims=True)
    slope = centred @ x / (x @ x)
    residual = centred - slope[:, None] * x
    variance = np.square(residual).sum(axis=1) / (x.size - 2) / (x @ x) * inflation(residual, fitted=2)
    return np.asarray(slope), np.sqrt(variance)


def _t(slope: FloatArray, error: FloatArray) -> FloatArray:
    return np.abs(slope) / np.where(error > 0, error, np.finfo(np.float64).tiny)


@lru_cache(maxsize=256)
def _null_of_drift(n: int) -> FloatArray:
    """|t| of the slope of autocorrelated series that do not drift, largest first."""
    x = np.linspace(-1.0, 1.0, n)
    return nulls(n, {"slope": lambda _values, scores: _t(*_slope(x, scores))})["slope"]


def explain(values: FloatArray, *, alpha: float = 0.05, least_sd: float = 0.0) -> tuple[list[Step], Drift | None]:
    """Steps or a drift, whichever tells the series better: a slow ramp is no step, though a step test notices it.

    alpha: how often either is told of a series in which nothing happened. least_sd: as `find_change_points` has it.
    """
    steps = find_change_points(values, alpha=_STEPS * alpha, least_sd=least_sd)
    drift = find_drift(values, alpha=(1 - _STEPS) * alpha)
    if drift is None or not steps:
        return steps, drift
    there = np.flatnonzero(np.isfinite(values))
    series = values[there]
    edges = [0, *np.searchsorted(there, [s.index for s in steps]).tolist(), series.size]
    by_steps = sum(float(((part - part.mean()) ** 2).sum()) for part in np.split(series, edges[1:-1]))
    x = there - there.mean()
    by_line = float(((series - series.mean() - x * float(x @ series) / float(x @ x)) ** 2).sum())
    # A line costs one number more than a mean, a step two: its place and its size (Schwarz 1978).
    penalty = math.log(series.size)
    n = series.size
    line = n * math.log(max(by_line, 1e-300) / n) + penalty
    jumps = n * math.log(max(by_steps, 1e-300) / n) + 2 * len(steps) * penalty
    return ([], drift) if line < jumps else (steps, None)
