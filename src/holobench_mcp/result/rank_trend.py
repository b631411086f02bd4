"""Two functions of `scipy.stats` that holobench's adaptive detector asks for, with their names and to the last bit.

Loading `scipy.stats` for them costs a server half a second of its first history, and 75 MB for good. Its own functions
are taken where it is loaded already; a test holds these equal to them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
#: Up to so many values without ties, and where at most one pair is out of order, p is exact.
_EXACT = 33
#: The largest length whose factorial is a float.
_FACTORIAL = 170


class Slope(NamedTuple):
    """The median of the slopes of all pairs."""

    slope: float


class RankCorrelation(NamedTuple):
    """Kendall's tau-b, and how often it is as far from zero by chance."""

    statistic: float
    pvalue: float


def theilslopes(y: FloatArray, x: FloatArray) -> Slope:
    """The slope through points (Theil 1950, Sen 1968). x, y: shape (n,)."""
    runs = ((x[i] - x, y[i] - y) for i in range(x.size))
    slopes = np.concatenate([rise[run > 0] / run[run > 0] for run, rise in runs])
    return Slope(np.median(slopes))


def kendalltau(x: FloatArray, y: FloatArray) -> RankCorrelation:
    """Whether y goes with x (Kendall 1938, 1945), by two-sided p. x, y: shape (n,)."""
    order = np.lexsort((y, x))
    x_ranks, y_ranks = (np.unique(values, return_inverse=True)[1][order] for values in (x, y))
    pairs = x.size * (x.size - 1) // 2
    x_ties, y_ties, both = _ties(x_ranks), _ties(y_ranks), _ties(x_ranks * x.size + y_ranks)
    if pairs in (x_ties.pairs, y_ties.pairs):
        return RankCorrelation(math.nan, math.nan)
    discordant = sum(
        int(np.count_nonzero((y_ranks[i:] < y_ranks[i]) & (x_ranks[i:] > x_ranks[i]))) for i in range(x.size)
    )
    difference = pairs - x_ties.pairs - y_ties.pairs + both.pairs - 2 * discordant
    tau = difference / np.sqrt(pairs - x_ties.pairs) / np.sqrt(pairs - y_ties.pairs)
    tied = x_ties.pairs or y_ties.pairs
    if not tied and (x.size <= _EXACT or min(discordant, pairs - discordant) <= 1):
        p = _exact_p(x.size, min(discordant, pairs - discordant))
    else:
        m = x.size * (x.size - 1.0)
        variance = (
            (m * (2 * x.size + 5) - x_ties.fives - y_ties.fives) / 18
            + (2 * x_ties.pairs * y_ties.pairs) / m
            + x_ties.triples * y_ties.triples / (9 * m * (x.size - 2))
        )
        p = float(2 * special.ndtr(-np.abs(difference / np.sqrt(variance))))
    return RankCorrelation(float(np.clip(tau, -1.0, 1.0)), p)


class _Ties(NamedTuple):
    """Sums over the groups of equal values, t in each: of t(t − 1)/2, t(t − 1)(t − 2) and t(t − 1)(2t + 5)."""

    pairs: int
    triples: int
    fives: int


def _ties(ranks: IntArray) -> _Ties:
    t = np.unique(ranks, return_counts=True)[1].astype(np.int64)
    return _Ties(
        int((t * (t - 1) // 2).sum()),
        int((t * (t - 1.0) * (t - 2)).sum()),
        int((t * (t - 1.0) * (2 * t + 5)).sum()),
    )


def _exact_p(n: int, c: int) -> float:
    """Twice the part of all orders of n values in which at most c pairs stand as these do (Kendall 1970)."""
    if n <= 2 or 4 * c == n * (n - 1):
        return 1.0
    if c <= 1:
        free = n - c
        return 2.0 / math.factorial(free) if free <= _FACTORIAL else 0.0
    orders = np.zeros(c + 1)
    orders[0:2] = 1.0
    for j in range(3, n + 1):
        orders = np.cumsum(orders)
        if j <= c:
            orders[j:] -= orders[: c + 1 - j]
    return float(np.clip(2.0 * np.sum(orders) / math.factorial(n), 0, 1))
