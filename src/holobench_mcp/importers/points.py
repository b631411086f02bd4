"""What every format is read into: benchmarks at input points, each metric with its samples by process."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from holobench_mcp.model import Direction, JsonScalar, Kind


@dataclass(frozen=True)
class Aggregate:
    """What is known of samples that a file does not have. sd: NaN where their spread is not known."""

    n: int
    mean: float
    sd: float = math.nan


@dataclass(frozen=True)
class Reading:
    """One metric at one input point: its samples, one sequence a process; or an aggregate. NaN is a missing sample."""

    metric: str
    units: str | None
    direction: Direction
    runs: Sequence[Sequence[float]] = ()
    aggregate: Aggregate | None = None
    kind: Kind = Kind.float


@dataclass(frozen=True)
class Point:
    """A benchmark at one input point, of whatever values. Points of equal benchmark and inputs are repeats of one."""

    bench: str
    inputs: Mapping[str, object]
    readings: Sequence[Reading]


@dataclass(frozen=True)
class Extract:
    """What was read of one measurement: all benchmarks of a file, or of a folder.

    identity: a digest of what it was read from. environment: fields of Environment, as far as the file tells them.
    left_out: what of the file is in no result, as phrases.
    """

    tool: str
    points: Sequence[Point]
    identity: str
    environment: Mapping[str, Any] = field(default_factory=dict)
    executed_at: datetime | None = None
    revision: str | None = None
    left_out: Sequence[str] = ()


_UNITS = {
    "second": "s", "seconds": "s", "sec": "s", "millisecond": "ms", "milliseconds": "ms", "microsecond": "us",
    "microseconds": "us", "nanosecond": "ns", "nanoseconds": "ns", "byte": "B", "bytes": "B",
}  # fmt: skip
_COSTS = frozenset(
    {"s", "ms", "us", "μs", "µs", "ns", "ps", "min", "h", "B", "kB", "KB", "KiB", "MB", "MiB", "GB", "GiB"}
)


def short_unit(unit: str | None) -> str | None:
    """A unit as it is usually written: `second` is `s`, `byte` is `B`, and none stays none."""
    return _UNITS.get((unit or "").strip().lower(), (unit or "").strip() or None)


def direction_of(units: str | None) -> Direction:
    """Which way is better, where the units alone say it: less time, less memory, a higher rate."""
    plain = short_unit(units) or ""
    if plain.removesuffix("/op") in _COSTS:
        return Direction.minimize
    return Direction.maximize if plain.endswith(("/s", "/sec", "/second")) else Direction.none


def number_or_text(text: str) -> int | float | str:
    """A parameter that is written as text: the number that it is, if it is written as numbers are."""
    stripped = text.strip()
    if stripped.lstrip("+-")[:1].isdigit() or stripped.lstrip("+-").startswith("."):
        for kind in (int, float):
            try:
                number = kind(stripped)
            except (ValueError, OverflowError):
                continue
            if math.isfinite(number) and "_" not in stripped:
                return number
    return text


def numbers_where_all_are(inputs: Sequence[Mapping[str, str]]) -> list[dict[str, JsonScalar]]:
    """Parameters that are texts, with those as numbers that are numbers at every point."""
    converted = [{name: number_or_text(text) for name, text in point.items()} for point in inputs]
    texts = {name for point in converted for name, value in point.items() if isinstance(value, str)}
    return [
        {name: text if name in texts else point[name] for name, text in given.items()}
        for given, point in zip(inputs, converted, strict=True)
    ]


def moment(text: str | None) -> datetime | None:
    """A time as tools write it, in UTC where it has no zone; None for what is none."""
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def hostname_hash(hostname: str | None) -> str | None:
    """Tells one machine from another without telling its name, as this server's own measurements do."""
    return None if not hostname else hashlib.sha256(hostname.encode()).hexdigest()[:16]
