"""What every reading of a series rests on: ranks in place of values, and how autocorrelated its noise is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from scipy import special

from holobench_mcp.evidence.formulas import FloatArray

#: Fewer measurements than this can't show a step and its noise at once.
MIN_SERIES = 6
#: Series in which nothing happened are simulated with this autocorrelation: the state that one measurement finds the
#: machine in is often still there at the next. Estimating it from a short series alone misses it.
PHI = 0.3
#: What is simulated is the same each time.
SEED = 20260301
#: Series that are drawn at once, and values of them that are looked at at once: as many as stay in a core's cache.
_DRAWN, _AT_ONCE = 500, 50_000

#: What is computed of each of some series: (values, their normal scores) -> (series,).
Statistic = Callable[[FloatArray, FloatArray], FloatArray]


def normal_scores(series: FloatArray) -> FloatArray:
    """Van der Waerden scores, ties averaged: the test then holds for noise of any shape."""
    _, inverse, counts = np.unique(series, return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    ranks = (upper - (counts - 1) / 2)[inverse]
    return np.asarray(special.ndtri(ranks / (series.size + 1)), dtype=np.float64)


def scores_of(series: FloatArray) -> FloatArray:
    """The same for many series without ties at once: (series, n) -> (series, n)."""
    n = series.shape[1]
    scores = np.empty(series.shape)
    np.put_along_axis(scores, series.argsort(axis=1), special.ndtri(np.arange(1, n + 1) / (n + 1))[None, :], axis=1)
    return scores


def inflation(residual: FloatArray, *, fitted: int) -> FloatArray:
    """How many times wider a mean of autocorrelated noise is spread: (1 + φ) / (1 − φ), at least 1.

    residual: (…, measurements) -> (…). fitted: how many means were taken from it.
    """
    total = np.square(residual).sum(axis=-1)
    r = (residual[..., 1:] * residual[..., :-1]).sum(axis=-1) / np.where(total > 0, total, 1.0)
    # Fitting means makes the noise look less correlated than it is (Kendall 1954; Marriott & Pope 1954).
    phi = np.clip(r + (1 + (2 + fitted) * r) / residual.shape[-1], 0.0, 0.9)
    return np.asarray(np.where(total > 0, (1 + phi) / (1 - phi), 1.0))


def autocorrelated(rng: np.random.Generator, series: int, n: int, phi: float) -> FloatArray:
    """Series of normal AR(1) noise of unit variance: shape (series, n)."""
    noise = rng.standard_normal((series, n))
    noise[:, 1:] *= np.sqrt(1 - phi * phi)
    for i in range(1, n):
        noise[:, i] += phi * noise[:, i - 1]
    return noise


def nulls(n: int, statistics: Mapping[str, Statistic]) -> dict[str, FloatArray]:
    """What statistics are of autocorrelated series of a length in which nothing happens, each largest first.

    Seeded: the same each time.
    """
    rng = np.random.default_rng([SEED, n])
    found: dict[str, list[FloatArray]] = {name: [] for name in statistics}
    at_once = max(_AT_ONCE // n, 1)
    for _ in range(n_simulated(n) // _DRAWN):
        drawn = autocorrelated(rng, _DRAWN, n, PHI)
        for first in range(0, _DRAWN, at_once):
            values = drawn[first : first + at_once]
            scores = scores_of(values)
            for name, statistic in statistics.items():
                found[name].append(statistic(values, scores))
    return {name: np.sort(np.concatenate(parts))[::-1] for name, parts in found.items()}


def p_of(statistic: float, null: FloatArray) -> float:
    """How often the null is at least as large. null: largest first. Short series tie, so rounding must not decide."""
    return float((1 + np.searchsorted(-null, -statistic * (1 - 1e-9), side="right")) / (null.size + 1))


def simulated_length(n: int) -> int:
    """Lengths whose null is simulated: all up to 40, then in steps of a tenth."""
    return n if n <= 40 else int(40 * 1.1 ** round(math.log(n / 40) / math.log(1.1)))


def n_simulated(n: int) -> int:
    """How many series are simulated of a length."""
    return 8000 if n <= 40 else 4000 if n <= 200 else 1000
