"""What earlier measurements showed of a metric's noise on this machine, and how much of it counts beside the present's.

Three runs know little of how much runs differ; a store knows more. An earlier measurement gives one variance, measured
as the present one is. How much these vary tells how far the next may lie from them (empirical Bayes, as between genes:
Smyth 2004), and what is learnt counts as some degrees of freedom more. But noise changes: so the past counts at most
half as much as the present's own runs, and not at all where these contradict it. benchmarks/past_noise_calibration.py
prints what noise that doubles, halves or differs from day to day makes of that. Knows no store.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from holobench_mcp.evidence.formulas import Estimate, FloatArray, inverse_trigamma
from holobench_mcp.evidence.guards import Guards

#: Until a few measurements have told it, the logarithm of a variance is taken to vary by this variance between them
#: (their standard deviations by a factor of 1.3), on as much evidence as so many measurements would be.
_USUAL_SPREAD, _ITS_WEIGHT = 0.3, 2.0
_LEAST_SPREAD = 0.01
#: The past's degrees of freedom, as a share of the present's own: where noise doubles, it costs one alarm in a hundred.
_MOST_SHARE = 0.5
#: A ratio of variances among so many of the unlikeliest on either side contradicts the past. Noise that doubled is
#: found in most cases only by so low a bar, and those whose past was right lose little by going alone.
_UNLIKELY = 0.2
#: Pairs are the quieter ones where they have less than this share of the variance of independent runs.
_QUIETER = 0.5
#: So many differences within rounds tell whether pairs are quieter.
_ENOUGH_PAIRS = 4


@dataclass(frozen=True)
class Prior:
    """A variance that is expected, and the degrees of freedom that the expectation is worth."""

    variance: float
    df: float


@dataclass(frozen=True)
class PastNoise:
    """How much runs of a metric differed before, on the scale of logarithms. None where nothing tells it."""

    measurements: int  #: earlier ones, or groups of runs of one code
    lone: Prior | None = None  #: runs of one code, whenever each was measured
    sides: Prior | None = None  #: runs of one side of a measurement
    pairs: Prior | None = None  #: half of the difference within a round, as if of one run
    pairs_are_quieter: bool | None = None  #: than sides, whatever drifts: it takes rounds to know
    most_slowed: float = math.inf  #: by how much the most disturbed run lay above its best repeat


@dataclass(frozen=True)
class Groups:
    """Numbers of earlier runs, logarithms, grouped as they were measured."""

    codes: Sequence[FloatArray] = ()  #: of each code its runs, whenever measured
    sides: Sequence[FloatArray] = ()  #: of each side of a measurement its runs
    rounds: Sequence[tuple[FloatArray, FloatArray]] = ()  #: of each measurement in rounds both sides, by round
    slowed: Sequence[float] = ()  #: of each run


def past_noise(groups: Groups) -> PastNoise | None:
    """What earlier runs tell of a metric's noise; None where no two of them were alike."""
    codes, sides = ([g for g in some if g.size > 1] for some in (groups.codes, groups.sides))
    rounds = [(b, c) for b, c in groups.rounds if b.size > 1]
    if not codes and not sides and not rounds:
        return None
    within = [(c - b).var(ddof=1) / 2 for b, c in rounds]
    pair_dfs = [b.size - 1.0 for b, _ in rounds]
    # Both sides of a measurement in rounds are one variance, as one comparison takes them.
    about = [(b.var(ddof=1) + c.var(ddof=1)) / 2 for b, c in rounds]
    quieter = None
    if sum(pair_dfs) >= _ENOUGH_PAIRS and sum(about) > 0:
        quieter = _pooled(within, pair_dfs) < _QUIETER * _pooled(about, pair_dfs)
    return PastNoise(
        measurements=len(rounds) + len(sides) or len(codes),
        lone=prior_of([g.var(ddof=1) for g in codes], [g.size - 1.0 for g in codes]),
        sides=prior_of(
            [*about, *(g.var(ddof=1) for g in sides)], [*(2 * df for df in pair_dfs), *(g.size - 1.0 for g in sides)]
        ),
        pairs=prior_of(within, pair_dfs),
        pairs_are_quieter=quieter,
        most_slowed=max(groups.slowed, default=math.inf),
    )


def prior_of(variances: Sequence[float], dfs: Sequence[float]) -> Prior | None:
    """What the next measurement's variance is expected to be, from those of earlier ones and their degrees of freedom.

    A random-effects mean of their logarithms (DerSimonian & Laird 1986), whose spread is learnt with it; the degrees of
    freedom are those of a scaled inverse chi-square that is as uncertain as the prediction.
    """
    known = [(v, df) for v, df in zip(variances, dfs, strict=True) if v > 0 and df > 0]
    if not known:
        return None
    variance, half = np.array([v for v, _ in known]), np.array([df for _, df in known]) / 2
    logs = np.log(variance) - special.digamma(half) + np.log(half)
    own = special.polygamma(1, half)
    more = logs.size - 1
    between = float(logs.var(ddof=1) - own.mean()) if more else 0.0
    spread = max((more * between + _ITS_WEIGHT * _USUAL_SPREAD) / (more + _ITS_WEIGHT), _LEAST_SPREAD)
    weights = 1 / (spread + own)
    df = 2 * inverse_trigamma(spread + 1 / float(weights.sum()))
    expected = float((weights * logs).sum() / weights.sum()) + float(special.digamma(df / 2)) - math.log(df / 2)
    return Prior(math.exp(expected), df)


def with_past(own: Estimate, scale: float, prior: Prior | None, guards: Guards) -> tuple[Estimate, bool | None]:
    """An estimate whose variance is moderated by the past, and whether the past agrees; None where it says nothing.

    scale: the estimate's variance for runs of variance 1.
    """
    if prior is None or not guards.past_noise or not (0 < own.df < math.inf and scale > 0):
        return own, None
    variance = own.variance / scale
    if guards.unlike_the_past:
        below = float(special.fdtr(own.df, prior.df, variance / prior.variance))
        if not _UNLIKELY <= below <= 1 - _UNLIKELY:
            return own, False
    df = min(prior.df, _MOST_SHARE * own.df)
    moderated = (df * prior.variance + own.df * variance) / (df + own.df)
    return Estimate(own.effect, moderated * scale, own.df + df), True


def _pooled(variances: Sequence[float], dfs: Sequence[float]) -> float:
    return float(np.average(variances, weights=dfs))
