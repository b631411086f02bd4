"""So few samples that no test could know are inconclusive, never a guess."""

from __future__ import annotations

import numpy as np

from evidence_sides import run
from holobench_mcp import judge


def test_two_repeats_at_one_point_are_never_enough():
    for units in ("", "ms"):
        judgement = judge([run([10.01, 10.02], units=units)], [run([13.01, 13.02], units=units)])
        assert judgement.decision == "inconclusive"
        assert judgement.next_step


def test_a_hole_leaves_one_sample_which_is_no_constant():
    judgement = judge([run([10.0, np.nan])], [run([13.0, np.nan])])
    assert judgement.decision == "inconclusive"
    base, cand = run([10.0, 10.1, np.nan], units="ms"), run([15.0, 15.1, np.nan], units="ms")
    assert judge([base], [cand]).decision == "inconclusive"  # two repeats, whatever the shape says
