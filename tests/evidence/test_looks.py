"""Looks at one measurement share its error rate, however it is planned, stopped and extended."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from evidence_sides import only, run
from holobench_mcp import judge
from holobench_mcp.evidence.looks import ROUNDS_OF_LOOKS, alpha_of_look, horizon, is_look, spent_by
from holobench_mcp.model import ALPHA, Look


def looked(rounds, *, last, automatic=False, before=()):
    """A plan's looks, one after another."""
    looks = list(before)
    for n in rounds:
        alpha = alpha_of_look(looks, n, last=last, automatic=automatic)
        looks.append(Look(round=n, alpha=alpha, settled=False))
    return looks


def fixed(rounds, before=()):
    done = max((look.round for look in before), default=0)
    return looked([n for n in ROUNDS_OF_LOOKS if done < n < rounds] + [rounds], last=rounds, before=before)


PLANS = {
    "auto": looked(ROUNDS_OF_LOOKS, last=50, automatic=True),
    "auto, slow": looked([3, 5, 7], last=11, automatic=True),
    "5": fixed(5),
    "27": fixed(27),
    "2": fixed(2),
    "5, then auto": looked([8, 12, 18, 27, 40, 50], last=50, automatic=True, before=fixed(5)),
    "auto to 18, then 30": fixed(30, looked([3, 5, 8, 12, 18], last=50, automatic=True)),
}
for n in range(10, 55, 5):
    PLANS["ten extensions"] = fixed(n, PLANS.get("ten extensions", PLANS["5"]))
for n in range(3, 51):
    PLANS["a round at a time"] = fixed(n, PLANS.get("a round at a time", fixed(2)))


@pytest.mark.parametrize("plan", PLANS)
def test_all_looks_together_pass_nothing_in_at_most_five_percent(plan):
    """By simulation of sums, not by the integral that chose the looks' α."""
    looks = PLANS[plan]
    assert spent_by(looks) <= ALPHA
    rng = np.random.default_rng(1)
    sums = rng.standard_normal((40_000, 50)).cumsum(axis=1)
    passed = np.zeros(len(sums), dtype=bool)
    for look in looks:
        passed |= np.abs(sums[:, look.round - 1]) / look.round**0.5 >= special.ndtri(1 - look.alpha / 2)
    assert passed.mean() == pytest.approx(spent_by(looks), abs=0.003)


@pytest.mark.parametrize("plan", PLANS)
def test_shown_unchanged_by_mistake_in_at_most_five_percent(plan):
    """At a true change of the margin the one-sided tests see the same sums, and pass less often than both sides would."""
    rng = np.random.default_rng(2)
    sums = rng.standard_normal((40_000, 50)).cumsum(axis=1)
    passed = np.zeros(len(sums), dtype=bool)
    for look in PLANS[plan]:
        passed |= sums[:, look.round - 1] / look.round**0.5 <= special.ndtri(look.alpha)
    assert passed.mean() <= ALPHA + 0.003


@pytest.mark.parametrize("rounds", [2, 3, 5, 10, 27, 50])
def test_a_number_of_rounds_that_was_asked_for_has_nearly_all_of_it_at_its_end(rounds):
    looks = fixed(rounds)
    assert looks[-1].alpha >= 0.036
    assert all(look.alpha < looks[-1].alpha / 2 for look in looks[:-1])


def test_every_extension_has_some_left_to_spend():
    for plan in ("ten extensions", "a round at a time", "5, then auto", "auto to 18, then 30"):
        assert min(look.alpha for look in PLANS[plan]) > 3e-5, plan
    assert min(look.alpha for look in PLANS["5, then auto"]) > 1e-3


def test_a_look_that_was_made_is_made_again_at_the_same_alpha():
    looks = PLANS["auto"][:3]
    assert alpha_of_look(looks, looks[1].round, last=50, automatic=True) == looks[1].alpha
    assert spent_by(()) == 0


def test_looks_are_even_where_a_measurement_ends_when_it_is_settled():
    alphas = [look.alpha for look in PLANS["auto"]]
    assert min(alphas) > 0.003 and max(alphas) < 0.02
    assert [n for n in range(1, 51) if is_look(n)] == list(ROUNDS_OF_LOOKS)


@pytest.mark.parametrize(("fits", "expected"), [(None, 50), (1, 3), (6, 9), (20, 30), (33, 50), (400, 50)])
def test_auto_plans_for_what_its_time_allows_and_half_as_much_again(fits, expected):
    assert horizon(50, fits=fits) == expected


@pytest.mark.parametrize("alpha", [0.05, 0.0398, 0.0132, 0.0006])
def test_the_printed_interval_of_what_is_unchanged_is_the_looks_own(alpha):
    rng = np.random.default_rng(3)
    base, head = ([run(100 * np.exp(0.003 * rng.standard_normal((2, 4))), units="ms") for _ in range(12)] for _ in "ab")
    found = only(judge(base, head, paired=True, alpha=alpha, alpha_unchanged=alpha))
    assert found.decision == "unchanged"
    assert found.interval_level == pytest.approx(1 - 2 * alpha, abs=5e-4)
    assert -3 < found.ci[0] < found.ci[1] < 3
    wider = only(judge(base, head, paired=True, alpha=alpha, alpha_unchanged=alpha / 10))
    assert wider.ci[0] < found.ci[0] and wider.ci[1] > found.ci[1]


def test_a_later_alpha_needs_a_narrower_interval():
    """What five percent would call unchanged, a look that may spend less does not."""
    rng = np.random.default_rng(6)
    base, head = ([run(100 * np.exp(0.02 * rng.standard_normal((1, 4))), units="ms") for _ in range(8)] for _ in "ab")
    decisions = [only(judge(base, head, paired=True, alpha_unchanged=a)).decision for a in (0.05, 0.001, 1e-6)]
    assert decisions == ["unchanged", "inconclusive", "inconclusive"]
