"""Looks at a measurement that goes on: after which rounds it is judged, and at which α each time.

Whoever looks often enough at nothing sees something. So all looks at one measurement, its extensions included, share
one error rate by a spending function (Lan & DeMets 1983): how much may be spent by a round is fixed beforehand, and a
look gets what is left until there, a little more where it sees mostly what earlier looks saw. Knows no samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.model import ALPHA, Look

#: After these rounds a measurement is looked at, beside its last: each has half as much again as the one before.
ROUNDS_OF_LOOKS = (3, 5, 8, 12, 18, 27, 40, 50)
#: What is left at round n, as a share of the error rate over √n: 17 % at 5 rounds, 5 % at 50. Extensions live on it.
_RESERVE = 0.38
#: A number of rounds that was asked for has most of its α at the last: looks before it see only what is plain.
_POWER_OF_FIXED = 4
#: "auto" plans for half as many rounds again as seem to fit into its time, so that an extension has an α to live on.
_ROOM = 1.5
_LEAST_ALPHA = 1e-9
_GRID = 201


def is_look(rounds: int) -> bool:
    """Whether a measurement is looked at after so many rounds, also when it goes on."""
    return rounds in ROUNDS_OF_LOOKS


def horizon(most: int, *, fits: float | None) -> int:
    """The rounds over which "auto" spends its α. fits: how many seem to fit into its time; most: that there may be."""
    return most if fits is None else max(min(math.ceil(_ROOM * fits), most), ROUNDS_OF_LOOKS[0])


def alpha_of_look(looks: Sequence[Look], rounds: int, *, last: int, automatic: bool, total: float = ALPHA) -> float:
    """The α of the next look, after so many rounds of measuring; of one that was made already, the same again.

    looks: that were made, in order. last: the round by which the plan has spent what it may. automatic: whether it ends
    when all is settled, so that every look has a fair part; else nearly all is for the last. total: of all looks ever.
    """
    known = next((look.alpha for look in looks if look.round == rounds), None)
    if known is not None:
        return known
    before = max((look.round for look in looks), default=0)
    made = tuple((look.round, look.alpha) for look in looks)
    spent = _spent(made)
    end = max(last, rounds)
    start, now = (_shape(n / end, automatic=automatic) for n in (min(before, end), rounds))
    part = 1.0 if start >= 1 else (now - start) / (1 - start)
    target = spent + max(_may_spend(end, total) - spent, 0.0) * part
    return max(_nominal(made, rounds, target - spent), _LEAST_ALPHA)


def spent_by(looks: Sequence[Look]) -> float:
    """How often nothing at all would have passed one of the looks: what of the error rate they have spent."""
    return _spent(tuple((look.round, look.alpha) for look in looks))


# ---------------------------------------------------------------------- parts

#: Looks as they were made: rounds and α.
_Made = tuple[tuple[int, float], ...]


def _spent(made: _Made) -> float:
    return 0.0 if not made else _walk(made).crossed


def _may_spend(rounds: int, total: float) -> float:
    return total * (1 - _RESERVE / math.sqrt(rounds))


def _shape(t: float, *, automatic: bool) -> float:
    """What of a plan's α may be spent by a share t of its rounds: even looks (Pocock 1977), or the last above all."""
    return math.log1p((math.e - 1) * t) if automatic else math.pow(t, _POWER_OF_FIXED)


@dataclass(frozen=True)
class _Walk:
    """The sum of so many rounds' standard normal differences, as far as it has passed no bound yet."""

    rounds: int
    at: FloatArray
    mass: FloatArray
    crossed: float


@lru_cache(maxsize=256)
def _walk(made: _Made) -> _Walk:
    """By integration from look to look (Armitage, McPherson & Rowe 1969)."""
    *earlier, (rounds, alpha) = made
    bound = float(special.ndtri(1 - alpha / 2)) * rounds**0.5
    at = np.linspace(-bound, bound, _GRID)
    weights = np.full(_GRID, at[1] - at[0])
    weights[[0, -1]] /= 2
    if not earlier:
        return _Walk(rounds, at, weights * _normal(at, rounds), alpha)
    walk = _walk(tuple(earlier))
    steps = rounds - walk.rounds
    density = _normal(at[:, None] - walk.at[None, :], steps) @ walk.mass
    return _Walk(rounds, at, weights * density, walk.crossed + _passing(walk, bound, steps))


def _nominal(made: _Made, rounds: int, increment: float) -> float:
    """The α of a look that is passed for the first time as often as the increment says, by bisection."""
    if not made or increment <= 0:
        return max(increment, 0.0)
    walk = _walk(made)
    steps = rounds - walk.rounds
    low, high = 0.0, 40.0
    for _ in range(60):
        z = (low + high) / 2
        low, high = (z, high) if _passing(walk, z * rounds**0.5, steps) > increment else (low, z)
    return 2 * float(special.ndtr(-high))


def _passing(walk: _Walk, bound: float, steps: int) -> float:
    sd = steps**0.5
    return float(walk.mass @ (special.ndtr((-bound - walk.at) / sd) + special.ndtr((walk.at - bound) / sd)))


def _normal(x: FloatArray, variance: float) -> FloatArray:
    return np.asarray(np.exp(-x * x / (2 * variance)) / math.sqrt(2 * math.pi * variance))
