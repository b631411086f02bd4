"""What evidence promises: a calibrated word for each metric, its reason, and what would settle it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bencher import evidence_stats

from evidence_sides import lognormal, only, run
from holobench_mcp import judge
from holobench_mcp.evidence import MAX_POINTS_LISTED, depends_on_machine, run_variance_from
from holobench_mcp.evidence_points import differs_by_more_than_rounding, moderated_tests, share_of_mean
from holobench_mcp.model import Direction, MetricSettings, RunVariance

# ---------------------------------------------------------------------- effects and intervals


@pytest.mark.parametrize("n", [3, 5, 9])
def test_the_interval_of_a_single_point_is_that_of_holobench(n):
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
    told = judge([run(lognormal(5))], [run(lognormal(6, level=115))])
    assert told.decision == "regressed"
    assert "95 % interval" in told.reason and "3 % margin" in told.reason
    assert told.next_step is None


def test_maximise_turns_it_around_and_settings_override_the_declaration():
    base, cand = lognormal(5), lognormal(6, level=130)
    assert judge([run(base, direction="maximize")], [run(cand, direction="maximize")]).decision == "improved"
    flipped = {"m0": MetricSettings(direction=Direction.minimize)}
    told = judge([run(base, direction="maximize")], [run(cand, direction="maximize")], settings=flipped)
    assert told.decision == "regressed"


def test_a_metric_without_a_better_direction_regresses_by_any_change_and_says_so():
    base, cand = lognormal(5), lognormal(6, level=70)
    told = judge([run(base, direction="none")], [run(cand, direction="none")])
    assert told.decision == "regressed"
    assert "declares no better direction" in told.reason


def test_a_certain_change_within_the_margin_is_unchanged():
    base = lognormal(7, (10, 30), sd=0.01)
    cand = lognormal(8, (10, 30), sd=0.01, level=101)
    found = only(judge([run(base)], [run(cand)]))
    assert found.decision == "unchanged"
    assert found.ci[0] > 0


def test_too_noisy_to_tell_is_inconclusive_with_what_would_settle_it():
    told = judge([run(lognormal(9, (1, 5), sd=0.3))], [run(lognormal(10, (1, 5), sd=0.3))])
    assert told.decision == "inconclusive"
    assert only(told).repeats_needed > 5
    assert "repeats" in told.next_step or "steadier" in told.next_step


def test_the_repeats_asked_for_do_settle_it():
    rng = np.random.default_rng(11)
    few = only(judge([run(lognormal(12, sd=0.05, shape=(4, 5)))], [run(lognormal(13, sd=0.05, shape=(4, 5)))]))
    n = few.repeats_needed
    found = 0
    for _ in range(40):
        base, cand = (100 * np.exp(0.05 * rng.standard_normal((4, n))) for _ in range(2))
        found += judge([run(base)], [run(1.05 * cand)], margin_percent=3).decision == "regressed"
    assert found > 28


# ---------------------------------------------------------------------- points


def test_a_slowdown_at_one_input_point_is_found_though_the_mean_hides_it():
    rng = np.random.default_rng(14)
    base, cand = (100 * np.exp(0.05 * rng.standard_normal((100, 5))) for _ in range(2))
    cand[37] *= 1.3
    found = only(judge([run(base)], [run(cand)]))
    assert abs(found.effect_percent) < 1
    assert found.decision == "regressed"
    assert [p.inputs for p in found.points] == [{"x": 37}]
    assert found.points[0].ci[0] < found.points[0].effect_percent < found.points[0].ci[1]
    assert "x=37" in found.reason


def test_a_mixture_is_regressed_and_lists_both_worst_first():
    rng = np.random.default_rng(15)
    base, cand = (100 * np.exp(0.03 * rng.standard_normal((20, 6))) for _ in range(2))
    cand[3] *= 1.4
    cand[9] /= 1.4
    found = only(judge([run(base)], [run(cand)]))
    assert found.decision == "regressed"
    assert [(p.inputs["x"], p.decision) for p in found.points] == [(3, "regressed"), (9, "improved")]


def test_all_points_that_moved_are_counted_though_only_the_worst_are_listed():
    base = lognormal(16, (2500, 5), sd=0.02)
    found = only(judge([run(base)], [run(base[:, ::-1] * 1.5)]))
    assert found.points_moved == 2500
    assert len(found.points) == MAX_POINTS_LISTED


def test_quiet_points_among_points_of_two_modes_are_not_believed():
    base = np.full((100, 3), 10.0) + np.tile([0, 1, 1], (100, 1))
    cand = base.copy()
    base[5], cand[5] = 10, 11  # by luck, all repeats in one mode on each side
    assert judge([run(base)], [run(cand)]).decision in ("unchanged", "inconclusive")


def test_a_lone_runs_outlier_is_no_point_that_moved():
    sides = np.array([np.r_[1.0, np.full(49, 1e-4)], np.full(50, 1e-4)])
    dfs = np.stack([np.full(50, 1.0), np.full(50, 4.0)])
    effect = np.r_[0.5, np.zeros(49)]
    found = moderated_tests(
        effect, sides, dfs, np.stack([np.full(50, 0.5), np.full(50, 0.2)]), added=0, added_df=math.inf
    )
    assert found.q[0] > 0.05


def test_the_mean_weighs_less_where_points_are_many():
    assert share_of_mean(2) == share_of_mean(10) == pytest.approx(0.7)
    assert share_of_mean(100) == share_of_mean(100_000) == pytest.approx(0.35)


# ---------------------------------------------------------------------- runs


def test_one_run_a_side_of_a_time_has_an_assumed_variance_between_runs_and_says_so():
    base, cand = lognormal(17, (1, 30), sd=0.01), lognormal(18, (1, 30), sd=0.01, level=106)
    found = only(judge([run(base, units="ms")], [run(cand, units="ms")]))
    assert (found.decision, found.run_variance.source, found.run_variance.sd_percent) == ("inconclusive", "assumed", 3)
    assert found.run_variance.note
    assert "assumed" in found.reason and found.runs_needed >= 3
    assert judge([run(base)], [run(cand)]).decision == "regressed"  # where repeats are independent, it is clear
    independent = {"m0": MetricSettings(repeats="independent")}
    assert judge([run(base, units="ms")], [run(cand, units="ms")], settings=independent).decision == "regressed"


def test_what_the_store_knows_of_run_variance_replaces_the_assumption():
    base, cand = (run(lognormal(s, (1, 30), sd=0.01, level=v), units="ms") for s, v in ((17, 100), (18, 106)))
    quiet = {"m0": RunVariance(source="store", sd_percent=0.5, df=20)}
    noisy = {"m0": RunVariance(source="store", sd_percent=0.5, df=1)}
    assert only(judge([base], [cand], run_variance=quiet)).decision == "regressed"
    known, guessed = (only(judge([base], [cand], run_variance=v)) for v in (quiet, noisy))
    assert guessed.p_value > 100 * known.p_value  # known on one degree of freedom is hardly known


def test_repeats_of_one_process_are_not_taken_for_runs():
    rng = np.random.default_rng(19)
    shifts = np.exp(0.05 * rng.standard_normal(6))
    made = [run(lognormal(20 + i, (1, 30), sd=0.01) * s, units="ms") for i, s in enumerate(shifts)]
    found = only(judge(made[:3], made[3:]))
    assert found.decision == "inconclusive"
    assert found.n_runs == (3, 3) and found.run_variance.source == "runs"
    assert found.run_variance.sd_percent == pytest.approx(5, abs=3)


def test_interleaved_rounds_cancel_drift():
    drift = np.exp(np.linspace(0, 0.05, 10))
    made = [run(lognormal(30 + i, (10, 5), sd=0.01) * d, units="ms") for i, d in enumerate(drift)]
    base = [made[2 * i + i % 2] for i in range(5)]
    cand = [made[2 * i + 1 - i % 2] for i in range(5)]
    assert judge(base, cand, paired=True).decision in ("unchanged", "inconclusive")
    assert judge(made[:5], made[5:]).decision == "regressed"  # one side after the other, drift is a slowdown


def test_pairs_see_what_drift_would_hide():
    drift = np.exp(np.linspace(0, 0.3, 10))
    base = [run(lognormal(40 + i, (10, 5), sd=0.01) * drift[2 * i], units="ms") for i in range(5)]
    cand = [run(lognormal(50 + i, (10, 5), sd=0.01) * drift[2 * i + 1] * 1.1, units="ms") for i in range(5)]
    assert judge(base, cand, paired=True).decision == "regressed"
    assert judge(base, cand).decision == "inconclusive"


def test_run_variance_is_pooled_over_groups_of_replicates():
    rng = np.random.default_rng(21)
    groups = [[run(lognormal(60, (1, 9), sd=0.001) * s) for s in np.exp(0.04 * rng.standard_normal(8))] for _ in "abc"]
    found = run_variance_from(groups, "m0")
    assert (found.source, found.df) == ("store", 21)
    assert found.sd_percent == pytest.approx(4, rel=0.4)
    assert run_variance_from([groups[0][:1]], "m0") is None
    assert run_variance_from(groups, "nothing") is None


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (u, True)
        for u in [
            "ms",
            "s",
            "us",
            "µs",
            "μs",
            "ns",
            "min",
            "h",
            "Hz",
            "MHz",
            "1/s",
            "ops/s",
            "op/s",
            "req/s",
            "MB",
            "MiB",
            "GB",
            "KB",
            "B",
            "bytes",
            "J",
            "mJ",
            "W",
            "Wh",
            "kWh",
        ]
    ]
    + [(u, True) for u in ("fps", "items/s", "% cpu", "cycles", "requests per second", "MB/s")]
    + [
        (u, False)
        for u in ("", None, "ul", "items", "ops", "steps", "%", "m", "V", "points", "dB", "count", "K", "rad")
    ],
)
def test_which_units_depend_on_the_machine(units, expected):
    assert depends_on_machine(units) is expected


# ---------------------------------------------------------------------- booleans


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


# ---------------------------------------------------------------------- what can't be judged, and what is exact


def test_equal_constants_are_exactly_unchanged():
    found = only(judge([run([7, 7])], [run([7, 7])]))
    assert (found.decision, found.effect_percent, found.ci) == ("unchanged", 0, (0, 0))
    assert "exactly equal" in found.reason


def test_a_deterministic_counter_that_differs_has_changed_exactly():
    found = only(judge([run([1200, 1200])], [run([1300, 1300])]))
    assert (found.decision, found.p_value) == ("regressed", 0)
    runs = [run([1200]) for _ in range(3)], [run([1300]) for _ in range(3)]
    assert judge(*runs).decision == "regressed"


def test_one_sample_a_side_is_exact_only_where_the_metric_is_declared_deterministic():
    sides = [run([1200])], [run([1300])]
    assert judge(*sides).decision == "inconclusive"
    assert judge(*sides, settings={"m0": MetricSettings(deterministic=True)}).decision == "regressed"


def test_constants_one_step_of_rounding_apart_are_not_exact_until_repeated():
    assert judge([run([10, 10])], [run([11, 11])]).decision == "inconclusive"
    assert judge([run([10, 10, 10])], [run([11, 11, 11])]).decision == "regressed"
    assert not differs_by_more_than_rounding(0.12, 0.13)
    assert differs_by_more_than_rounding(0.12, 0.14)
    assert differs_by_more_than_rounding(math.pi, math.e)


@pytest.mark.parametrize("missing", [math.nan, math.inf])
def test_a_sample_that_is_missing_is_none_that_agrees(missing):
    assert judge([run([missing, 10])], [run([missing, 14])]).decision == "inconclusive"
    assert judge([run([missing, 10, 10])], [run([14, missing, 14])]).decision == "regressed"
    assert judge([run([missing, -10, -10])], [run([-14, missing, -14])]).decision == "improved"


def test_a_coarse_clock_is_no_deterministic_counter():
    found = only(judge([run([15.6] * 5, units="ms")], [run([15.7] * 5, units="ms")]))
    assert found.decision == "inconclusive"
    assert found.run_variance.source == "assumed"


def test_two_repeats_at_one_point_are_never_enough():
    for units in ("", "ms"):
        told = judge([run([10.01, 10.02], units=units)], [run([13.01, 13.02], units=units)])
        assert told.decision == "inconclusive"
        assert told.next_step


def test_times_that_were_rounded_to_zero_have_a_variance_between_runs_too():
    base, cand = [0, 1, 1, 1, 1, 1, 1, 1.0], [1, 1, 1, 1, 1, 1.05, 1, 1.0]
    assert only(judge([run(base, units="ms")], [run(cand, units="ms")])).run_variance.source == "assumed"


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


def test_nothing_shared_and_changed_declarations_are_incomparable():
    base = run(lognormal(74))
    assert judge([base], [run(lognormal(75), names=["other"])]).decision == "incomparable"
    assert judge([base], [run(lognormal(75), units="ms")]).decision == "incomparable"
    assert judge([base], [run(lognormal(75), direction="maximize")]).decision == "incomparable"


@pytest.mark.parametrize("wrong", [{"margin_percent": 0}, {"margin_percent": math.nan}, {"alpha": 0}, {"alpha": 1}])
def test_a_margin_or_an_alpha_that_can_not_be_one_is_an_error(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        judge([run([1, 2])], [run([1, 2])], **wrong)


def test_pairs_need_partners_and_sides_need_runs():
    with pytest.raises(ValueError, match="pairs"):
        judge([run([1, 2])], [run([1, 2]), run([1, 3])], paired=True)
    with pytest.raises(ValueError, match="at least one run"):
        judge([], [run([1, 2])])


# ---------------------------------------------------------------------- several metrics


def test_the_worst_metric_comes_first_and_decides():
    base = run(lognormal(80), lognormal(81), lognormal(82, sd=0.5))
    cand = run(lognormal(83, level=60), lognormal(84, level=160), lognormal(85, sd=0.5))
    told = judge([base], [cand])
    assert told.decision == "regressed"
    assert told.metrics[0].variable == "m1"
    assert [m.decision for m in told.metrics] == ["regressed", "inconclusive", "improved"]
    assert "Improved: m0" in told.reason


def test_more_metrics_need_more_evidence():
    base, cand = lognormal(90, (1, 8)), lognormal(91, (1, 8), level=114)
    alone = only(judge([run(base)], [run(cand)])).p_value
    rest = [lognormal(92 + i, (1, 8)) for i in range(4)]
    among = judge([run(base, *rest)], [run(cand, *(r[:, ::-1] * 1.001 for r in rest))])
    assert next(m for m in among.metrics if m.variable == "m0").p_value == pytest.approx(min(1, 5 * alone))


def test_only_the_metrics_asked_for_are_judged():
    told = judge([run(lognormal(1), lognormal(2))], [run(lognormal(3), lognormal(4))], metrics=["m1"])
    assert only(told).variable == "m1"
