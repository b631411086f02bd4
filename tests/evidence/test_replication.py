"""Points that were measured unequally often, and points of which only a mean and a spread are known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from evidence_sides import only
from holobench_mcp import Snapshot, judge
from holobench_mcp.evidence.contract_comparison import compare_results
from holobench_mcp.model import InvalidArgument
from holobench_mcp.store.bundle import Store


def ragged(counts, *, seed=0, level=1.0, repeats=None, lost=()):
    """A run whose points have as many samples as `counts` says, padded with NaN; `lost` samples are missing."""
    rng = np.random.default_rng(seed)
    array = np.full((len(counts), repeats or max(counts)), np.nan)
    for point, count in enumerate(counts):
        array[point, :count] = (point + 1) * level * np.exp(0.02 * rng.standard_normal(count))
    for place in lost:
        array[place] = np.nan
    return Snapshot.build(
        bench_name="b",
        inputs={"x": range(len(counts))},
        metrics={"time": {"units": "s"}},
        samples={"time": array},
        counts={"time": counts},
        executed_at="2026-01-01T00:00:00+00:00",
    )


def aggregate(means, *, n=1000, cv=0.05, sds=None, inputs=True):
    means = np.asarray(means, dtype=float)
    return Snapshot.build(
        bench_name="b",
        inputs={"x": range(len(means))} if inputs else {},
        metrics={"time": {"units": "s"}},
        samples={"time": means[:, None]},
        counts={"time": np.full(len(means), n)},
        sds={"time": means * cv if sds is None else sds},
        executed_at="2026-01-01T00:00:00+00:00",
    )


def lone_mean():
    return Snapshot.build(
        bench_name="lone",
        metrics={"time": {}},
        samples={"time": [1.0]},
        counts={"time": np.array(9)},
        sds={"time": 0.5},
    )


def whats(evidence):
    return {limit.what for limit in evidence.limits}


@pytest.mark.parametrize("counts", [[5, 50, 7], [3, 3, 400], [10, 0, 10], [2, 9, 0]])
def test_padding_is_no_missing_sample(counts):
    found = only(judge([ragged(counts)], [ragged(counts, seed=1)]))
    assert found.n_dropped == 0 and not {"missing_samples", "not_finite", "appeared"} & whats(found)
    assert found.decision == "inconclusive" and found.missing == 0
    slower = only(judge([ragged(counts)], [ragged(counts, seed=2, level=1.4)]))
    assert slower.decision == "regressed" and 35 < slower.effect_percent < 45
    assert slower.n_repeats == (min(c for c in counts if c), min(c for c in counts if c))


def test_a_sample_that_is_missing_before_the_padding_is_told_of():
    base, cand = ragged([5, 20, 7]), ragged([5, 20, 7], seed=1, lost=[(1, 3), (0, 4)])
    found = only(judge([base], [cand]))
    [limit] = [limit for limit in found.limits if limit.what == "missing_samples"]
    assert limit.detail == "2 of 32 samples of time are missing in the candidate, the first at x=0."
    assert found.n_dropped == 2


def test_a_point_that_is_gone_is_missing_and_a_point_that_never_was_is_not():
    found = only(judge([ragged([5, 6, 7])], [ragged([5, 6, 0], seed=1)]))
    assert (found.decision, found.cause, found.missing) == ("regressed", "missing", 1)
    assert only(judge([ragged([5, 6, 0])], [ragged([5, 6, 0], seed=1)])).missing == 0


@pytest.mark.parametrize(("first", "second"), [([5, 5, 5], [5, 5, 500]), ([400, 3, 3], [3, 3, 400])])
def test_the_verdict_does_not_take_more_samples_for_a_change(first, second):
    document = compare_results(ragged(first), ragged(second, seed=1))
    [metric] = document["metrics"]
    assert metric["verdict"] == "unchanged" and abs(metric["change_percent"]) < 3
    assert metric["current_value"] == pytest.approx(2, rel=0.05)


def test_the_store_gives_it_back_and_covers_it(store: Store):
    for snapshot in (ragged([5, 0, 7]), aggregate([1.0, 2.0]), lone_mean()):
        back = store.snapshot(store.manifest(store.record(snapshot)))
        held, same = back.replication["time"], snapshot.replication["time"]
        assert held.count.tolist() == same.count.tolist()
        assert (held.sd is None) == (same.sd is None)
        assert not back.missing("time").any()
    assert not list(store.verify())


def test_counts_make_another_result_of_the_same_numbers(store: Store):
    array = [[1.0, 2.0, np.nan], [1.0, np.nan, np.nan]]
    plain = {"bench_name": "b", "inputs": {"x": [0, 1]}, "metrics": {"m": {}}, "samples": {"m": array}}
    one = Snapshot.build(**plain, executed_at="2026-01-01T00:00:00+00:00")
    other = Snapshot.build(**plain, counts={"m": [2, 1]}, executed_at="2026-01-01T00:00:00+00:00")
    assert store.record(one) != store.record(other.with_(provenance=one.provenance))
    assert one.missing("m").sum() == 3 and other.missing("m").sum() == 0


@pytest.mark.parametrize(
    ("counts", "sds", "says"),
    [
        ({"m": [2, 2]}, None, "counts: 'm': it has samples where its counts say that none were taken"),
        ({"m": [3]}, None, "counts: 'm': its counts are not one for each of the (2,) points"),
        ({"m": [3, 4]}, None, "counts: 'm': it counts more samples than the 3 repeats there are"),
        ({"m": [3, -1]}, None, "counts: 'm'"),
        ({"m": [3.0, 3.5]}, None, "counts: 'm': its counts are no whole numbers"),
        ({"q": [3, 3]}, None, "counts: 'q' is none of m"),
        ({"m": [9, 9]}, {"m": [0.1]}, "counts: 'm': its standard deviations are not one for each point"),
        ({}, {"m": [0.1, 0.1]}, "sds: 'm' is none of none"),
        (7, None, "counts: a mapping of names is needed"),
    ],
)
def test_counts_that_are_not_those_of_the_samples_are_refused(counts, sds, says):
    with pytest.raises(InvalidArgument) as error:
        Snapshot.build(
            bench_name="b",
            inputs={"x": [0, 1]},
            metrics={"m": {}},
            samples={"m": [[1.0, 2.0, 3.0]] * 2},
            counts=counts,
            sds=sds,
        )
    assert says in str(error.value)


# ---------------------------------------------------------------------- aggregates


def test_an_aggregate_is_judged_by_its_spread_and_says_that_it_is_one():
    slower = only(judge([aggregate([1.0, 2.0])], [aggregate([1.4, 2.8])]))
    assert slower.decision == "regressed" and slower.effect_percent == pytest.approx(40)
    assert "aggregates" in whats(slower) and slower.n_repeats == (1000, 1000)
    wide = only(judge([aggregate([1.0], n=4, cv=0.8)], [aggregate([1.4], n=4, cv=0.8)]))
    assert wide.decision == "inconclusive" and "aggregates" in whats(wide)
    same = only(judge([aggregate([1.0, 2.0])], [aggregate([1.0, 2.0])]))
    assert same.decision != "regressed"


@pytest.mark.parametrize("cv", [0.05, 0.5, 5.0, 50.0])
def test_rare_slow_iterations_of_a_mean_of_many_are_no_disturbed_run(cv):
    """45,000 iterations may hold some that take a thousand times as long: their spread says nothing of the run."""
    slower = only(judge([aggregate([1.0], n=4_500_000, cv=cv)], [aggregate([1.4], n=4_500_000, cv=cv)]))
    assert slower.decision == "regressed"
    assert (
        only(judge([aggregate([1.0], n=4_500_000, cv=cv)], [aggregate([1.05], n=4_500_000, cv=cv)])).decision
        != "regressed"
    )


def test_an_aggregate_gives_the_interval_of_the_samples_it_was_made_of():
    rng = np.random.default_rng(3)
    sides = [level * (1 + 0.01 * rng.standard_normal(200)) for level in (1.0, 1.2)]
    samples = [Snapshot.build(bench_name="b", metrics={"time": {"units": "s"}}, samples={"time": a}) for a in sides]
    means = [
        Snapshot.build(
            bench_name="b",
            metrics={"time": {"units": "s"}},
            samples={"time": [a.mean()]},
            counts={"time": np.array(a.size)},
            sds={"time": np.array(a.std(ddof=1))},
        )
        for a in sides
    ]
    by_samples = only(judge(samples[:1], samples[1:]))
    for base, cand in ((means[0], means[1]), (means[0], samples[1]), (samples[0], means[1])):
        found = only(judge([base], [cand]))
        assert found.ci == pytest.approx(by_samples.ci, rel=0.03)
        assert found.effect_percent == pytest.approx(by_samples.effect_percent, rel=0.01)


@pytest.mark.parametrize("sds", [[np.nan, np.nan], None])
def test_a_mean_without_a_spread_settles_nothing(sds):
    n = 1000 if sds else 1
    found = only(judge([aggregate([1.0, 2.0], n=n, sds=sds)], [aggregate([1.4, 2.8], n=n, sds=sds)]))
    assert found.decision == "inconclusive" and "spread" in found.reason


def test_several_runs_of_aggregates_are_compared_by_their_means():
    rng = np.random.default_rng(5)
    base, cand = (
        [aggregate(level * np.array([1.0, 2.0]) * np.exp(0.02 * rng.standard_normal())) for _ in range(5)]
        for level in (1.0, 1.38)
    )
    assert only(judge(base, cand)).decision == "regressed"
    assert only(judge(base, base[::-1])).decision != "regressed"


def test_a_listing_counts_what_is_missing_and_not_what_is_padding(tmp_path):
    from stored_runs import workspace_in

    workspace = workspace_in(tmp_path)
    workspace.record(ragged([5, 20, 0], lost=[(1, 3)]))
    [row] = workspace.list_metrics().metrics
    assert (row.n, row.n_total, row.missing) == (24, 25, 1)
    json.dumps(row.model_dump(mode="json"))
