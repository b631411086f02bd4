"""A metric over many results: one estimate a measurement, where it stepped, and whether it drifts.

Steps are searched for with ruptures, and believed only after a test that is calibrated on series in which nothing
happened, autocorrelated ones too. Pure functions on arrays; knows no store.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import special

from holobench_mcp.evidence.formulas import FloatArray, t_quantile, t_two_sided
from holobench_mcp.model import Metric
from holobench_mcp.result import upstream
from holobench_mcp.result.coordinates import places_of, plain_values
from holobench_mcp.result.snapshot import Snapshot

#: Fewer measurements than this can't show a step and its noise at once.
MIN_SERIES = 6
#: The fewest measurements on either side of a step.
MIN_SEGMENT = 2
_NULL_SERIES = 4000
#: How the error rate is shared between one step and two at once: an excursion worth telling is far from chance.
_ONE_STEP, _EXCURSION = 0.8, 0.2
#: Shorter series are not searched for one: their autocorrelation can't be told well enough to keep the error rate.
_MIN_EXCURSION_SERIES = 30
_SEED = 20260301


@dataclass(frozen=True)
class Step:
    """A change point: the first measurement after it, and how sure it is."""

    index: int
    effect: float  #: on the scale of the values
    ci: tuple[float, float]
    p_value: float


@dataclass(frozen=True)
class Drift:
    """A steady change over the whole series, from its first value to its last."""

    effect: float
    ci: tuple[float, float]
    p_value: float


@dataclass(frozen=True)
class Estimate:
    """One measurement's value with its 95 % interval; on the log scale where `log`."""

    value: float
    ci: tuple[float, float] | None
    n: int
    n_runs: int


# ---------------------------------------------------------------------- one measurement


def estimate(runs: Sequence[Snapshot], variable: str, *, log: bool, point: Mapping[str, Any] | None = None) -> Estimate:
    """A metric's location in one measurement: the mean over input points of each point's median.

    runs: the processes of the measurement. With two or more, the interval is of their differences, else of the repeats.
    point: only this input point. Raises KeyError when a run has no such point, ValueError for no finite sample.
    """
    numbers, inner, df, n = [], 0.0, 0.0, 0
    for run in runs:
        samples = run.samples[variable].reshape(-1, run.samples[variable].shape[-1])
        if point:
            samples = samples[[_place(run, point)]]
        samples = np.where(np.isfinite(samples), samples, np.nan)
        samples = samples[np.isfinite(samples).any(axis=1)]
        if samples.size == 0:
            continue
        values = np.log(samples) if log else samples
        numbers.append(float(np.nanmedian(values, axis=1).mean()))
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
        return Estimate(value, (value - half, value + half), n, len(numbers))
    if df > 0:
        half = t_quantile(0.975, df) * math.sqrt(inner)
        return Estimate(value, (value - half, value + half), n, 1)
    return Estimate(value, None, n, len(numbers))


def _place(run: Snapshot, point: Mapping[str, Any]) -> int:
    indices = []
    for name, values in run.coordinates.items():
        if name not in point:
            raise KeyError(f"point: it needs a value for {name}")
        found = places_of(values, point[name])
        if found.size == 0:
            raise KeyError(
                f"point: {name} was never {point[name]!r}; it was {', '.join(map(str, plain_values(values[:12])))}"
            )
        indices.append(int(found[0]))
    unknown = set(point) - set(run.coordinates)
    if unknown:
        raise KeyError(f"point: {', '.join(sorted(unknown))} is not an input; inputs are {', '.join(run.coordinates)}")
    return int(np.ravel_multi_index(indices, [len(v) for v in run.coordinates.values()])) if indices else 0


# ---------------------------------------------------------------------- steps


def find_change_points(values: FloatArray, *, alpha: float = 0.05) -> list[Step]:
    """Where a series stepped, in order. values: shape (measurements,), oldest first; NaN are left out.

    Binary segmentation (Scott & Knott 1974): the best single split of a segment, found by ruptures on normal scores, is
    believed when the largest standardised difference over all splits is larger than in all but alpha of series of that
    length without a step; then both parts are searched. Where no single split is believed, an excursion is looked for
    in the same way: a stretch that differs from what is before and after it (Olshen et al. 2004), as when a regression
    is fixed later. Autocorrelation, estimated from what the steps leave over, widens the tests (Bayley & Hammersley
    1946).
    """
    there = np.flatnonzero(np.isfinite(values))
    series = np.asarray(values[there], dtype=np.float64)
    splits: list[tuple[int, float]] = []
    _split(series, 0, alpha, splits)
    splits.sort()
    edges = [0, *[at for at, _ in splits], series.size]
    steps = []
    for i, (at, p) in enumerate(splits):
        before, after = series[edges[i] : at], series[at : edges[i + 2]]
        effect, ci = _difference(before, after)
        steps.append(Step(int(there[at]), effect, ci, p))
    return steps


def _split(series: FloatArray, start: int, alpha: float, found: list[tuple[int, float]]) -> None:
    if series.size < MIN_SERIES or float(series.max() - series.min()) == 0:
        return
    scores = _normal_scores(series)
    at = _best_split(scores)
    places: tuple[int, ...] = (at,)
    p = _p_of_split(scores, at) / _ONE_STEP
    if p > alpha and series.size >= _MIN_EXCURSION_SERIES:
        places, p = _excursion(scores)
        p /= _EXCURSION
    if p > alpha:
        return
    found += [(start + place, p) for place in places]
    for first, last in zip((0, *places), (*places, series.size), strict=True):
        _split(series[first:last], start + first, alpha, found)


def _normal_scores(series: FloatArray) -> FloatArray:
    """Van der Waerden scores, ties averaged: the test then holds for noise of any shape."""
    _, inverse, counts = np.unique(series, return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    ranks = (upper - (counts - 1) / 2)[inverse]
    return np.asarray(special.ndtri(ranks / (series.size + 1)), dtype=np.float64)


def _best_split(scores: FloatArray) -> int:
    import ruptures

    search = ruptures.Binseg(model="l2", min_size=MIN_SEGMENT, jump=1).fit(scores.reshape(-1, 1))
    return int(search.predict(n_bkps=1)[0])


def _p_of_split(scores: FloatArray, at: int) -> float:
    n = scores.size
    t = float(_scan(scores[None, :])[0])
    left, right = scores[:at], scores[at:]
    residual = np.concatenate([left - left.mean(), right - right.mean()])
    t /= math.sqrt(_inflation(residual, fitted=2))
    return _p_of(t, _null_of_scan(_grid(n)))


def _excursion(scores: FloatArray) -> tuple[tuple[int, int], float]:
    """The stretch that differs most from the rest, as its two edges, and its p."""
    n = scores.size
    sums = np.concatenate([[0.0], np.cumsum(scores - scores.mean())])
    t, first, length = 0.0, MIN_SEGMENT, MIN_SEGMENT
    for tried in _lengths(n):
        squares = _between(sums[MIN_SEGMENT : n - MIN_SEGMENT + 1], tried, n)
        if squares.max() > t:
            t, first, length = float(squares.max()), MIN_SEGMENT + int(squares.argmax()), tried
    last = first + length
    for _ in range(3):  # the lengths that were tried have gaps, so each edge is now moved to its best place
        ends = np.arange(first + MIN_SEGMENT, n - MIN_SEGMENT + 1)
        last = int(ends[((sums[ends] - sums[first]) ** 2 / ((ends - first) * (n - ends + first))).argmax()])
        starts = np.arange(MIN_SEGMENT, last - MIN_SEGMENT + 1)
        first = int(starts[((sums[last] - sums[starts]) ** 2 / ((last - starts) * (n - last + starts))).argmax()])
    inside, outside = scores[first:last].mean(), np.delete(scores, slice(first, last)).mean()
    residual = scores - outside
    residual[first:last] += outside - inside
    statistic = _t_of_between(t, float(scores.var() * n), n) / math.sqrt(_inflation(residual, fitted=3))
    return (first, last), _p_of(statistic, _null_of_excursion(_grid(n)))


def _p_of(statistic: float, null: FloatArray) -> float:
    """How often the null is at least as large. null: largest first. Short series tie, so rounding must not decide."""
    return float((1 + np.searchsorted(-null, -statistic * (1 - 1e-9), side="right")) / (null.size + 1))


def _lengths(n: int) -> list[int]:
    """How long an excursion may be: every length when short, then in steps of an eighth."""
    longest = n - 2 * MIN_SEGMENT
    lengths = [MIN_SEGMENT]
    while lengths[-1] < longest:
        lengths.append(min(max(lengths[-1] + 1, lengths[-1] * 9 // 8), longest))
    return lengths


def _between(sums: FloatArray, length: int, n: int) -> FloatArray:
    """The sum of squares between a stretch and the rest, at every place. sums: (…, places), of centred values."""
    stretch = sums[..., length:] - sums[..., : sums.shape[-1] - length]
    return np.asarray(stretch**2 * (n / (length * (n - length))))


def _t_of_between(between: float, total: float, n: int) -> float:
    return math.sqrt(between / max(total - between, 1e-12) * (n - 2))


@lru_cache(maxsize=64)
def _null_of_excursion(n: int) -> FloatArray:
    """What `_excursion` finds in series of permuted normal scores, largest first. Seeded: the same each time."""
    rng = np.random.default_rng(_SEED + n)
    scores = special.ndtri(np.arange(1, n + 1) / (n + 1))
    total = float(scores @ scores)
    found = []
    for _ in range((_NULL_SERIES if n <= 200 else _NULL_SERIES // 4) // 250):
        sums = np.cumsum(rng.permuted(np.tile(scores, (250, 1)), axis=1), axis=1)[:, MIN_SEGMENT - 1 : n - MIN_SEGMENT]
        largest = np.max([_between(sums, length, n).max(axis=1) for length in _lengths(n)], axis=0)
        found.append(np.sqrt(largest / np.maximum(total - largest, 1e-12) * (n - 2)))
    return np.sort(np.concatenate(found))[::-1]


def _inflation(residual: FloatArray, *, fitted: int) -> float:
    """How many times wider a mean of autocorrelated noise is spread: (1 + φ) / (1 − φ), at least 1."""
    total = float(residual @ residual)
    if total <= 0:
        return 1.0
    r = float(residual[1:] @ residual[:-1]) / total
    # Fitting means makes the noise look less correlated than it is (Kendall 1954; Marriott & Pope 1954).
    phi = min(max(r + (1 + (2 + fitted) * r) / residual.size, 0.0), 0.9)
    return (1 + phi) / (1 - phi)


def _scan(series: FloatArray) -> FloatArray:
    """The largest |t| over all splits of each series. series: (series, n) -> (series,)."""
    n = series.shape[1]
    k = np.arange(1, n)
    sums = np.cumsum(series, axis=1)
    total = sums[:, -1:]
    left = sums[:, :-1]
    difference = (total - left) / (n - k) - left / k
    squares = (series**2).sum(axis=1, keepdims=True)
    inside = squares - left**2 / k - (total - left) ** 2 / (n - k)
    t = np.abs(difference) / np.sqrt(np.maximum(inside, 1e-12) / (n - 2) * (1 / k + 1 / (n - k)))
    return np.asarray(t[:, MIN_SEGMENT - 1 : n - MIN_SEGMENT].max(axis=1))


def _grid(n: int) -> int:
    """Lengths whose null is simulated: all up to 40, then in steps of a tenth."""
    return n if n <= 40 else int(40 * 1.1 ** round(math.log(n / 40) / math.log(1.1)))


@lru_cache(maxsize=64)
def _null_of_scan(n: int) -> FloatArray:
    """Largest |t| in series of permuted normal scores, largest first. Seeded: the same each time."""
    rng = np.random.default_rng(_SEED + n)
    scores = special.ndtri(np.arange(1, n + 1) / (n + 1))
    found = [_scan(rng.permuted(np.tile(scores, (500, 1)), axis=1)) for _ in range(_NULL_SERIES // 500)]
    return np.sort(np.concatenate(found))[::-1]


def _difference(before: FloatArray, after: FloatArray) -> tuple[float, tuple[float, float]]:
    """The step between two segments with its 95 % interval, on a variance common to both."""
    effect = float(np.median(after) - np.median(before))
    df = before.size + after.size - 2
    inside = float(((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum())
    half = t_quantile(0.975, max(df, 1)) * math.sqrt(inside / max(df, 1) * (1 / before.size + 1 / after.size))
    return effect, (effect - half, effect + half)


# ---------------------------------------------------------------------- drift


def find_drift(values: FloatArray, *, alpha: float = 0.05) -> Drift | None:
    """A steady change over the series, by the slope's t-test widened for autocorrelation; None when there is none."""
    there = np.flatnonzero(np.isfinite(values))
    if there.size < MIN_SERIES or float(np.ptp(values[there])) == 0:
        return None
    x, df = there - there.mean(), there.size - 2.0
    slope, error = _slope(x, _normal_scores(values[there]))
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
    variance = float(residual @ residual) / (x.size - 2) / float(x @ x) * _inflation(residual, fitted=2)
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


# ---------------------------------------------------------------------- holobench's own detectors


def upstream_detectors(
    snapshots: Sequence[Snapshot], metric: Metric, methods: Mapping[str, float | None]
) -> list[dict[str, Any]]:
    """What holobench's own over-time detectors say of the newest of a series of results, verbatim.

    snapshots: oldest first. methods: the detectors, with a threshold where one is not their default.
    """
    from types import SimpleNamespace

    usable = [s.dataset[[metric.variable]] for s in snapshots if s.dataset is not None and metric.variable in s.dataset]
    if len(usable) < 2:
        return []
    stacked = upstream.over_time_dataset(usable, [f"{i:06d}" for i in range(len(usable))])
    declarations = SimpleNamespace(result_vars=[upstream.declare(metric)])
    found: list[dict[str, Any]] = []
    for method, threshold in methods.items():
        report = upstream.detect(stacked, declarations, upstream.run_config(method, threshold))
        # With a short history the adaptive detector answers as the percentage one does: once is enough.
        said = {(told["method"], told["details"]) for told in found}
        found += [t for t in (r.to_dict() for r in report.results) if (t["method"], t["details"]) not in said]
    return found
