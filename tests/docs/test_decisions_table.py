"""The tables of real decisions in docs/running.md are what the script makes of them."""

from __future__ import annotations

import pytest

from decisions_real import BEGIN, DOCS, END, Decided, summary, written

DECIDED = [
    Decided(0.0, "unchanged", 18, 38.2),
    Decided(0.05, "regressed", 12, 27.0),
    Decided(0.0, "regressed", 8, 20.0),
    Decided(0.05, "improved", 8, 20.0),
    Decided(0.0, "inconclusive", 40, 90.4),
    Decided(0.05, "inconclusive", 40, 90.0),
]


def test_alarms_and_what_was_not_told_are_counted_apart() -> None:
    assert summary(DECIDED).splitlines()[2:] == [
        "| identical | 1 of 3 | 1 of 3 | 1 of 3 | 38 (90) |",
        "| 5 % slower | 1 of 3 | 1 of 3 | 1 of 3 | 27 (90) |",
    ]


def test_the_page_has_its_place_and_the_rows_come_to_its_summary() -> None:
    page = DOCS.read_text(encoding="utf-8")
    block = page.partition(BEGIN)[2].partition(END)[0]
    cells = [[c.strip() for c in line.split("|")[1:-1]] for line in block.splitlines() if "| --" not in line]
    shown = [row for row in cells if len(row) == 4 and row[2].isdigit()]
    again = [
        Decided(0.0 if head == "identical" else float(head.split()[0]) / 100, decision, int(rounds), float(seconds))
        for head, decision, rounds, seconds in shown
    ]
    assert again
    assert written(page, again) == page


def test_a_page_without_marks_is_an_error() -> None:
    with pytest.raises(SystemExit, match="no <!--"):
        written("text", DECIDED)
