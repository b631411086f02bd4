"""How large a change is, on which scale, and which word it gets."""

from __future__ import annotations

import numpy as np
import pytest

from evidence_sides import lognormal, only, run
from holobench_mcp import judge
from holobench_mcp.model import Direction, MetricSettings


@pytest.mark.parametrize("n", [3, 5, 9])
def test_the_interval_of_a_single_point_is_that_of_holobench(n):
    evidence_stats = pytest.importorskip("bencher.evidence_stats", reason="holobench has it from 1.146 on")
    base, cand = lognormal(1, (1, n)), lognormal(2, (1, n), level=120)
    theirs = evidence_stats.continuous_effect(base, cand, scale="log")
    ours = only(judge([run(base)], [run(cand)]))
    assert ours.effect_percent == pytest.approx(theirs.to_display(theirs.estimate))
    assert ours.ci == pytest.approx([theirs.to_display(v) for v in (theirs.ci95.low, theirs.ci95.high)])
    assert ours.p_value == pytest.approx(theirs.p_value)


def test_every_point_counts_the_same_however_large_its_values():
    base = lognormal(3, (4, 8), sd=0.02) * np.array([[1], [10], [100], [1e6]])
    cand = base * np.array([[1.2], [1.2], [1.2], [1.0]])
    assert only(judge([run(base)], [run(cand)])).effect_percent == pytest.approx(100 * (1.2**0.75 - 1))


def test_a_metric_that_is_not_positive_is_judged_in_its_units():
    rng = np.random.default_rng(4)
    found = only(
        judge([run(rng.standard_normal((5, 8)), units="V")], [run(rng.standard_normal((5, 8)) + 5, units="V")])
    )
    assert (found.decision, found.units, found.effect_percent) == ("regressed", "V", None)
    assert found.effect == pytest.approx(5, abs=1)


def test_a_slowdown_everywhere_is_regressed_and_says_by_how_much():
    judgement = judge([run(lognormal(5))], [run(lognormal(6, level=115))])
    assert judgement.decision == "regressed"
    assert "95 % interval" in judgement.reason and "3 % margin" in judgement.reason
    assert judgement.next_step is None


def test_maximise_turns_it_around_and_settings_override_the_declaration():
    base, cand = lognormal(5), lognormal(6, level=130)
    assert judge([run(base, direction="maximize")], [run(cand, direction="maximize")]).decision == "improved"
    flipped = {"m0": MetricSettings(direction=Direction.minimize)}
    judgement = judge([run(base, direction="maximize")], [run(cand, direction="maximize")], settings=flipped)
    assert judgement.decision == "regressed"


def test_a_metric_without_a_better_direction_regresses_by_any_change_and_says_so():
    base, cand = lognormal(5), lognormal(6, level=70)
    judgement = judge([run(base, direction="none")], [run(cand, direction="none")])
    assert judgement.decision == "regressed"
    assert "declares no better direction" in judgement.reason


def test_a_certain_change_within_the_margin_is_unchanged():
    base = lognormal(7, (10, 30), sd=0.01)
    cand = lognormal(8, (10, 30), sd=0.01, level=101)
    found = only(judge([run(base)], [run(cand)]))
    assert found.decision == "unchanged"
    assert found.ci[0] > 0
