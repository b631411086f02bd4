"""Runs laid over one another: the samples of every run at the input points that all of them share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from holobench_mcp.model import JsonScalar
from holobench_mcp.result.coordinates import in_common, plain_values
from holobench_mcp.result.replication import Replication
from holobench_mcp.result.snapshot import FloatArray, Snapshot


@dataclass(frozen=True)
class Aligned:
    """Both sides on their shared input points."""

    runs: tuple[Snapshot, ...]
    n_baseline: int
    names: tuple[str, ...]
    values: tuple[npt.NDArray[Any], ...]
    places: tuple[tuple[npt.NDArray[np.intp], ...] | None, ...]

    @property
    def n_candidate(self) -> int:
        """How many runs the candidate side has."""
        return len(self.runs) - self.n_baseline

    @cached_property
    def n_points(self) -> int:
        """How many input points all runs share; 1 for a result without inputs."""
        return math.prod(len(v) for v in self.values)

    def baseline_samples(self, run: int, variable: str) -> FloatArray:
        """A metric's samples in one baseline run: shape (points, repeats), NaN where missing."""
        return self._samples(run, variable)

    def candidate_samples(self, run: int, variable: str) -> FloatArray:
        """A metric's samples in one candidate run: shape (points, repeats), NaN where missing."""
        return self._samples(self.n_baseline + run, variable)

    def replication(self, run: int, variable: str) -> Replication | None:
        """How many samples a run has at each shared point: shapes (points,). None where it has every repeat."""
        held = self.runs[run].replication.get(variable)
        if held is None:
            return None
        count = self._at_shared(run, held.count[..., None])[:, 0]
        return Replication(count, None if held.sd is None else self._at_shared(run, held.sd[..., None])[:, 0])

    def _samples(self, run: int, variable: str) -> FloatArray:
        samples = self.runs[run].samples.get(variable)
        return np.full((self.n_points, 1), np.nan) if samples is None else self._at_shared(run, samples)

    def _at_shared(self, run: int, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A run's values (points of each input …, repeats) at the shared points: (points, repeats)."""
        order = [list(self.runs[run].coordinates).index(name) for name in self.names]
        if order != list(range(len(order))):
            values = np.moveaxis(values, order, range(len(order)))
        places = self.places[run]
        if places is not None:
            values = values[np.ix_(*places)]
        return np.ascontiguousarray(values.reshape(-1, values.shape[-1]))

    def inputs_at(self, points: npt.NDArray[np.intp]) -> list[dict[str, JsonScalar]]:
        """The input values of some points, by their flat place."""
        return inputs_at(self.names, self.values, points)


def inputs_at(
    names: Sequence[str], values: Sequence[npt.NDArray[Any]], points: npt.NDArray[np.intp]
) -> list[dict[str, JsonScalar]]:
    """The input values of some points of a grid, by their flat place."""
    if not values:
        return [{} for _ in points]
    indices = np.unravel_index(points, tuple(len(v) for v in values))
    columns = [plain_values(v[i]) for v, i in zip(values, indices, strict=True)]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def same_values(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Whether two columns of input values are alike."""
    return one is other or (one.shape == other.shape and np.array_equal(one, other))


def align(baseline: Sequence[Snapshot], candidate: Sequence[Snapshot]) -> Aligned | None:
    """The input points that every run has; None when the runs sweep different inputs."""
    runs = (*baseline, *candidate)
    names = tuple(runs[0].coordinates)
    if any(set(s.coordinates) != set(names) for s in runs):
        return None
    shared = []
    for name in names:
        columns = [s.coordinates[name] for s in runs]
        first = columns[0]
        if all(same_values(c, first) for c in columns):
            shared.append(first)
            continue
        shared.append(first[np.isin(first, reduce(in_common, columns))])
    places: list[tuple[npt.NDArray[np.intp], ...] | None] = []
    for s in runs:
        columns = [s.coordinates[name] for name in names]
        if all(same_values(c, v) for c, v in zip(columns, shared, strict=True)):
            places.append(None)
        else:
            places.append(tuple(_places(c, v) for c, v in zip(columns, shared, strict=True)))
    return Aligned(runs, len(baseline), names, tuple(shared), tuple(places))


def _places(column: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    order = np.argsort(column, kind="stable")
    return np.asarray(order[np.searchsorted(column[order], wanted)], dtype=np.intp)
