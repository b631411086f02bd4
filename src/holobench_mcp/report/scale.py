"""From numbers to places on a picture: where an axis begins and ends, its ticks, and how they are written.

Places along the width are in percent, so that a picture is as wide as its page and its text stays as large as it is.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from holobench_mcp.report.markup import number

#: An axis of effects is logarithmic beyond the margin where it reaches so many times as far.
_FAR = 12.0
#: Percent of the width on each side of an axis: a mark at its end is still whole.
_EDGE = 3.0
_LARGEST = sys.float_info.max
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_ROUND = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Axis:
    """An axis along the width. unit: how far it is even from zero, where it is logarithmic beyond that; 0 if even."""

    low: float
    high: float
    unit: float = 0.0

    def share(self, value: float) -> float:
        """Where a value stands between the ends, from 0 to 1; one beyond an end stands at it."""
        low, high, place = (_bent(v, self.unit) for v in (self.low, self.high, value))
        # By halves, so that no difference of the largest numbers is infinite.
        span = high / 2 - low / 2
        return min(max((place / 2 - low / 2) / span, 0.0), 1.0) if span > 0 else 0.5

    def percent(self, value: float) -> float:
        """Where a value stands, in percent of the width."""
        return _EDGE + (100 - 2 * _EDGE) * self.share(value)

    def at(self, value: float) -> str:
        """The same as SVG has it."""
        return f"{number(self.percent(value))}%"

    def holds(self, value: float) -> bool:
        """Whether a value is between the ends."""
        return self.low <= value <= self.high

    def ticks(self, most: int = 5) -> tuple[float, ...]:
        """Round numbers along the axis."""
        return _bent_ticks(self, most) if self.unit else even_ticks(self.low, self.high, most)


def effects(values: Iterable[float | None], margin: float | None) -> Axis:
    """The axis of effects: zero is on it, so is the margin on both sides, and so are the values unless far beyond."""
    margin = abs(margin) if margin and math.isfinite(margin) else 0.0
    known = [v for v in values if v is not None and math.isfinite(v)]
    low, high = min([*known, -1.6 * margin, 0.0]), max([*known, 1.6 * margin, 0.0])
    if low == high:
        low, high = -1.0, 1.0
    if margin and max(-low, high) > _FAR * margin:
        low, high = (-_rounded_up(-low, margin), _rounded_up(high, margin))
        return Axis(low, high, margin)
    # What is on one side only leaves a sixth to the other.
    return Axis(min(low, -high / 6), max(high, -low / 6))


def levels(values: Sequence[float]) -> tuple[float, float, Literal["even", "log"]]:
    """The ends of an axis of measured values, and its kind: logarithmic where they are positive and far apart."""
    low, high = min(values), max(values)
    if low > 0 and high / low > 50:
        return low / 1.2, high * 1.2, "log"
    room = 0.08 * (high / 2 - low / 2) * 2 or abs(high) * 0.05 or 1.0
    return max(low - room, -_LARGEST), min(high + room, _LARGEST), "even"


def even_ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """Multiples of a round step between two numbers, at most so many."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return ()
    rough = span / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next((s * size for s in _STEPS if s * size >= rough), 10 * size)
    if not step or not math.isfinite(low / step):
        return ()
    first = math.ceil(low / step)
    return tuple(i * step for i in range(first, math.floor(high / step) + 1))[: most + 1]


def log_ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """Powers of ten between two positive numbers, with their halves and doubles where there is room."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, math.ceil((last - first) / most))
    parts = (1.0, 2.0, 5.0) if (last - first) * 3 <= most else (1.0,)
    ticks = [p * 10.0**e for e in range(first, last + 1, every) for p in parts]
    return tuple(t for t in ticks if low <= t <= high)


def _bent(value: float, unit: float) -> float:
    if not unit:
        return value
    ratio = value / unit
    if math.isfinite(ratio):
        return math.asinh(ratio)
    return math.copysign(math.log(2) + math.log(abs(value)) - math.log(unit), value)


def _rounded_up(end: float, margin: float) -> float:
    """The end of a logarithmic axis, where a number can stand; as it is where nothing is beyond the margin."""
    if end <= 1.6 * margin:
        return end
    size = 10.0 ** math.floor(math.log10(end))
    return next((s * size for s in _ROUND if end <= s * size < math.inf), end)


def _bent_ticks(axis: Axis, most: int) -> tuple[float, ...]:
    """Zero, the ends, and powers of ten beyond the margin, no two too near to one another."""
    ticks = [0.0]
    for side, end in ((1.0, axis.high), (-1.0, -axis.low)):
        if end <= 1.6 * axis.unit:
            continue
        last = math.floor(math.log10(end))
        first = math.ceil(math.log10(axis.unit * 2))
        ticks += [side * end, *(side * 10.0**e for e in range(last, first - 1, -1))]
    spaced: list[float] = []
    for tick in sorted(ticks, key=lambda t: (t != 0, -abs(t))):
        if all(abs(axis.share(tick) - axis.share(other)) >= 0.8 / (most + 1) for other in spaced):
            spaced.append(tick)
    return tuple(sorted(spaced))
