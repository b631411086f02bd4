"""A parsed file, read by keys that may not be there: whatever is not as it should be is named with its place.

Formats read through this, so that none of them can fail with a traceback, and an error says `benchmarks[3].stats.mean`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from holobench_mcp.model import JsonScalar

_SHOWN = 60


class Malformed(ValueError):
    """What a file should hold, and what it holds in that place."""


@dataclass(frozen=True)
class Node:
    """A value in a document, and where it stands."""

    value: object
    place: str = ""

    def __getitem__(self, key: str | int) -> Node:
        """What an object has under a key, or a list at a position. Raises Malformed where it has not."""
        if isinstance(key, int):
            listed = self.value if isinstance(self.value, list) else []
            if not 0 <= key < len(listed):
                raise self.wrong(f"a list of more than {key} values")
            return Node(listed[key], f"{self.place}[{key}]")
        members = self._object()
        if key not in members:
            raise self.wrong(f"an object with the key {key!r}")
        return Node(members[key], f"{self.place}.{key}" if self.place else key)

    def get(self, key: str) -> Node | None:
        """The same, or None where the key is not there or null."""
        return self[key] if self._object().get(key) is not None else None

    def text_at(self, *keys: str) -> str | None:
        """The text at the first of some keys that has one that is not empty; what is no text there is none."""
        if not isinstance(self.value, dict):
            return None
        found = (self.value.get(key) for key in keys)
        return next((v for v in found if isinstance(v, str) and v.strip()), None)

    def members(self) -> Iterator[tuple[str, Node]]:
        """An object's keys, with what it has under each."""
        return ((key, self[key]) for key in self._object())

    def items(self) -> Iterator[Node]:
        """A list's values."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return (Node(value, f"{self.place}[{i}]") for i, value in enumerate(self.value))

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.wrong("a text")
        return self.value

    def number(self) -> float:
        """A finite number."""
        number = _finite(self.value)
        if number is None:
            raise self.wrong("a finite number")
        return number

    def sample(self) -> float:
        """A finite number, or NaN for one that is missing: null, or what a tool writes for NaN."""
        return math.nan if is_missing(self.value) else self.number()

    def whole(self, least: int = 0) -> int:
        """A whole number, of at least so much."""
        number = _finite(self.value)
        if number is None or number != int(number) or number < least:
            raise self.wrong(f"a whole number of at least {least}")
        return int(number)

    def numbers(self) -> list[float]:
        """A list of finite numbers."""
        return [node.number() for node in self.items()]

    def samples(self) -> list[float]:
        """A list of numbers, NaN where one is missing."""
        return [node.sample() for node in self.items()]

    def scalar(self) -> JsonScalar:
        """A text, a number, true, false or null."""
        if not isinstance(self.value, str | int | float | None):
            raise self.wrong("a text, a number, true, false or null")
        return self.value

    def wrong(self, needed: str) -> Malformed:
        """An error that says what is needed here."""
        given = "an object" if isinstance(self.value, dict) else "a list" if isinstance(self.value, list) else None
        shown = repr(self.value)
        shown = given or (shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…")
        return Malformed(f"{self.place or 'at its top'}: {needed} is needed, not {shown}")

    def _object(self) -> dict[str, object]:
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return self.value


def is_missing(value: object) -> bool:
    """Whether a value stands for a sample that is not there."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or value in ("NaN", "nan")


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
