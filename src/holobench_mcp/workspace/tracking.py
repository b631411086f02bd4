"""A metric's history in a store: measurements gathered, their series explained, and said in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from holobench_mcp.answers import ChangePoint, DriftReport, History, HistoryPoint
from holobench_mcp.evidence.change_points import Step
from holobench_mcp.evidence.detectors import upstream_detectors
from holobench_mcp.evidence.drift import Drift, explain
from holobench_mcp.evidence.levels import Level, level
from holobench_mcp.evidence.series import MIN_SERIES
from holobench_mcp.model import InvalidArgument, JsonScalar, Manifest, UnknownResult
from holobench_mcp.result.identity import measurements
from holobench_mcp.store import Store
from holobench_mcp.store.bundle import SAMPLES

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

#: holobench's detectors that need no threshold of their own.
DETECTORS: Mapping[str, float | None] = {"adaptive": None, "percentage": None}


def metric_history(
    store: Store,
    load: Callable[[Manifest], Snapshot],
    bench_name: str,
    metric: str,
    *,
    point: Mapping[str, JsonScalar] | None = None,
    limit: int = 50,
    detectors: Mapping[str, float | None] = DETECTORS,
) -> History:
    """A metric over the newest measurements of a bench, oldest first.

    Raises UnknownResult for a bench without results, InvalidArgument for a metric or a point that it does not have.
    """
    index = store.manifests()
    found = index.select(bench_name=bench_name)
    if not found:
        raise UnknownResult(f"benchmark: nothing was recorded of {bench_name!r:.80}.")
    declared = next((m for m in found[0].metrics if m.variable == metric), None)
    if declared is None:
        raise InvalidArgument(
            f"metric: {bench_name} has no {metric!r:.80}; it has {', '.join(m.variable for m in found[0].metrics)}."
        )
    measured = [
        m
        for m in found
        if SAMPLES in m.blobs
        and any(
            (d.variable, d.units, d.meaning_version) == (metric, declared.units, declared.meaning_version)
            for d in m.metrics
        )
    ]
    groups = measurements(measured)[-limit:]
    lows = [m.stats[metric].min for group in groups for m in group if metric in m.stats]
    log = all(low > 0 for low in lows if low is not None)
    levels: list[tuple[list[Manifest], Level]] = []
    for group in groups:
        try:
            runs = [load(m) for m in group]
            levels.append((group, level(runs, metric, log=log, point=point)))
        except KeyError as problem:
            if group is groups[-1]:
                raise InvalidArgument(str(problem.args[0])) from problem
        except ValueError:
            continue  # nothing finite was measured: there is no estimate to show
    values = np.array([e.value for _, e in levels])
    steps, drift = explain(values)
    step_reports = tuple(_change_point(step, levels, log=log) for step in steps)
    drift_report = None if drift is None else DriftReport(confidence=1 - drift.p_value, **_shown(drift, log=log))
    upstreams = upstream_detectors([load(group[-1]) for group, _ in levels], declared, detectors)
    return History(
        bench_name=bench_name,
        metric=metric,
        units=declared.units,
        direction=declared.direction,
        point=None if point is None else dict(point),
        series=tuple(_history_point(group, e, log=log) for group, e in levels),
        change_points=step_reports,
        drift=drift_report,
        detectors=tuple(upstreams),
        summary=_summary(metric, declared.units, len(levels), step_reports, drift_report),
    )


def _history_point(group: Sequence[Manifest], e: Level, *, log: bool) -> HistoryPoint:
    last = group[-1]
    back = math.exp if log else float
    return HistoryPoint(
        result_id=last.result_id,
        executed_at=last.executed_at,
        source_revision=last.source_revision,
        estimate=back(e.value),
        ci=None if e.ci is None else (back(e.ci[0]), back(e.ci[1])),
        n=e.n,
        n_runs=e.n_runs,
    )


def _change_point(step: Step, levels: Sequence[tuple[list[Manifest], Level]], *, log: bool) -> ChangePoint:
    first, before = levels[step.index][0][0], levels[step.index - 1][0][-1]
    return ChangePoint(
        result_id=first.result_id,
        executed_at=first.executed_at,
        after_revision=before.source_revision,
        source_revision=first.source_revision,
        confidence=1 - step.p_value,
        **_shown(step, log=log),
    )


def _shown(found: Step | Drift, *, log: bool) -> dict[str, Any]:
    """An effect and its interval, in percent where it was found on the log scale, else in units."""
    if not log:
        return {"effect_percent": None, "effect": found.effect, "ci": found.ci}
    low, high = found.ci
    return {"effect_percent": _percent(found.effect), "effect": None, "ci": (_percent(low), _percent(high))}


def _percent(effect: float) -> float:
    return 100 * math.expm1(min(effect, 700.0))


def _summary(metric: str, units: str | None, n: int, steps: Sequence[ChangePoint], drift: DriftReport | None) -> str:
    if n < MIN_SERIES:
        return f"{metric} has {n} measurements; from {MIN_SERIES} on a step can be told from noise."
    if steps:
        last = steps[-1]
        span = f"{(last.after_revision or 'unknown')[:10]}..{(last.source_revision or 'unknown')[:10]}"
        return (
            f"{metric} stepped {len(steps)} time{'s' if len(steps) > 1 else ''} in {n} measurements, last by "
            f"{_size(last, units)} at {last.result_id} (revisions {span})."
        )
    if drift is not None:
        return f"{metric} drifted by {_size(drift, units)} over {n} measurements, without a single step."
    return f"{metric} shows neither a step nor a drift in {n} measurements."


def _size(change: ChangePoint | DriftReport, units: str | None) -> str:
    if change.effect_percent is not None:
        return f"{change.effect_percent:+.3g} %"
    return f"{change.effect:+.3g} {units or ''}".rstrip()
