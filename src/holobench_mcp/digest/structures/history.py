"""A metric over time, as data: what happened first, its newest measurements last."""

from __future__ import annotations

from holobench_mcp.answers import ChangePoint, DetectableStep, DriftReport, History, HistoryPoint
from holobench_mcp.answers.history_short import DetectableShort, HistoryShort, LevelShort, StepShort
from holobench_mcp.digest import room
from holobench_mcp.digest.room import Room, cut, first_lines
from holobench_mcp.model import Direction

_BETTER = {Direction.minimize: "lower", Direction.maximize: "higher", Direction.none: None}


def history(document: History) -> HistoryShort:
    """A metric's history in its short form."""
    return room.fitting(lambda r: _short(document, r), room.LARGE, lambda s: room.size_of(s.document()))


def _short(document: History, r: Room) -> HistoryShort:
    steps = document.change_points
    newest = document.series[-_series(r) :] if _series(r) else ()
    few = not steps and document.drift is None and "too few" in document.summary
    return HistoryShort(
        status="stepped" if steps else "drifted" if document.drift else "too_few" if few else "no_step_found",
        reason=cut(document.summary, r.reason),
        bench_name=document.bench_name,
        metric=document.metric,
        units=document.units,
        better=_BETTER[document.direction],
        order=document.order,
        point=document.point or {},
        change_points=tuple(_step(c) for c in steps[-max(1, r.metrics // 2) :]),
        more_change_points=max(0, len(steps) - max(1, r.metrics // 2)),
        drift=_drift(document.drift),
        detectable=_detectable(document.detectable),
        limits=tuple(first_lines([f"{limit.what}: {limit.detail}" for limit in document.limits], r)),
        over_threshold=tuple(str(d["method"]) for d in document.detectors if d["regressed"]),
        measurements=len(document.series),
        series=tuple(_level(p) for p in newest),
    )


def _series(r: Room) -> int:
    """How many of the newest measurements are listed: twice as many as metrics would be."""
    return 2 * r.metrics


def _level(p: HistoryPoint) -> LevelShort:
    return LevelShort(
        rev=p.source_revision[:10] if p.source_revision else None,
        dirty=p.dirty,
        at=f"{p.executed_at[:16]}Z",
        estimate=p.estimate,
        interval=p.ci,
        runs=p.n_runs,
        result_id=p.result_id,
    )


def _step(c: ChangePoint) -> StepShort:
    return StepShort(
        after_rev=c.after_revision[:10] if c.after_revision else None,
        rev=c.source_revision[:10] if c.source_revision else None,
        at=f"{c.executed_at[:16]}Z",
        result_id=c.result_id,
        effect=c.effect_percent if c.effect_percent is not None else c.effect,
        units="%" if c.effect_percent is not None else None,
        interval=c.ci,
        confidence=c.confidence,
    )


def _drift(drift: DriftReport | None) -> StepShort | None:
    if drift is None:
        return None
    return StepShort(
        effect=drift.effect_percent if drift.effect_percent is not None else drift.effect,
        units="%" if drift.effect_percent is not None else None,
        interval=drift.ci,
        confidence=drift.confidence,
    )


def _detectable(step: DetectableStep | None) -> DetectableShort | None:
    return None if step is None else DetectableShort(**step.model_dump())
