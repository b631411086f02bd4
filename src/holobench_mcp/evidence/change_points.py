"""Where a series of measurements stepped.

A step is believed only after a test that is calibrated on series in which nothing happened, autocorrelated ones too.
Pure functions on arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from holobench_mcp.evidence.formulas import FloatArray, t_quantile
from holobench_mcp.evidence.series import MIN_SERIES, inflation, normal_scores

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


def find_change_points(values: FloatArray, *, alpha: float = 0.05) -> list[Step]:
    """Where a series stepped, in order. values: shape (measurements,), oldest first; NaN are left out.

    Binary segmentation (Scott & Knott 1974): the best single split of a segment, found on normal scores, is
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


def _split(series: FloatArray, start: int, alpha: float, splits: list[tuple[int, float]]) -> None:
    if series.size < MIN_SERIES or float(series.max() - series.min()) == 0:
        return
    scores = normal_scores(series)
    at, p = _best_split(scores)
    places: tuple[int, ...] = (at,)
    p /= _ONE_STEP
    if p > alpha and series.size >= _MIN_EXCURSION_SERIES:
        places, p = _excursion(scores)
        p /= _EXCURSION
    if p > alpha:
        return
    splits += [(start + place, p) for place in places]
    for first, last in zip((0, *places), (*places, series.size), strict=True):
        _split(series[first:last], start + first, alpha, splits)


def _best_split(scores: FloatArray) -> tuple[int, float]:
    """Where a series parts best in two, and how often one without a step parts as well."""
    n = scores.size
    t = _t_of_splits(scores[None, :])[0]
    at = MIN_SEGMENT + int(t.argmax())
    left, right = scores[:at], scores[at:]
    residual = np.concatenate([left - left.mean(), right - right.mean()])
    statistic = float(t.max()) / math.sqrt(inflation(residual, fitted=2))
    return at, _p_of(statistic, _null_of_scan(_grid(n)))


def _excursion(scores: FloatArray) -> tuple[tuple[int, int], float]:
    """The stretch that differs most from the rest, as its two edges, and its p."""
    n = scores.size
    sums = np.concatenate([[0.0], np.cumsum(scores - scores.mean())])
    t, first, length = 0.0, MIN_SEGMENT, MIN_SEGMENT
    for candidate in _lengths(n):
        squares = _between(sums[MIN_SEGMENT : n - MIN_SEGMENT + 1], candidate, n)
        if squares.max() > t:
            t, first, length = float(squares.max()), MIN_SEGMENT + int(squares.argmax()), candidate
    last = first + length
    for _ in range(3):  # the lengths have gaps, so each edge is now moved to its best place
        ends = np.arange(first + MIN_SEGMENT, n - MIN_SEGMENT + 1)
        last = int(ends[((sums[ends] - sums[first]) ** 2 / ((ends - first) * (n - ends + first))).argmax()])
        starts = np.arange(MIN_SEGMENT, last - MIN_SEGMENT + 1)
        first = int(starts[((sums[last] - sums[starts]) ** 2 / ((last - starts) * (n - last + starts))).argmax()])
    inside, outside = scores[first:last].mean(), np.delete(scores, slice(first, last)).mean()
    residual = scores - outside
    residual[first:last] += outside - inside
    statistic = _t_of_between(t, float(scores.var() * n), n) / math.sqrt(inflation(residual, fitted=3))
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
    statistics = []
    for _ in range((_NULL_SERIES if n <= 200 else _NULL_SERIES // 4) // 250):
        sums = np.cumsum(rng.permuted(np.tile(scores, (250, 1)), axis=1), axis=1)[:, MIN_SEGMENT - 1 : n - MIN_SEGMENT]
        largest = np.max([_between(sums, length, n).max(axis=1) for length in _lengths(n)], axis=0)
        statistics.append(np.sqrt(largest / np.maximum(total - largest, 1e-12) * (n - 2)))
    return np.sort(np.concatenate(statistics))[::-1]


def _t_of_splits(series: FloatArray) -> FloatArray:
    """|t| of every split that leaves a segment on either side. series: (series, n) -> (series, n + 1 − 2 segments).

    Its largest is where the squared error within both parts is least.
    """
    n = series.shape[1]
    k = np.arange(1, n)
    sums = np.cumsum(series, axis=1)
    total = sums[:, -1:]
    left = sums[:, :-1]
    difference = (total - left) / (n - k) - left / k
    squares = (series**2).sum(axis=1, keepdims=True)
    inside = squares - left**2 / k - (total - left) ** 2 / (n - k)
    t = np.abs(difference) / np.sqrt(np.maximum(inside, 1e-12) / (n - 2) * (1 / k + 1 / (n - k)))
    return np.asarray(t[:, MIN_SEGMENT - 1 : n - MIN_SEGMENT])


def _grid(n: int) -> int:
    """Lengths whose null is simulated: all up to 40, then in steps of a tenth."""
    return n if n <= 40 else int(40 * 1.1 ** round(math.log(n / 40) / math.log(1.1)))


@lru_cache(maxsize=64)
def _null_of_scan(n: int) -> FloatArray:
    """Largest |t| in series of permuted normal scores, largest first. Seeded: the same each time."""
    rng = np.random.default_rng(_SEED + n)
    scores = special.ndtri(np.arange(1, n + 1) / (n + 1))
    largest = [
        _t_of_splits(rng.permuted(np.tile(scores, (500, 1)), axis=1)).max(axis=1) for _ in range(_NULL_SERIES // 500)
    ]
    return np.sort(np.concatenate(largest))[::-1]


def _difference(before: FloatArray, after: FloatArray) -> tuple[float, tuple[float, float]]:
    """The step between two segments with its 95 % interval, on a variance common to both."""
    effect = float(np.median(after) - np.median(before))
    df = before.size + after.size - 2
    inside = float(((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum())
    half = t_quantile(0.975, max(df, 1)) * math.sqrt(inside / max(df, 1) * (1 / before.size + 1 / after.size))
    return effect, (effect - half, effect + half)
