"""What would settle it is asked for only where it can help."""

from __future__ import annotations

import re

import numpy as np
import pytest

from evidence_sides import lognormal, only, run
from holobench_mcp import judge
from holobench_mcp.config import MAX_ROUNDS, MAX_RUNS
from holobench_mcp.evidence.advice import MAX_REPEATS


def test_too_noisy_to_tell_is_inconclusive_with_what_would_settle_it():
    judgement = judge([run(lognormal(9, (1, 5), sd=0.1))], [run(lognormal(10, (1, 5), sd=0.1))])
    assert judgement.decision == "inconclusive"
    assert 5 < only(judgement).repeats_needed <= MAX_REPEATS
    assert f"at least {only(judgement).repeats_needed} repeats" in judgement.next_step


def noisy_runs(n, sd, *, seed=1, shift=0.0):
    rng = np.random.default_rng(seed)
    levels = [[100 * np.exp(side * shift + sd * rng.standard_normal()) for _ in range(n)] for side in (0, 1)]
    made = [[run(v * np.exp(0.01 * rng.standard_normal((2, 3))), units="ms") for v in side] for side in levels]
    return made[0], made[1]


@pytest.mark.parametrize(("n", "sd", "paired"), [(3, 0.2, True), (5, 0.3, True), (3, 0.5, False), (1, 0.2, False)])
def test_what_more_than_fifty_rounds_would_not_settle_is_said_plainly_with_what_can_be_shown(n, sd, paired):
    sides = noisy_runs(n, sd)
    if n == 1:
        sides = [run(lognormal(4, (1, 5), sd=0.4))], [run(lognormal(5, (1, 5), sd=0.4))]
    judgement = judge(*sides, paired=paired)
    found = only(judgement)
    assert (judgement.decision, found.runs_needed, found.repeats_needed) == ("inconclusive", None, None)
    assert found.can_show_percent > 3
    assert "cannot_show_margin" in [limit.what for limit in judgement.limits]
    assert "rounds=" not in judgement.next_step and "at least" not in judgement.next_step
    (offered,) = re.findall(r"margin_percent=([\d.]+)", judgement.next_step)
    assert found.can_show_percent <= float(offered) <= 1.11 * found.can_show_percent
    assert f"can show a change of {found.can_show_percent:.3g} %" in judgement.reason


@pytest.mark.parametrize("paired", [True, False])
def test_no_more_rounds_or_runs_are_asked_for_than_may_be(paired):
    asked = []
    for seed in range(40):
        judgement = judge(*noisy_runs(5, 0.04, seed=seed), paired=paired)
        if judgement.decision == "inconclusive":
            needed = only(judgement).runs_needed
            asked += [needed] if needed else []
            words = f"rounds={needed}." if paired else f"at least {needed} runs"
            assert needed is None or words in judgement.next_step
    assert len(asked) > 10
    assert min(asked) > 5 and max(asked) <= (MAX_ROUNDS if paired else MAX_RUNS)


@pytest.mark.parametrize("paired", [True, False])
def test_what_can_be_shown_is_shown_four_times_of_five(paired):
    shows = [only(judge(*noisy_runs(5, 0.05, seed=s), paired=paired)) for s in range(60)]
    shows = [e.can_show_percent for e in shows if e.can_show_percent is not None]
    typical = float(np.median(shows))
    pairs = [noisy_runs(5, 0.05, seed=1000 + s, shift=np.log1p(typical / 100)) for s in range(100)]
    found = sum(judge(*pair, paired=paired).decision == "regressed" for pair in pairs)
    assert 60 <= found <= 97


@pytest.mark.parametrize("seed", [11, 12, 20, 34])
def test_the_margin_that_is_offered_is_one_that_every_unsettled_metric_can_show(seed):
    made = [
        run(*(lognormal(seed * side + i, (1, 5), sd=sd) for i, sd in enumerate((0.1, 0.2, 0.4)))) for side in (1, 2)
    ]
    judgement = judge([made[0]], [made[1]])
    shown = [e.can_show_percent for e in judgement.metrics]
    (offered,) = re.findall(r"margin_percent=([\d.]+)", judgement.next_step)
    assert float(offered) >= max(shown)
    assert judgement.metrics[int(np.argmax(shown))].variable in judgement.next_step


def test_a_change_as_large_as_the_margin_is_not_blamed_on_noise():
    base = lognormal(5, (4, 40), sd=0.01)
    judgement = judge([run(base)], [run(1.0299 * base[:, ::-1])])
    assert judgement.decision == "inconclusive"
    assert "too near the 3 % margin" in judgement.next_step and "noise" not in judgement.next_step


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


@pytest.mark.parametrize(("n", "sd", "change"), [(2, 0.15, 1.6), (3, 0.2, 2.0), (5, 0.4, 2.5), (8, 0.5, 0.5)])
@pytest.mark.parametrize("paired", [True, False])
def test_a_change_that_looks_large_is_measured_on_though_the_margin_is_out_of_reach(n, sd, change, paired):
    found, settled, given_up = [], 0, 0
    for seed in range(40):
        judgement = judge(*noisy_runs(n, sd, seed=seed, shift=np.log(change)), paired=paired)
        if judgement.decision != "inconclusive":
            settled += 1
        elif (needed := only(judgement).runs_needed) is not None:
            assert needed > n and "too noisy" not in judgement.next_step
            found.append(needed)
        else:
            given_up += 1
    assert len(found) + settled > 2 * given_up
    again = [judge(*noisy_runs(m, sd, seed=99 + m, shift=np.log(change)), paired=paired) for m in found]
    assert sum(j.decision in ("regressed", "improved") for j in again) >= 0.6 * len(found)


@pytest.mark.parametrize("sd", [0.4, 2.0, 8.0])
def test_no_margin_is_offered_that_nobody_can_want(sd):
    for seed in range(10):
        judgement = judge(*noisy_runs(2, sd, seed=seed), paired=True)
        said = f"{judgement.reason} {judgement.next_step}"
        assert all(float(m) <= 1000 for m in re.findall(r"(?:margin_percent=|a change of )([\d.e+]*\d)", said)), said


@pytest.mark.parametrize("alpha", [1e-5, 1e-6, 1e-9])
def test_no_interval_is_said_to_hold_all(alpha):
    judgement = judge(*noisy_runs(3, 0.3), alpha=alpha, paired=True)
    assert only(judgement).interval_level < 1 and "99.999 % interval" in judgement.reason
