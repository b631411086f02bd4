"""Two agents without a model: one reads only the structure of an answer, one only its text.

Each says what became of the code, or which call waits on. What they can't read, no agent can be expected to: they hold
the answers to the promise that either form alone is enough.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

#: What an agent may conclude.
FASTER, SLOWER, SLOWER_SOMEWHERE = "faster", "slower", "slower at some inputs"
SLOWER_SOMEWHERE_AT_LEAST = "slower, at some inputs at least"  # of the others nothing is shown
MORE_MEMORY, WRONG, CRASHES = "needs more memory", "gives wrong answers", "no longer runs"
EDITED, NOTHING_SHOWN, INCOMPARABLE = "edits the benchmark", "nothing shown", "can't be compared"
REMEMBERS = "remembers its answers"
#: How a next step begins that asks whether an improvement is one, and what it asks for where answers are remembered.
_CHECK_FIRST, _FRESH = "Before believing it, check", "with fresh inputs"
_MEMORY_UNITS = re.compile(r"_(?:[kmg]i?)?b\b|_bytes\b|memory|rss", re.IGNORECASE)
_POINT = re.compile(r"\((\S+) to (\S+)\)( unchanged| inconclusive)?(?:;|$)")
_CALL = re.compile(r"(\w+)\(((?:[^()'\"]|'[^']*'|\"[^\"]*\")*)\)")
#: Nobody polls for ever.
MOST_CALLS = 20


@dataclass
class Purse:
    """What an agent has read so far: four characters are about a token."""

    characters: int = 0
    calls: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> float:
        """About how many tokens that were."""
        return self.characters / 4


@dataclass(frozen=True)
class Points:
    """What an answer says of a metric's input points. at_rest: the intervals of those not shown to have moved."""

    moved: int = 0
    unchanged: int = 0
    inconclusive: int = 0
    moved_intervals: tuple[tuple[float, float], ...] = ()
    at_rest: tuple[tuple[float, float], ...] = ()

    @property
    def where(self) -> str:
        """Where it became slower. A point that is not shown to have moved may well have."""
        if not self.unchanged + self.inconclusive:
            return SLOWER
        sure = min((min(map(abs, interval)) for interval in self.moved_intervals), default=0.0)
        apart = any(max(map(abs, interval)) < sure for interval in self.at_rest)
        return SLOWER_SOMEWHERE if self.moved and (self.unchanged or apart) else SLOWER_SOMEWHERE_AT_LEAST


@dataclass(frozen=True)
class Reading:
    """What an answer says to an agent: a conclusion, or the call that waits on."""

    conclusion: str | None
    next_call: tuple[str, dict[str, Any]] | None = None


def read_structure(structure: dict[str, Any]) -> Reading:
    """What the structure alone says."""
    if "decision" not in structure:
        return Reading(None, call_in(structure.get("next_step", "")))
    metrics = structure.get("metrics", [])
    first = metrics[0] if metrics else {}
    return Reading(
        _conclude(
            structure["decision"],
            crashed="failure" in structure or structure.get("cause") == "missing",
            wrong=structure.get("answers") == "wrong" or structure.get("cause") in ("correctness", "claim"),
            edited=bool(structure.get("benchmark_files_changed")),
            next_step=structure.get("next_step", ""),
            metric=first.get("variable", ""),
            points=_points_of_row(first),
        )
    )


def read_text(text: str) -> Reading:
    """What the text alone says."""
    first, *rest = text.splitlines()
    word, _, reason = first.partition(": ")
    decision = word.lower()
    if decision not in ("regressed", "improved", "unchanged", "inconclusive", "incomparable"):
        step = next((line for line in rest if line.startswith("Next: ")), "")
        return Reading(None, call_in(step))
    metric = next((line for line in rest if line.startswith("- ")), "")
    return Reading(
        _conclude(
            decision,
            crashed="does not do what the base does" in reason or "no finite sample" in reason,
            wrong="answers: wrong" in rest or any(line.startswith("answers: wrong") for line in rest),
            edited=any(line.startswith("benchmark files changed: ") for line in rest),
            next_step=next((line.removeprefix("Next: ") for line in rest if line.startswith("Next: ")), ""),
            metric=metric.removeprefix("- ").partition(":")[0],
            points=_points_of_line(metric),
        )
    )


async def settle(
    call: Callable[[str, dict[str, Any]], Awaitable[Any]],
    read: Callable[[Any], Reading],
    tool: str,
    arguments: dict[str, Any],
) -> tuple[str | None, Purse]:
    """What an agent concludes by following `next_step` alone.

    call: asks the server. read: what an answer says in the one form that the agent sees.
    """
    purse = Purse()
    step: tuple[str, dict[str, Any]] | None = (tool, arguments)
    while step is not None and len(purse.calls) < MOST_CALLS:
        purse.calls.append(step[0])
        form, characters = await call(*step)
        purse.characters += characters
        reading = read(form)
        if reading.conclusion is not None:
            return reading.conclusion, purse
        step = reading.next_call
    return None, purse


def call_in(sentence: str) -> tuple[str, dict[str, Any]] | None:
    """The literal call in a next step."""
    found = _CALL.search(sentence)
    if found is None:
        return None
    tree = ast.parse(found[0], mode="eval").body
    if not isinstance(tree, ast.Call):
        return None
    return found[1], {word.arg: ast.literal_eval(word.value) for word in tree.keywords if word.arg is not None}


def _points_of_row(row: dict[str, Any]) -> Points:
    listed = row.get("points", [])
    moved = [p["interval"] for p in listed if p["decision"] == row["decision"]]
    at_rest = [p["interval"] for p in listed if p["decision"] in ("unchanged", "inconclusive")]
    counts = (row.get(f"points_{word}", 0) for word in ("moved", "unchanged", "inconclusive"))
    return Points(*counts, tuple(map(tuple, moved)), tuple(map(tuple, at_rest)))


def _points_of_line(line: str) -> Points:
    count = re.search(r"([\d,]+) of ([\d,]+) points moved(?:, ([\d,]+) shown unchanged)?", line)
    if count is None:
        return Points()
    moved, total, unchanged = (int((n or "0").replace(",", "")) for n in count.groups())
    listed = [((float(low), float(high)), word.strip()) for low, high, word in _POINT.findall(line[count.end() :])]
    unchanged = unchanged or sum(word == "unchanged" for _, word in listed)
    at_rest = tuple(interval for interval, word in listed if word)
    return Points(
        moved, unchanged, total - moved - unchanged, tuple(interval for interval, word in listed if not word), at_rest
    )


def _conclude(
    decision: str, *, crashed: bool, wrong: bool, edited: bool, next_step: str, metric: str, points: Points
) -> str:
    if crashed:
        return CRASHES
    if wrong:
        return WRONG
    if edited:
        return EDITED
    if decision == "incomparable":
        return INCOMPARABLE
    if decision == "improved":
        return REMEMBERS if next_step.startswith(_CHECK_FIRST) and _FRESH in next_step else FASTER
    if decision != "regressed":
        return NOTHING_SHOWN
    if _MEMORY_UNITS.search(metric):
        return MORE_MEMORY
    return points.where
