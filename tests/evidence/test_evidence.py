"""What evidence promises: a calibrated word for each metric, its reason, and what would settle it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bencher import evidence_stats

from evidence_sides import lognormal, only, run
from holobench_mcp import judge
from holobench_mcp.evidence.judgement import MAX_POINTS_LISTED, depends_on_machine, run_variance_from
from holobench_mcp.evidence.point_tests import differs_by_more_than_rounding, moderated_tests, share_of_mean
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
    assert share_of_mean(100) == share_of_mean(100_000) == pytest.approx(0.2)


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


def test_an_exact_difference_at_the_only_point_is_the_means_and_no_points():
    found = only(judge([run([5.0] * 4)], [run([6.0] * 4)]))
    assert (found.decision, found.points) == ("regressed", ())
    assert "most at" not in found.reason


def test_one_sample_a_side_is_exact_only_where_the_metric_is_declared_deterministic():
    sides = [run([1200])], [run([1300])]
    assert judge(*sides).decision == "inconclusive"
    assert judge(*sides, settings={"m0": MetricSettings(deterministic=True)}).decision == "regressed"


def test_constants_one_step_of_rounding_apart_are_not_exact_until_repeated():
    assert judge([run([10, 10])], [run([11, 11])]).decision == "inconclusive"
    assert judge([run([10, 10, 10])], [run([11, 11, 11])]).decision == "regressed"
    assert not differs_by_more_than_rounding(0.12, 0.13)
    assert differs_by_more_than_rounding(0.13, 0.15)
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


@pytest.mark.parametrize("values", [range(40), [0.5 + i for i in range(40)]], ids=["int", "float"])
def test_a_number_and_its_text_are_no_shared_point(values):
    numbers = run(lognormal(72, (40, 5)), inputs={"x": list(values)})
    texts = run(lognormal(73, (40, 5)), inputs={"x": [str(v) for v in values]})
    assert judge([numbers], [texts]).reason == judge([texts], [numbers]).reason == "The results share no input point."


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


# ---------------------------------------------------------------------- few samples, few runs, odd numbers


def test_one_point_on_an_edge_of_rounding_among_constants_is_no_proof():
    base, cand = np.full((5, 2), 10.0), np.full((5, 2), 10.0)
    cand[3] = 11
    assert judge([run(base)], [run(cand)]).decision == "inconclusive"
    cand[3] = 12.3
    assert judge([run(base)], [run(cand)]).decision == "regressed"


@pytest.mark.parametrize(("low", "high"), [(99, 102), (100, 105), (0.75, 1.0), (10, 11)])
def test_neighbours_on_a_coarse_grid_are_one_step_of_rounding_apart(low, high):
    assert not differs_by_more_than_rounding(low, high)
    assert not differs_by_more_than_rounding(high, low)


def test_numbers_too_large_to_write_out_are_not_rounded():
    assert differs_by_more_than_rounding(1.1e308, 1.7e308)


def test_a_hole_leaves_one_sample_which_is_no_constant():
    told = judge([run([10.0, np.nan])], [run([13.0, np.nan])])
    assert told.decision == "inconclusive"
    base, cand = run([10.0, 10.1, np.nan], units="ms"), run([15.0, 15.1, np.nan], units="ms")
    assert judge([base], [cand]).decision == "inconclusive"  # two repeats, whatever the shape says


def test_two_modes_do_not_part_two_runs_from_two():
    base = [run([10, 10, 10.1, 13.0, 13.1], units="ms"), run([10, 10.05, 10.1, 13.0, 13.2], units="ms")]
    cand = [run([10, 10.1, 13.05, 13.0, 13.1], units="ms"), run([10.02, 10.05, 13, 13.0, 13.2], units="ms")]
    assert judge(base, cand).decision == "inconclusive"


def test_a_lone_runs_outlier_at_one_point_is_not_that_points_change():
    lone = lognormal(200, (100, 3), sd=0.02)
    lone[7, 1] *= 8
    others = [run(lognormal(201 + i, (100, 3), sd=0.02), units="ms") for i in range(3)]
    assert judge(others, [run(lone, units="ms")]).decision in ("unchanged", "inconclusive")


def test_few_repeats_against_many_know_only_what_the_few_know():
    rng = np.random.default_rng(210)
    noise = lambda n: 100 * np.exp(0.03 * rng.standard_normal((100, n)) + 2 * (rng.random((100, n)) < 0.05))  # noqa: E731
    alarms = sum(judge([run(noise(5))], [run(noise(30))]).decision in ("regressed", "improved") for _ in range(60))
    assert alarms <= 8


def test_a_shift_that_all_points_of_a_run_share_is_no_change_at_a_point():
    base = lognormal(220, (10, 10), sd=0.01)
    shifted = lognormal(221, (10, 10), sd=0.01, level=108)
    found = only(judge([run(base, units="ms")], [run(shifted, units="ms")]))
    assert (found.decision, found.points_moved) == ("inconclusive", 0)
    shifted[4] *= 1.3
    found = only(judge([run(base, units="ms")], [run(shifted, units="ms")]))
    assert 4 in [p.inputs["x"] for p in found.points]


def test_one_slow_point_of_a_hundred_is_found_in_milliseconds_too():
    rng = np.random.default_rng(222)
    found = false = 0
    for _ in range(100):
        sd = np.sqrt(0.02 / rng.chisquare(4, (100, 1)))
        base, cand = (100 * np.exp(sd * rng.standard_normal((100, 5))) for _ in range(2))
        cand[37] *= 1.3
        points = only(judge([run(base, units="ms")], [run(cand, units="ms")])).points
        moved = {p.inputs["x"] for p in points}
        found += 37 in moved
        false += bool(moved - {37})
    assert found >= 58
    assert false <= 8


def test_runs_that_lack_a_metric_leave_the_others_to_speak():
    made = [run(lognormal(230 + i, sd=0.02), units="ms") for i in range(6)]
    broken = run(np.full((10, 5), np.nan), units="ms")
    told = only(judge([broken, *made[:3]], made[3:]))
    assert (told.decision, told.n_runs, told.n_dropped) == ("unchanged", (3, 3), 50)
    assert only(judge([broken, *made[:2]], made[3:], paired=True)).n_runs == (2, 2)


def test_runs_that_are_alike_by_chance_all_count():
    good, bad = (run([v], kind="bool", direction="maximize") for v in (1, 0))
    found = only(judge([good] * 10, [bad] * 10))
    assert (found.decision, found.n_runs) == ("regressed", (10, 10))
    assert only(judge([good] * 9 + [bad], [good] * 10)).effect == pytest.approx(10)


def test_a_metric_that_became_a_boolean_is_incomparable():
    assert judge([run([3.5, 3.6])], [run([1, 0], kind="bool")]).decision == "incomparable"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e308, 1e300, 1e-300, 5e-324])
@pytest.mark.parametrize("runs", [1, 3])
def test_the_largest_and_smallest_numbers_give_finite_answers(size, runs):
    rng = np.random.default_rng(240)
    sides = [[run(np.clip(rng.standard_normal((4, 5)), -1, 1) * size, units="V") for _ in range(runs)] for _ in "ab"]
    found = only(judge(*sides))
    assert all(math.isfinite(v) for v in (*found.ci, found.effect, found.margin, found.p_value))
    positive = [
        [run(np.exp(-np.abs(rng.standard_normal((4, 5)))) * size, units="ms") for _ in range(runs)] for _ in "ab"
    ]
    assert only(judge(*positive)).reason


def test_the_margin_of_a_signed_metric_is_of_the_size_of_its_points():
    base = np.array([[-5.0, -5.1, -4.9], [5.0, 5.1, 4.9]])
    assert only(judge([run(base, units="V")], [run(base[:, ::-1] + 0.01, units="V")])).margin == pytest.approx(0.15)


def test_a_time_rounded_to_zero_at_one_point_leaves_the_others_their_own_run_variance():
    rng = np.random.default_rng(250)
    levels = np.r_[1000.0, np.full(9, 1.0)][:, None]
    base, cand = (levels * (1 + 0.001 * rng.standard_normal((10, 5))) for _ in range(2))
    base[9], cand[9] = 0, 0
    cand[0] *= 1.05  # within what two runs of the same code differ by
    assert judge([run(base, units="ms")], [run(cand, units="ms")]).decision != "regressed"


# ---------------------------------------------------------------------- advice that can help


def test_more_runs_are_asked_for_than_there_are():
    rng = np.random.default_rng(260)
    for _ in range(20):
        made = [run(lognormal(int(s), (1, 5), sd=0.02), units="ms") for s in rng.integers(0, 1 << 30, 6)]
        found = only(judge(made[:3], made[3:]))
        assert found.runs_needed is None or found.runs_needed > 3


def test_what_was_never_measured_is_not_to_be_repeated():
    told = judge([run(np.full((3, 2), np.nan))], [run(np.ones((3, 2)))])
    assert (only(told).runs_needed, only(told).repeats_needed) == (None, None)
    assert "same input points" in told.next_step
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
