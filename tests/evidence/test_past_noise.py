"""What earlier measurements showed of a metric's noise counts beside the present's own, as long as these agree."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_sides import lognormal, only, run
from holobench_mcp import judge
from holobench_mcp.evidence.formulas import Estimate
from holobench_mcp.evidence.guards import GUARDS
from holobench_mcp.evidence.past_noise import Groups, PastNoise, Prior, past_noise, prior_of, with_past

variances = st.floats(1e-8, 1e2)
dfs = st.integers(1, 60).map(float)
estimates = st.builds(Estimate, st.floats(-1, 1), variances, dfs)


def rounds_of(sd: float, seed: int, *, rounds: int = 3, change: float = 1.0, drift: float = 0.0):
    rng = np.random.default_rng(seed)
    sides = []
    for factor in (1.0, change):
        levels = factor * np.exp(sd * rng.standard_normal(rounds) + drift * np.arange(rounds))
        sides.append([run(level * lognormal(seed + i, (1, 5), sd=0.002), units="ms") for i, level in enumerate(levels)])
    return sides


def earlier(sd: float, *, measurements: int = 8, rounds: int = 5, drift: float = 0.0, seed: int = 5) -> PastNoise:
    rng = np.random.default_rng(seed)
    trend = drift * np.arange(rounds)
    draw = lambda: sd * rng.standard_normal(rounds) + trend  # noqa: E731
    pairs = [(draw(), draw()) for _ in range(measurements)]
    past = past_noise(Groups(rounds=pairs))
    assert past is not None
    return past


# ---------------------------------------------------------------------- laws of the prior


@given(st.lists(st.tuples(variances, dfs), min_size=1, max_size=12), st.floats(1e-3, 1e3))
def test_a_prior_scales_with_its_variances_and_does_not_mind_their_order(known, factor):
    of = lambda some: prior_of([v for v, _ in some], [df for _, df in some])  # noqa: E731
    prior, scaled, turned = of(known), of([(factor * v, df) for v, df in known]), of(known[::-1])
    assert scaled.variance == pytest.approx(factor * prior.variance, rel=1e-6)
    assert turned.variance == pytest.approx(prior.variance, rel=1e-6)
    assert scaled.df == pytest.approx(prior.df, rel=1e-5) and turned.df == pytest.approx(prior.df, rel=1e-5)


@given(variances, dfs, st.integers(1, 11))
def test_more_measurements_that_agree_are_worth_more_and_never_more_than_all_their_runs(variance, df, count):
    fewer, more = (prior_of([variance] * k, [df] * k) for k in (count, count + 1))
    assert fewer.df < more.df <= (count + 1) * df


def test_a_past_that_differs_from_day_to_day_is_worth_less_than_a_steady_one():
    steady, changing = (prior_of([0.03**2 * f**k for k in (-1, 1, -1, 1, -1, 1)], [8.0] * 6) for f in (1.1, 4.0))
    assert changing.df < steady.df / 4


@pytest.mark.parametrize("variances", [[], [0.0], [0.0, 0.0]])
def test_runs_that_never_differed_tell_nothing(variances):
    assert prior_of(variances, [4.0] * len(variances)) is None


# ---------------------------------------------------------------------- laws of what it does to an estimate


@given(estimates, variances, dfs, st.floats(0.1, 2))
def test_a_past_that_agrees_gives_degrees_of_freedom_and_a_variance_between_both(own, variance, df, scale):
    moderated, agrees = with_past(own, scale, Prior(variance, df), GUARDS)
    assert moderated.effect == own.effect
    if agrees:
        low, high = sorted((own.variance, variance * scale))
        assert low * (1 - 1e-9) <= moderated.variance <= high * (1 + 1e-9)
        assert own.df < moderated.df <= 1.5 * own.df + 1e-9
    else:
        assert agrees is False and moderated == own


@given(estimates, variances, dfs, st.floats(0.1, 2), st.floats(1e-3, 1e3))
def test_other_units_change_nothing_but_the_units(own, variance, df, scale, factor):
    moderated, agrees = with_past(own, scale, Prior(variance, df), GUARDS)
    larger = replace(own, variance=factor * own.variance)
    again, still_agrees = with_past(larger, scale, Prior(factor * variance, df), GUARDS)
    if abs(own.variance / scale / variance - 1) > 1e-6:  # rounding decides nothing but on the bar itself
        assert (again.variance, again.df) == pytest.approx((factor * moderated.variance, moderated.df), rel=1e-6)
        assert agrees is still_agrees


@given(estimates, dfs)
def test_a_present_far_noisier_or_far_quieter_than_the_past_goes_alone(own, df):
    for factor in (1e9, 1e-9):
        moderated, agrees = with_past(own, 1.0, Prior(factor * own.variance, df), GUARDS)
        assert (moderated, agrees) == (own, False)


@given(estimates)
def test_without_a_past_an_estimate_is_what_it_was(own):
    assert with_past(own, 1.0, None, GUARDS) == (own, None)


# ---------------------------------------------------------------------- through the whole rule


@pytest.mark.parametrize(("rounds", "paired"), [(3, True), (3, False), (5, True), (8, True), (13, True), (2, True)])
def test_an_empty_past_gives_the_p_values_of_none(rounds, paired):
    sides = rounds_of(0.03, 3, rounds=rounds, change=1.06)
    empty = {"m0": PastNoise(0)}
    assert judge(*sides, paired=paired, run_variance=empty) == judge(*sides, paired=paired)


def test_three_rounds_decide_with_a_history_what_they_could_not_alone():
    found = dict.fromkeys((True, False), 0)
    past = {"m0": earlier(0.03)}
    for seed in range(120):
        sides = rounds_of(0.03, 100 + seed, change=1.1)
        for known in found:
            judged = judge(*sides, paired=True, alpha=0.01, run_variance=past if known else "auto")
            found[known] += judged.decision == "regressed"
    assert found[True] >= found[False] + 8


def test_the_answer_says_how_many_measurements_its_noise_is_known_from():
    past = {"m0": earlier(0.03)}
    judged = [only(judge(*rounds_of(0.03, s), paired=True, run_variance=past)) for s in range(8)]
    agreeing = [e for e in judged if e.run_variance.measurements and not e.run_variance.unlike_past]
    assert agreeing and all("with 8 earlier measurements" in e.reason for e in agreeing)
    assert not any(limit.what == "unlike_the_past" for e in agreeing for limit in e.limits)


@pytest.mark.parametrize("sd", [0.3, 0.0005])
def test_noise_that_contradicts_the_past_is_said_and_judged_by_itself_alone(sd):
    sides = rounds_of(sd, 9, rounds=5)
    alone, found = (only(judge(*sides, paired=True, run_variance=v)) for v in ("auto", {"m0": earlier(0.03)}))
    assert found.run_variance.unlike_past and found.run_variance.measurements == 8
    assert "earlier measurements" not in found.reason
    assert [limit.detail for limit in found.limits if limit.what == "unlike_the_past"] == [
        "Runs of m0 are not as noisy as in 8 earlier measurements on this machine, which count for nothing here."
    ]
    assert found.decision == alone.decision


def test_the_past_tells_at_no_price_whether_pairs_are_quieter():
    steady, drifting = earlier(0.02), earlier(0.02, drift=0.1)
    assert (steady.pairs_are_quieter, drifting.pairs_are_quieter) == (False, True)
    sides = rounds_of(0.02, 12, change=1.3, rounds=5, drift=0.1)
    assert only(judge(*sides, paired=True, run_variance={"m0": drifting})).decision == "regressed"


def test_one_run_a_side_is_judged_by_what_runs_differed_by_before():
    base, cand = (run(lognormal(s, (1, 30), sd=0.01, level=v), units="ms") for s, v in ((17, 100), (18, 106)))
    quiet = {"m0": PastNoise(6, lone=Prior(0.005**2, 20), most_slowed=0.02)}
    found = only(judge([base], [cand], run_variance=quiet))
    assert (found.decision, found.run_variance.source, found.run_variance.measurements) == ("regressed", "store", 6)
    assert only(judge([base], [cand])).decision == "inconclusive"


def test_one_run_a_side_that_others_disturbed_as_never_before_is_judged_by_the_assumption():
    rng = np.random.default_rng(4)
    disturbed = 106 * np.exp(0.5 * (rng.random((1, 30)) < 0.4) + 0.01 * rng.standard_normal((1, 30)))
    base, cand = run(lognormal(17, (1, 30), sd=0.01), units="ms"), run(disturbed, units="ms")
    quiet = {"m0": PastNoise(6, lone=Prior(0.005**2, 20), most_slowed=0.02)}
    found = only(judge([base], [cand], run_variance=quiet))
    assert (found.decision, found.run_variance.source, found.run_variance.unlike_past) == (
        "inconclusive",
        "assumed",
        True,
    )


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_what_is_assumed_of_a_lone_run_widens_with_what_others_did_to_it(direction):
    rng = np.random.default_rng(8)
    widths = []
    for slow in (0.0, 0.2, 0.6):
        logs = 0.01 * rng.standard_normal((1, 30)) + slow * (rng.random((1, 30)) < 0.3) * (
            1 if direction == "minimize" else -1
        )
        sides = [[run(100 * np.exp(logs), units="ms", direction=direction)] for _ in "ab"]
        widths.append(only(judge(*sides)).run_variance.sd_percent)
    assert 4 < widths[0] < 5 and widths[0] + 2 < widths[1] < widths[2] - 2


def test_samples_on_the_plain_scale_have_no_past():
    sides = [[run([s, 0.0, 2.0, 1.0], units="ms") for s in (1.0, 1.2, 1.1)] for _ in "ab"]
    found = only(judge(*sides, paired=True, run_variance={"m0": earlier(0.03)}))
    assert found.run_variance.measurements is None and math.isfinite(found.run_variance.df)
