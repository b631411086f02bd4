"""Which points moved: moderated tests at each input point, their guards, and how they share α with the mean.

Few repeats with outliers, two modes or a coarse clock look quiet by luck, so nothing that is said here about a point
rests on a variance smaller than its neighbours make likely. Pure functions on arrays; knows no metric and no store.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from holobench_mcp.evidence import formulas
from holobench_mcp.evidence.formulas import FloatArray

#: How much of a metric's error rate goes to its mean, with up to ten points and from a hundred on; they have the rest.
#: One of a few points shows in the mean, one of a hundred doesn't.
_SHARE_OF_MEAN = {10: 0.7, 100: 0.2}
#: The harmonic mean of two p-values is a little too small: at 0.05 it is exceeded as often as it says with this factor,
#: by simulation over 2 to 100 points (10⁵ draws each; without it 5.4 %), and some room for the moderated variances.
_HARMONIC = 1.1
#: Up to this many degrees of freedom on the smaller side, luck hides outliers often enough to fool the prior.
_FEW_DF = 3
#: Up to this many, a mode of one sample in ten hides so often that the median point knows nothing of it.
_FEWEST_DF = 2
#: Up to this many, single points still look far too quiet by luck.
_SOME_DF = 7
_FAR_QUIETER = 0.1
#: From so many points on, their median effect tells what is common to them. What isn't, of a run's shift, has at most
#: this share of its variance: benchmarks/calibration_real.py prints it for real processes.
_ENOUGH_POINTS, _OWN_SHARE = 8, 4 / 9
#: Steps of rounding, in units of the last digit: to fives at most, or to quarters.
_COARSEST_STEP, _QUARTER = 5, 25
_LEVEL = 0.95


@dataclass(frozen=True)
class PointTests:
    """The test at every input point. effect, q, total, df: shape (points,); q is adjusted over the points."""

    effect: FloatArray
    q: FloatArray
    variance: FloatArray
    df: FloatArray
    q_moving: FloatArray | None = None  #: q where it is known that the mean moved; q itself where None

    def intervals(self, places: np.ndarray) -> tuple[FloatArray, FloatArray]:
        """The ends of the 95 % intervals at some points."""
        df = np.minimum(self.df[places], 1e9)
        half = special.stdtrit(np.maximum(df, 0.5), 0.5 + _LEVEL / 2) * np.sqrt(self.variance[places])
        return self.effect[places] - half, self.effect[places] + half


def certain(effect: FloatArray) -> PointTests:
    """Points whose difference is known exactly: what differs has moved. A single one is the mean, and no news."""
    zero = np.zeros_like(effect)
    same = (effect == 0) | (effect.size == 1)
    return PointTests(effect, np.where(same, 1.0, 0.0), zero, np.full_like(effect, np.inf))


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
    added: FloatArray | float,
    added_df: float,
    relative: bool = False,
) -> PointTests:
    """Moderated t-tests at each point (Smyth 2004), adjusted for any false point at all (Hochberg 1988).

    sides: variance of one sample of each side at each point, (2, points); dfs: theirs, which may be 0 for a side that
    has one run; weights: what a side's variance counts for in the effect's, 1/n. added: a variance of each point's
    effect, with its degrees of freedom: the run's own shift is part of the uncertainty of each of its points.
    relative: most of it is common to all points, so that what they do together tells it.
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
    unequal = bool((dfs != dfs[0]).any())
    if unequal or fewest <= _FEW_DF:
        # The prior is fitted to the quiet points, and the pooled variance to the side with more samples: a point's own
        # variance, the Welch way, is the least that is believed.
        own = np.where(dfs > 0, sides, pooled)
        within = np.maximum(within, (own * weights).sum(axis=0))
    if fewest <= _FEW_DF:
        # And so is what is usual among all points.
        usual = (float(np.median(pooled)) if fewest > _FEWEST_DF else 0.0) or float(pooled.mean())
        within = np.maximum(within, usual * scale)
    elif fewest <= _SOME_DF:
        # Far quieter than the usual: all repeats in one of two modes, or on one step of a clock, once in a hundred.
        usual = float(np.median(pooled)) or float(pooled.mean())
        within = np.where(pooled < _FAR_QUIETER * usual, np.maximum(within, usual * scale), within)
    inner = np.broadcast_to(np.minimum(np.asarray(moderated.df, dtype=np.float64), 1e9), effect.shape)
    if unequal:  # what the smaller side does not know, the larger one's samples don't tell
        inner = np.maximum(inner - df + np.minimum(_welch_df(weights, dfs), df), 1.0)
    q, total, df = _tested(effect, within, inner, added, added_df)
    if not relative or points < _ENOUGH_POINTS:
        return PointTests(effect, q, total, df)
    apart = _OWN_SHARE * added
    typical = float(np.median(effect))
    unsure = float((within + apart).mean()) * math.pi / 2 / points  # of a median of normal numbers
    same_sign = effect * (effect - typical) > 0
    least = np.where(same_sign, np.minimum(np.abs(effect), np.abs(effect - typical)), 0.0)
    return PointTests(effect, _tested(least, within, inner, apart + unsure, added_df)[0], total, df, q_moving=q)


def _welch_df(weights: FloatArray, dfs: FloatArray) -> FloatArray:
    """Welch's degrees of freedom for sides of equal variance; a side that has none is left out."""
    spread = (weights**2 / np.maximum(dfs, 1.0) * (dfs > 0)).sum(axis=0)
    return np.asarray(weights.sum(axis=0) ** 2 / spread)


def _tested(
    effect: FloatArray, within: FloatArray, within_df: FloatArray, added: FloatArray | float, added_df: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The adjusted p of every point, its variance, and the degrees of freedom of that (Satterthwaite 1946)."""
    total, df = within + added, within_df
    if np.any(added > 0):
        spread = within**2 / df + (added**2 / added_df if np.isfinite(added_df) else 0.0)
        df = total**2 / np.maximum(spread, 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(total > 0, np.abs(effect) / np.sqrt(total), np.where(effect == 0, 0.0, np.inf))
    q = np.ones_like(effect)
    # Nothing below the normal's own 5 % can matter, and Student's distribution is costly at 10⁵ points.
    worth = np.flatnonzero(t >= 1.95)
    if worth.size:
        p = _two_sided(t[worth], df[worth])
        q[worth] = formulas.hochberg(p, tests=effect.size)
    return q, total, df


def _two_sided(t: FloatArray, df: FloatArray) -> FloatArray:
    """P(|T| ≥ |t|). Beyond 10⁴ degrees of freedom Student's is the normal's, at a tenth of the time."""
    if float(df.min()) > 1e4:
        return np.asarray(2 * special.ndtr(-t))
    return formulas.t_two_sided(t, df)


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


def differs_by_more_than_rounding(baseline: float, candidate: float) -> bool:
    """Whether two constants differ by more than one step of what they are rounded to.

    Two samples a side that are equal by rounding are common: noise that straddles an edge of rounding makes two
    constants, one step apart, in one of eight pairs of identical code. Two steps apart they are not. A step is one to
    five of the last digit, or a quarter: on a grid of such steps both values stand where their difference divides them.
    """
    for digits in range(7):
        scale = 10.0**digits
        steps = baseline * scale, candidate * scale
        if not all(map(math.isfinite, steps)):
            break
        if all(abs(s - round(s)) <= 1e-9 * max(1.0, abs(s)) for s in steps):
            low, step = abs(round(steps[0])), abs(round(steps[1]) - round(steps[0]))
            return not ((step <= _COARSEST_STEP or step == _QUARTER) and step > 0 and low % step == 0)
    return True  # equal to the last bit of a long number: no rounding
