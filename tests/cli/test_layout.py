"""Tables and paragraphs keep to a width, whatever stands in them, and lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holobench_mcp.cli.layout import Column, Drawing, cells, in_middle, paragraph, table

WORDS = st.text(
    st.sampled_from("ab_9 日本語é🔴שלום·▁|"), min_size=1, max_size=130
).map(str.strip).filter(bool)  # fmt: skip
WIDTHS = st.integers(24, 200)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Column, list[Column], Drawing | None]:
    n = draw(st.integers(1, 4))
    texts = st.lists(WORDS | st.just(""), min_size=n, max_size=n)
    names = Column("metric", draw(st.lists(WORDS, min_size=n, max_size=n)))
    columns = [
        Column(f"header {i}", draw(texts), must=draw(st.booleans()), most=draw(st.sampled_from([0, 28, 80])))
        for i in range(draw(st.integers(0, 5)))
    ]
    drawing = Drawing(lambda width: "<" + "-" * (width - 2) + ">", lambda i, width: "●" * width)
    return names, columns, draw(st.sampled_from([None, drawing]))


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(parts=tables(), width=WIDTHS)
def test_no_line_of_a_table_is_wider_than_the_screen_and_every_cell_is_whole(
    parts: tuple[Column, list[Column], Drawing | None], width: int
) -> None:
    names, columns, drawing = parts
    lines = [line.plain for line in table(names, columns, width, drawing=drawing, drawn_at=1)]
    assert max(map(cells, lines)) <= width
    shown = squeezed("".join(lines))
    for cell in (*(in_middle(name, 240) for name in names.cells), *(cell for c in columns for cell in c.cells)):
        assert squeezed(cell) in shown, (cell, lines)


@given(text=st.lists(WORDS, min_size=1, max_size=20).map(" ".join), width=WIDTHS, indent=st.integers(0, 6))
def test_a_paragraph_breaks_between_words_and_an_id_stays_whole(text: str, width: int, indent: int) -> None:
    lines = [line.plain for line in paragraph(text, width, indent)]
    assert squeezed("".join(lines)) == squeezed(text)
    assert all(line.startswith(" " * indent) for line in lines[1:])
    for line in lines:
        assert cells(line) <= width or len(line.split()) == 1, line


@given(text=WORDS, most=st.integers(0, 60))
def test_what_is_cut_in_its_middle_says_so_and_has_room(text: str, most: int) -> None:
    short = in_middle(text, most)
    assert cells(short) <= most and (short == text or "…" in short or most == 0)


@pytest.mark.parametrize("width", [30, 60, 80, 120, 300])
def test_columns_leave_by_their_importance_and_the_drawing_takes_what_is_left(width: int) -> None:
    names = Column("metric", ["time_ms", "memory_of_the_process_mb"])
    columns = [
        Column("decision", ["regressed", "unchanged"], must=True),
        Column("effect", ["+50.4 %", "-0.1 %"], must=True),
        Column("interval", ["95 % interval +30 to +73", "90 % interval -1 to +1"]),
        Column("means", ["99.8 → 150.2", "12 → 12"], said="means {}"),
    ]
    drawing = Drawing(lambda cells: "0", lambda i, cells: "─" * cells)
    lines = [line.plain for line in table(names, columns, width, drawing=drawing, drawn_at=2)]
    first = next(line for line in lines if "regressed" in line)
    drawn = first.count("─")
    assert drawn == 0 if width == 30 else 17 <= drawn <= 33 and drawn % 2 == 1
    assert (width >= 120) is any("95 % interval" in line and "regressed" in line for line in lines)
    assert "99.8 → 150.2" in "".join(lines)
    assert all(len(line) == len(line.rstrip()) for line in lines)
