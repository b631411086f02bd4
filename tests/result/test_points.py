"""An input point is named by values that are equal, however they are written; and by no other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holobench_mcp.result.points import place_of, places_of

BIG = 2**53


@pytest.mark.parametrize(
    ("values", "wanted", "place"),
    [
        # whole numbers, in every way to write them
        ([0.5, 1.0, 2.0], 1, 1),
        ([0.5, 1.0, 2.0], "1", 1),
        ([0.5, 1.0, 2.0], "1.0", 1),
        ([0.5, 1.0, 2.0], "1e0", 1),
        ([0.5, 1.0, 2.0], " 1 ", 1),
        ([0.5, 1.0, 2.0], np.int64(1), 1),
        ([0.5, 1.0, 2.0], np.float32(0.5), 0),
        ([50, 200], 200.0, 1),
        ([50, 200], "200.0", 1),
        ([50, 200], "2e2", 1),
        ([50, 200], np.float64(200), 1),
        (np.array([50, 200], dtype=np.uint8), 200.0, 1),
        # fractions
        ([0.1, 0.2], "0.1", 0),
        ([0.1, 0.2], "0.10", 0),
        (np.array([0.1, 0.2], dtype=np.float32), 0.1, 0),
        (np.array([0.1, 0.2], dtype=np.float32), 0.10000000149011612, 0),
        (np.array([0.1, 0.2], dtype=np.float32), "0.2", 1),
        ([1 / 3, 2 / 3], 0.3333, 0),
        ([1 / 3, 2 / 3], "0.6667", 1),
        # numbers that a float does not hold
        ([BIG, BIG + 1], str(BIG + 1), 1),
        ([BIG, BIG + 1], BIG + 1, 1),
        ([BIG, BIG + 1], float(BIG), 0),
        ([-1.0, 0.0], -0.0, 1),
        ([-1.0, -0.0], 0, 1),
        ([1.0, math.nan], "nan", 1),
        ([1.0, math.inf], "inf", 1),
        # truth values
        ([False, True], "true", 1),
        ([False, True], "False", 0),
        ([False, True], True, 1),
        ([False, True], 1, 1),
        ([False, True], "0", 0),
        ([0, 1], True, 1),
        # an input of texts, because not all of its values are of one kind
        (["True", "1"], True, 0),
        (["True", "1"], 1, 1),
        (["True", "1"], 1.0, 1),
        (["True", "1"], "true", 0),
        (["True", "2"], 1, 0),
        (["1", "auto"], 1.0, 0),
        (["0.5", "auto"], 0.5, 0),
        (["0.5", str(BIG + 1)], BIG + 1, 1),
        (["ascending", "Descending"], "descending", 1),
        (["a", "A"], "A", 1),
        (["None", "x"], None, 0),
        # times
        (np.array(["2026-01-01", "2026-01-02T03:00"], dtype="datetime64[ns]"), "2026-01-02T03:00:00", 1),
        (np.array(["2026-01-01", "2026-01-02T03:00"], dtype="datetime64[us]"), "2026-01-02 03:00", 1),
        (np.array(["2026-01-01", "2026-01-02T03:00"], dtype="datetime64[us]"), "2026-01-01", 0),
        (np.array(["2026-01-01", "2026-01-02T03:00"], dtype="datetime64[us]"), "2026-01-02T04:00+01:00", 1),
        (np.array(["2026-01-01", "2026-01-02T03:00"], dtype="datetime64[ns]"), "2026-01-02T03:00Z", 1),
        (np.array(["2026-01-01", "2026-01-01T00:00:00.000000001"], dtype="datetime64[ns]"), "2026-01-01T00:00:00.000000001", 1),
        (np.array(["1970-01-01", "1970-01-02"], dtype="datetime64[s]"), 86400, 1),
        (["2026-01-02 03:00:00+00:00", "2026-01-03 03:00:00+00:00"], "2026-01-02T03:00:00Z", 0),
    ],
)  # fmt: skip
def test_equal_values_match_however_they_are_written(values: Any, wanted: object, place: int) -> None:
    assert places_of(np.asarray(values), wanted).tolist() == [place]
    assert place_of({"x": np.asarray(values)}, {"x": wanted}) == place


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0.5, 1.0, 2.0], 3),
        ([0.5, 1.0, 2.0], "one"),
        ([0.5, 1.0, 2.0], 1.0000001),
        ([0.5, 2.0], True),
        ([50, 200], 200.5),
        ([50, 200], 2**70),
        ([50, 200], "9" * 500),
        ([0.5, 1e300], "1e999999999"),
        ([0.5, math.inf], "9" * 500),
        ([0.5, math.inf], "1e400"),
        ([float(BIG), 1.0], BIG + 1),
        ([float(BIG), 1.0], str(BIG + 1)),
        ([BIG, BIG + 2], float(BIG + 4)),
        ([1 / 3, 2 / 3], 0.33),
        ([0.33331, 0.33334], 0.3333),
        ([False, True], 2),
        ([False, True], "yes"),
        (["True", "1"], 2),
        (["a", "bb"], "c"),
        ([1.0, 2.0], "nan"),
        ([1.0, 2.0], "sNaN"),
        ([1.0, 2.0], None),
        (np.array(["2026-01-01"] * 1 + ["2026-01-02"], dtype="datetime64[us]"), "2026-01-03"),
        (np.array(["2026-01-01"] * 1 + ["2026-01-02"], dtype="datetime64[us]"), "yesterday"),
        (np.array(["2026-01-01"] * 1 + ["2026-01-02"], dtype="datetime64[us]"), True),
    ],
)
def test_what_was_never_measured_is_an_error_with_the_values_that_were(values: Any, wanted: object) -> None:
    assert places_of(np.asarray(values), wanted).size == 0
    with pytest.raises(KeyError, match=r"x was never .*; it was "):
        place_of({"x": np.asarray(values)}, {"x": wanted})


def test_of_many_values_the_error_names_the_nearest() -> None:
    numbers = np.arange(0.0, 100.0, 0.5)
    with pytest.raises(
        KeyError, match=r"x was never 7\.3; nearest are 7\.5, 7\.0, 8\.0, of 200 values from 0\.0 to 99\.5"
    ):
        place_of({"x": numbers}, {"x": 7.3})
    names = np.array([f"case-{i:02d}" for i in range(40)])
    with pytest.raises(
        KeyError, match=r"x was never 'case-7'; nearest are case-.*, of 40 values from case-00 to case-39"
    ):
        place_of({"x": names}, {"x": "case-7"})


def test_a_point_needs_every_input_that_has_more_than_one_value() -> None:
    coordinates = {"x": np.array([1, 2]), "mode": np.array(["a"]), "y": np.array([0.5, 1.0, 2.0])}
    assert place_of(coordinates, {"x": 2, "y": "1"}) == 4
    assert place_of(coordinates, {"x": 2, "y": "1", "mode": "a"}) == 4
    for point, says in (
        ({"x": 2}, "needs a value for y"),
        ({"X": 2, "y": 1}, "needs a value for x; X is not an input; inputs are x, mode, y"),
        ({"x": 2, "y": 1, "z": 3}, "z is not an input; inputs are x, mode, y"),
        ({"x": 2, "y": 1, "mode": "b"}, "mode was never 'b'"),
    ):
        with pytest.raises(KeyError, match=says):
            place_of(coordinates, point)


def test_a_value_that_could_mean_several_is_refused() -> None:
    assert place_of({"x": np.array(["1", "1.0"])}, {"x": "1"}) == 0
    with pytest.raises(KeyError, match=r"several values that '1\.00' could mean: '1', '1\.0'"):
        place_of({"x": np.array(["1", "1.0"])}, {"x": "1.00"})


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=9, unique=True), st.data())
def test_every_int_is_found_as_itself_and_as_its_text(values: list[int], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(values))
    array = np.array(values, dtype=np.int64)
    assert places_of(array, wanted).tolist() == places_of(array, str(wanted)).tolist() == [values.index(wanted)]


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=9, unique=True), st.data())
def test_every_float_is_found_as_itself_and_as_its_text(values: list[float], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(values))
    array = np.array(values)
    assert values.index(wanted) in places_of(array, wanted).tolist()
    assert places_of(array, wanted).tolist() == places_of(array, repr(wanted)).tolist()


@given(
    st.lists(st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=5)), min_size=1, max_size=5),
    st.one_of(st.integers(), st.floats(), st.booleans(), st.text(), st.none()),
)
def test_any_point_is_a_place_or_an_error_in_words(values: list[Any], wanted: object) -> None:
    from holobench_mcp.result.coordinates import without_objects

    array = without_objects(values)
    try:
        assert 0 <= place_of({"x": array}, {"x": wanted}) < len(values)
    except KeyError as problem:
        assert str(problem.args[0]).startswith("point: x ")
