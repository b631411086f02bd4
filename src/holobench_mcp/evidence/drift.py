"""A steady change over a whole series, and whether steps or a drift tell it better. Pure functions on arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from holobench_mcp.evidence.change_points import Step, find_change_points
from holobench_mcp.evidence.formulas import FloatArray, t_quantile, t_two_sided
from holobench_mcp.evidence.series import MIN_SERIES, inflation, normal_scores


@dataclass(frozen=True)
class Drift:
    """A steady change over the whole series, from its first value to its last."""

    effect: float
    ci: tuple[float, float]
    p_value: float


def find_drift(values: FloatArray, *, alpha: float = 0.05) -> Drift | None:
    """A steady change over the series, by the slope's t-test widened for autocorrelation; None when there is none."""
    there = np.flatnonzero(np.isfinite(values))
    if there.size < MIN_SERIES or float(np.ptp(values[there])) == 0:
        return None
    x, df = there - there.mean(), there.size - 2.0
    slope, error = _slope(x, normal_scores(values[there]))
    t = slope / error if error > 0 else math.inf
    p = float(t_two_sided(np.array(t), df))
    if p > alpha:
        return None
    slope, error = _slope(x, values[there])
    length = float(there[-1] - there[0])
    half = t_quantile(0.975, df) * error * length
    return Drift(slope * length, (slope * length - half, slope * length + half), p)


def _slope(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """The least-squares slope and its standard error, widened for autocorrelation. x: shape (n,), centred."""
    slope = float(x @ (y - y.mean()) / (x @ x))
    residual = y - y.mean() - slope * x
    variance = float(residual @ residual) / (x.size - 2) / float(x @ x) * inflation(residual, fitted=2)
    return slope, math.sqrt(variance)


def explain(values: FloatArray, *, alpha: float = 0.05) -> tuple[list[Step], Drift | None]:
    """Steps or a drift, whichever tells the series better: a slow ramp is no step, though a step test notices it."""
    steps = find_change_points(values, alpha=alpha)
    drift = find_drift(values, alpha=alpha / 2)
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
