"""One metric of a comparison in detail, on one axis: its single runs, its points before and after, what is missing.

Everything is drawn as the change against the baseline, so that runs and points of any size can be laid side by side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from holobench_mcp import digits
from holobench_mcp.answers import MetricRuns, PointValues, SingleRuns
from holobench_mcp.digest import figures, number
from holobench_mcp.digest.selection import decision_of
from holobench_mcp.model import ComparedMetric, ComparisonDocument, Decision, JsonScalar, MetricEvidence, PointEvidence
from holobench_mcp.report import marks, rows, scale
from holobench_mcp.report.markup import Markup, element, joined, shortened
from holobench_mcp.report.palette import class_of
from holobench_mcp.report.rows import Row
from holobench_mcp.report.scale import Axis

#: Metrics that are shown in detail; points of each that are drawn one by one, and runs that are told one by one.
_METRICS, _POINTS, _RUNS = 6, 12, 12
#: A comparison of so few metrics shows each in detail, whether it moved or not.
_FEW = 3
_MOVED = (Decision.regressed, Decision.improved)
_COLUMNS = ("Runs and input points", "Change against the baseline", "Figures")


def detailed_metrics(document: ComparisonDocument) -> tuple[str, ...]:
    """The metrics that are shown in detail: those that moved, the worst first; of few metrics, all."""
    judged = [m for m in document.metrics if m.evidence is not None]
    few = len(judged) <= _FEW
    return tuple(m.variable for i, m in enumerate(judged) if few or i == 0 or decision_of(m) in _MOVED)[:_METRICS]


def details(document: ComparisonDocument, runs: SingleRuns | None) -> Markup:
    """Some of the metrics in detail. runs: their single runs, where they are known."""
    known = {r.variable: r for r in runs.metrics} if runs is not None else {}
    shown = detailed_metrics(document)
    return joined(_detail(m, known.get(m.variable)) for m in document.metrics if m.variable in shown)


def _detail(m: ComparedMetric, runs: MetricRuns | None) -> Markup | None:
    e = m.evidence
    if e is None:
        return None
    axis = _axis(e, runs)
    listed = [*_run_rows(e, runs, axis), *_point_rows(e, runs, axis), *_missing_rows(e)]
    if not listed:
        return None
    title = element("bdi", shortened(m.variable, 80), title=m.variable if len(m.variable) > 80 else None)
    legend = [
        element("span", _sign("hb-before"), "before"),
        element("span", _sign("hb-after"), "a single run after") if runs is not None and runs.candidate else None,
        element("span", element("i", class_="hb-swatch"), f"margin ±{digits.plain(e.margin)} {e.units or ''}".rstrip())
        if e.margin
        else None,
    ]
    return element(
        "div",
        element("h3", title, " in detail"),
        element(
            "figure",
            rows.figure(_COLUMNS, listed, axis, units=e.units or "", margin=e.margin),
            element("figcaption", *legend, class_="hb-legend"),
            class_="hb-figure",
        ),
        class_="hb-detail",
    )


def _axis(e: MetricEvidence, runs: MetricRuns | None) -> Axis:
    shown = _shown_points(e)
    values = [p.size for p in shown] + ([*runs.baseline, *runs.candidate] if runs is not None else [])
    reach = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    bound = 2 * max(reach, e.margin or 0.0) or math.inf
    ends = [end for p in shown for end in p.ci]
    spread = runs.spread if runs is not None and len(runs.spread) > len(shown) else ()
    return scale.effects([*values, *spread, *(max(-bound, min(bound, end)) for end in ends)], e.margin)


# ---------------------------------------------------------------------- runs


def _run_rows(e: MetricEvidence, runs: MetricRuns | None, axis: Axis) -> Iterable[Row]:
    if runs is None:
        return
    for name, values, class_ in (("Baseline", runs.baseline, "hb-before"), ("Candidate", runs.candidate, "hb-after")):
        if not values:
            continue
        dots = joined(
            marks.dot(
                axis.at(v),
                rows.COMPACT_MIDDLE + 5 * (i % 3 - 1) * (len(values) > 4),
                class_,
                4,
                f"run {i}: {_effect(v, e)}",
            )
            for i, v in enumerate(values, 1)
        )
        counted = f"{len(values)} run{'' if len(values) == 1 else 's'}"
        yield Row(name, dots, (counted, _listed(values, e)), judged=False, compact=True)


def _listed(values: Sequence[float], e: MetricEvidence) -> str:
    if len(values) > _RUNS:
        return f"{digits.signed(min(values))} to {_effect(max(values), e)}"
    return f"{', '.join(digits.signed(v) for v in values)} {e.units or ''}".rstrip()


# ---------------------------------------------------------------------- points


def _shown_points(e: MetricEvidence) -> list[PointEvidence]:
    if max(e.points_tested, e.n_points) < 2:  # the mean is the point
        return []
    return [*e.points[:_POINTS], *e.points_at_rest]


def _point_rows(e: MetricEvidence, runs: MetricRuns | None, axis: Axis) -> Iterable[Row]:
    shown = _shown_points(e)
    values = {_key(p.inputs): p for p in runs.points} if runs is not None else {}
    for p in shown:
        decision = Decision(p.decision)
        size, zero, y = p.size, axis.at(0), rows.COMPACT_MIDDLE
        drawn = [
            marks.line(zero, y, axis.at(size), y, "hb-join"),
            marks.interval(axis, p.ci, y, class_of(decision)),
            marks.dot(zero, y, "hb-before", 4),
            marks.at(axis.at(size), y, marks.outline(decision)),
        ]
        figure = (
            _effect(size, e),
            f"{digits.signed(p.ci[0])} to {digits.signed(p.ci[1])}",
            _means(values.get(_key(p.inputs))),
        )
        yield Row(figures.place(p.inputs), joined(drawn), figure, decision, compact=True)
    total = max(e.points_tested, e.n_points)
    if total > len(shown) > 0 or (not shown and total > 1 and runs is not None and runs.spread):
        yield _spread_row(e, runs, axis, total)


def _spread_row(e: MetricEvidence, runs: MetricRuns | None, axis: Axis, total: int) -> Row:
    """All points as a strip of strokes, which is darker where there are more."""
    spread = runs.spread if runs is not None else ()
    lines = (element("line", x1=axis.at(v), y1=7, x2=axis.at(v), y2=25) for v in spread)
    strokes = element("g", *lines, class_="hb-rug")
    moved = max(e.points_moved, len(e.points))
    numbers = [f"{moved:,} of {total:,} points moved"]
    if spread:
        numbers.append(f"from {digits.signed(spread[0])} to {_effect(spread[-1], e)}")
    return Row(f"All {total:,} points", strokes, tuple(numbers), judged=False, compact=True)


def _missing_rows(e: MetricEvidence) -> Iterable[Row]:
    """What is not there any more: named, and never drawn as if nothing had changed."""
    if not (e.missing or e.appeared):
        return
    for point in e.missing_points[:_POINTS]:
        gone = marks.label("no samples any more", "50%", rows.COMPACT_MIDDLE + 4, "hb-number", "middle")
        yield Row(figures.place(point), gone, ("missing",), judged=False, compact=True)
    nothing = Markup("")
    yield Row("Missing points", nothing, (figures.missing(e),), judged=False, compact=True)


def _key(inputs: dict[str, JsonScalar]) -> str:
    return repr(sorted(inputs.items()))


def _means(values: PointValues | None) -> str:
    return "" if values is None else f"{number(values.baseline)} → {number(values.candidate)}"


def _effect(value: float, e: MetricEvidence) -> str:
    return figures.signed(value, e.units)


def _sign(class_: str) -> Markup:
    dot = element("circle", cx=0, cy=0, r=4, class_=class_)
    return element("svg", dot, class_="hb-icon", viewBox="-8 -8 16 16", width="14", height="14", aria_hidden="true")
