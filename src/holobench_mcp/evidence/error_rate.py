"""One error rate for a whole comparison, and how it is shared out: over benches and metrics, and over mean and points.

What looks at a measurement get, is taken off before: see ALPHA in the models. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from holobench_mcp.evidence import formulas
from holobench_mcp.evidence.formulas import FloatArray

#: How much of a metric's error rate goes to its mean, with up to ten points and from a hundred on; they have the rest.
#: One of a few points shows in the mean, one of a hundred doesn't.
_SHARE_OF_MEAN = {10: 0.7, 100: 0.2}
#: The harmonic mean of two p-values is a little too small: at 0.05 it is exceeded as often as it says with this factor,
#: by simulation over 2 to 100 points (10⁵ draws each; without it 5.4 %), and some room for the moderated variances.
_HARMONIC = 1.1


def holm_factors(p_values: Sequence[float | None], others: Sequence[float] = ()) -> list[float]:
    """What each metric's p is multiplied with so that all that is judged together keeps one error rate (Holm 1979).

    None: a metric that takes no share of it. others: the p of what is judged with them elsewhere.
    """
    return _holm_factors([*p_values, *others])[: len(p_values)]


def _holm_factors(p_values: Sequence[float | None]) -> list[float]:
    known = np.array([p for p in p_values if p is not None])
    if known.size == 0:
        return [1.0] * len(p_values)
    adjusted = iter(formulas.holm(known))
    factors = []
    for p in p_values:
        if p is None:
            factors.append(1.0)
            continue
        after = float(next(adjusted))
        factors.append(max(1.0, after / p) if p > 0 else float(known.size))
    return factors


@lru_cache(maxsize=1024)
def share_of_mean(points: int) -> float:
    """The weight of the mean against that of the points, falling with the logarithm of their number."""
    return float(np.interp(np.log10(points), np.log10(list(_SHARE_OF_MEAN)), list(_SHARE_OF_MEAN.values())))


def least_share_of_mean(points: int) -> float:
    """The part of a metric's α at which its mean alone, without any point's help, has moved."""
    return share_of_mean(points) / _HARMONIC if points > 1 else 1.0


def combined_p(p_mean: float, q: FloatArray, points: int) -> FloatArray:
    """The p of "neither the mean nor the point moved": their weighted harmonic mean (Wilson 2019), corrected.

    It is the local test of a closed testing procedure (Marcus, Peritz & Gabriel 1976): the mean has moved where this,
    with the smallest q, and the mean's own p both pass; a point has, where this with its q, and q itself both pass.
    So neither loses as much power to the other as a split of α would cost.
    """
    share = share_of_mean(points)
    evidence = share / max(p_mean, 1e-300) + (1 - share) / np.maximum(q, 1e-300)
    return np.asarray(np.minimum(_HARMONIC / evidence, 1.0))
