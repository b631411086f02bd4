"""Samples that are missing or not finite, and points that only one side has."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evidence_sides import lognormal, only, run
from holobench_mcp import judge


@pytest.mark.parametrize("missing", [math.nan, math.inf])
def test_a_sample_that_is_missing_is_none_that_agrees(missing):
    assert judge([run([missing, 10])], [run([missing, 14])]).decision == "inconclusive"
    assert judge([run([missing, 10, 10])], [run([14, missing, 14])]).decision == "regressed"
    assert judge([run([missing, -10, -10])], [run([-14, missing, -14])]).decision == "improved"


def test_missing_and_infinite_samples_are_dropped_and_counted():
    base, cand = lognormal(70, (10, 6)), lognormal(71, (10, 6), level=140)
    base[0, 0], cand[1, 1], cand[2] = np.nan, np.inf, np.nan
    found = only(judge([run(base)], [run(cand)]))
    assert (found.decision, found.n_points, found.n_dropped) == ("regressed", 9, 8)
    assert all(math.isfinite(v) for v in (*found.ci, found.effect_percent, found.p_value))


def test_nothing_measured_is_inconclusive_not_an_error():
    assert judge([run(np.full((3, 2), np.nan))], [run(np.ones((3, 2)))]).decision == "inconclusive"


def test_only_shared_points_are_compared():
    base = run(lognormal(72, (3, 5)), inputs={"x": [1, 2, 3]})
    cand = run(lognormal(73, (3, 5)), inputs={"x": [3, 2, 9]})
    assert only(judge([base], [cand])).n_points == 2
    far = run(lognormal(73, (3, 5)), inputs={"x": [7, 8, 9]})
    assert judge([base], [far]).decision == "incomparable"


@pytest.mark.parametrize("values", [range(40), [0.5 + i for i in range(40)]], ids=["int", "float"])
def test_a_number_and_its_text_are_no_shared_point(values):
    numbers = run(lognormal(72, (40, 5)), inputs={"x": list(values)})
    texts = run(lognormal(73, (40, 5)), inputs={"x": [str(v) for v in values]})
    assert judge([numbers], [texts]).reason == judge([texts], [numbers]).reason == "The results share no input point."
