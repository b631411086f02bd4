"""A metric over time on a terminal: a sparkline, then each measurement with its interval on one scale."""

from __future__ import annotations

from holobench_mcp import digest, digits
from holobench_mcp.answers import ChangePoint, History, HistoryPoint
from holobench_mcp.cli import bars, output, tables, terminal
from holobench_mcp.cli.layout import Column, Drawing, table
from holobench_mcp.model import Direction


def history(document: History) -> None:
    """What became of a metric; the steps stand under the measurement that they begin with."""
    if not terminal.is_there() or not document.series:
        tables.text(digest.history(document))
        return
    width = terminal.size()[0]
    limits = (f"limit: {limit.detail}" for limit in document.limits)
    tables.sentences(document.summary, *limits, digest.history_heading(document))
    series = document.series
    spark = bars.sparkline(
        [p.estimate for p in series], {c.result_id for c in document.change_points}, [p.result_id for p in series]
    )
    output.out(spark if len(spark) <= width else f"…{spark[1 - width :]}")
    _rows(document)
    tables.sentences(*map(digest.detector, document.detectors))


def _rows(document: History) -> None:
    series, width = document.series, terminal.size()[0]
    steps = {c.result_id: c for c in document.change_points}
    direction = document.direction
    says = [_step(steps[p.result_id], direction) if p.result_id in steps else "" for p in series]
    names = Column("code", [terminal.shown(_code(p)) for p in series])
    columns = [
        Column("mean", [digest.number(p.estimate) if p.estimate is not None else "none" for p in series], must=True),
        Column("interval", [f"{digest.number(p.ci[0])} to {digest.number(p.ci[1])}" if p.ci else "" for p in series],
               said="interval {}", must=True),
        Column("measured (UTC)", [p.executed_at[:16].replace("T", " ") for p in series], said=None),
        Column("result", [p.result_id for p in series], said=None, most=80),
        Column("step", says, most=0, styles=["bold"] * len(says)),
        Column("lost", [_lost(p) for p in series], most=0),
    ]  # fmt: skip
    edges = [edge for p in series for edge in (*(p.ci or ()), p.estimate) if edge is not None]
    low, high = (min(edges), max(edges)) if edges else (0.0, 0.0)
    drawing = Drawing(
        lambda cells: terminal.shown(bars.scale(low, high, cells)),
        lambda i, cells: terminal.shown(bars.range_bar(series[i].estimate, series[i].ci, low, high, cells)),
    )
    terminal.show(table(names, columns, width, drawing=drawing, drawn_at=2))


def _code(p: HistoryPoint) -> str:
    return tables.revision(p.source_revision, p.dirty) or p.label or "unknown"


def _step(step: ChangePoint, direction: Direction) -> str:
    """The step that begins at a measurement, with whether it is for the better, where the metric has one."""
    percent = step.effect_percent
    size = f"{digits.signed(percent)} %" if percent is not None else digits.signed(step.effect or 0.0)
    grew = (percent if percent is not None else step.effect or 0.0) > 0
    if direction is Direction.none:
        word = ""
    else:
        word = " (worse)" if grew == (direction is Direction.minimize) else " (better)"
    return f"step {size}{word} here, confidence {step.confidence:.3f}"


def _lost(p: HistoryPoint) -> str:
    return f"{p.missing_points} points without a sample" if p.missing_points else ""
