"""The metrics of a comparison, each with the interval that decided against the margin: a forest plot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from holobench_mcp.digest import figures
from holobench_mcp.model import ComparedMetric, Decision, Direction, MetricEvidence, PointEvidence
from holobench_mcp.report import marks, rows, scale
from holobench_mcp.report.markup import Markup, element, joined
from holobench_mcp.report.palette import class_of
from holobench_mcp.report.rows import Row
from holobench_mcp.report.scale import Axis

#: Units that say the same of every metric, so that one axis serves all that have them.
_SHARED_UNITS = ("%", "pp")
_BETTER = {Direction.minimize.value: "lower is better", Direction.maximize.value: "higher is better"}
#: Points that decided, of those that moved.
_POINTS = 48
_COLUMNS = ("Metric", "Change, with the interval that decided", "Figures")


def forest(metrics: Sequence[ComparedMetric]) -> Markup:
    """The metrics as charts, one for all that share an axis, worst first."""
    return joined(element("figure", _chart(group), class_="hb-figure") for group in groups(metrics))


def groups(metrics: Iterable[ComparedMetric]) -> list[list[ComparedMetric]]:
    """The metrics by the axis that they are drawn on."""
    by_axis: dict[tuple[str, float | None], list[ComparedMetric]] = {}
    own = 0
    for m in metrics:
        units = (m.evidence.units or "") if m.evidence else "%"
        margin = m.evidence.margin if m.evidence else None
        if units not in _SHARED_UNITS and m.evidence is not None and m.evidence.effect is not None:
            own += 1
            by_axis[f"{units}#{own}", margin] = [m]
            continue
        place = next((key for key in by_axis if key[0] == units and None in (key[1], margin)), (units, margin))
        if place[1] is None and margin is not None and place in by_axis:
            by_axis[units, margin] = by_axis.pop(place)
            place = (units, margin)
        by_axis.setdefault(place, []).append(m)
    return list(by_axis.values())


def axis_of(evidence: Iterable[MetricEvidence]) -> tuple[Axis, float | None]:
    """The axis of some metrics, and their margin."""
    listed = list(evidence)
    margin = next((e.margin for e in listed if e.margin is not None and math.isfinite(e.margin)), None)
    sizes = [*(estimate(e) for e in listed), *(p.size for e in listed for p in deciding_points(e))]
    reach = max([abs(s) for s in sizes if s is not None] + [margin or 0.0])
    ends = [end for e in listed for end in e.ci or ()]
    # An interval that says nothing must not make all others too small to be seen.
    bound = 4 * reach if reach else math.inf
    return scale.effects([*sizes, *(max(-bound, min(bound, end)) for end in ends)], margin), margin


def estimate(e: MetricEvidence) -> float | None:
    """The effect in its unit, where it is known and can be drawn."""
    size = e.effect_percent if e.effect_percent is not None else e.effect
    return size if size is not None and math.isfinite(size) else None


def deciding_points(e: MetricEvidence) -> tuple[PointEvidence, ...]:
    """The points that a decision rests on where the mean over all of them did not move."""
    return e.points[:_POINTS] if e.decided_by == "points" else ()


def row_of(m: ComparedMetric, axis: Axis) -> Row:
    """A metric as a row of its chart."""
    e = m.evidence
    means = f"means {figures.means(m)}"
    remark = better(m)
    if e is not None and e.decided_by == "points":
        remark += "; decided by single points, drawn small"
    if e is None:
        return Row(m.variable, Markup(""), ("not judged", means), None, remark)
    numbers = (figures.effect(e), figures.interval(e), figures.at_least(e), means, figures.missing(e))
    return Row(m.variable, drawing(e, axis), tuple(n for n in numbers if n), e.decision, remark)


def better(m: ComparedMetric) -> str:
    """Which way is better, in words."""
    return _BETTER.get(m.direction, "no direction is better")


def drawing(e: MetricEvidence, axis: Axis, y: float = rows.MIDDLE) -> Markup:
    """The interval and the estimate of a metric."""
    size = estimate(e)
    parts: list[Markup | None] = [
        marks.at(axis.at(p.size), y, marks.outline(Decision(p.decision), small=True)) for p in deciding_points(e)
    ]
    at_points = e.decided_by == "points"
    class_ = class_of(Decision.unchanged if at_points else e.decision)
    parts += [marks.interval(axis, e.ci, y, class_) if e.ci is not None else None]
    if size is not None:
        # The mean did not move where single points decided: it has the shape of none of the decisions.
        mark = marks.mean() if at_points else marks.outline(e.decision)
        parts.append(marks.at(axis.at(size), y, mark))
    elif e.ci is None:
        parts.append(marks.label("no effect is known", "50%", y + 4, "hb-number", "middle"))
    return joined(parts)


def _chart(metrics: Sequence[ComparedMetric]) -> Markup:
    axis, margin = axis_of(m.evidence for m in metrics if m.evidence)
    units = next((m.evidence.units for m in metrics if m.evidence and m.evidence.units), None) or ""
    return rows.figure(_COLUMNS, [row_of(m, axis) for m in metrics], axis, units=units, margin=margin)
