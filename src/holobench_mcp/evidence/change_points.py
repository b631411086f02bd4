"""Where a series of measurements stepped.

A step is believed only after a test that is calibrated on series in which nothing happened, autocorrelated ones too.
Pure functions on arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from holobench_mcp.evidence.formulas import FloatArray, t_quantile
from holobench_mcp.evidence.series import (
    MIN_SERIES,
    Statistic,
    inflation,
    normal_scores,
    nulls,
    p_of,
    scores_of,
    simulated_length,
)

#: The fewest measurements on either side of a step.
MIN_SEGMENT = 2
#: Ranks of fewer can't tell a step at all: even the cleanest one is too likely by chance.
_MIN_RANKED = 8
#: Shorter series are not searched for an excursion: their autocorrelation can't be told well enough.
_MIN_EXCURSION_SERIES = 30
#: A step counts as detectable that is found this often; the room is for what Student's t does not know of the tests.
_POWER, _ROOM = 0.8, 1.1
_LENGTHS = (8, 10, 12, 15, 20, 30, 40, 50, 75, 100)
#: How the error rate is shared among the tests that a series is long enough for.
_SHARES = {"values": 0.2, "ranks": 0.6, "excursion": 0.2}


@dataclass(frozen=True)
class Step:
    """A change point: the first measurement after it, and how sure it is."""

    index: int
    effect: float  #: on the scale of the values
    ci: tuple[float, float]
    p_value: float


def find_change_points(values: FloatArray, *, alpha: float = 0.05, least_sd: float = 0.0) -> list[Step]:
    """Where a series stepped, in order. values: shape (measurements,), oldest first; NaN are left out.

    Binary segmentation (Scott & Knott 1974): the best single split of a segment is believed when its standardised
    difference is larger than in all but alpha of series of that length without a step; then both parts are searched.
    It is looked for twice: in normal scores, whose test holds for noise of any shape but can't see how far beyond the
    noise a step is, and in the values themselves, which shows few measurements after a large step. Where neither finds
    one, an excursion is looked for: a stretch that differs from what is before and after it (Olshen et al. 2004), as
    when a regression is fixed later. Autocorrelation, estimated from what the steps leave over, widens the tests
    (Bayley & Hammersley 1946). least_sd: noise that there is even where few values happen to agree.
    """
    there = np.flatnonzero(np.isfinite(values))
    series = np.asarray(values[there], dtype=np.float64)
    splits: list[tuple[int, float]] = []
    _split(series, 0, alpha, least_sd, splits)
    splits.sort()
    edges = [0, *[at for at, _ in splits], series.size]
    steps = []
    for i, (at, p) in enumerate(splits):
        before, after = series[edges[i] : at], series[at : edges[i + 2]]
        effect, ci = _difference(before, after)
        steps.append(Step(int(there[at]), effect, ci, p))
    return steps


def _split(series: FloatArray, start: int, alpha: float, least_sd: float, splits: list[tuple[int, float]]) -> None:
    n = series.size
    if n < MIN_SERIES or float(series.std()) == 0:
        return
    tests = _tests(n)
    total = sum(_SHARES[test] for test in tests)
    spread = float(series.std())
    best = _best_split(((series - series.mean()) / spread)[None, :], _min_beyond(n), least_sd / spread, beyond=True)
    places: tuple[int, ...]
    p, places = p_of(best.t[0], _nulls_of_split(simulated_length(n))["values"]) / _SHARES["values"], (int(best.at[0]),)
    if "ranks" in tests:
        best = _best_split(normal_scores(series)[None, :], MIN_SEGMENT)
        by_ranks = p_of(best.t[0], _nulls_of_split(simulated_length(n))["ranks"]) / _SHARES["ranks"]
        p, places = min((by_ranks, (int(best.at[0]),)), (p, places), key=itemgetter(0))
    if p * total > alpha and "excursion" in tests:
        places, p = _excursion(normal_scores(series))
        p /= _SHARES["excursion"]
    if p * total > alpha:
        return
    splits += [(start + place, p * total) for place in places]
    for first, last in zip((0, *places), (*places, n), strict=True):
        _split(series[first:last], start + first, alpha, least_sd, splits)


@dataclass(frozen=True)
class Detectable:
    """The least steps that a series of some noise would show four times of five, on the scale of its values."""

    middle: float
    newest: float  #: of as few of the newest measurements as can be told at all
    n_newest: int


def detectable_steps(values: FloatArray, *, alpha: float = 0.05, least_sd: float = 0.0) -> Detectable | None:
    """What step a series without one could have shown; None where it is too short for any."""
    series = values[np.isfinite(values)]
    if series.size < MIN_SERIES:
        return None
    sd, newest = _noise(series, least_sd), _min_beyond(series.size)
    middle, late = (_needed(series.size, after, alpha) * sd for after in (series.size // 2, newest))
    return Detectable(middle, late, newest)


def more_needed(values: FloatArray, step: float, *, alpha: float = 0.05, least_sd: float = 0.0) -> int | None:
    """How many more measurements of this noise would show a step in their middle; None where a hundred don't."""
    series = values[np.isfinite(values)]
    if series.size < MIN_SERIES:
        return MIN_SERIES - series.size
    sd = _noise(series, least_sd)
    lengths = [n for n in _LENGTHS if n >= series.size]
    return next((n - series.size for n in lengths if _needed(n, n // 2, alpha) * sd <= step), None)


def _noise(series: FloatArray, least_sd: float) -> float:
    """The standard deviation of a series about its mean, as wide as its autocorrelation makes it."""
    residual = series - series.mean()
    return math.sqrt((float(residual.var(ddof=1)) + least_sd**2) * float(inflation(residual, fitted=1)))


def _needed(n: int, after: int, alpha: float) -> float:
    """A step with so many measurements after it that is found with the power, in standard deviations of the noise.

    By what each test needs of its statistic, and the distribution of Student's t where there is a step.
    """
    df = n - 2
    least = math.inf
    tests = _tests(n)
    for test in ("values", "ranks"):
        if test not in tests:
            continue
        null = _nulls_of_split(simulated_length(n))[test]
        share = _SHARES[test] / sum(_SHARES[t] for t in tests)
        critical = float(null[int(alpha * share * null.size)])
        if test == "ranks" and critical >= _most_by_ranks(n, after):
            continue
        power = t_quantile(_POWER, df) * math.sqrt(1 + critical**2 / (2 * df))
        least = min(least, (critical + power) * math.sqrt(1 / after + 1 / (n - after)))
    return least * _ROOM


def _most_by_ranks(n: int, after: int) -> float:
    """|t| of normal scores that part cleanly: no step is larger by ranks."""
    scores = np.sort(scores_of(np.arange(n, dtype=np.float64)[None, :]))
    explained = np.square(scores[:, : n - after].sum(axis=1)) * (n / (after * (n - after)))
    return float(_t_of(explained, np.square(scores).sum(axis=1), n)[0])


def _tests(n: int) -> tuple[str, ...]:
    if n < _MIN_RANKED:
        return ("values",)
    return ("values", "ranks") if n < _MIN_EXCURSION_SERIES else ("values", "ranks", "excursion")


def _min_beyond(n: int) -> int:
    """The fewest values on either side of a step that is told by how far it is: of seven, two modes part two by chance
    in one series of twelve.
    """
    return MIN_SEGMENT + 1 if n < _MIN_RANKED else MIN_SEGMENT


@dataclass(frozen=True)
class _Splits:
    """The best split of each series: where it is, and its |t|, without what autocorrelation adds."""

    at: npt.NDArray[np.intp]
    t: FloatArray


def _best_split(series: FloatArray, shortest: int, least_sd: float = 0.0, *, beyond: bool = False) -> _Splits:
    """Where series part best in two. series: (series, n). shortest: the fewest values on either side.

    beyond: only where the shorter side lies as a whole beyond the middle between both means, as one outlier in it
    does not make it.
    """
    n = series.shape[1]
    centred = series - series.mean(axis=1, keepdims=True)
    sums = np.cumsum(centred, axis=1)[:, shortest - 1 : n - shortest]
    explained = _explained(sums, n, shortest)
    if beyond:
        explained *= _parts_cleanly(centred, sums, shortest)
    best = explained.argmax(axis=1)
    every, at = np.arange(len(series)), shortest + best
    t = _t_of(explained[every, best], np.square(centred).sum(axis=1) + n * least_sd**2, n)
    first = np.arange(n) < at[:, None]
    left, right = (np.where(side, series, 0.0).sum(axis=1) / side.sum(axis=1) for side in (first, ~first))
    residual = series - np.where(first, left[:, None], right[:, None])
    return _Splits(at, t / np.sqrt(inflation(residual, fitted=2)))


def _explained(sums: FloatArray, n: int, shortest: int) -> FloatArray:
    """The squared error that each split takes away. sums: of the values before it, about the mean: (…, splits)."""
    k = np.arange(shortest, n - shortest + 1)
    return np.asarray(np.square(sums) * (n / (k * (n - k))))


def _t_of(explained: FloatArray, squares: FloatArray, n: int) -> FloatArray:
    """|t| of splits: where it is largest, the squared error within both parts is least. squares: before any split."""
    return np.sqrt(explained / np.maximum(squares - explained, 1e-12) * (n - 2))


def _parts_cleanly(centred: FloatArray, sums: FloatArray, shortest: int) -> npt.NDArray[np.bool_]:
    """Whether, at each split, all of the shorter side lies beyond the middle between the means of both sides.

    centred: (series, n), about their means. sums: (series, splits), of the values before each split.
    """
    n = centred.shape[1]
    k = np.arange(shortest, n - shortest + 1)
    middle, up = sums * ((1 / k - 1 / (n - k)) / 2), sums < 0
    clean = np.ones(sums.shape, dtype=np.bool_)
    before, after = slice(0, n // 2 + 1 - shortest), slice((n + 1) // 2 - shortest, None)
    low, high = (f.accumulate(centred[:, : n // 2], axis=1)[:, shortest - 1 :] for f in (np.minimum, np.maximum))
    clean[:, before] = np.where(up[:, before], high < middle[:, before], low > middle[:, before])
    low, high = (
        f.accumulate(centred[:, : -(n // 2) - 1 : -1], axis=1)[:, : shortest - 2 if shortest > 1 else None : -1]
        for f in (np.minimum, np.maximum)
    )
    clean[:, after] &= np.where(up[:, after], low > middle[:, after], high < middle[:, after])
    return clean


def _excursion(scores: FloatArray) -> tuple[tuple[int, int], float]:
    """The stretch that differs most from the rest, as its two edges, and its p."""
    n = scores.size
    (first,), (last,), (t,) = _best_stretch(scores[None, :])
    sums = np.concatenate([[0.0], np.cumsum(scores - scores.mean())])
    for _ in range(3):  # the lengths have gaps, so each edge is now moved to its best place
        ends = np.arange(first + MIN_SEGMENT, n - MIN_SEGMENT + 1)
        last = ends[((sums[ends] - sums[first]) ** 2 / ((ends - first) * (n - ends + first))).argmax()]
        starts = np.arange(MIN_SEGMENT, last - MIN_SEGMENT + 1)
        first = starts[((sums[last] - sums[starts]) ** 2 / ((last - starts) * (n - last + starts))).argmax()]
    return (int(first), int(last)), p_of(t, _null_of_excursion(simulated_length(n)))


def _best_stretch(scores: FloatArray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], FloatArray]:
    """Where the stretch of each series is that differs most, its first and the one behind it, and its |t|.

    scores: (series, n). The |t| is without what autocorrelation adds.
    """
    n = scores.shape[1]
    centred = scores - scores.mean(axis=1, keepdims=True)
    sums = np.cumsum(centred, axis=1)[:, MIN_SEGMENT - 1 : n - MIN_SEGMENT]
    every = np.arange(len(scores))
    between = np.full(len(scores), -1.0)  # a constant series has a stretch too, of no difference
    first, last = np.zeros(len(scores), dtype=np.intp), np.zeros(len(scores), dtype=np.intp)
    for length in _lengths(n):
        differences = sums[:, length:] - sums[:, :-length]
        np.abs(differences, out=differences)
        at = differences.argmax(axis=1)
        largest = differences[every, at] ** 2 * (n / (length * (n - length)))
        better = largest > between
        between = np.where(better, largest, between)
        first = np.where(better, MIN_SEGMENT + at, first)
        last = np.where(better, first + length, last)
    places = np.arange(n)
    inside = (places >= first[:, None]) & (places < last[:, None])
    means = [np.where(part, centred, 0.0).sum(axis=1) / part.sum(axis=1) for part in (inside, ~inside)]
    residual = centred - np.where(inside, means[0][:, None], means[1][:, None])
    t = np.sqrt(between / np.maximum(np.square(centred).sum(axis=1) - between, 1e-12) * (n - 2))
    return first, last, t / np.sqrt(inflation(residual, fitted=3))


def _lengths(n: int) -> list[int]:
    """How long an excursion may be: every length when short, then in steps of an eighth."""
    longest = n - 2 * MIN_SEGMENT
    lengths = [MIN_SEGMENT]
    while lengths[-1] < longest:
        lengths.append(min(max(lengths[-1] + 1, lengths[-1] * 9 // 8), longest))
    return lengths


@lru_cache(maxsize=256)
def _null_of_excursion(n: int) -> FloatArray:
    """|t| of the best stretch of autocorrelated series without an excursion, largest first."""
    return nulls(n, {"excursion": lambda _values, scores: _best_stretch(scores)[2]})["excursion"]


@lru_cache(maxsize=256)
def _nulls_of_split(n: int) -> dict[str, FloatArray]:
    """|t| of the best split of autocorrelated series without a step, largest first, by each test of a length."""

    def by_values(values: FloatArray, _scores: FloatArray) -> FloatArray:
        series = (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, keepdims=True)
        return _best_split(series, _min_beyond(n), beyond=True).t

    def by_ranks(_values: FloatArray, scores: FloatArray) -> FloatArray:
        return _best_split(scores, MIN_SEGMENT).t

    statistics: dict[str, Statistic] = {"values": by_values, "ranks": by_ranks}
    return nulls(n, {test: statistics[test] for test in _tests(n) if test in statistics})


def _difference(before: FloatArray, after: FloatArray) -> tuple[float, tuple[float, float]]:
    """The step between two segments with its 95 % interval, on a variance common to both."""
    effect = float(np.median(after) - np.median(before))
    df = before.size + after.size - 2
    inside = float(((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum())
    half = t_quantile(0.975, max(df, 1)) * math.sqrt(inside / max(df, 1) * (1 / before.size + 1 / after.size))
    return effect, (effect - half, effect + half)
