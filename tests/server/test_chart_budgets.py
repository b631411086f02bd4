"""How large the chart of an answer is with the page around it, and that what is left out of a large one is named."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import answer_sizes
from clients import chart_of
from holobench_mcp.server.chart import chart_meta
from holobench_mcp.server.chart.fragments import WANTED
from holobench_mcp.server.chart.page import page

#: Bytes of the page with the chart in it.
MOST = 150_000
#: Bytes of a chart as it travels with the answer.
MOST_SENT = 30_000


@contextmanager
def wanted(space: Any) -> Iterator[None]:
    token = WANTED.set(lambda: space)
    try:
        yield
    finally:
        WANTED.reset(token)


def charted(document: Any, space: Any = None) -> str:
    """The chart of an answer, which is as small as it has to be."""
    with wanted(space):
        meta = chart_meta(document)
    assert meta is not None, "there is no chart"
    html = chart_of({"_meta": meta})
    assert html is not None
    assert len((page() + html).encode()) <= MOST
    assert len(str(meta)) <= MOST_SENT
    return html


@pytest.mark.parametrize(
    ("metrics", "points", "factor"), [(1, 4, 1.2), (20, 4, 1.2), (200, 4, 1.2), (200, 4, 1.0), (1, 100_000, 1.2)]
)
def test_a_comparison_is_drawn_with_its_single_runs(metrics: int, points: int, factor: float) -> None:
    runs = [
        answer_sizes.side(metrics, points, factor if rev == "b" else 1.0, 10 * "ab".index(rev) + run, revision=rev)
        for rev in "ab"
        for run in range(3 if points < 1000 else 1)
    ]
    with answer_sizes.recorded(*runs) as space:
        document = space.compare()
        began = time.process_time()
        html = charted(document, space)
        assert time.process_time() - began < 20
        assert "a single run after" in html or points > 1000
    for name in (document.reason or "").split()[0], document.metrics[0].variable:
        assert name in html
    if metrics == 200 and factor > 1:
        assert "176 more" in html, "those that are not drawn are counted"


@pytest.mark.parametrize("codes", [10, 300, 301, 1000])
def test_a_history_is_drawn_whole(codes: int) -> None:
    html = charted(answer_sizes.history(codes)[1])
    drawn = html.count("<circle") if codes <= 300 else html.count("h0")
    assert drawn >= codes - 1


@pytest.mark.parametrize("sweeps", [1, 12, 60])
def test_of_a_measurement_of_many_sweeps_each_has_its_decision(sweeps: int) -> None:
    report: Any = answer_sizes.in_rounds(sweeps)[1]

    class Space:
        def single_runs(self, *_: object) -> None:
            return None

    html = charted(report, Space())
    assert html.count('class="hb-badge hb-regressed"') >= sweeps
    for document in report.comparisons if sweeps > 1 else ():
        assert f">{document.candidate.bench_name}<" in html


def test_a_head_that_fails_is_shown_with_the_end_of_its_output() -> None:
    report: Any = answer_sizes.in_rounds(0, crash=True)[1]
    assert "How the head failed" in charted(report)
