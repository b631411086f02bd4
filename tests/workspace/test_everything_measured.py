"""Without arguments, an answer speaks of everything that was measured of the newest code, or says what it leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp import digest
from holobench_mcp.answers import CompareOptions
from holobench_mcp.digest import structures
from holobench_mcp.model import ALPHA, Decision, InvalidArgument, Measurement, NotComparable, UnknownResult
from holobench_mcp.workspace import Workspace
from stored_runs import A, B, C, record_runs, timing, workspace_in


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


@pytest.mark.parametrize("slower", ["first", "second", "third"])
def test_the_worst_bench_decides_and_the_others_stand_beside_it(space: Workspace, slower: str) -> None:
    for i, bench in enumerate(("first", "second", "third")):
        record_runs(space, 100, 10 * i, bench=bench)
        record_runs(space, 150 if bench == slower else 100, 100 + 10 * i, bench=bench, revision=B)
    document = space.compare()
    assert (document.decision, document.cause, document.candidate.bench_name) == ("regressed", "performance", slower)
    assert {o.bench_name: o.decision for o in document.also} == {
        bench: Decision.unchanged for bench in ("first", "second", "third") if bench != slower
    }
    assert all(o.baseline and o.candidate and o.uri and o.reason for o in document.also)
    assert document.evidence is not None and (document.evidence.alpha, document.evidence.benches) == (ALPHA, 3)


def test_several_sweeps_of_one_bench_are_all_judged(space: Workspace) -> None:
    for i, sizes in enumerate(((1, 2, 3, 4), (10, 20, 30, 40))):
        record_runs(space, 100, 10 * i, sizes=sizes)
        record_runs(space, 100 if i else 130, 100 + 10 * i, sizes=sizes, revision=B)
    document = space.compare()
    assert document.decision is Decision.regressed
    assert [o.decision for o in document.also] == ["unchanged"]
    assert document.metrics[0].evidence is not None and document.metrics[0].evidence.n_points == 4


def test_runs_of_one_measurement_are_one_code_though_nothing_else_identifies_it(space: Workspace) -> None:
    for side, level in enumerate((100, 150)):
        for run in range(3):
            for sweep, bench in enumerate(("slow", "same")):
                role = Measurement(id=f"tiny-{side}", run=run, runs=3, sweep=sweep)
                level_of = level if bench == "slow" else 100
                at = 100 * side + 2 * run + sweep
                space.record(timing(level_of, at, bench=bench, revision=None, command=None, measurement=role))
    document = space.compare()
    assert (document.decision, document.candidate.bench_name) == ("regressed", "slow")
    assert [(o.bench_name, o.decision) for o in document.also] == [("same", "unchanged")]


def test_results_of_unknown_code_belong_together_until_a_sweep_comes_again(space: Workspace) -> None:
    for side, level in enumerate((100, 300)):
        space.record(timing(level, 10 * side, bench="slow", revision=None))
        space.record(timing(100, 10 * side + 1, bench="same", revision=None))
    document = space.compare()
    assert (document.decision, document.candidate.bench_name) == ("regressed", "slow")
    assert [o.bench_name for o in document.also] == ["same"]


def test_a_bench_that_the_same_command_no_longer_collects_is_missing(space: Workspace) -> None:
    for bench in ("sort", "search"):
        record_runs(space, 100, 0 if bench == "sort" else 10, bench=bench)
    record_runs(space, 100, 100, bench="sort", revision=B)
    document = space.compare()
    assert (document.decision, document.cause) == ("regressed", "missing")
    assert (document.reason or "").startswith(
        "search is missing: the same command collected it from aaaaaaaaaa and not "
    )
    assert [(o.bench_name, o.cause, o.candidate) for o in document.also] == [("search", "missing", None)]
    assert document.not_measured == () and document.next_step


def test_a_sweep_that_is_gone_is_missing_and_of_an_edited_one_the_point_that_is_gone(space: Workspace) -> None:
    record_runs(space, 100, 0, sizes=(1, 2, 3, 4))
    record_runs(space, 100, 10, sizes=(10, 20, 30, 40))
    record_runs(space, 100, 100, sizes=(1, 2, 3, 4), revision=B)
    assert (space.compare().decision, space.compare().cause) == ("regressed", "missing")
    record_runs(space, 100, 110, sizes=(10, 20, 30, 50), revision=B)
    edited = space.compare()
    assert (edited.decision, edited.cause) == ("regressed", "missing")
    assert "no finite sample of it at 1 of the baseline's 4 input points: size=40" in (edited.reason or "")


@pytest.mark.parametrize(
    "other",
    [{"command": ("python", "other.py")}, {"command": None}, {"revision": C}],
    ids=["command", "unknown", "code"],
)
def test_what_was_measured_in_another_way_is_only_named(space: Workspace, other: dict) -> None:
    record_runs(space, 100, 0, bench="search", **other)
    record_runs(space, 100, 10)
    record_runs(space, 100, 100, revision=B)
    document = space.compare()
    assert document.decision is Decision.unchanged
    assert document.not_measured == ("search",)


def test_a_configured_benchmark_that_this_code_was_not_measured_by_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.holobench-mcp.benchmarks.tiny]\ncommand = ['python', 'tiny.py']\n"
        "[tool.holobench-mcp.benchmarks.never]\ncommand = ['python', 'never.py']\n"
    )
    space = workspace_in(tmp_path)
    for at, revision in ((0, A), (100, B)):
        for run in range(3):
            role = Measurement(id=f"tiny-{revision[:4]}", benchmark="tiny", run=run, runs=3)
            space.record(timing(100, at + run, revision=revision, measurement=role))
    assert space.compare().not_measured == ("never",)


def test_a_bench_that_is_new_is_told_and_takes_no_part(space: Workspace) -> None:
    record_runs(space, 100, 0)
    record_runs(space, 100, 100, revision=B)
    record_runs(space, 100, 110, bench="new", revision=B, command=("python", "new.py"))
    document = space.compare()
    assert (document.decision, document.candidate.bench_name, document.also) == ("unchanged", "sort", ())
    assert any("new was measured of this code only" in note for note in document.notes)


def test_a_bench_without_a_common_metric_is_incomparable_beside_the_others(space: Workspace) -> None:
    for bench, metric in (("sort", "time_ms"), ("search", "time_ms")):
        record_runs(space, 100, 0 if bench == "sort" else 10, bench=bench, metric=metric)
    record_runs(space, 100, 100, bench="sort", revision=B)
    record_runs(space, 100, 110, bench="search", metric="seconds", revision=B)
    document = space.compare()
    assert (document.decision, document.cause) == ("incomparable", "different")
    assert "search-" in (document.reason or "") and "share no" in (document.reason or "")


def test_a_bench_that_is_named_is_judged_alone(space: Workspace) -> None:
    for i, bench in enumerate(("sort", "search")):
        record_runs(space, 100, 10 * i, bench=bench)
        record_runs(space, 150 if bench == "sort" else 100, 100 + 10 * i, bench=bench, revision=B)
    alone = space.compare(candidate="search@latest")
    assert (alone.decision, alone.also, alone.candidate.bench_name) == ("unchanged", (), "search")
    assert alone.evidence is not None and alone.evidence.alpha == ALPHA
    assert space.compare(f"sort@{A}").decision is Decision.regressed


def test_a_baselines_name_means_each_benchs_own(space: Workspace) -> None:
    for i, bench in enumerate(("sort", "search")):
        [first, *_] = record_runs(space, 100, 10 * i, bench=bench)
        space.set_baseline(first, "release")
        record_runs(space, 120, 100 + 10 * i, bench=bench, revision=B)
        record_runs(space, 120, 200 + 10 * i, bench=bench, revision=C)
    assert space.compare().decision is Decision.unchanged
    document = space.compare("release")
    assert [document.decision, *(o.decision for o in document.also)] == ["regressed", "regressed"]


def test_an_option_that_only_some_benches_know_is_asked_of_those(space: Workspace) -> None:
    for i, metric in enumerate(("time_ms", "size_ms")):
        record_runs(space, 100, 10 * i, bench=metric, metric=metric)
        record_runs(space, 100, 100 + 10 * i, bench=metric, metric=metric, revision=B)
    document = space.compare(options=CompareOptions(metrics=("size_ms",)))
    assert (document.candidate.bench_name, document.also) == ("size_ms", ())
    with pytest.raises(InvalidArgument, match="neither_ms"):
        space.compare(options=CompareOptions(metrics=("neither_ms",)))


def test_the_same_result_twice_is_an_error_that_names_it(space: Workspace) -> None:
    [*_, newest] = record_runs(space, 100, 0)
    names = (
        (newest, newest),
        ("latest~0", newest),
        (newest, "sort@latest~0"),
        ("latest", "latest"),
        ("sort@latest",) * 2,
    )
    for pair in names:
        with pytest.raises(InvalidArgument, match=rf"the same result, {newest}"):
            space.compare(*pair)


def test_results_that_have_nothing_in_common_are_named(space: Workspace) -> None:
    before, after = space.record(timing(100, 0)), space.record(timing(100, 1, metric="seconds"))
    with pytest.raises(NotComparable, match=rf"{before} \(baseline\) and {after} \(candidate\) can't be compared"):
        space.compare(before, after)


def test_an_empty_store_and_a_lone_code_say_what_to_do(space: Workspace) -> None:
    with pytest.raises(UnknownResult, match="Nothing was recorded yet"):
        space.compare()
    space.record(timing(100, 0))
    with pytest.raises(
        UnknownResult, match=r"nothing else was measured of 'sort'.*Check out the code before the change"
    ):
        space.compare()


def test_a_short_form_names_the_worst_benches_and_counts_the_others(space: Workspace) -> None:
    for side, revision in enumerate((A, B)):
        for i in range(40):
            level = 150 if side and i == 7 else 100
            space.record(timing(level, 100 * side + i, bench=f"bench{i:02d}", revision=revision))
    document = space.compare()
    short = structures.comparison(document).document()
    assert len(document.also) == 39 and document.candidate.bench_name == short["benchmark"] == "bench07"
    assert [(g["decision"], g["count"]) for g in short["also_grouped"]] == [("inconclusive", 39)]
    text = digest.comparison(document)
    assert [line for line in text.splitlines() if line.startswith("Also 39 benches inconclusive: ")]
    assert "Of 40 benches 1 regressed. bench07: time_ms +" in text
