"""How far the benches of a suite lie apart that has one run a side: what each knows of the others' disturbances.

Whoever keeps the machine busy for a second makes some of a process's fifty tests slower by half, and nothing in the one
run of each says so. So a bench of such a suite has moved only where it lies far beyond what its others differ by.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from holobench_mcp.evidence import formulas
from holobench_mcp.evidence.formulas import Estimate, FloatArray
from holobench_mcp.evidence.point_tests import PointTests
from holobench_mcp.evidence.question import Tested
from holobench_mcp.model import RunVariance

#: Fewer benches know too little of one another.
FEWEST_BENCHES = 12
#: Degrees of freedom of the tails, by the number of benches. Disturbances come in bursts: pairs of 30 runs of a suite
#: of 50 tests on a busy machine alarmed in 78 % by the normal's tails, in 9 % by those of Student's t with 5 degrees of
#: freedom, and in 1 % with 4; timed by the process's own clock in 21 and 9 %. Of many benches more of the tail is seen,
#: as a smaller part is left out.
_DF = {50: 3.5, 200: 4.5}

#: The least that single runs are taken to differ by: what all benches of a process share shows in none of them.
_LEAST = 0.01 * math.sqrt(2)

#: Metrics of several benches that are alike: their variable and unit.
Key = tuple[str, str | None]


@dataclass(frozen=True)
class Effect:
    """What changed in one bench, in logs."""

    mean: float
    point: float  #: the same at one of its input points


@dataclass(frozen=True)
class Spread:
    """The standard deviation of such effects in benches that did not change, and the degrees of their tails."""

    mean: float
    point: float
    df: float


def effects_of(tests: Iterable[Tested]) -> dict[Key, Effect]:
    """The effects of a bench that tell something of the others: of metrics that depend on the machine, in one run."""
    found = {}
    for tested in tests:
        if _is_lone(tested) and tested.overall is not None:
            at_points = tested.points.effect
            point = float(at_points[at_points.size // 2]) if at_points.size else tested.overall.effect
            found[_key(tested)] = Effect(tested.overall.effect, point)
    return found


def spreads_of(benches: Iterable[Mapping[Key, Effect]]) -> dict[Key, Spread]:
    """Of each metric that enough benches have, how far they lie apart."""
    by_metric: dict[Key, list[Effect]] = {}
    for effects in benches:
        for key, effect in effects.items():
            by_metric.setdefault(key, []).append(effect)
    return {
        key: Spread(
            _spread(np.array([e.mean for e in effects])),
            _spread(np.array([e.point for e in effects])),
            float(np.interp(np.log(len(effects)), np.log(list(_DF)), list(_DF.values()))),
        )
        for key, effects in by_metric.items()
        if len(effects) >= FEWEST_BENCHES
    }


def among(tested: Tested, spreads: Mapping[Key, Spread]) -> Tested:
    """A metric's test, no surer than what other benches differ by lets it be."""
    spread = spreads.get(_key(tested))
    if spread is None or not _is_lone(tested) or tested.overall is None or tested.p_overall is None:
        return tested
    overall, least = tested.overall, 0.0
    if tested.variance.source == "assumed" and tested.variance.sd_percent is not None:
        # What the benches show goes before what is assumed of any; what repeats leave unsure stays.
        within = max(0.0, overall.variance - 2 * (tested.variance.sd_percent / 100) ** 2)
        overall = Estimate(overall.effect, max(spread.mean**2, within), spread.df)
    elif spread.mean**2 > overall.variance:
        overall = Estimate(overall.effect, spread.mean**2, spread.df)
        least = tested.p_overall
    else:
        return tested
    variance = RunVariance(source="suite", sd_percent=100 * spread.mean / math.sqrt(2), df=spread.df)
    p = max(least, overall.p_value())
    points = _points_among(tested.points, spread)
    return replace(tested, overall=overall.no_surer_than(p), p_overall=p, points=points, variance=variance)


# ---------------------------------------------------------------------- parts


def _is_lone(tested: Tested) -> bool:
    samples = tested.samples
    return samples.n_runs == (1, 1) and samples.scale == "log" and samples.question.on_machine and not tested.exact


def _key(tested: Tested) -> Key:
    return tested.question.metric.variable, tested.question.metric.units


def _spread(effects: FloatArray) -> float:
    """A scale that says nothing of as many benches as the root of their number: these may have changed, or more alike.

    By the distance from their middle that all others keep; the middle is that of the shortest half (Rousseeuw 1984), so
    that what most have in common, of a run or of the code, counts as none.
    """
    n = effects.size
    ordered, half = np.sort(effects), n // 2 + 1
    starts = ordered[half - 1 :] - ordered[: n - half + 1]
    first = int(starts.argmin())
    middle = (ordered[first] + ordered[first + half - 1]) / 2
    inner = n - math.isqrt(n)
    distance = float(np.sort(np.abs(effects - middle))[inner - 1])
    return max(distance / float(special.ndtri(0.5 + inner / n / 2)), _LEAST)


def _points_among(points: PointTests, spread: Spread) -> PointTests:
    if points.effect.size < 2:
        return points
    q = formulas.hochberg(_p(points.effect, spread.point, spread.df))
    wider = spread.point**2 > points.variance
    return replace(
        points,
        q=np.maximum(points.q, q),
        variance=np.where(wider, spread.point**2, points.variance),
        df=np.where(wider, spread.df, points.df),
        if_mean_moved=None if points.if_mean_moved is None else _points_among(points.if_mean_moved, spread),
    )


def _p(effects: FloatArray, spread: float, df: float) -> FloatArray:
    return formulas.t_two_sided(np.abs(effects) / spread, df)
