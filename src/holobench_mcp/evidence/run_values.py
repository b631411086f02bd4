"""What each run gave, on the scale that a metric was judged on: numbers for a picture, which decide nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from holobench_mcp.answers.single_runs import MetricRuns, PointValues
from holobench_mcp.evidence.aligned import Aligned
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.model import Direction, JsonScalar, MetricEvidence
from holobench_mcp.result.coordinates import plain_values

#: Of more points than this, as many order statistics stand for all.
_MOST_SPREAD = 200


def run_values(aligned: Aligned, e: MetricEvidence, direction: str, most_points: int) -> MetricRuns:
    """The runs of a judged metric, at the points that all of them have measured, and its first points' means."""
    base = [_finite(aligned.baseline_samples(i, e.variable)) for i in range(aligned.n_baseline)]
    cand = [_finite(aligned.candidate_samples(i, e.variable)) for i in range(aligned.n_candidate)]
    named = [p.inputs for p in (*e.points, *e.points_at_rest)][:most_points]
    points = _point_values(aligned, named, base, cand)
    places = np.logical_and.reduce([np.isfinite(run).any(axis=1) for run in (*base, *cand)])
    if not places.any() or (e.effect_percent is None and e.effect is None):
        return MetricRuns(variable=e.variable, baseline=(), candidate=(), points=points)
    before, after = (np.stack([_location(run[places], e, direction) for run in side]) for side in (base, cand))
    zero = float(before.mean(axis=1).mean())
    by_point = np.sort(after.mean(axis=0) - before.mean(axis=0))
    if by_point.size > _MOST_SPREAD:
        by_point = by_point[np.linspace(0, by_point.size - 1, _MOST_SPREAD).round().astype(np.intp)]
    return MetricRuns(
        variable=e.variable,
        baseline=_shown(before.mean(axis=1) - zero, e),
        candidate=_shown(after.mean(axis=1) - zero, e),
        points=points,
        spread=_shown(by_point, e) if by_point.size > 1 else (),
    )


def _finite(samples: FloatArray) -> FloatArray:
    return np.where(np.isfinite(samples), samples, np.nan)


def _location(run: FloatArray, e: MetricEvidence, direction: str) -> FloatArray:
    """What stands for a run at each point: shape (points,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(run) if e.effect_percent is not None else run
    if e.location == "median":
        return np.asarray(np.nanmedian(values, axis=1), dtype=np.float64)
    if e.location == "best":
        best = np.nanmax if direction == Direction.maximize else np.nanmin
        return np.asarray(best(values, axis=1), dtype=np.float64)
    return np.asarray(np.nanmean(values, axis=1), dtype=np.float64)


def _shown(effects: FloatArray, e: MetricEvidence) -> tuple[float, ...]:
    """Effects in the unit that they are told in; what no number can hold is left out."""
    if e.effect_percent is not None:
        values = 100 * np.expm1(np.minimum(effects, 700.0))
    else:
        values = 100 * effects if e.units == "pp" else effects
    return tuple(float(v) for v in values if math.isfinite(v))


def _point_values(
    aligned: Aligned, inputs: Sequence[dict[str, JsonScalar]], base: Sequence[FloatArray], cand: Sequence[FloatArray]
) -> tuple[PointValues, ...]:
    columns = [{str(value): i for i, value in enumerate(plain_values(column))} for column in aligned.values]
    shape = tuple(len(column) for column in aligned.values)
    points = []
    for point in inputs:
        places = [column.get(str(point.get(name))) for name, column in zip(aligned.names, columns, strict=True)]
        at = [place for place in places if place is not None]
        if len(at) == len(places):
            flat = int(np.ravel_multi_index(at, shape)) if shape else 0
            points.append(PointValues(inputs=point, baseline=_mean(base, flat), candidate=_mean(cand, flat)))
    return tuple(points)


def _mean(runs: Sequence[FloatArray], place: int) -> float | None:
    samples: npt.NDArray[np.float64] = np.concatenate([run[place] for run in runs])
    finite = samples[np.isfinite(samples)]
    if not finite.size:
        return None
    # By halves, so that the sum of the largest numbers is finite.
    mean = float((finite / finite.size).sum())
    return mean if math.isfinite(mean) else None
