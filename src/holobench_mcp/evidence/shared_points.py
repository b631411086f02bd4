"""The samples of many measurements at the input points that they share.

A mean over other points is another number: a sweep that gains a large size did not become slower, and one that failed
at it did not become faster. What is left out for that is counted, for whoever reads the series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.result.coordinates import in_common, plain_values
from holobench_mcp.result.points import place_of

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

Coordinates = Mapping[str, npt.NDArray[Any]]
#: A run that failed at more than this share of the points is a gap: it takes none of them from the other runs.
_MOST_MISSING = 0.5
_LISTED = 3


@dataclass(frozen=True)
class RunSamples:
    """One run at the shared points."""

    samples: FloatArray | None  #: (points, repeats), NaN where not finite; None where too little was measured
    missing: int  #: points without a finite sample
    infinite: int  #: samples
    n_points: int  #: how many points were looked at
    missing_at: tuple[dict[str, Any], ...]  #: the first of them


@dataclass(frozen=True)
class SharedPoints:
    """What several measurements have in common, and what only some of them have."""

    coordinates: Coordinates  #: values of every input that all measurements have
    common: npt.NDArray[np.bool_]  #: of those points, where every run that is used has a finite sample
    runs: tuple[tuple[RunSamples, ...], ...]  #: by measurement; empty where it has none of the points
    partial: Mapping[str, tuple[Any, ...]]  #: by input, values that only some measurements have

    def usable(self, measurement: int) -> list[FloatArray]:
        """The runs of a measurement that have a finite sample at every common point."""
        return [run.samples for run in self.runs[measurement] if run.samples is not None]

    def at_common(self, run: Snapshot, variable: str) -> FloatArray:
        """A run's samples at the shared points: (points, repeats), NaN where not finite or not common."""
        samples = _at(run, variable, self.coordinates)
        there = np.isfinite(samples) & self.common[:, None]
        return samples if there.all() else np.where(there, samples, np.nan)


def shared_points(
    measurements: Sequence[Sequence[Snapshot]], variable: str, point: Mapping[str, Any] | None = None
) -> SharedPoints:
    """The samples of a metric at the points that all measurements share; or at one point.

    measurements: of each its runs, oldest first; all sweep inputs of the same names. What shares no point with the
    newer ones is left empty. Raises KeyError with a sentence where no measurement has the point.
    """
    coordinates, having = _common_coordinates(measurements, point)
    picked = [
        [_at(run, variable, coordinates) if has else None for run, has in zip(runs, some, strict=True)]
        for runs, some in zip(measurements, having, strict=True)
    ]
    size = int(np.prod([len(values) for values in coordinates.values()]))
    common = np.ones(size, dtype=np.bool_)
    used: set[tuple[int, int]] = set()
    for i in reversed(range(len(picked))):
        for j in reversed(range(len(picked[i]))):
            samples = picked[i][j]
            if samples is None:
                continue
            there = _measured(measurements[i][j], samples, variable)
            if there.all():
                used.add((i, j))
                continue
            lost = ~there & ~_outside(measurements[i][j], variable, coordinates)
            if lost.sum() <= _MOST_MISSING * size and (common & there).any():
                common &= there
                used.add((i, j))
    return SharedPoints(
        coordinates,
        common,
        tuple(
            tuple(
                _run_samples(measurements[i][j], samples, variable, coordinates, common if (i, j) in used else None)
                for j, samples in enumerate(runs)
                if samples is not None
            )
            for i, runs in enumerate(picked)
        ),
        {} if point else _partial(measurements, coordinates),
    )


def _common_coordinates(
    measurements: Sequence[Sequence[Snapshot]], point: Mapping[str, Any] | None
) -> tuple[Coordinates, list[list[bool]]]:
    """The input values that are common, and which runs have them, newest first."""
    coordinates: dict[str, npt.NDArray[Any]] | None = None
    having = [[False] * len(runs) for runs in measurements]
    problem: KeyError | None = None
    for i in reversed(range(len(measurements))):
        for j in reversed(range(len(measurements[i]))):
            found = measurements[i][j].coordinates
            if point:
                try:
                    found = _values_at(found, place_of(found, point))
                except KeyError as error:
                    problem = problem or error
                    continue
            shared = dict(found) if coordinates is None else _in_all(coordinates, found)
            if all(len(values) for values in shared.values()):
                coordinates, having[i][j] = shared, True
    if coordinates is None:
        raise problem or KeyError("point: nothing was measured")
    return coordinates, having


def _in_all(coordinates: Coordinates, other: Coordinates) -> dict[str, npt.NDArray[Any]]:
    return {
        name: values if np.array_equal(values, other[name]) else in_common(values, other[name])
        for name, values in coordinates.items()
    }


def _values_at(coordinates: Coordinates, place: int) -> dict[str, npt.NDArray[Any]]:
    at = np.unravel_index(place, [len(values) for values in coordinates.values()]) if coordinates else ()
    return {name: values[i : i + 1] for (name, values), i in zip(coordinates.items(), at, strict=True)}


def _at(run: Snapshot, variable: str, coordinates: Coordinates) -> FloatArray:
    """A run's samples at the common points: (points, repeats), in the order of the coordinates."""
    samples = run.samples[variable]
    return _picked(run, samples, coordinates)


def _picked(run: Snapshot, values: npt.NDArray[Any], coordinates: Coordinates) -> npt.NDArray[Any]:
    names = list(run.coordinates)
    if names == list(coordinates) and all(np.array_equal(run.coordinates[n], coordinates[n]) for n in names):
        return values.reshape(-1, values.shape[-1])
    values = values.transpose(*(names.index(name) for name in coordinates), -1 % values.ndim)
    at = [_indices(run.coordinates[name], wanted) for name, wanted in coordinates.items()]
    picked = values[np.ix_(*at)] if at else values
    return picked.reshape(-1, values.shape[-1])


def _outside(run: Snapshot, variable: str, coordinates: Coordinates) -> npt.NDArray[np.bool_]:
    """Which of the common points are none of the run's benchmark, so that nothing is missing there."""
    held = run.replication.get(variable)
    if held is None:
        return np.zeros(int(np.prod([len(values) for values in coordinates.values()])), dtype=np.bool_)
    return np.asarray(_picked(run, held.count[..., None], coordinates)[:, 0] == 0)


def _indices(values: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Where each wanted value stands; every one of them does."""
    if np.array_equal(values, wanted):
        return np.arange(len(values))
    order = np.argsort(values, kind="stable")
    return np.asarray(order[np.searchsorted(values[order], wanted)])


def _measured(run: Snapshot, samples: FloatArray, variable: str) -> npt.NDArray[np.bool_]:
    """At which of the shared points a run has a finite sample."""
    if run.is_finite(variable):
        return np.ones(len(samples), dtype=np.bool_)
    return np.asarray(np.isfinite(samples).any(axis=1))


def _run_samples(
    run: Snapshot,
    samples: FloatArray,
    variable: str,
    coordinates: Coordinates,
    common: npt.NDArray[np.bool_] | None,
) -> RunSamples:
    if run.is_finite(variable):
        used = None if common is None else samples if common.all() else samples[common]
        return RunSamples(used, 0, 0, len(samples), ())
    outside = _outside(run, variable, coordinates)
    missing = np.flatnonzero(~np.isfinite(samples).any(axis=1) & ~outside)
    return RunSamples(
        samples=None if common is None else np.where(np.isfinite(samples), samples, np.nan)[common],
        missing=missing.size,
        infinite=int(np.isinf(samples).sum()),
        n_points=samples.shape[0],
        missing_at=tuple(
            {name: plain_values(values)[0] for name, values in _values_at(coordinates, int(place)).items()}
            for place in missing[:_LISTED]
        ),
    )


def _partial(measurements: Sequence[Sequence[Snapshot]], coordinates: Coordinates) -> dict[str, tuple[Any, ...]]:
    partial: dict[str, dict[Any, None]] = {}
    for name, common in coordinates.items():
        for values in (run.coordinates[name] for runs in measurements for run in runs):
            if len(values) != len(common) or not np.array_equal(values, common):
                lone = [value for value in plain_values(values) if value not in set(plain_values(common))]
                partial.setdefault(name, {}).update(dict.fromkeys(lone))
    return {name: tuple(values) for name, values in partial.items() if values}
