"""Bars of characters say what their numbers say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holobench_mcp.cli import bars
from holobench_mcp.model import Decision, MetricEvidence


def evidence(effect: float, low: float, high: float, units: str = "%") -> MetricEvidence:
    in_percent = {"effect_percent": effect} if units == "%" else {"effect": effect}
    return MetricEvidence(
        variable="t", decision=Decision.unchanged, reason="", units=units, ci=(low, high), **in_percent
    )


def test_a_bar_shows_zero_the_interval_and_the_effect() -> None:
    assert bars.forest_bar(evidence(5, 2.5, 7.5), 10, width=9) == "····│─●─·"
    assert bars.forest_bar(evidence(0, -5, 5), 10, width=9) == "··──●──··"
    assert bars.forest_bar(evidence(-10, -10, 0), 10, width=9) == "●───┼····"
    assert bars.forest_bar(None, 10, width=9) == "····│····"


@given(st.floats(-100, 100), st.floats(0, 50), st.floats(0, 50))
def test_the_bar_of_swapped_sides_is_its_mirror_image(effect: float, below: float, above: float) -> None:
    ours = bars.forest_bar(evidence(effect, effect - below, effect + above), 150)
    theirs = bars.forest_bar(evidence(-effect, -effect - above, -effect + below), 150)
    assert len(ours) == len(theirs)
    assert abs(ours.index("●") - (len(ours) - 1 - theirs.index("●"))) <= 1


def test_bars_of_other_units_have_a_scale_of_their_own() -> None:
    spans = bars.spans([evidence(5, -1, 12), evidence(2, -30, 3), evidence(1e9, 0, 2e9, "ms"), evidence(0, 0, 0, "pp")])
    assert spans == {"%": 30, "ms": 2e9, "pp": 1.0}


def test_a_sparkline_marks_where_the_metric_stepped() -> None:
    assert bars.sparkline([1.0, 1.0, 8.0, None], {"c"}, ["a", "b", "c", "d"]) == "▁▁|█ "
    assert bars.sparkline([None, None]) == ""
    assert bars.sparkline([3.0, 3.0]) == "▁▁"
