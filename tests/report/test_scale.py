"""An axis has every number in its place: in order, within the picture, with zero and the margin on it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holobench_mcp.report import scale
from holobench_mcp.report.scale import Axis

NUMBERS = st.floats(-1e300, 1e300, allow_nan=False, allow_subnormal=False)


@given(st.lists(NUMBERS, min_size=1, max_size=8), st.one_of(st.none(), st.floats(1e-12, 1e12)))
def test_effects_stand_in_order_with_zero_among_them(values: list[float], margin: float | None) -> None:
    axis = scale.effects(values, margin)
    listed = sorted([*values, 0.0])
    places = [float(axis.at(v).rstrip("%")) for v in listed]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)
    assert axis.low <= 0 <= axis.high
    ticks = axis.ticks()
    assert all(math.isfinite(t) for t in ticks) and len(ticks) <= 12
    assert list(ticks) == sorted(set(ticks))


def test_the_margin_is_seen_however_far_the_effects_are() -> None:
    for reach in (1.0, 30.0, 400.0, 1e6, 1e12):
        axis = scale.effects([reach], 3.0)
        assert axis.share(3.0) - axis.share(-3.0) > 0.05
        assert 0 in axis.ticks()
    assert scale.effects([400.0], 3.0).unit == 3.0
    assert scale.effects([30.0], 3.0).unit == 0.0


@pytest.mark.parametrize("ends", [(0.0, 49.7), (-73.0, 6.4), (-29.8, 49.7), (-4e5, 2e5), (0.0, 1e306), (-3e-7, 37.0)])
def test_a_far_axis_has_numbers_up_to_what_is_drawn(ends: tuple[float, float]) -> None:
    axis = scale.effects(ends, 3.0)
    ticks = axis.ticks()
    assert axis.unit and 0 in ticks
    for end in (e for e in ends if abs(e) > 6):
        outer = ticks[-1] if end > 0 else ticks[0]
        assert abs(end) <= abs(outer) <= abs(end) * 3, "the last number is at the end, and that is near"


def test_an_axis_of_nothing_has_a_middle() -> None:
    axis = scale.effects([], None)
    assert axis.at(0) == "50%"
    assert Axis(1.0, 1.0).at(1.0) == "50%"
    assert scale.effects([None, float("nan"), float("inf")], float("nan")).share(0) == 0.5


@given(st.floats(1e-200, 1e200), st.floats(1.0001, 1e80))
def test_ticks_are_round_and_on_the_axis(low: float, factor: float) -> None:
    high = low * factor
    for ticks in (scale.even_ticks(low, high, 5), scale.log_ticks(low, high, 5)):
        assert all(low <= t * (1 + 1e-9) and t <= high * (1 + 1e-9) for t in ticks)
        assert len(ticks) <= 16
