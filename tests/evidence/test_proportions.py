"""Booleans are judged as proportions, in percentage points."""

from __future__ import annotations

import numpy as np
import pytest

from evidence_sides import only, run
from holobench_mcp import judge


def test_booleans_are_judged_in_percentage_points():
    base = np.r_[np.ones(90), np.zeros(10)][None, :]
    cand = np.r_[np.ones(60), np.zeros(40)][None, :]
    found = only(judge([run(base, kind="bool", direction="maximize")], [run(cand, kind="bool", direction="maximize")]))
    assert (found.decision, found.units, found.effect) == ("regressed", "pp", pytest.approx(-30))
    assert found.ci[0] < -30 < found.ci[1] < 0


def test_two_successes_against_two_failures_are_not_proof():
    base, cand = run([1, 1], kind="bool", direction="maximize"), run([0, 0], kind="bool", direction="maximize")
    assert judge([base], [cand]).decision == "inconclusive"


def test_always_true_on_both_sides_is_unchanged():
    base, cand = run([1, 1, 1], kind="bool"), run([1, 1, 1], kind="bool")
    assert judge([base], [cand]).decision == "unchanged"
