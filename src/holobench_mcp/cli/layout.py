"""Tables and paragraphs for a width: what has no room in its column stands below its row, and nothing is lost.

Widths are of display cells, not of characters: 日本 takes four. Knows neither results nor terminals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

_GAP = 2
#: A name that is wider is cut in its middle: its beginning and end tell it from others.
_NAME_MOST = 240
#: Names get so much of a width before those that are longer stand above their rows.
_NAME_SHARE = 0.4
#: A drawing of fewer cells shows nothing.
_DRAWING_LEAST = 9
_ELLIPSIS = "…"


@dataclass(frozen=True)
class Column:
    """Cells under a header.

    said: how a cell is written where there is no room for the column; None: it is left out, which is said once.
    most: a cell that is wider stands below its row, and a sign for it in the column.
    """

    header: str
    cells: Sequence[str]
    said: str | None = "{}"
    must: bool = False  #: stands in its column as long as the width allows
    styles: Sequence[str] = ()
    most: int = 28


@dataclass(frozen=True)
class Drawing:
    """A column that is drawn in what room is left: a row's cells, and the header's, for a number of cells."""

    header: Callable[[int], str]
    draw: Callable[[int, int], str]
    least: int = 17
    most: int = 33


@dataclass(frozen=True)
class _Plan:
    name: int  #: cells of the first column; 0 where every name stands above its row
    columns: tuple[Column, ...] = ()
    widths: tuple[int, ...] = ()
    drawing: int = 0
    below: tuple[Column, ...] = field(default=())


def cells(text: str) -> int:
    """How many cells a terminal shows a text in."""
    from rich.cells import cell_len

    return cell_len(text)


def table(
    names: Column, columns: Sequence[Column], width: int, *, drawing: Drawing | None = None, drawn_at: int = 0
) -> list[Text]:
    """Rows as lines of at most so many cells.

    columns: the most important first; those without room stand below each row, as do single cells that are too wide.
    drawn_at: how many of the columns stand before the drawing, where there is room for both.
    """
    from rich.text import Text

    columns = [c for c in columns if any(c.cells)]
    plan = _plan(names, columns, width, drawing)
    before = min(drawn_at, len(plan.columns))
    lines = []
    heads = [_fit(c.header, w) for c, w in zip(plan.columns, plan.widths, strict=True)]
    if plan.drawing and drawing is not None:
        heads.insert(before, _fit(drawing.header(plan.drawing), plan.drawing))
    name_head = [_fit(names.header, plan.name)] if plan.name else [" " * _GAP]
    lines.append(Text((" " * _GAP).join([*name_head, *heads]).rstrip(), style="dim"))
    for i, name in enumerate(names.cells):
        lines += _row(name, i, plan, width, drawing=drawing, before=before)
    if left_out := [c.header for c in plan.below if c.said is None]:
        lines += [_dim(line) for line in paragraph(f"no room for: {', '.join(left_out)}", width)]
    return lines


def paragraph(text: str | Text, width: int, indent: int = 2) -> list[Text]:
    """A text as lines of at most so many cells, broken between words; those behind the first are indented.

    A word that is longer than a line is left whole, for a terminal to wrap: an id or an address can be copied then.
    """
    from rich.text import Text

    whole = Text(text) if isinstance(text, str) else text
    if cells(whole.plain) <= width:
        return [whole]
    breaks, used = [], 0
    for word in re.finditer(r"\s*\S+\s*", whole.plain):
        needed = cells(word[0].rstrip())
        if used and used + needed > width:
            breaks.append(word.start())
            used = indent
        used += cells(word[0])
    lines = [Text(" " * indent * (i > 0)).append_text(line) for i, line in enumerate(whole.divide(breaks))]
    for line in lines:
        line.rstrip()
    return lines


def in_middle(text: str, most: int) -> str:
    """A text of at most so many cells, cut in its middle, with a sign of it."""
    from rich.cells import set_cell_size

    if cells(text) <= most:
        return text
    if most <= 1:
        return _ELLIPSIS[:most]
    tail = text[-max(1, (most - 1) // 2) :]
    while tail and cells(tail) > (most - 1) // 2:
        tail = tail[1:]
    head = set_cell_size(text, most - 1 - cells(tail)).rstrip()
    return f"{head}{_ELLIPSIS}{tail}"


# ---------------------------------------------------------------------- parts


def _plan(names: Column, columns: Sequence[Column], width: int, drawing: Drawing | None) -> _Plan:
    """Which columns have room: those that must, then a drawing, then the others by their order."""
    below = [c for c in columns if all(cells(cell) > c.most for cell in c.cells if cell)]
    columns = [c for c in columns if not any(c is one for one in below)]
    widths = {id(c): _column_width(c) for c in columns}
    longest = max([cells(names.header), *(cells(name) for name in names.cells)])
    least = drawing.least if drawing is not None else 0
    whole = longest + sum(_GAP + w for w in widths.values()) + (_GAP + least if least else 0)
    name = longest if whole <= width else _name_width(names, int(width * _NAME_SHARE), longest)
    must = [c for c in columns if c.must]
    needed = sum(_GAP + widths[id(c)] for c in must)
    if name + needed + (_GAP + least if least else 0) > width:
        name = 0
    indent = name or _GAP
    room = width - indent - needed
    while must and room < 0:
        room += _GAP + widths[id(must.pop())]
    drawn = 0
    if drawing is not None and room >= _GAP + _DRAWING_LEAST:
        drawn = min(drawing.least, room - _GAP)
        room -= _GAP + drawn
    inside = list(must)
    for column in columns:
        if not column.must and _GAP + widths[id(column)] <= room:
            inside.append(column)
            room -= _GAP + widths[id(column)]
    if drawing is not None and drawn:
        drawn += max(0, min(room, drawing.most - drawn))
        drawn -= (drawn + 1) % 2  # a middle for zero
    chosen = tuple(c for c in columns if any(c is one for one in inside))
    below += [c for c in columns if not any(c is one for one in inside)]
    return _Plan(name, chosen, tuple(widths[id(c)] for c in chosen), drawn, tuple(below))


def _name_width(names: Column, share: int, longest: int) -> int:
    """The widest name that a share of the width has room for; 0 where hardly any has."""
    fitting = [cells(name) for name in names.cells if cells(name) <= max(share, cells(names.header))]
    return max([cells(names.header), *fitting]) if fitting else (longest if longest <= share else 0)


def _column_width(column: Column) -> int:
    widths = [cells(cell) for cell in column.cells]
    return max([cells(column.header), *(w for w in widths if w <= column.most)])


def _row(name: str, i: int, plan: _Plan, width: int, *, drawing: Drawing | None, before: int) -> list[Text]:
    from rich.cells import chop_cells
    from rich.text import Text

    name = in_middle(name, _NAME_MOST)
    lines, first = [], Text(" " * (plan.name or _GAP))
    if cells(name) <= plan.name:
        first = Text(_fit(name, plan.name))
    else:
        folded = [name] if cells(name) <= width else chop_cells(name, width - _GAP)
        lines += [Text(part if j == 0 else " " * _GAP + part) for j, part in enumerate(folded)]
    too_wide = []
    for j, (column, room) in enumerate(zip(plan.columns, plan.widths, strict=True)):
        if j == before:
            first.append_text(_drawn(i, plan, drawing))
        cell = column.cells[i]
        if cells(cell) > room:
            too_wide.append(column)
            cell = _ELLIPSIS
        first.append(" " * _GAP).append(_fit(cell, room), style=column.styles[i] if column.styles else "")
    if before >= len(plan.columns):
        first.append_text(_drawn(i, plan, drawing))
    first.rstrip()
    lines += [first] if first.plain.strip() else []
    return lines + _below([c for c in (*too_wide, *plan.below) if c.cells[i] and c.said is not None], i, width)


def _below(columns: Sequence[Column], i: int, width: int) -> list[Text]:
    """What had no room in a row: as many cells on a line as there is room for; those with a style apart."""
    from rich.text import Text

    indent, lines = " " * 2 * _GAP, list[tuple[str, str]]()
    for column in columns:
        style = column.styles[i] if column.styles else "dim"
        part = (column.said or "{}").format(column.cells[i])
        together = f"{lines[-1][0]} · {part}" if lines else ""
        if lines and lines[-1][1] == style and cells(together) + len(indent) <= width:
            lines[-1] = (together, style)
        else:
            lines.append((part, style))
    return [Text(indent + part, style=style) for text, style in lines for part in _folded(text, width - len(indent))]


def _folded(text: str, width: int) -> list[str]:
    """Lines of at most so many cells: broken between words where every word has room."""
    from rich.cells import chop_cells

    if any(cells(word) > width for word in text.split()):
        return chop_cells(text, width)
    return [line.plain for line in paragraph(text, width, 0)]


def _drawn(i: int, plan: _Plan, drawing: Drawing | None) -> Text:
    from rich.text import Text

    if drawing is None or not plan.drawing:
        return Text()
    return Text(" " * _GAP + _fit(drawing.draw(i, plan.drawing), plan.drawing))


def _dim(line: Text) -> Text:
    line.stylize("dim")
    return line


def _fit(text: str, width: int) -> str:
    """A text in exactly so many cells; cut with a sign where it is wider."""
    from rich.cells import set_cell_size

    if cells(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(in_middle(text, width), width)
