"""A chart that is a table: in each row a name, a picture on the axis that all rows share, and the figures in words.

Read aloud it is a table of figures; on a narrow page each row stands in lines of its own. The same rows make the one
picture that goes into a pull request (`pictures`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holobench_mcp import digits
from holobench_mcp.model import Decision
from holobench_mcp.report import marks
from holobench_mcp.report.markup import Markup, element, joined, shortened
from holobench_mcp.report.scale import Axis

#: Characters of a name on a page: what is longer is shortened, and shown whole by its title.
_NAME = 80
#: The height of a row's picture, or of one whose figures stand in a line; and where in it everything is drawn.
HEIGHT, COMPACT, AXIS_HEIGHT = 44.0, 32.0, 24.0
MIDDLE, COMPACT_MIDDLE = 20.0, 16.0
#: A number so near to an end of the axis stands before it; and shares of the width that numbers are apart there.
_END, _APART = 0.96, 0.24
#: Characters of a unit that has room behind a number.
_UNITS = 4


@dataclass(frozen=True)
class Row:
    """A row: what it is of, what is drawn of it, and its figures, the first of which counts most."""

    name: str
    drawing: Markup
    figures: tuple[str, ...]
    decision: Decision | None = None
    remark: str = ""
    judged: bool = True  #: whether it has a decision, or is a single thing that was measured
    compact: bool = False  #: whether name and decision stand in one line


def figure(head: tuple[str, str, str], rows: Sequence[Row], axis: Axis, *, units: str, margin: float | None) -> Markup:
    """The rows as a table. head: the names of its columns."""
    cells = [element("div", name, role="columnheader", class_="hb-cell") for name in head]
    return element(
        "div",
        element("div", element("div", *cells, role="row", class_="hb-row hb-head"), role="rowgroup"),
        element("div", *(_row(row, axis, margin) for row in rows), _scale(axis, units), role="rowgroup"),
        role="table",
        class_="hb-rows",
    )


def grid(axis: Axis, margin: float | None, height: float | str = "100%") -> Markup:
    """What stands behind a row: its ticks, the margin, and the line of no change."""
    ticks = [marks.line(axis.at(t), 0, axis.at(t), height, "hb-tick") for t in axis.ticks() if t]
    return joined([marks.backdrop(axis, height, margin), *ticks])


def tick_labels(axis: Axis, units: str, y: float) -> Markup:
    """The numbers of an axis, the last one with its unit."""
    ticks = axis.ticks()
    texts = [digits.signed(t) if t else "0" for t in ticks]
    if texts:
        texts[-1] += f" {units}".rstrip() if len(units) <= _UNITS else ""
    parts = []
    last = axis.share(ticks[-1]) if ticks else 0.0
    for tick, text in zip(ticks, texts, strict=True):
        share = axis.share(tick)
        if tick != ticks[-1] and last > _END and last - share < _APART:
            continue  # the last one, with its unit, stands before the end and takes its place
        anchor = "start" if share < 1 - _END else "end" if share > _END else "middle"
        parts.append(marks.label(text, axis.at(tick), y, "hb-number", anchor))
    return joined(parts)


def _row(row: Row, axis: Axis, margin: float | None) -> Markup:
    name = element("bdi", shortened(row.name, _NAME), title=row.name if len(row.name) > _NAME else None)
    remark = element("span", row.remark, class_="hb-soft hb-remark") if row.remark else None
    badge = marks.badge(row.decision) if row.judged else None
    first, *others = row.figures or ("",)
    picture = marks.picture(
        grid(axis, margin),
        row.drawing,
        height=COMPACT if row.compact else HEIGHT,
        title=f"{row.name}: {marks.word(row.decision).lower()}" if row.judged else row.name,
        desc="; ".join(row.figures) or "nothing to draw",
    )
    return element(
        "div",
        element("div", element("span", name, class_="hb-name"), " ", badge, remark, role="rowheader", class_="hb-cell"),
        element("div", picture, role="cell", class_="hb-cell hb-drawn"),
        element(
            "div",
            element("strong", first) if first else None,
            *(joined([" ", element("span", other, class_="hb-soft")]) for other in others if other),
            role="cell",
            class_="hb-cell hb-figures",
        ),
        role="row",
        class_="hb-row hb-compact" if row.compact else "hb-row",
    )


def _scale(axis: Axis, units: str) -> Markup:
    """The axis below the rows; readers of the table have the figures."""
    drawn = element(
        "svg",
        *(marks.line(axis.at(t), 0, axis.at(t), 5, "hb-tick") for t in axis.ticks()),
        tick_labels(axis, units, 17),
        class_="hb-plot",
        width="100%",
        height=AXIS_HEIGHT,
        aria_hidden="true",
    )
    notes = [f"in {shortened(units, _NAME)}"] if len(units) > _UNITS else []
    notes += ["even up to the margin, logarithmic beyond it"] if axis.unit else []
    note = "; ".join(notes) or None
    return element(
        "div",
        element("div", class_="hb-cell"),
        element("div", drawn, class_="hb-cell hb-drawn"),
        element("div", note, class_="hb-cell hb-soft hb-figures"),
        class_="hb-row hb-axis",
        aria_hidden="true",
    )
