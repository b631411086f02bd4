"""What single disturbed runs do to a comparison of many rounds: little, unless only one side has them."""

from __future__ import annotations

import numpy as np
import pytest

from evidence_sides import only
from holobench_mcp import judge
from holobench_mcp.evidence.disturbed_runs import far_runs, trimmed_difference, without_disturbed
from holobench_mcp.evidence.formulas import Estimate
from holobench_mcp.evidence.guards import GUARDS, Guards
from looks_calibration import Noise, sides

DISTURBED = Noise(0.02, disturbed=0.1)


def judged(seed, change=0.0, rounds=18, noise=DISTURBED, **options):
    base, head = sides(np.random.default_rng(seed), noise, change, 1)
    return judge(base[:rounds], head[:rounds], paired=True, **options)


def test_a_change_is_found_beside_runs_that_were_disturbed_and_none_is_made_up():
    found = [judged(seed, 0.08) for seed in range(60)]
    assert sum(j.decision == "regressed" for j in found) >= 54
    plain = sum(judged(seed, 0.08, guards=Guards(trimmed_runs=False)).decision == "regressed" for seed in range(60))
    assert plain <= 45
    alarms = sum(judged(1000 + seed).decision in ("regressed", "improved") for seed in range(120))
    assert alarms <= 120 * 0.05 + 3 * (120 * 0.05 * 0.95) ** 0.5


def test_identical_code_is_shown_unchanged_beside_them():
    assert sum(judged(seed, rounds=27).decision == "unchanged" for seed in range(40)) >= 28
    options = {"rounds": 27, "guards": Guards(trimmed_runs=False)}
    assert sum(judged(seed, **options).decision == "unchanged" for seed in range(40)) <= 10


def test_the_answer_says_which_runs_it_gives_little_weight():
    made = next(j for j in (judged(seed) for seed in range(20)) if only(j).disturbed_runs is not None)
    [found] = made.metrics
    base, head = found.disturbed_runs
    assert f"by trimmed means, as {base + head} runs lie far from the others" in made.reason
    [limit] = [limit for limit in made.limits if limit.what == "disturbed_runs"]
    assert limit.detail.startswith(f"{base} of 18 runs of the baseline and {head} of 18 of the candidate")


@pytest.mark.parametrize("noise", [Noise(0.03), Noise(0.03, drift=0.1)])
@pytest.mark.parametrize("rounds", [8, 12, 27])
def test_normal_noise_is_hardly_ever_trimmed(noise, rounds):
    trimmed = [only(judged(seed, rounds=rounds, noise=noise)).disturbed_runs is not None for seed in range(40)]
    assert sum(trimmed) <= 4


def numbers(rng, n, far=0):
    y = 0.01 * rng.standard_normal(n)
    y[:far] += 0.4
    return y


@pytest.mark.parametrize(
    ("base_far", "head_far", "trimmed"), [(2, 2, True), (0, 2, True), (0, 5, False), (5, 0, False)]
)
def test_far_runs_of_one_side_only_are_the_codes_own(base_far, head_far, trimmed):
    rng = np.random.default_rng(5)
    yb, yc = numbers(rng, 27, base_far), numbers(rng, 27, head_far)[::-1]
    assert far_runs(yb, yc) == (base_far, head_far)
    plain = Estimate(float(yc.mean() - yb.mean()), float((yc - yb).var(ddof=1)) / 27, 26.0)
    assert (without_disturbed(yb, yc, plain, GUARDS) is not None) is trimmed
    assert abs(trimmed_difference(yb, yc).effect) < 0.01 or max(base_far, head_far) == 5


def slow_at_times(seed, rounds=27, share=0.2):
    """A head of which one run in five is slow."""
    rng = np.random.default_rng(seed)
    base, _ = sides(rng, Noise(0.01), 0.0, 1)
    head, _ = sides(rng, Noise(0.01, disturbed=share), 0.0, 1)
    return judge(base[:rounds], head[:rounds], paired=True)


def test_code_that_is_slow_at_times_is_seldom_shown_unchanged():
    made = [slow_at_times(seed) for seed in range(40)]
    assert sum(j.decision == "unchanged" for j in made) <= 8
    open_ones = [j for j in made if j.decision == "inconclusive" and only(j).disturbed_runs is not None]
    assert open_ones
    assert all("far from the others are nearly all of one side" in j.reason for j in open_ones)
    assert any("may be the code's own" in limit.detail for limit in open_ones[0].limits)


def test_few_runs_are_all_counted():
    rng = np.random.default_rng(6)
    yb, yc = numbers(rng, 7, 1), numbers(rng, 7, 1)
    assert without_disturbed(yb, yc, Estimate(0.0, 1.0, 6.0), GUARDS) is None


def test_what_stands_still_is_not_taken_for_certain():
    """More than half of the runs equal on a coarse clock: no spread is left to trim to."""
    yb, yc = np.zeros(10), np.full(10, 0.1)
    yb[:2] = yc[:2] = 0.5
    assert without_disturbed(yb, yc, Estimate(0.1, 0.01, 18.0), GUARDS) is None


def test_a_disturbed_run_is_no_change_of_a_point():
    """What disturbed a whole run moves all of its points: none of them is found slower for it."""
    alarms = 0
    for seed in range(60):
        found = only(judged(seed, rounds=12, noise=Noise(0.01, disturbed=0.1)))
        alarms += found.points_moved > 0
    assert alarms <= 6


def test_trimmed_means_are_swapped_with_the_sides():
    rng = np.random.default_rng(7)
    yb, yc = numbers(rng, 12, 2), numbers(rng, 12, 1)
    one, other = trimmed_difference(yb, yc), trimmed_difference(yc, yb)
    assert one.effect == pytest.approx(-other.effect)
    assert one.variance == pytest.approx(other.variance)
