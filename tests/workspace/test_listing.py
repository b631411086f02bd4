"""A listing says what it leaves out and why it is empty; a filter that nothing passes is an error, not an empty truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import snapshot
from holobench_mcp import digest
from holobench_mcp.config import load_config
from holobench_mcp.model import HolobenchMcpError, InvalidArgument, UnknownResult
from holobench_mcp.workspace import Workspace

A, B = "a" * 40, "b" * 40
NAN, INF = float("nan"), float("inf")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    workspace.record(snapshot(bench="sort", revision=A, label="before"))
    workspace.record(snapshot(bench="sort", revision=A, at=1, environment={"git_dirty": True}))
    workspace.record(snapshot(bench="scan", revision=B, label="after", at=2))
    return workspace


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, 3),
        ({"benchmark": "SORT"}, 2),
        ({"revision": A[:7]}, 2),
        ({"revision": f"{A[:10]}+dirty"}, 1),
        ({"label": "before"}, 1),
        ({"benchmark": None, "revision": None, "label": None, "limit": None, "cursor": None}, 3),
    ],
)
def test_a_filter_finds_what_it_names(filled: Workspace, filters: dict, found: int) -> None:
    page = filled.list_results(**filters)
    assert (page.total, len(page.results), page.reason) == (found, found, None)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda w, t: w.list_results(benchmark=t), "benchmark"),
        (lambda w, t: w.list_results(revision=t), "revision"),
        (lambda w, t: w.list_results(label=t), "label"),
        (lambda w, t: w.list_results(cursor=t), "cursor"),
        (lambda w, t: w.list_baselines(t), "benchmark"),
        (lambda w, t: w.metric_history(t, "time_ms"), "benchmark"),
    ],
)
def test_empty_and_unknown_filters_are_errors_alike(filled: Workspace, ask: Callable, says: str) -> None:
    for empty in ("", " "):
        with pytest.raises(InvalidArgument, match=f"^{says}: is empty; leave it out for all"):
            ask(filled, empty)
    with pytest.raises(HolobenchMcpError, match=f"^{says}: .*(Recorded|not one that)"):
        ask(filled, "zzz")


def test_filters_that_only_together_find_nothing_say_so(filled: Workspace) -> None:
    page = filled.list_results(benchmark="sort", label="after")
    assert page.results == ()
    assert "no result passes all of them" in (page.reason or "")
    assert filled.store.location.url in digest.results(page)


def test_an_empty_store_names_itself_and_how_to_point_elsewhere(workspace: Workspace) -> None:
    for text in (digest.results(workspace.list_results()), digest.baselines(workspace.list_baselines())):
        for part in (workspace.store.location.url, "--project", "--store", "HOLOBENCH_MCP_STORE"):
            assert part in text


def test_no_baseline_is_said_of_the_benchmark_that_was_asked_for(filled: Workspace) -> None:
    filled.set_baseline("scan@latest")
    assert [b.bench_name for b in filled.list_baselines("Scan").baselines] == ["scan"]
    assert "No baseline of sort is set in the store" in (filled.list_baselines("sort").reason or "")


def test_pages_walk_every_result_once(filled: Workspace) -> None:
    page, ids = filled.list_results(limit=1), []
    while True:
        ids += [row.result_id for row in page.results]
        if page.next_cursor is None:
            break
        page = filled.list_results(limit=1, cursor=page.next_cursor)
    assert len(ids) == len(set(ids)) == 3


@pytest.mark.parametrize(
    ("values", "counts", "says"),
    [
        (((1.0, 2.0), (3.0, 4.0)), (4, 4, 0, 0), "(n=4)"),
        (((1.0, NAN), (NAN, NAN)), (1, 4, 3, 0), "(n=1 of 4: 3 missing)"),
        (((1.0, INF), (NAN, -INF)), (1, 4, 1, 2), "(n=1 of 4: 1 missing, 2 infinite)"),
        (((NAN, NAN), (NAN, NAN)), (0, 4, 4, 0), "(n=0 of 4: 4 missing)"),
        (((INF, INF), (INF, INF)), (0, 4, 0, 4), "(n=0 of 4: 4 infinite)"),
    ],
)
def test_a_metric_says_what_of_it_is_missing_or_infinite(
    workspace: Workspace, values: tuple, counts: tuple, says: str
) -> None:
    workspace.record(snapshot(values))
    listed = workspace.list_metrics()
    (row,) = listed.metrics
    assert (row.n, row.n_total, row.missing, row.infinite) == counts
    assert says in digest.metrics(listed)


def test_a_name_that_means_uncommitted_code_says_so(workspace: Workspace) -> None:
    workspace.record(snapshot(revision=A, environment={"git_dirty": True}))
    listed = workspace.list_metrics(f"sort@{A[:8]}")
    assert f"{A[:10]}+dirty" in (listed.reason or "")
    assert "only with uncommitted changes" in digest.metrics(listed)


def test_a_damaged_baseline_takes_no_listing_away(filled: Workspace) -> None:
    filled.set_baseline("sort@latest")
    filled.set_baseline("scan@latest")
    (path,) = (Path(filled.store.location.url) / "refs" / "sort" / "baseline").iterdir()
    path.write_text("{")
    assert len(filled.list_results().results) == 3
    for answered in (filled.list_results(), filled.list_baselines()):
        assert "1 baseline is damaged and left out" in (answered.reason or "")
    assert [b.bench_name for b in filled.list_baselines().baselines] == ["scan"]
    with pytest.raises(HolobenchMcpError, match="damaged"):
        filled.find("sort@baseline")


def test_a_store_whose_only_result_is_damaged_is_not_said_to_be_empty(workspace: Workspace) -> None:
    result_id = workspace.record(snapshot())
    (Path(workspace.store.location.url) / "results" / f"{result_id}.json").write_text("{")
    page = workspace.list_results()
    assert (page.results, page.reason) == (
        (),
        f"1 stored result is damaged and left out, such as {result_id}: holobench-mcp verify tells of each.",
    )


def test_a_baseline_says_how_many_runs_stand_for_it(workspace: Workspace) -> None:
    for at, label in enumerate(("before", "before", "before", None)):
        workspace.record(snapshot(revision=A, label=label, at=at))
    workspace.record(snapshot(revision=A, at=4, environment={"git_dirty": True}))
    pinned = workspace.set_baseline(f"sort@{A[:8]}")
    assert pinned.runs == 4
    assert "4 runs of this code are recorded" in digest.baseline_set(pinned)


def test_the_same_result_twice_changes_nothing(workspace: Workspace) -> None:
    result_id = workspace.record(snapshot())
    workspace.set_baseline(result_id, reason="release 1")
    again = workspace.set_baseline(result_id)
    assert "means this result already: nothing was changed" in (again.note or "")
    assert again.entry.reason == "release 1"
    assert len(workspace.store.ref_log("sort", "baseline")) == 1
    assert workspace.set_baseline(result_id, reason="release 2").entry.reason == "release 2"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"result": "sort@nothing"}, "result: no result answers"),
        ({"result": "latest", "name": ""}, "name: '' is not a name for a baseline"),
        ({"result": "latest", "name": "latest"}, "name: 'latest' always means"),
        ({"result": "latest", "name": "a/b"}, "name: 'a/b' is not a name"),
        ({"result": "latest", "reason": ""}, "reason: is empty"),
        ({"result": "latest", "reason": "x\n"}, "reason: at most 500 printable"),
        ({"result": ""}, "result: a result is named by"),
    ],
)
def test_a_baseline_that_can_not_be_set_says_why(filled: Workspace, arguments: dict, says: str) -> None:
    with pytest.raises((InvalidArgument, UnknownResult), match=says):
        filled.set_baseline(**arguments)
    assert filled.list_baselines().baselines == ()


@pytest.mark.parametrize("reason", ['{"pr": 12}', "null", "[1]", "1e5"])
def test_a_reason_stays_text(filled: Workspace, reason: str) -> None:
    assert filled.set_baseline("sort@latest", None, reason).entry.reason == reason


def test_null_is_the_default_of_every_optional_argument(filled: Workspace) -> None:
    filled.record(snapshot(bench="scan", revision=A, at=3))
    filled.set_baseline("sort@latest", None, None)
    assert filled.list_baselines(None) == filled.list_baselines()
    assert filled.list_metrics(None) == filled.list_metrics()
    assert filled.export_result(None, include_series=None) == filled.export_result()
    assert filled.compare(None, None, None).decision is filled.compare().decision
    nothing = dict.fromkeys(("point", "limit", "uncommitted", "detectors"))
    assert filled.metric_history("sort", "time_ms", **nothing) == filled.metric_history("sort", "time_ms")


def test_a_candidates_label_may_end_like_the_newest_of_a_bench(filled: Workspace) -> None:
    labelled = filled.record(snapshot(label="x@latest", revision="c" * 40, at=3))
    filled.record(snapshot(revision="d" * 40, at=4))
    document = filled.compare("sort@label:before", "sort@label:x@latest")
    assert document.candidate.result_id == labelled
    with pytest.raises(UnknownResult, match=r"candidate: .*Nearest: sort@latest"):
        filled.compare(candidate="srot@latest")
