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
#: A number so near to an end of the axis stands before it.
_END = 0.96
#: A character's width and the gap between numbers, in percent of the narrowest picture, of 280 pixels.
_CHARACTER, _GAP = 2.5, 2.0
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
    """The numbers of an axis, the last one with its unit: as many as have room where a page is narrow."""
    ticks = axis.ticks()
    suffix = f" {units}" if units and len(units) <= _UNITS else ""
    places: list[tuple[float, float]] = []
    parts: dict[float, Markup] = {}
    # The last one and zero have their places first, then those at the ends.
    for tick in sorted(ticks, key=lambda t: (t != ticks[-1], t != 0, -abs(t))):
        text = (digits.signed(tick) if tick else "0") + (suffix if tick == ticks[-1] else "")
        width, share, at = _CHARACTER * len(text), axis.share(tick), axis.percent(tick)
        anchor = "start" if share < 1 - _END else "end" if share > _END else "middle"
        left = at - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        if all(left >= right or left + width <= other for other, right in places):
            places.append((left - _GAP, left + width + _GAP))
            parts[tick] = marks.label(text, axis.at(tick), y, "hb-number", anchor)
    return joined([parts[tick] for tick in sorted(parts)])


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
