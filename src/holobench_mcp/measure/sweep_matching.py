"""Which sweep of one run is which of another: by bench and definition first, as a head may collect them otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot


@dataclass(frozen=True)
class SweepKey:
    """What tells sweeps of one command apart: the benchmark, and the digest of what it measures over which inputs."""

    bench_name: str
    definition: str


@dataclass(frozen=True)
class Matching:
    """The number of each collected sweep in the expected order; what is missing of those, and what is new."""

    numbers: tuple[int, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]


def keys_of(snapshots: Sequence[Snapshot]) -> tuple[SweepKey, ...]:
    """The keys of a run's sweeps, in their order."""
    return tuple(SweepKey(s.bench_name, s.definition()) for s in snapshots)


def match(expected: Sequence[SweepKey], collected: Sequence[SweepKey]) -> Matching:
    """Number the sweeps that were collected as they are expected.

    Equal keys are matched in their order, then equal names: a sweep that measures something else under its old name is
    compared with what it was. What matches nothing gets a number behind all others.
    """
    free = dict(enumerate(expected))
    numbers: dict[int, int] = {}
    parts: tuple[Callable[[SweepKey], object], ...] = (lambda key: key, lambda key: key.bench_name)
    for part in parts:
        for i, key in enumerate(collected):
            number = next((n for n, other in free.items() if part(other) == part(key)), None)
            if i not in numbers and number is not None:
                numbers[i] = number
                del free[number]
    extra = [i for i in range(len(collected)) if i not in numbers]
    numbers |= {i: len(expected) + nth for nth, i in enumerate(extra)}
    return Matching(
        numbers=tuple(numbers[i] for i in range(len(collected))),
        missing=tuple(key.bench_name for key in free.values()),
        extra=tuple(collected[i].bench_name for i in extra),
    )
