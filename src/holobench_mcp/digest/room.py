"""How much of an answer is written out: as much as there is room for, the worst first, and of the rest the number.

An agent pays for every character of an answer, and a client cuts a long one anywhere. So each answer has a budget, and
is written shorter, step by step, until it fits, whatever was measured: long names, a thousand metrics, many remarks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

#: Characters of an answer, text and structure each: about one metric; for each further metric, sweep or row up to some
#: twenty; for each of those behind them; and the most that it may have, however much was measured.
SMALL, EACH, MIDDLE, EACH_MORE, LARGE = 1600, 400, 5000, 25, 6000
#: No answer is longer unless the whole was asked for.
MOST = 20_000
#: The most of a whole document, where it was asked for: clients cut an answer at 25,000 tokens.
WHOLE = 60_000
#: Where a metric has at most so many input points, each is shown; else the worst of those that moved.
ALL_POINTS = 8


@dataclass(frozen=True)
class Room:
    """How many of each are written out, and how long a remark may be."""

    metrics: int
    points: int
    all_points: int
    names: int
    remarks: int
    others: int
    line: int
    reason: int
    unchanged: bool = False  #: whether the points of what is shown unchanged are written out too


#: From ample to scarce. Every point of a few is worth more than remarks, unless it is of a metric that is shown
#: unchanged; of many metrics, none of their points is.
ROOMS = (
    Room(
        metrics=20,
        points=3,
        all_points=ALL_POINTS,
        names=200,
        remarks=8,
        others=20,
        line=320,
        reason=1200,
        unchanged=True,
    ),
    Room(
        metrics=20,
        points=3,
        all_points=ALL_POINTS,
        names=60,
        remarks=6,
        others=20,
        line=240,
        reason=900,
        unchanged=True,
    ),
    Room(metrics=20, points=3, all_points=ALL_POINTS, names=60, remarks=6, others=20, line=240, reason=900),
    Room(metrics=20, points=3, all_points=ALL_POINTS, names=40, remarks=4, others=12, line=160, reason=700),
    Room(metrics=16, points=3, all_points=ALL_POINTS, names=20, remarks=3, others=12, line=120, reason=600),
    Room(metrics=12, points=3, all_points=ALL_POINTS, names=12, remarks=2, others=8, line=100, reason=500),
    Room(metrics=8, points=3, all_points=ALL_POINTS, names=6, remarks=1, others=6, line=80, reason=420),
    Room(metrics=16, points=3, all_points=0, names=20, remarks=3, others=8, line=120, reason=500),
    Room(metrics=10, points=2, all_points=0, names=12, remarks=2, others=6, line=100, reason=450),
    Room(metrics=5, points=1, all_points=0, names=6, remarks=2, others=4, line=80, reason=400),
    Room(metrics=3, points=1, all_points=0, names=3, remarks=1, others=3, line=80, reason=350),
    Room(metrics=1, points=1, all_points=0, names=0, remarks=1, others=1, line=60, reason=300),
    Room(metrics=0, points=0, all_points=0, names=0, remarks=0, others=0, line=40, reason=200),
)


def budget(count: int) -> int:
    """Characters that an answer about so many metrics, sweeps or rows may have: 1,600 for one, 5,000 for twenty."""
    few = min(MIDDLE, SMALL + EACH * max(0, count - 1))
    return min(LARGE, few + EACH_MORE * max(0, count - 20))


def page(rows: int) -> int:
    """Characters that a list of so many rows may have: 20 have 5,000, and no page more than an answer may."""
    return min(MOST, SMALL + 170 * rows)


def fitting(build: Callable[[Room], T], most: int, size: Callable[[T], int]) -> T:
    """What is built with the largest room that fits into so many characters; the scarcest where none does."""
    for room in ROOMS[:-1]:
        built = build(room)
        if size(built) <= most:
            return built
    return build(ROOMS[-1])


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, which ends in … where it was longer."""
    return text if len(text) <= most else text[: max(0, most - 1)].rstrip() + "…"


def first_lines(lines: Sequence[str], room: Room) -> list[str]:
    """The remarks that there is room for, and how many more there are."""
    shown = [cut(line, room.line) for line in lines[: room.remarks]]
    more = len(lines) - len(shown)
    return [*shown, *([f"… and {more} more"] if more and shown else [])]


def size_of(document: Mapping[str, Any]) -> int:
    """Characters of a structure as it is sent."""
    return len(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
