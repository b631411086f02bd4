"""The run is the unit: repeats of one process are never taken for runs."""

from __future__ import annotations

import numpy as np
import pytest

from evidence_sides import lognormal, only, run
from holobench_mcp import judge
from holobench_mcp.evidence.past_noise import PastNoise, Prior
from holobench_mcp.model import MetricSettings


def test_one_run_a_side_of_a_time_has_an_assumed_variance_between_runs_and_says_so():
    base, cand = lognormal(17, (1, 30), sd=0.01), lognormal(18, (1, 30), sd=0.01, level=106)
    found = only(judge([run(base, units="ms")], [run(cand, units="ms")]))
    assert (found.decision, found.run_variance.source) == ("inconclusive", "assumed")
    assert 4 < found.run_variance.sd_percent < 5  # a little more than is assumed, as its repeats differ
    assert found.run_variance.note
    assert "assumed" in found.reason and found.runs_needed >= 3
    assert judge([run(base)], [run(cand)]).decision == "regressed"  # where repeats are independent, it is clear
    independent = {"m0": MetricSettings(repeats="independent")}
    assert judge([run(base, units="ms")], [run(cand, units="ms")], settings=independent).decision == "regressed"


def test_what_the_store_knows_of_run_variance_replaces_the_assumption():
    base, cand = (run(lognormal(s, (1, 30), sd=0.01, level=v), units="ms") for s, v in ((17, 100), (18, 106)))
    quiet, noisy = ({"m0": PastNoise(6, lone=Prior(0.005**2, df))} for df in (20, 1))
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


def test_two_modes_do_not_part_two_runs_from_two():
    base = [run([10, 10, 10.1, 13.0, 13.1], units="ms"), run([10, 10.05, 10.1, 13.0, 13.2], units="ms")]
    cand = [run([10, 10.1, 13.05, 13.0, 13.1], units="ms"), run([10.02, 10.05, 13, 13.0, 13.2], units="ms")]
    assert judge(base, cand).decision == "inconclusive"


def test_runs_that_lack_a_metric_leave_the_others_to_speak():
    made = [run(lognormal(230 + i, sd=0.02), units="ms") for i in range(6)]
    broken = run(np.full((10, 5), np.nan), units="ms")
    judgement = only(judge([broken, *made[:3]], made[3:]))
    assert (judgement.decision, judgement.n_runs, judgement.n_dropped) == ("unchanged", (3, 3), 50)
    assert only(judge([broken, *made[:2]], made[3:], paired=True)).n_runs == (2, 2)


def test_runs_that_are_alike_by_chance_all_count():
    good, bad = (run([v], kind="bool", direction="maximize") for v in (1, 0))
    found = only(judge([good] * 10, [bad] * 10))
    assert (found.decision, found.n_runs) == ("regressed", (10, 10))
    assert only(judge([good] * 9 + [bad], [good] * 10)).effect == pytest.approx(10)


@pytest.mark.parametrize("paired", [True, False])
def test_a_quiet_machine_is_never_said_to_have_been_kept_busy(paired):
    rng = np.random.default_rng(31)
    for _ in range(150):
        sides = [[run(100 + 0.4 * rng.standard_normal((2, 3)), units="ms") for _ in range(4)] for _ in "ab"]
        found = only(judge(*sides, paired=paired))
        assert found.location == "median" and "busy" not in found.reason
        assert "busy_machine" not in {limit.what for limit in found.limits}
