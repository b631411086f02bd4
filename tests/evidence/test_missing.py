"""Missing is not unchanged: what had samples before and has none now is regressed, and named."""

from __future__ import annotations

import numpy as np
import pytest

from evidence_sides import lognormal, only, run
from holobench_mcp import Snapshot, judge
from holobench_mcp.evidence.coverage import coverages, has_samples
from holobench_mcp.model import MetricSettings

NAN, INF = np.nan, np.inf


def gone(samples, places, value=NAN):
    samples = np.array(samples, dtype=float)
    samples[places] = value
    return samples


@pytest.mark.parametrize("units", ["", "ms"])
@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_points_that_gave_samples_before_and_give_none_now_are_regressed_and_named(units, value):
    base, cand = lognormal(1, (4, 5), sd=0.01), gone(lognormal(2, (4, 5), sd=0.01), [1, 2, 3], value)
    judgement = judge([run(base, units=units)], [run(cand, units=units)])
    found = only(judgement)
    assert (judgement.decision, judgement.cause, found.cause) == ("regressed", "missing", "missing")
    assert (found.missing, found.missing_points) == (3, ({"x": 1}, {"x": 2}, {"x": 3}))
    assert "no finite sample of it at 3 of the baseline's 4 input points: x=1, x=2, x=3" in judgement.reason
    assert "no finite sample of m0 at x=1, x=2, x=3, and measure" in judgement.next_step


@pytest.mark.parametrize("runs", [(1, 1), (3, 3), (2, 4)])
@pytest.mark.parametrize("paired", [False, True])
def test_a_whole_metric_without_samples_is_missing_whatever_the_runs(runs, paired):
    base = [run(lognormal(i, (3, 5)), lognormal(9, (3, 5)), units="ms") for i in range(runs[0])]
    cand = [run(np.full((3, 5), NAN), lognormal(9, (3, 5)), units="ms") for _ in range(runs[1])]
    if paired and runs[0] != runs[1]:
        return
    judgement = judge(base, cand, paired=paired)
    found = next(m for m in judgement.metrics if m.variable == "m0")
    assert (judgement.decision, found.cause, found.missing, found.ci) == ("regressed", "missing", 3, None)
    assert "missing" in judgement.reason


def test_booleans_go_missing_too():
    base = run(np.ones((2, 4)), kind="bool", direction="maximize")
    cand = run(gone(np.ones((2, 4)), [1]), kind="bool", direction="maximize")
    found = only(judge([base], [cand]))
    assert (found.decision, found.cause, found.missing_points) == ("regressed", "missing", ({"x": 1},))


def test_a_metric_that_only_the_baseline_declares_is_missing():
    base = run(lognormal(1), lognormal(2), names=["time", "right"])
    judgement = judge([base], [run(lognormal(1), names=["time"])])
    assert (judgement.decision, judgement.cause) == ("regressed", "missing")
    assert [(m.variable, m.missing) for m in judgement.metrics if m.cause == "missing"] == [("right", 10)]
    assert judge([base], [run(lognormal(1)[:, ::-1], names=["time"])], metrics=["time"]).decision != "regressed"


@pytest.mark.parametrize("values", [[1, 2, 4], [0.5, 1.5, 2.5], ["a", "b", "d"]])
def test_a_point_that_is_gone_from_the_sweep_is_missing(values):
    base = run(lognormal(3, (3, 5), sd=0.01), inputs={"x": values})
    cand = run(lognormal(3, (3, 5), sd=0.01)[:2], inputs={"x": values[:2]})
    found = only(judge([base], [cand]))
    assert (found.decision, found.cause, found.missing_points) == ("regressed", "missing", ({"x": values[2]},))
    back = only(judge([cand], [base]))
    assert (back.decision, back.missing, back.appeared) == ("unchanged", 0, 1)
    assert [limit.what for limit in back.limits] == ["appeared"]
    assert f"x={values[2]}" in back.limits[0].detail


def test_points_of_several_inputs_are_named_by_all_of_them():
    def made(samples):
        return Snapshot.build(
            bench_name="b", inputs={"n": [1, 2], "kind": ["a", "b"]}, metrics={"t": {}}, samples={"t": samples}
        )

    samples = lognormal(4, (2, 2, 5), sd=0.01)
    found = only(judge([made(samples)], [made(gone(samples, (1, 0)))]))
    assert found.missing_points == ({"n": 2, "kind": "a"},)
    assert "(n=2, kind=a)" in found.reason


def test_at_most_twenty_are_named_and_all_are_counted():
    base = lognormal(5, (500, 3), sd=0.01)
    found = only(judge([run(base)], [run(gone(base, slice(100, None)))]))
    assert (found.missing, len(found.missing_points)) == (400, 20)
    assert "x=100, x=101, x=102 and 397 more" in found.reason


def test_what_one_run_of_several_lacks_is_a_limit_and_no_regression():
    base = [run(lognormal(10 + i, (3, 5), sd=0.01), units="ms") for i in range(3)]
    cand = [run(lognormal(20 + i, (3, 5), sd=0.01), units="ms") for i in range(3)]
    cand[1] = run(gone(lognormal(21, (3, 5), sd=0.01), [2]), units="ms")
    found = only(judge(base, cand))
    assert found.decision != "regressed" and found.missing == 0
    limits = {limit.what: limit.detail for limit in found.limits}
    assert (
        "5 of 45 samples of m0 are missing in the candidate, the first at x=2 in run 2 of 3"
        in limits["missing_samples"]
    )
    assert "1 of 3 input points" in limits["few_points"]


@pytest.mark.parametrize(("value", "what"), [(NAN, "missing_samples"), (INF, "not_finite")])
@pytest.mark.parametrize("side", ["baseline", "candidate"])
def test_samples_that_are_partly_missing_are_told_with_their_number_and_place(value, what, side):
    good = lognormal(30, (4, 6), sd=0.01)
    holed = good.copy()
    holed[2, :2] = value
    sides = {"baseline": good, "candidate": good[:, ::-1], side: holed}
    judgement = judge([run(sides["baseline"])], [run(sides["candidate"])])
    (limit,) = [limit for limit in judgement.limits if limit.what == what]
    assert limit.variable == "m0"
    assert limit.detail.startswith("2 of 24 samples of m0 are ")
    assert f"in the {side}, the first at x=2." in limit.detail


def test_what_was_never_measured_on_either_side_is_not_missing():
    base = gone(lognormal(40, (4, 5), sd=0.01), [0])
    found = only(judge([run(base)], [run(base[:, ::-1])]))
    assert (found.decision, found.missing, found.appeared) == ("unchanged", 0, 0)


def test_a_missing_point_counts_more_than_an_improvement_and_less_than_a_wrong_answer():
    base = run(lognormal(50, sd=0.01), np.ones((10, 5)), names=["time", "right"], direction="maximize")
    faster = gone(lognormal(51, sd=0.01, level=200), [3])
    wrong = np.ones((10, 5))
    wrong[2] = 0
    settings = {"right": MetricSettings(correctness=True)}
    judgement = judge([base], [run(faster, wrong, names=["time", "right"], direction="maximize")], settings=settings)
    assert [m.cause for m in judgement.metrics] == ["correctness", "missing"]
    assert (judgement.decision, judgement.cause) == ("regressed", "correctness")
    assert "Also regressed: time" in judgement.reason


def test_coverage_and_whole_sweeps_can_be_asked_of_alone():
    base, cand = run(lognormal(60, (3, 2))), run(gone(lognormal(60, (3, 2)), [0]))
    (found,) = coverages([base], [cand], ["m0"])
    assert (found.missing.tolist(), found.appeared.tolist()) == ([0], [])
    assert has_samples([cand]) and not has_samples([run(np.full((3, 2), NAN))])
