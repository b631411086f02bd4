"""Which points moved: moderated tests at each input point, their guards, and how they share α with the mean.

Few repeats with outliers, two modes or a coarse clock look quiet by luck, so nothing that is said here about a point
rests on a variance smaller than its neighbours make likely. Pure functions on arrays; knows no metric and no store.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from holobench_mcp import formulas
from holobench_mcp.formulas import FloatArray

#: How much of a metric's error rate goes to its mean, with up to ten points and from a hundred on; they have the rest.
#: One of a few points shows in the mean, one of a hundred doesn't.
_SHARE_OF_MEAN = {10: 0.7, 100: 0.35}
#: The harmonic mean of two p-values is a little too small: at 0.05 it is exceeded as often as it says with this factor,
#: by simulation over 2 to 100 points (10⁵ draws each; without it 5.4 %), and some room for the moderated variances.
_HARMONIC = 1.15
#: Up to this many degrees of freedom on the smaller side, luck hides outliers often enough to fool the prior.
_FEW_DF = 3
#: Up to this many, single points still look far too quiet by luck.
_SOME_DF = 7
_FAR_QUIETER = 0.1
_LEVEL = 0.95


@dataclass(frozen=True)
class PointTests:
    """The test at every input point. effect, q, total, df: shape (points,); q is adjusted over the points."""

    effect: FloatArray
    q: FloatArray
    variance: FloatArray
    df: FloatArray

    def intervals(self, places: np.ndarray) -> tuple[FloatArray, FloatArray]:
        """The ends of the 95 % intervals at some points."""
        df = np.minimum(self.df[places], 1e9)
        half = special.stdtrit(np.maximum(df, 0.5), 0.5 + _LEVEL / 2) * np.sqrt(self.variance[places])
        return self.effect[places] - half, self.effect[places] + half


def certain(effect: FloatArray) -> PointTests:
    """Points whose difference is known exactly: what differs has moved."""
    zero = np.zeros_like(effect)
    return PointTests(effect, np.where(effect == 0, 1.0, 0.0), zero, np.full_like(effect, np.inf))


def nothing() -> PointTests:
    """No points at all."""
    empty: FloatArray = np.empty(0)
    return PointTests(empty, empty, empty, empty)


def given(effect: FloatArray, q: FloatArray, variance: FloatArray) -> PointTests:
    """Points that were tested in another way, with the normal's intervals."""
    return PointTests(effect, q, variance, np.full_like(effect, np.inf))


def moderated_tests(
    effect: FloatArray,
    sides: FloatArray,
    dfs: FloatArray,
    weights: FloatArray,
    *,
    added: float,
    added_df: float,
) -> PointTests:
    """Moderated t-tests at each point (Smyth 2004), adjusted for any false point at all (Hochberg 1988).

    sides: variance of one sample of each side at each point, (2, points); dfs: theirs, which may be 0 for a side that
    has one run; weights: what a side's variance counts for in the effect's, 1/n. added: a variance that is common to
    all points, with its degrees of freedom: the run's own shift is part of the uncertainty of each of its points.
    """
    points = effect.size
    if points == 1:  # the mean is the point
        return PointTests(effect, np.ones(1), np.zeros(1), np.full(1, np.inf))
    df = dfs.sum(axis=0)
    pooled = (dfs * sides).sum(axis=0) / df
    scale = weights.sum(axis=0)
    moderated = formulas.moderated_variance(pooled, df)
    within = moderated.variance * scale
    fewest = float(dfs.min())
    if fewest <= _FEW_DF:
        # The prior is fitted to the quiet points. A point's own variance, the Welch way where sides differ in size,
        # and what is usual among all points are then the least that is believed.
        own = np.where(dfs > 0, sides, pooled)
        usual = float(np.median(pooled)) if fewest > 1 else float(pooled.mean())
        within = np.maximum(np.maximum(within, (own * weights).sum(axis=0)), usual * scale)
    elif fewest <= _SOME_DF:
        # Far quieter than the usual: all repeats in one of two modes, or on one step of a clock, once in a hundred.
        usual = float(np.median(pooled)) or float(pooled.mean())
        within = np.where(pooled < _FAR_QUIETER * usual, np.maximum(within, usual * scale), within)
    total = within + added
    inner = np.broadcast_to(np.minimum(np.asarray(moderated.df, dtype=np.float64), 1e9), effect.shape)
    if added > 0:
        spread = within**2 / inner + (added**2 / added_df if np.isfinite(added_df) else 0.0)
        inner = total**2 / np.maximum(spread, 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(total > 0, np.abs(effect) / np.sqrt(total), np.where(effect == 0, 0.0, np.inf))
    q = np.ones_like(effect)
    # Nothing below the normal's own 5 % can matter, and Student's distribution is costly at 10⁵ points.
    worth = np.flatnonzero(t >= 1.95)
    if worth.size:
        p = _two_sided(t[worth], inner[worth])
        q[worth] = formulas.hochberg(p, tests=points)
    return PointTests(effect, q, total, inner)


def _two_sided(t: FloatArray, df: FloatArray) -> FloatArray:
    """P(|T| ≥ |t|). Beyond 10⁴ degrees of freedom Student's is the normal's, at a tenth of the time."""
    if float(df.min()) > 1e4:
        return np.asarray(2 * special.ndtr(-t))
    return formulas.t_two_sided(t, df)


def share_of_mean(points: int) -> float:
    """The weight of the mean against that of the points, falling with the logarithm of their number."""
    return float(np.interp(np.log10(points), np.log10(list(_SHARE_OF_MEAN)), list(_SHARE_OF_MEAN.values())))


def combined_p(p_mean: float, q: FloatArray, points: int) -> FloatArray:
    """The p of "neither the mean nor the point moved": their weighted harmonic mean (Wilson 2019), corrected.

    It is the local test of a closed testing procedure (Marcus, Peritz & Gabriel 1976): the mean has moved where this,
    with the smallest q, and the mean's own p both pass; a point has, where this with its q, and q itself both pass.
    So neither loses as much power to the other as a split of α would cost.
    """
    share = share_of_mean(points)
    evidence = share / max(p_mean, 1e-300) + (1 - share) / np.maximum(q, 1e-300)
    return np.asarray(np.minimum(_HARMONIC / evidence, 1.0))


def differs_by_more_than_rounding(baseline: float, candidate: float) -> bool:
    """Whether two constants differ by more than one step of the last digit that they are written with.

    Two samples a side that are equal by rounding are common: noise that straddles an edge of rounding makes two
    constants, one step apart, in one of eight pairs of identical code. Two steps apart they are not.
    """
    for digits in range(7):
        scale = 10.0**digits
        steps = baseline * scale, candidate * scale
        if all(abs(s - round(s)) <= 1e-9 * max(1.0, abs(s)) for s in steps):
            return abs(steps[1] - steps[0]) > 1.5
    return True  # equal to the last bit of a long number: no rounding
