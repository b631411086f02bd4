"""Whole runs that something disturbed: one in ten that is slow by 10 to 50 % hides a change from every mean.

They differ from code that is itself unsteady in that both sides have them. A trimmed mean gives what lies farthest out
little weight, on both sides alike; where only one side has such runs they are its own, and count.
"""

from __future__ import annotations

import math

import numpy as np

from holobench_mcp.evidence.formulas import Estimate, FloatArray, combined_df
from holobench_mcp.evidence.guards import Guards

#: With fewer runs a side nothing can be left out: of five, one is a fifth of all that is known.
FEWEST_RUNS = 8
#: What is left out at either end of a side.
_TRIMMED = 0.2
#: The trimmed mean is taken where its variance is below this share of the plain one's: of normal noise hardly ever.
_CLEARLY = 0.5
#: Taking it only where it is quieter is too sure by about this factor in the variance.
_PRICE = 1.15
#: A run is far from the others beyond so many robust standard deviations of all runs about their side's median.
_FAR = 3.0
_MAD_TO_SD = 1.4826
#: Far runs shared out between the sides more unevenly than chance does in one case of ten are code's own; and in three
#: of ten they may be, so that nothing is shown unchanged without them: none against three, or one against five.
_ONE_SIDED, _PERHAPS_ONE_SIDED = 0.1, 0.3


def without_disturbed(yb: FloatArray, yc: FloatArray, plain: Estimate, guards: Guards) -> Estimate | None:
    """The effect by trimmed means, where single runs make the plain estimate far less sure; else None.

    yb, yc: the number of each run, (runs,). plain: the effect by their means.
    """
    if not guards.trimmed_runs or min(yb.size, yc.size) < FEWEST_RUNS:
        return None
    trimmed = trimmed_difference(yb, yc)
    by_means = min(plain.variance, float(yb.var(ddof=1)) / yb.size + float(yc.var(ddof=1)) / yc.size)
    if not 0 < trimmed.variance < _CLEARLY * by_means:
        return None
    if guards.far_on_one_side and _chance_of_sharing(*far_runs(yb, yc)) <= _ONE_SIDED:
        return None
    return Estimate(trimmed.effect, _PRICE * trimmed.variance, trimmed.df)


def trimmed_difference(yb: FloatArray, yc: FloatArray) -> Estimate:
    """Candidate − baseline by 20 % trimmed means, with winsorized variances (Yuen 1974)."""
    means, variances, dfs = zip(*(_trimmed(y) for y in (yb, yc)), strict=True)
    return Estimate(means[1] - means[0], sum(variances), combined_df(variances, dfs))


def far_runs(yb: FloatArray, yc: FloatArray) -> tuple[int, int]:
    """How many runs of each side lie far from the middle of it."""
    left = [y - np.median(y) for y in (yb, yc)]
    sd = _MAD_TO_SD * float(np.median(np.abs(np.concatenate(left))))
    base, cand = (int((np.abs(residual) > _FAR * sd).sum()) for residual in left)
    return base, cand


def may_be_of_one_side(disturbed: tuple[int, int] | None, guards: Guards) -> bool:
    """Whether far runs that were given little weight may be the code's own, by how they are shared out."""
    return disturbed is not None and guards.far_on_one_side and _chance_of_sharing(*disturbed) <= _PERHAPS_ONE_SIDED


# ---------------------------------------------------------------------- parts


def _trimmed(y: FloatArray) -> tuple[float, float, float]:
    """The trimmed mean of a side, its variance and degrees of freedom."""
    cut = int(_TRIMMED * y.size)
    inner = np.sort(y)[cut : y.size - cut]
    winsorized = np.clip(y, inner[0], inner[-1])
    variance = float(winsorized.var(ddof=1)) * (y.size - 1) / (inner.size * (inner.size - 1))
    return float(inner.mean()), variance, inner.size - 1.0


def _chance_of_sharing(one: int, other: int) -> float:
    """The two-sided p of the sign test: how often so many far runs fall on two like sides at least so unevenly."""
    total, fewer = one + other, min(one, other)
    return min(1.0, sum(math.comb(total, k) for k in range(fewer + 1)) / math.pow(2, total - 1))
