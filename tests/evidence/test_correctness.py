"""Answers are looked at in every run, at every point: no mean forgives a wrong one."""

from __future__ import annotations

import numpy as np
import pytest

from evidence_sides import lognormal, run
from holobench_mcp import judge
from holobench_mcp.model import Direction, Kind, MetricSettings

SETTINGS = {"right": MetricSettings(correctness=True)}


def side(runs, wrong=(), level=100.0, points=100, kind="bool", good=1.0, bad=0.0):
    """Runs that measure a time and say whether answers are right. wrong: (run, point) where they are not."""
    made = []
    for i in range(runs):
        right = np.full((points, 3), good)
        for number, point in wrong:
            if number == i:
                right[point] = bad
        time = lognormal(100 + i, (points, 3), sd=0.02, level=level)
        made.append(run(time, right, units="ms", names=["time", "right"]))
    return [
        s.with_(metrics=tuple(m.model_copy(update=declared(kind)) if m.variable == "right" else m for m in s.metrics))
        for s in made
    ]


def declared(kind):
    if kind == "bool":
        return {"kind": Kind.bool, "units": "", "direction": Direction.maximize}
    return {"units": "", "direction": Direction.minimize}


@pytest.mark.parametrize("paired", [True, False])
def test_answers_that_are_wrong_in_later_runs_only_are_regressed_however_fast(paired):
    wrong = [(i, p) for i in range(1, 5) for p in (3, 50, 97)]
    judgement = judge(side(5), side(5, wrong, level=70), settings=SETTINGS, paired=paired)
    assert (judgement.decision, judgement.cause) == ("regressed", "correctness")
    first = "Answers are wrong: right was 1, and is 0 at x=3 in run 2, one of 4 such runs of 5."
    assert judgement.reason.startswith(first)
    assert "3 of 100 input points are wrong: x=3, x=50, x=97." in judgement.reason
    assert "Improved: time" in judgement.reason
    assert "faster wrong answer" in judgement.next_step


@pytest.mark.parametrize(("kind", "good", "bad"), [("bool", 1.0, 0.0), ("float", 1e-9, 2e-9), ("float", 0.0, np.inf)])
def test_one_wrong_answer_in_one_run_is_enough(kind, good, bad):
    judgement = judge(
        side(3, kind=kind, good=good), side(3, [(2, 9)], kind=kind, good=good, bad=bad), settings=SETTINGS
    )
    assert (judgement.decision, judgement.cause) == ("regressed", "correctness")
    assert "x=9" in judgement.reason


def test_what_the_baseline_got_wrong_too_is_no_regression_nor_is_getting_better():
    wrong = [(0, 9)]
    judgement = judge(side(3, wrong), side(3, [(2, 9)]), settings=SETTINGS)
    assert judgement.decision != "regressed"
    assert judge(side(3, wrong), side(3), settings=SETTINGS).decision != "regressed"


def test_without_being_configured_a_boolean_is_judged_as_a_rate():
    judgement = judge(side(5), side(5, [(1, 3)]))
    assert judgement.decision in ("unchanged", "inconclusive")


def test_a_boolean_that_regressed_is_no_slow_answer():
    wrong = [(i, p) for i in range(5) for p in range(60)]
    judgement = judge(side(5), side(5, wrong))
    assert (judgement.decision, judgement.cause) == ("regressed", "correctness")
    slow = judge(side(5), side(5, level=150))
    assert (slow.decision, slow.cause) == ("regressed", "performance")
