"""What each side measured at all: points that are gone, points that are new, and samples that are not numbers.

Missing is not unchanged. A point that gave finite samples before and gives none now is a regression, whatever became of
the others; the other way round, and what is missing only partly, limits what the answer is worth. Knows no test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from holobench_mcp.evidence.aligned import inputs_at, same_values
from holobench_mcp.model import JsonScalar, Limit
from holobench_mcp.result.snapshot import Snapshot

BoolArray = npt.NDArray[np.bool_]
#: So many of the points that are gone are named.
MAX_MISSING_LISTED = 20


@dataclass(frozen=True)
class Coverage:
    """At which points of all that any run swept a metric has finite samples. baseline, candidate: flat, one a point."""

    variable: str
    names: tuple[str, ...]
    values: tuple[npt.NDArray[np.generic], ...]
    baseline: BoolArray
    candidate: BoolArray

    @cached_property
    def missing(self) -> npt.NDArray[np.intp]:
        """Places of the points that only the baseline has."""
        return np.flatnonzero(self.baseline & ~self.candidate)

    @cached_property
    def appeared(self) -> npt.NDArray[np.intp]:
        """Places of the points that only the candidate has."""
        return np.flatnonzero(self.candidate & ~self.baseline)

    def inputs(self, places: npt.NDArray[np.intp]) -> tuple[dict[str, JsonScalar], ...]:
        """The input values at the first of some places."""
        return tuple(inputs_at(self.names, self.values, places[:MAX_MISSING_LISTED]))


def coverages(
    baseline: Sequence[Snapshot], candidate: Sequence[Snapshot], variables: Sequence[str]
) -> tuple[Coverage, ...]:
    """Where each side measured some metrics, in any of its runs.

    The runs sweep the same inputs, at whatever values, and are laid over one another once.
    """
    runs = (*baseline, *candidate)
    names = tuple(runs[0].coordinates)
    values = tuple(_union([s.coordinates[name] for s in runs]) for name in names)
    shape = tuple(len(v) for v in values)
    sides = [[_Run(s, *_place(s, names, values)) for s in side] for side in (baseline, candidate)]
    return tuple(
        Coverage(variable, names, values, *(_measured(side, variable, shape) for side in sides))
        for variable in variables
    )


def has_samples(runs: Sequence[Snapshot]) -> bool:
    """Whether any metric of any run has a finite sample: a sweep without one is missing."""
    return any(bool(np.isfinite(a).any()) for s in runs for a in s.samples.values())


def incomplete(
    baseline: Sequence[Snapshot], candidate: Sequence[Snapshot], variable: str, *, but_not: Coverage
) -> list[Limit]:
    """What is partly missing or not finite on each side, with its number and its first place."""
    limits = []
    for side, runs in (("baseline", baseline), ("candidate", candidate)):
        arrays = [(i, s, s.samples[variable]) for i, s in enumerate(runs) if variable in s.samples]
        if all(s.is_finite(variable) for _, s, _ in arrays):
            continue
        total = sum(_taken(s, variable, a.shape[-1]) for _, s, a in arrays)
        for what, is_so, words in (
            ("missing_samples", Snapshot.missing, "missing"),
            ("not_finite", _infinite, "not finite"),
        ):
            some = [(i, s, is_so(s, variable)) for i, s, _ in arrays]
            count = sum(int(there.sum()) for _, _, there in some)
            if count == 0 or all(bool(there.all()) for _, _, there in some):
                continue
            run, snapshot, there = next((i, s, t) for i, s, t in some if t.any())
            place = _inputs_of(snapshot, there)
            where = f", the first {place}" if place else ""
            where += f" in run {run + 1} of {len(runs)}" if len(runs) > 1 else ""
            detail = f"{count:,} of {total:,} samples of {variable} are {words} in the {side}{where}."
            limits.append(Limit(what=what, detail=detail, variable=variable))
    if but_not.appeared.size:
        n, total = but_not.appeared.size, int(but_not.candidate.sum())
        where = at_points(but_not.inputs(but_not.appeared), n)
        detail = f"{n:,} of the candidate's {total:,} input points of {variable} have no sample in the baseline{where}."
        limits.append(Limit(what="appeared", detail=detail, variable=variable))
    return limits


def at_points(inputs: Sequence[dict[str, JsonScalar]], count: int, *, most: int = 3, before: str = ": ") -> str:
    """`: x=1, x=2 and 3 more`, or nothing for a result without inputs. before: what leads to the points."""
    named = [in_words(i) for i in inputs[:most] if i]
    if not named:
        return ""
    more = f" and {count - len(named):,} more" if count > len(named) else ""
    return f"{before}{', '.join(named)}{more}"


def in_words(inputs: dict[str, JsonScalar]) -> str:
    """An input point as it is written in a sentence; in brackets where it has several inputs."""
    words = ", ".join(f"{name}={value}" for name, value in inputs.items())
    return f"({words})" if len(inputs) > 1 else words


def _taken(snapshot: Snapshot, variable: str, repeats: int) -> int:
    """How many samples were to be."""
    held = snapshot.replication.get(variable)
    return snapshot.samples[variable].size if held is None else int((~held.padding(repeats)).sum())


def _infinite(snapshot: Snapshot, variable: str) -> BoolArray:
    return np.isinf(snapshot.samples[variable])


def _inputs_of(snapshot: Snapshot, there: BoolArray) -> str:
    names = tuple(snapshot.coordinates)
    place = np.flatnonzero(there.reshape(-1, there.shape[-1]).any(axis=1))[:1]
    first = inputs_at(names, tuple(snapshot.coordinates[n] for n in names), place)[0]
    return f"at {in_words(first)}" if first else ""


def _union(columns: Sequence[npt.NDArray[np.generic]]) -> npt.NDArray[np.generic]:
    first = columns[0]
    if all(same_values(c, first) for c in columns):
        return first
    return np.unique(np.concatenate(columns))


class _Run(NamedTuple):
    """A run, and where its points lie among all that any run swept: in which order of its inputs, and at which places.

    None: in their order, and at all places.
    """

    snapshot: Snapshot
    order: list[int] | None
    places: tuple[npt.NDArray[np.intp], ...] | None


def _place(
    snapshot: Snapshot, names: tuple[str, ...], values: tuple[npt.NDArray[np.generic], ...]
) -> tuple[list[int] | None, tuple[npt.NDArray[np.intp], ...] | None]:
    order = [list(snapshot.coordinates).index(name) for name in names]
    columns = [snapshot.coordinates[name] for name in names]
    everywhere = all(same_values(c, v) for c, v in zip(columns, values, strict=True))
    places = None if everywhere else np.ix_(*(np.searchsorted(v, c) for c, v in zip(columns, values, strict=True)))
    return None if order == list(range(len(order))) else order, places


def _measured(runs: Sequence[_Run], variable: str, shape: tuple[int, ...]) -> BoolArray:
    grid = np.zeros(shape, dtype=np.bool_)
    for snapshot, order, places in runs:
        samples = snapshot.samples.get(variable)
        if samples is None:
            continue
        if snapshot.is_finite(variable):
            there: BoolArray = np.ones(samples.shape[:-1], dtype=np.bool_)
        else:
            there = np.asarray(np.isfinite(samples).any(axis=-1))
        if order is not None:
            there = np.moveaxis(there, order, range(len(order)))
        if places is None:
            grid |= there
        else:
            grid[places] |= there
    return grid.reshape(-1)
