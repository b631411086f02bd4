"""What every reading of a series rests on: ranks in place of values, and how autocorrelated its noise is."""

from __future__ import annotations

import numpy as np
from scipy import special

from holobench_mcp.evidence.formulas import FloatArray

#: Fewer measurements than this can't show a step and its noise at once.
MIN_SERIES = 6


def normal_scores(series: FloatArray) -> FloatArray:
    """Van der Waerden scores, ties averaged: the test then holds for noise of any shape."""
    _, inverse, counts = np.unique(series, return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    ranks = (upper - (counts - 1) / 2)[inverse]
    return np.asarray(special.ndtri(ranks / (series.size + 1)), dtype=np.float64)


def inflation(residual: FloatArray, *, fitted: int) -> float:
    """How many times wider a mean of autocorrelated noise is spread: (1 + φ) / (1 − φ), at least 1."""
    total = float(residual @ residual)
    if total <= 0:
        return 1.0
    r = float(residual[1:] @ residual[:-1]) / total
    # Fitting means makes the noise look less correlated than it is (Kendall 1954; Marriott & Pope 1954).
    phi = min(max(r + (1 + (2 + fitted) * r) / residual.size, 0.0), 0.9)
    return (1 + phi) / (1 - phi)
