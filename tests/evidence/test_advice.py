"""What would settle it is asked for only where it can help."""

from __future__ import annotations

import numpy as np

from evidence_sides import lognormal, only, run
from holobench_mcp import judge


def test_too_noisy_to_tell_is_inconclusive_with_what_would_settle_it():
    judgement = judge([run(lognormal(9, (1, 5), sd=0.3))], [run(lognormal(10, (1, 5), sd=0.3))])
    assert judgement.decision == "inconclusive"
    assert only(judgement).repeats_needed > 5
    assert "repeats" in judgement.next_step or "steadier" in judgement.next_step


def test_the_repeats_asked_for_do_settle_it():
    rng = np.random.default_rng(11)
    few = only(judge([run(lognormal(12, sd=0.05, shape=(4, 5)))], [run(lognormal(13, sd=0.05, shape=(4, 5)))]))
    n = few.repeats_needed
    found = 0
    for _ in range(40):
        base, cand = (100 * np.exp(0.05 * rng.standard_normal((4, n))) for _ in range(2))
        found += judge([run(base)], [run(1.05 * cand)], margin_percent=3).decision == "regressed"
    assert found > 28


def test_more_runs_are_asked_for_than_there_are():
    rng = np.random.default_rng(260)
    for _ in range(20):
        made = [run(lognormal(int(s), (1, 5), sd=0.02), units="ms") for s in rng.integers(0, 1 << 30, 6)]
        found = only(judge(made[:3], made[3:]))
        assert found.runs_needed is None or found.runs_needed > 3


def test_what_was_never_measured_is_not_to_be_repeated():
    judgement = judge([run(np.full((3, 2), np.nan))], [run(np.ones((3, 2)))])
    assert (only(judgement).runs_needed, only(judgement).repeats_needed) == (None, None)
    assert "same input points" in judgement.next_step
    assert "5 repeats" in judge([run([1.0])], [run([2.0])]).next_step


def test_an_interval_beside_zero_is_not_said_to_look_like_no_change():
    base = lognormal(270, (1, 30), sd=0.03)
    found = only(judge([run(base)], [run(1.025 * base[:, ::-1])]))
    assert found.decision == "inconclusive" and found.ci[0] > 0
    assert "can't be told from one beyond the 3 % margin" in found.reason
    rest = [lognormal(272 + i, (1, 8)) for i in range(7)]
    more = [lognormal(372 + i, (1, 8)) for i in range(7)]
    base = 100 * np.exp(0.06 * np.linspace(-1.3, 1.3, 8))[None, :]
    many = judge([run(base, *rest)], [run(1.08 * base, *more)])
    one = next(m for m in many.metrics if m.variable == "m0")
    assert one.ci[0] > 0 and "chance among all that was looked at (p " in one.reason
