"""The tables of a page, read back: every number on it is the answer's, of the row that it stands in, to its last digit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn_answers import compared, document, evidence, history, point, runs_of
from holobench_mcp.digest.structures import short
from holobench_mcp.model import ComparedMetric, PointEvidence
from holobench_mcp.report import comparison_fragment, history_fragment
from stored_runs import A, B, record_runs, workspace_in

NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?")
SIZES = st.floats(1e-250, 1e250).flatmap(lambda v: st.sampled_from([v, -v]))
EFFECTS = st.one_of(st.floats(-99.9, 1e4, allow_subnormal=False), SIZES)
DECISIONS = ("regressed", "improved", "inconclusive")


class Tables(HTMLParser):
    """The rows of all tables, by markup or by role: their cells' text as a reader gets it. Pictures are left out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        role = dict(attrs).get("role")
        is_cell = tag in ("td", "th") or role in ("cell", "rowheader", "columnheader")
        self._open.append("cell" if is_cell else tag)
        if "svg" not in self._open and (tag == "tr" or role == "row"):
            self.rows.append([])
        elif is_cell:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "cell" in self._open and "svg" not in self._open:
            self.rows[-1][-1] += data


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


def is_of(printed: float, value: float) -> bool:
    """Whether a printed number is a value's, of three significant digits at least."""
    return printed == pytest.approx(value, rel=6e-3, abs=1e-320)


def are_of(printed: Sequence[float], values: Sequence[float]) -> bool:
    return len(printed) == len(values) and all(map(is_of, printed, values))


@st.composite
def judged(draw: st.DrawFn) -> ComparedMetric:
    number = draw(st.integers(0, 10**6))
    low, size, high = sorted(draw(st.tuples(EFFECTS, EFFECTS, EFFECTS)))
    points = tuple(
        PointEvidence.model_validate({**point(draw(st.sampled_from(DECISIONS)), p, at=f"p{i}q").model_dump(), "ci": (min(p, low), max(p, high))})
        for i, p in enumerate(draw(st.lists(EFFECTS, max_size=3)))
    )  # fmt: skip
    found = evidence(
        f"m{number}m", draw(st.sampled_from(DECISIONS)), size, ci=(low, high), points=points, n_points=max(len(points), 1),
        points_tested=len(points), points_moved=len(points),
    )  # fmt: skip
    sides = {"baseline_value": draw(SIZES), "current_value": draw(SIZES)}
    return compared(found).model_copy(update=sides)


@settings(max_examples=30)
@given(st.lists(judged(), min_size=1, max_size=3, unique_by=lambda m: m.variable))
def test_each_row_of_a_comparison_has_its_metrics_numbers(metrics: list[ComparedMetric]) -> None:
    runs = [runs_of(m.evidence) for m in metrics if m.evidence][:1]
    rows = Tables(comparison_fragment(document(metrics), runs)).rows
    for m in metrics:
        e = m.evidence
        assert e is not None and e.ci is not None and e.effect_percent is not None
        (row,) = [r for r in rows if r and r[0].startswith(f"{m.variable} ")]
        assert e.decision.value.capitalize() in row[0]
        size, level, *ends, before, after = numbers(row[-1])
        assert (level, len(ends)) == (95, 2)
        expected = (e.effect_percent, *e.ci, m.baseline_value, m.current_value)
        assert are_of((size, *ends, before, after), expected), (row, expected)
    first = metrics[0].evidence
    assert first is not None
    for p in first.points:
        for row in (r for r in rows if r and r[0].startswith(f"at={p.inputs['at']} ")):
            found = [(p.size, *p.ci) for m in metrics for p in (m.evidence.points if m.evidence else ())]
            assert any(are_of(numbers(row[-1])[:3], wanted) for wanted in found), (row, found)


@settings(max_examples=30)
@given(st.lists(st.one_of(st.none(), SIZES, st.just(0.0)), min_size=1, max_size=12))
def test_each_row_of_a_history_has_its_measurements_numbers(values: list[float | None]) -> None:
    answer = history(values)
    rows = [r for r in Tables(history_fragment(answer)).rows if len(r) == 6][1:]
    assert [row[0] for row in rows] == [p.source_revision for p in reversed(answer.series)]
    for row, p in zip(rows, reversed(answer.series), strict=True):
        assert row[1] == p.executed_at[:16].replace("T", " ")
        if p.estimate is None or p.ci is None:
            assert (row[2], row[3]) == ("no value", "")
        else:
            assert are_of((*numbers(row[2]), *numbers(row[3])), (p.estimate, *p.ci)), (row, p)


@pytest.mark.parametrize("after", [60.0, 100.0, 140.0])
def test_a_recorded_comparisons_page_says_what_its_structure_says(tmp_path: Any, after: float) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 100, 0, revision=A)
    record_runs(space, after, 10, revision=B)
    answer = space.compare(f"sort@{A}", f"sort@{B}")
    (row,) = short(answer).model_dump(mode="json")["metrics"]
    (read,) = [r for r in Tables(comparison_fragment(answer)).rows if r and r[0].startswith("time_ms ")]
    size, _level, low, high, *others = numbers(read[-1])
    wanted = (row["effect"], *row["interval"], row["baseline_value"], row["current_value"])
    assert are_of((size, low, high, *others[-2:]), wanted), (read, row)
    assert row["decision"].capitalize() in read[0]


def drawn_marks(page: str) -> Iterator[float]:
    """Where the marks of a forest stand, in percent of the width."""
    for picture in re.findall(r'<div role="cell" class="hb-cell hb-drawn">(.*?)</div>', page, re.DOTALL):
        yield from (float(x) for x in re.findall(r'<svg x="([\d.]+)%"', picture)[:1])


@settings(max_examples=30)
@given(st.lists(st.floats(-90, 1e6), min_size=2, max_size=6, unique=True))
def test_marks_stand_in_the_order_of_their_numbers(sizes: list[float]) -> None:
    metrics = [evidence(f"m{i}m", "regressed", v) for i, v in enumerate(sizes)]
    page = comparison_fragment(document(metrics))
    rows = [r for r in Tables(page).rows if r and r[0].startswith("m")]
    read = {r[0].split()[0]: numbers(r[-1])[0] for r in rows}
    places = dict(zip(read, drawn_marks(page), strict=True))
    ordered = sorted(places, key=lambda name: sizes[int(name[1:-1])])
    assert [places[name] for name in ordered] == sorted(places.values())
