"""A history's page shows every value, its steps and the newest one, whatever the values are."""

from __future__ import annotations

import re
from itertools import pairwise

import html5lib
import pytest

from drawn_answers import history
from holobench_mcp.answers import History
from holobench_mcp.model import Decision, Direction
from holobench_mcp.report import history_fragment, history_picture
from holobench_mcp.report.history import step_decision

SVG = "{http://www.w3.org/2000/svg}"
MOST = 150_000


def coordinates(markup: str) -> list[float]:
    tree = html5lib.parse(markup)
    names = ("x", "y", "cx", "cy", "x1", "x2", "y1", "y2", "r", "width", "height")
    return [
        float(e.get(n).rstrip("%")) for svg in tree.iter(f"{SVG}svg") for e in svg.iter() for n in names if e.get(n)
    ]


@pytest.mark.parametrize(
    "values",
    [
        [], [None], [None, None], [1.0], [0.0], [-3.0], [5.0, 5.0, 5.0], [0.0, 0.0], [1.0, None, 2.0], [1e-300, 1e300],
        [1.7e308, -1.7e308], [5e-324, 1e-323], [-1.0, 0.0, 1.0], [1e15, 1e15 + 1], [float("inf"), 1.0], [float("nan"), 1.0],
        [0.001, 10.0, 1000.0], list(range(1, 60)),
    ],
)  # fmt: skip
def test_any_values_are_drawn_where_a_picture_has_room(values: list[float | None]) -> None:
    markup = history_fragment(history(values))
    places = coordinates(markup)
    assert all(-20 <= place <= 400 for place in places)
    drawable = [v for v in values if v is not None and abs(v) < float("inf")]
    assert markup.count('class="hb-newest"') == bool(drawable)
    assert markup.count("<circle") >= len(drawable)


def test_the_newest_value_its_interval_and_the_summary_are_in_words() -> None:
    answer = history([10.0, 10.5, 12.25], [2])
    markup = history_fragment(answer)
    assert answer.summary in markup
    assert "newest: 12.25 ms (12.127 to 12.373)" in markup
    assert re.search(r"<desc[^>]*>[^<]*The newest value is 12.25 ms", markup)
    assert "between <code>0000000001..0000000002</code>" in markup and "confidence 0.990" in markup
    for row in ("10.5", "10.395 to 10.605", "2026-03-01 00:01"):
        assert f"<td>{row}</td>" in markup


@pytest.mark.parametrize(
    "direction, size, decision",
    [
        (Direction.minimize, 25.0, Decision.regressed), (Direction.minimize, -25.0, Decision.improved),
        (Direction.maximize, 25.0, Decision.improved), (Direction.maximize, -25.0, Decision.regressed),
        (Direction.none, 25.0, None),
    ],
)  # fmt: skip
def test_a_step_is_better_or_worse_by_the_metrics_direction(
    direction: Direction, size: float, decision: object
) -> None:
    step = history([1.0, 2.0], [1]).change_points[0].model_copy(update={"effect_percent": size})
    assert step_decision(step, direction) is decision


def test_steps_beside_one_another_have_flags_that_do_not_cover_each_other() -> None:
    markup = history_fragment(history([float(i) for i in range(200)], [100, 101, 102, 103]))
    flags = re.findall(r'<svg x="([\d.]+)%" y="(\d+)"', markup)
    assert len(flags) == 4
    assert all(a[1] != b[1] for a, b in pairwise(flags))


def test_a_thousand_measurements_fit() -> None:
    whole = history([100.0 + i % 7 for i in range(1000)], [250, 500])
    assert len(history_fragment(whole)) < 2 * MOST
    assert len(history_picture(whole)) < MOST
    assert "The newest 300 values" in history_fragment(whole) and "and 700 earlier ones" in history_fragment(whole)


def test_one_history_has_one_picture() -> None:
    answer = history([1.0, 2.0, 3.0], [1])
    again = History.model_validate(answer.model_dump())
    assert history_fragment(answer) == history_fragment(again)
    assert history_picture(answer, dark=True) == history_picture(again, dark=True)
