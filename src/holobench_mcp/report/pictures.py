"""The main picture of an answer in a file of its own: an SVG for a pull request, of which a PNG can be made.

It has a width of its own and spells its colours out, as what shows it knows neither a page's width nor its variables.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from holobench_mcp import digits
from holobench_mcp.answers import History
from holobench_mcp.digest import figures
from holobench_mcp.model import ComparedMetric, ComparisonDocument
from holobench_mcp.report import forest, history, marks, rows
from holobench_mcp.report.markup import Markup, element, joined, shortened
from holobench_mcp.report.palette import class_of
from holobench_mcp.report.scale import Axis
from holobench_mcp.report.selection import shown_metrics
from holobench_mcp.report.style import FONT, picture_style

_WIDTH, _EDGE = 860.0, 20.0
#: Where the columns begin, and how wide the pictures in the middle are.
_DRAWN, _DRAWN_WIDTH, _FIGURES = 230.0, 370.0, 620.0
_ROW = 52.0
#: Characters that a column holds; of the reason, in a line, and lines.
_NAME, _FIGURE, _LINE, _LINES = 26, 32, 118, 3
#: Metrics of one picture.
_METRICS = 16


def comparison_picture(answer: ComparisonDocument, *, dark: bool | None = None) -> str:
    """A comparison as an SVG file: the decision, its reason, and the interval of each metric, the worst first.

    dark: in which theme; None for the reader's own.
    """
    shown, groups = shown_metrics(answer)
    left = len(shown[_METRICS:]) + sum(group.total for group in groups)
    parts: list[Markup | None] = [_heading(answer)]
    y = 66.0
    for line in _wrapped(answer.reason or ""):
        parts.append(marks.label(line, str(_EDGE), y))
        y += 18
    for group in forest.groups(shown[:_METRICS]):
        drawn, y = _chart(group, y)
        parts.append(drawn)
    if left:
        parts.append(marks.label(f"and {left:,} metrics more", str(_EDGE), y + 4, "hb-number"))
        y += 20
    title = f"{marks.word(answer.decision)}: {answer.candidate.bench_name}"
    return _file(parts, y + 8, title, answer.reason or title, dark)


def history_picture(answer: History, *, dark: bool | None = None) -> str:
    """A metric over time as an SVG file. dark: in which theme; None for the reader's own."""
    units = f" [{answer.units}]" if answer.units else ""
    title = f"{answer.metric}{units} of {answer.bench_name}"
    drawn = element(
        "svg",
        *history.drawing(answer),
        x=_EDGE,
        y=84,
        width=_WIDTH - 2 * _EDGE,
        height=history.HEIGHT,
        overflow="visible",
    )
    lines = [marks.label(line, str(_EDGE), 58 + 18 * i) for i, line in enumerate(_wrapped(answer.summary)[:2])]
    heading = marks.label(shortened(title, 80), str(_EDGE), 34, "hb-label hb-title")
    return _file([heading, *lines, drawn], 84 + history.HEIGHT + 8, title, answer.summary, dark)


def _heading(answer: ComparisonDocument) -> Markup:
    word = marks.word(answer.decision)
    name = shortened(answer.candidate.bench_name, 60)
    said = element(
        "text",
        element("tspan", word, class_=f"hb-word {class_of(answer.decision)}"),
        element("tspan", f"  {name}"),
        x=_EDGE + 24,
        y=36,
        class_="hb-label hb-title",
    )
    return joined([marks.at(str(_EDGE + 9), 30, marks.outline(answer.decision)), said])


def _chart(metrics: Sequence[ComparedMetric], y: float) -> tuple[Markup, float]:
    """Rows on one axis from a height on, and the height behind them."""
    axis, margin = forest.axis_of(m.evidence for m in metrics if m.evidence)
    units = next((m.evidence.units for m in metrics if m.evidence and m.evidence.units), None) or ""
    parts = [_row(m, axis, margin, y + i * _ROW) for i, m in enumerate(metrics)]
    y += len(metrics) * _ROW
    parts.append(marks.line(str(_EDGE), y, str(_WIDTH - _EDGE), y, "hb-tick"))
    parts.append(_drawn(rows.tick_labels(axis, units, 17), y, 24))
    if margin:
        band = f"shaded: the margin, ±{digits.plain(margin)} {units}".rstrip()
        parts.append(marks.label(shortened(band, _FIGURE + 4), str(_FIGURES), y + 17, "hb-number"))
    return joined(parts), y + 34


def _row(m: ComparedMetric, axis: Axis, margin: float | None, y: float) -> Markup:
    e = m.evidence
    decision = e.decision if e is not None else None
    named = [
        element("title", m.variable),
        marks.label(shortened(m.variable, _NAME), str(_EDGE), y + 22, "hb-label hb-strong"),
        marks.at(str(_EDGE + 7), y + 37, marks.outline(decision, small=True)),
        element(
            "text",
            element("tspan", marks.word(decision), class_=f"hb-word {class_of(decision)}"),
            element("tspan", f"  {forest.better(m)}"),
            x=_EDGE + 18,
            y=y + 41,
            class_="hb-number",
        ),
    ]
    numbers = ["not judged", f"means {figures.means(m)}"]
    drawing = [rows.grid(axis, margin, _ROW)]
    if e is not None:
        numbers = [figures.effect(e) or "no effect is known", figures.interval(e) or f"means {figures.means(m)}"]
        drawing.append(forest.drawing(e, axis, _ROW / 2))
    return joined(
        [
            _drawn(joined(drawing), y, _ROW),
            marks.line(str(_EDGE), y, str(_WIDTH - _EDGE), y, "hb-tick"),
            element("g", *named),
            marks.label(shortened(numbers[0], _FIGURE), str(_FIGURES), y + 22, "hb-label hb-strong"),
            marks.label(shortened(numbers[1], _FIGURE + 4), str(_FIGURES), y + 41, "hb-number"),
        ]
    )


def _drawn(drawing: Markup, y: float, height: float) -> Markup:
    return element("svg", drawing, x=_DRAWN, y=y, width=_DRAWN_WIDTH, height=height, overflow="visible")


def _file(parts: Sequence[Markup | None], height: float, title: str, desc: str, dark: bool | None) -> str:
    drawn = element(
        "svg",
        element("title", title),
        element("desc", desc),
        element("style", Markup(picture_style(dark=dark))),
        element("rect", width=_WIDTH, height=height, rx=8, class_="hb-ground"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH:g} {height:g}",
        width=_WIDTH,
        height=height,
        role="img",
        font_family=FONT,
    )
    return f"{drawn}\n"


def _wrapped(text: str) -> list[str]:
    """The first lines of a sentence, broken where a line is full."""
    first = (text.splitlines() or [""])[0]
    return textwrap.wrap(first, _LINE, max_lines=_LINES, placeholder=" …", break_on_hyphens=False)
