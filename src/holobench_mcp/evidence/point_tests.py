"""Which points moved: moderated tests at each input point.

Few repeats with outliers, two modes or a coarse clock look quiet by luck, so nothing that is said here about a point
rests on a variance smaller than its neighbours make likely. Pure functions on arrays; knows no metric and no store.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import numpy.typing as npt
from scipy import special

from holobench_mcp.evidence import formulas
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.guards import GUARDS, Guards

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
_LEVEL = 0.95


@dataclass(frozen=True)
class PointTests:
    """The test at every input point. effect, q, variance, df: shape (points,); q is adjusted over the points."""

    effect: FloatArray
    q: FloatArray
    variance: FloatArray  #: of the estimate that q comes from
    df: FloatArray
    if_mean_moved: PointTests | None = None  #: the test that counts besides, once it is known that the mean moved

    def deciding(self, *, mean_moved: bool) -> PointTests:
        """At each point the test that says more: one beside zero counts only where the mean has moved."""
        other = self.if_mean_moved
        if other is None or not mean_moved:
            return self
        surer = other.q < self.q
        q, variance, df = (
            np.asarray(np.where(surer, theirs, ours))
            for theirs, ours in ((other.q, self.q), (other.variance, self.variance), (other.df, self.df))
        )
        return PointTests(self.effect, q, variance, df)

    def intervals(self, places: np.ndarray, level: float = _LEVEL) -> tuple[FloatArray, FloatArray]:
        """The ends of the intervals at some points, of the estimates that decide."""
        half = special.stdtrit(self._finite_df(places), 0.5 + level / 2) * np.sqrt(self.variance[places])
        return self.effect[places] - half, self.effect[places] + half

    def within(self, margin: float, places: np.ndarray, level: float = _LEVEL) -> npt.NDArray[np.bool_]:
        """Which of some points have that interval within ± margin, without the quantile of each, which is slow."""
        room, sd = margin - np.abs(self.effect[places]), np.sqrt(self.variance[places])
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(sd == 0, np.where(room >= 0, np.inf, -np.inf), room / sd)
        df = self._finite_df(places)
        # The normal has the smallest quantile, the fewest degrees of freedom the largest: only between them t is asked.
        low, high = special.ndtri(0.5 + level / 2), special.stdtrit(df.min(initial=1e9), 0.5 + level / 2)
        inside, between = reach > 1.001 * high, (reach > 0.999 * low) & (reach <= 1.001 * high)
        inside[between] = special.stdtr(df[between], reach[between]) >= 0.5 + level / 2
        return np.asarray(inside)

    def _finite_df(self, places: np.ndarray) -> FloatArray:
        return np.asarray(np.clip(self.df[places], 0.5, 1e9))


def certain(effect: FloatArray) -> PointTests:
    """Points whose difference is known exactly: what differs has moved. A single one is the mean, and no news."""
    zero = np.zeros_like(effect)
    same = (effect == 0) | (effect.size == 1)
    return PointTests(effect, np.where(same, 1.0, 0.0), zero, np.full_like(effect, np.inf))


def nothing() -> PointTests:
    """No points at all."""
    empty: FloatArray = np.empty(0)
    return PointTests(empty, empty, empty, empty)


def given(effect: FloatArray, p: FloatArray, variance: FloatArray) -> PointTests:
    """Points that were tested in another way: the larger p of that way and the normal's, whose intervals they have."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 0, np.abs(effect) / np.sqrt(variance), np.where(effect == 0, 0.0, np.inf))
    q = formulas.hochberg(np.maximum(p, 2 * special.ndtr(-z)))
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
    guards: Guards = GUARDS,
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
    within, df = _within(sides, dfs, weights, guards)
    beside_zero = _tested(effect, within, df, added, added_df)
    if not (relative and guards.beside_the_others) or points < _ENOUGH_POINTS:
        return beside_zero
    apart = _OWN_SHARE * added
    typical = formulas.median(effect)
    unsure = float((within + apart).mean()) * math.pi / 2 / points  # of a median of normal numbers
    same_sign = effect * (effect - typical) > 0
    least = np.where(same_sign, np.minimum(np.abs(effect), np.abs(effect - typical)), 0.0)
    beside_others = _tested(least, within, df, apart + unsure, math.inf)  # as sure as its share was measured
    return replace(beside_others, effect=effect, if_mean_moved=beside_zero)


def _within(sides: FloatArray, dfs: FloatArray, weights: FloatArray, guards: Guards) -> tuple[FloatArray, FloatArray]:
    """The variance of each point's effect within runs, never below any of its floors, and its degrees of freedom."""
    df = dfs.sum(axis=0)
    pooled = (dfs * sides).sum(axis=0) / df
    scale = weights.sum(axis=0)
    moderated = formulas.moderated_variance(pooled, df)
    floors = [moderated.variance * scale]
    fewest = float(dfs.min())
    unequal = bool((dfs != dfs[0]).any())
    if guards.own_variance and (unequal or fewest <= _FEW_DF):
        # The prior is fitted to the quiet points, and the pooled variance to the side with more samples: a point's own
        # variance, the Welch way, is the least that is believed.
        floors.append((np.where(dfs > 0, sides, pooled) * weights).sum(axis=0))
    if fewest <= _SOME_DF:
        usual = (formulas.median(pooled) if fewest > _FEWEST_DF else 0.0) or float(pooled.mean())
        if fewest <= _FEW_DF:
            # And so is what is usual among all points.
            floors += [usual * scale] if guards.usual_variance else []
        elif guards.far_quieter:
            # Far quieter than the usual: all repeats in one of two modes, or on one step of a clock, once in a hundred.
            floors.append(np.where(pooled < _FAR_QUIETER * usual, usual * scale, 0.0))
    inner = np.broadcast_to(np.minimum(np.asarray(moderated.df, dtype=np.float64), 1e9), df.shape)
    if guards.own_variance and unequal:  # what the smaller side does not know, the larger one's samples don't tell
        inner = np.maximum(inner - df + np.minimum(_welch_df(weights, dfs), df), 1.0)
    return np.asarray(reduce(np.maximum, floors)), inner


def _welch_df(weights: FloatArray, dfs: FloatArray) -> FloatArray:
    """Welch's degrees of freedom for sides of equal variance; a side that has none is left out."""
    spread = (weights**2 / np.maximum(dfs, 1.0) * (dfs > 0)).sum(axis=0)
    return np.asarray(weights.sum(axis=0) ** 2 / spread)


def _tested(
    effect: FloatArray, within: FloatArray, within_df: FloatArray, added: FloatArray | float, added_df: float
) -> PointTests:
    """The test of every point with a variance added to its own (Satterthwaite 1946)."""
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
    return PointTests(effect, q, total, df)


def _two_sided(t: FloatArray, df: FloatArray) -> FloatArray:
    """P(|T| ≥ |t|). Beyond 10⁴ degrees of freedom Student's is the normal's, at a tenth of the time."""
    if float(df.min()) > 1e4:
        return np.asarray(2 * special.ndtr(-t))
    return formulas.t_two_sided(t, df)
