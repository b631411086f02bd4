"""Which side is the older code is git's to say, not the clock's: default sides, merges, rebases, what git can't know."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.model import Decision
from holobench_mcp.workspace import Workspace
from stored_runs import A, record_rounds, record_runs, timing, workspace_in


@pytest.fixture
def space(tmp_path: Path, repository: Callable[..., str]) -> Workspace:
    return workspace_in(tmp_path)


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD")


def test_the_older_code_is_the_baseline_though_it_was_measured_last(
    space: Workspace, tmp_path: Path, repository: Callable[..., str]
) -> None:
    parent, child = head(tmp_path), repository("slower")
    record_runs(space, 150, 0, revision=child)
    record_runs(space, 100, 100, revision=parent)
    document = space.compare()
    assert (document.decision, document.order) == (Decision.regressed, "git")
    assert document.candidate.rev == child[:10] and document.baseline.rev == parent[:10]
    assert any(f"git knows {child[:10]} as the newer code" in note for note in document.notes)
    assert space.compare(candidate="sort@latest").candidate.rev == child[:10]


def test_the_nearest_measured_ancestor_is_the_baseline(
    space: Workspace, tmp_path: Path, repository: Callable[..., str]
) -> None:
    commits = [head(tmp_path), *(repository(f"{i}") for i in range(4))]
    for at, commit in enumerate((commits[4], commits[0], commits[2], commits[1])):
        record_runs(space, 100, 10 * at, revision=commit)
    document = space.compare()
    assert (document.candidate.rev, document.baseline.rev) == (commits[4][:10], commits[2][:10])


def test_uncommitted_code_is_newer_than_what_it_stands_on(space: Workspace, tmp_path: Path) -> None:
    commit = head(tmp_path)
    record_runs(space, 150, 0, revision=commit, dirty=True, diff="1")
    record_runs(space, 100, 100, revision=commit)
    document = space.compare()
    assert (document.decision, document.order) == (Decision.regressed, "git")
    assert (document.candidate.rev, document.baseline.rev) == (f"{commit[:10]}+dirty", commit[:10])


def test_a_merge_is_compared_with_its_first_parent(
    space: Workspace, tmp_path: Path, repository: Callable[..., str]
) -> None:
    root = head(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "feature")
    feature = [repository(f"feature {i}") for i in range(3)][-1]
    git(tmp_path, "checkout", "--quiet", "main")
    main = repository("main goes on")
    git(tmp_path, "merge", "--quiet", "--no-ff", "--no-edit", "-m", "merge", "feature")
    merge = head(tmp_path)
    for at, commit in enumerate((main, root, feature, merge)):
        record_runs(space, 100, 10 * at, revision=commit)
    assert space.compare().baseline.rev == main[:10]


def test_without_its_first_parent_a_merge_is_compared_with_the_fewest_commits_between(
    space: Workspace, tmp_path: Path, repository: Callable[..., str]
) -> None:
    git(tmp_path, "checkout", "--quiet", "-b", "feature")
    feature = repository("feature")
    git(tmp_path, "checkout", "--quiet", "main")
    main = [repository(f"main {i}") for i in range(3)]
    git(tmp_path, "merge", "--quiet", "--no-ff", "--no-edit", "-m", "merge", "feature")
    merge = head(tmp_path)
    for at, commit in enumerate((feature, main[1], merge)):
        record_runs(space, 100, 10 * at, revision=commit)
    between = {c: int(git(tmp_path, "rev-list", "--count", f"{c}..{merge}")) for c in (feature, main[1])}
    assert between == {feature: 4, main[1]: 3}
    assert space.compare().baseline.rev == main[1][:10]


def test_branches_that_went_apart_are_ordered_by_time_and_the_answer_says_so(
    space: Workspace, tmp_path: Path, repository: Callable[..., str]
) -> None:
    root = head(tmp_path)
    one = repository("one")
    git(tmp_path, "checkout", "--quiet", "-b", "other", root)
    other = repository("other")
    record_runs(space, 100, 0, revision=one)
    record_runs(space, 150, 100, revision=other)
    document = space.compare()
    assert (document.order, document.decision, document.candidate.rev) == ("time", Decision.regressed, other[:10])
    assert sum("git knows no order between them" in note for note in document.notes) == 1


def test_a_rebased_commit_that_is_gone_is_ordered_by_time(
    space: Workspace, tmp_path: Path, repository: Callable[..., str]
) -> None:
    record_runs(space, 100, 0, revision="12" * 20)
    record_runs(space, 150, 100, revision=repository("rebased"))
    assert (space.compare().order, space.compare().decision) == ("time", Decision.regressed)


def test_a_shallow_clone_orders_what_it_has_and_the_rest_by_time(
    tmp_path: Path, repository: Callable[..., str]
) -> None:
    commits = [head(tmp_path), *(repository(f"{i}") for i in range(3))]
    clone = tmp_path / "cache" / "clone"
    clone.parent.mkdir(exist_ok=True)
    subprocess.run(["git", "clone", "--quiet", "--depth=2", f"file://{tmp_path}", str(clone)], check=True)
    space = workspace_in(clone)
    record_runs(space, 100, 0, revision=commits[0])  # beyond its depth
    record_runs(space, 100, 10, revision=commits[3])
    assert (space.compare().order, space.compare().baseline.rev) == ("time", commits[0][:10])
    record_runs(space, 100, 20, revision=commits[2])
    document = space.compare()
    assert (document.order, document.candidate.rev, document.baseline.rev) == ("git", commits[3][:10], commits[2][:10])


def test_sides_that_are_named_are_never_swapped_and_git_is_heard_as_a_caution(
    space: Workspace, tmp_path: Path, repository: Callable[..., str]
) -> None:
    parent, child = head(tmp_path), repository("slower")
    [old, *_] = record_runs(space, 100, 0, revision=parent)
    [new, *_] = record_runs(space, 150, 100, revision=child)
    backwards, forwards = space.compare(new, old), space.compare(old, new)
    assert (backwards.decision, forwards.decision) == (Decision.improved, Decision.regressed)
    assert [d.what for d in backwards.comparability] == ["order", "unchecked_answers"]
    assert "older code than the baseline" in backwards.comparability[0].detail
    assert forwards.comparability == ()
    assert backwards.order == forwards.order == "named"


def test_outside_a_repository_time_decides(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 100, 0, revision=A)
    record_runs(space, 150, 100, revision="b" * 40)
    assert (space.compare().order, space.compare().decision) == ("time", Decision.regressed)


def test_what_was_measured_of_a_bench_alone_counts_for_the_newest_code_of_all(
    space: Workspace, tmp_path: Path, repository: Callable[..., str]
) -> None:
    parent, child = head(tmp_path), repository("slower")
    for bench, at in (("sort", 0), ("search", 10)):
        record_runs(space, 100, at, bench=bench, revision=parent)
    record_runs(space, 150, 50, bench="sort", revision=child)
    record_runs(space, 100, 100, bench="search", revision=parent)
    document = space.compare()
    assert (document.candidate.rev, document.candidate.bench_name) == (child[:10], "sort")


def test_a_measurement_of_old_revisions_is_its_own_answer_though_newer_code_was_measured(
    space: Workspace, tmp_path: Path, repository: Callable[..., str]
) -> None:
    old, middle, new = head(tmp_path), repository("middle"), repository("new")
    record_runs(space, 100, 0, revision=new)
    ids = record_rounds(space, 100, 150, 100, revisions=(old, middle))
    document = space.compare()
    assert document.candidate.result_id in ids["head", 0] and document.baseline.result_id in ids["base", 0]
    assert any(f"HEAD, {new[:10]}, was not measured" in note for note in document.notes)


def test_uncommitted_code_that_nobody_identified_is_newer_than_its_commit_too(space: Workspace, tmp_path: Path) -> None:
    commit = head(tmp_path)
    space.record(timing(150, 0, revision=commit, dirty=True))
    record_runs(space, 100, 100, revision=commit)
    document = space.compare()
    assert (document.candidate.rev, document.baseline.rev, document.order) == (
        f"{commit[:10]}+dirty",
        commit[:10],
        "git",
    )


def test_code_that_is_newer_than_what_was_measured_is_named(
    space: Workspace, tmp_path: Path, repository: Callable[..., str]
) -> None:
    for at, commit in enumerate((head(tmp_path), repository("measured"))):
        record_runs(space, 100, 100 * at, revision=commit)
    assert not any("was not measured" in note for note in space.compare().notes)
    newest = repository("not measured")
    assert any(f"HEAD, {newest[:10]}, was not measured" in note for note in space.compare().notes)
