"""A metric over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holobench_mcp import digits
from holobench_mcp.answers import ChangePoint, History, HistoryPoint
from holobench_mcp.digest import room
from holobench_mcp.digest.room import Room, cut, first_lines
from holobench_mcp.digest.words import joined, number, revision, unit


def history(document: History) -> str:
    """What happened, then each of the newest measurements on a line."""
    return room.fitting(lambda r: joined(_history(document, r)), room.LARGE, len)


def _history(document: History, r: Room) -> list[str]:
    limits = first_lines([limit.detail for limit in document.limits], r)
    lines = [cut(document.summary, r.reason), *(f"limit: {limit}" for limit in limits)]
    lines.append(history_heading(document))
    most = 2 * r.metrics
    newest = document.series[-most:] if most else ()
    steps = {c.result_id: c for c in document.change_points}
    earlier = len(document.series) - len(newest)
    shown = {p.result_id for p in newest}
    lines += [f"… {earlier} earlier measurements"] if earlier else []
    lines += [
        f"  step{_size(c)} at {c.result_id}, confidence {c.confidence:.3f}"
        for c in document.change_points[-max(1, r.metrics // 2) :]
        if c.result_id not in shown
    ]
    lines += [_level(p, steps.get(p.result_id)) for p in newest]
    return lines + [detector(d, r.line) for d in document.detectors]


def history_heading(document: History) -> str:
    """Of what a history is, and how it is ordered."""
    at = f" at {', '.join(f'{k}={v}' for k, v in document.point.items())}" if document.point else ""
    order = {"git": "in the order of commits", "time": "by time of measurement"}.get(
        document.order, "by commit, or time"
    )
    return f"{document.bench_name} {document.metric}{unit(document.units)}{at}, oldest first, {order}:"


def detector(d: Mapping[str, Any], most: int = 320) -> str:
    """What one of holobench's own detectors says, in its words."""
    where = "over" if d["regressed"] else "within"
    return f"holobench's threshold detector {d['method']}: {where} its threshold ({cut(str(d['details']), most)})"


def _level(p: HistoryPoint, step: ChangePoint | None) -> str:
    interval = f" [{number(p.ci[0])}, {number(p.ci[1])}]" if p.ci else ""
    line = (
        f"{p.executed_at[:16]}Z {number(p.estimate)}{interval} rev {revision(p.source_revision, p.dirty)} {p.result_id}"
    )
    line += f" ({p.missing_points} points without a sample)" if p.missing_points else ""
    return line if step is None else f"{line}  <- step{_size(step)}, confidence {step.confidence:.3f}"


def _size(c: ChangePoint) -> str:
    if c.effect_percent is not None:
        return f" {digits.signed(c.effect_percent)} %"
    return f" {digits.signed(c.effect or 0.0)}"
