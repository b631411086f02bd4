"""Two functions of scipy.stats that are ours: they give what its own give, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from holobench_mcp.result import rank_trend

SHAPES = {
    "noise": lambda rng, n: rng.normal(size=n),
    "ties": lambda rng, n: rng.integers(0, 5, n).astype(float),
    "constant": lambda _rng, n: np.full(n, 3.5),
    "rising": lambda _rng, n: np.arange(n) * 0.1,
    "falling": lambda _rng, n: -np.arange(n, dtype=float),
    "one pair out of order": lambda _rng, n: np.where(np.arange(n) == n // 2, n // 2 - 1.5, np.arange(n, dtype=float)),
    "of all sizes": lambda rng, n: np.exp(50 * rng.normal(size=n)),
    "tiny": lambda rng, n: rng.integers(0, 2, n) * 1e-300,
    "infinite": lambda rng, n: np.where(rng.random(n) < 0.1, np.inf, rng.normal(size=n)),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("n", [2, 3, 4, 7, 10, 33, 34, 60, 170, 171, 172, 300])
@pytest.mark.parametrize("shape", SHAPES)
def test_slope_and_rank_correlation_are_those_of_scipy_stats(shape: str, n: int) -> None:
    rng = np.random.default_rng(n)
    for times in (np.arange(n, dtype=float), rng.integers(0, n, n).astype(float)):
        values = SHAPES[shape](rng, n)
        np.testing.assert_array_equal(rank_trend.kendalltau(times, values), tuple(stats.kendalltau(times, values)))
        if len(set(times)) > 1:
            np.testing.assert_array_equal(rank_trend.theilslopes(values, times)[0], stats.theilslopes(values, times)[0])
