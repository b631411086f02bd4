"""Tries of one search are counted against luck; checks of the same code, baselines and others' commits are not."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.workspace import Workspace
from stored_runs import A, B, record_rounds, record_runs, workspace_in


@pytest.fixture
def space(tmp_path: Path, repository: Callable[..., str]) -> Workspace:
    git(tmp_path, "config", "user.email", "me@example.invalid")
    return workspace_in(tmp_path)


def tried(space: Workspace, baseline: str, candidate: str) -> int:
    """How many variants an improvement is told to be the best of."""
    document = space.compare(baseline, candidate)
    assert document.decision == "improved", document.reason
    return document.selection.comparisons if document.selection is not None else 1


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD")


def commit_as(folder: Path, author: str, message: str) -> str:
    who = ["-c", f"user.name={author}", "-c", f"user.email={author}@example.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, "commit", "--quiet", "--allow-empty", "-m", message], cwd=folder, check=True)
    return head(folder)


def test_uncommitted_tries_on_one_commit_are_counted_and_so_is_their_commit(space: Workspace, tmp_path: Path) -> None:
    start = head(tmp_path)
    [base, *_] = record_runs(space, 100, 0, revision=start)
    for i in range(4):
        [variant, *_] = record_runs(space, 80, 10 * (i + 1), revision=start, dirty=True, diff=str(i))
        assert tried(space, base, variant) == i + 1
    [commit, *_] = record_runs(space, 80, 100, revision=commit_as(tmp_path, "me", "the best of them"))
    assert tried(space, base, commit) == 5
    assert tried(space, base, commit) == 5  # asked again, it is no further try


def test_commits_that_are_not_merged_yet_are_tries_from_where_their_work_began(
    space: Workspace, tmp_path: Path
) -> None:
    [base, *_] = record_runs(space, 100, 0, revision=head(tmp_path))
    git(tmp_path, "checkout", "--quiet", "-b", "work")
    for i in range(3):
        [variant, *_] = record_runs(space, 80, 10 * (i + 1), revision=commit_as(tmp_path, "me", f"try {i}"))
        assert tried(space, base, variant) == i + 1


def test_the_trunks_history_against_a_pinned_baseline_is_no_search(space: Workspace, tmp_path: Path) -> None:
    [pinned, *_] = record_runs(space, 100, 0, revision=head(tmp_path))
    space.set_baseline(pinned)
    for i in range(6):
        [merged, *_] = record_runs(space, 80, 10 * (i + 1), revision=commit_as(tmp_path, "me", f"merged {i}"))
        assert tried(space, "baseline", merged) == 1


def test_others_work_is_no_try_of_mine(space: Workspace, tmp_path: Path) -> None:
    start = head(tmp_path)
    [base, *_] = record_runs(space, 100, 0, revision=start)
    for i, author in enumerate(("me", "you", "them")):
        git(tmp_path, "checkout", "--quiet", "-b", author, start)
        [theirs, *_] = record_runs(space, 80, 10 * (i + 1), revision=commit_as(tmp_path, author, "a change"))
        assert tried(space, base, theirs) == 1


def test_a_check_of_the_same_code_is_no_variant(space: Workspace, tmp_path: Path) -> None:
    start = head(tmp_path)
    ids = record_runs(space, 100, 0, revision=start, runs=6)
    for other in ids[1:]:
        space.compare(ids[0], other)
    [variant, *_] = record_runs(space, 80, 100, revision=start, dirty=True, diff="1")
    assert tried(space, ids[0], variant) == 1


def test_what_is_made_the_baseline_is_not_tried_by_that(space: Workspace, tmp_path: Path) -> None:
    start = head(tmp_path)
    [base, *_] = record_runs(space, 100, 0, revision=start)
    space.set_baseline(base)
    for i in range(3):
        [made, *_] = record_runs(space, 90, 10 * (i + 1), revision=start, dirty=True, diff=str(i))
        space.set_baseline(made)
        space.set_baseline(base, reason="back again")
    [variant, *_] = record_runs(space, 70, 100, revision=start, dirty=True, diff="best")
    assert tried(space, base, variant) == 1


def test_tries_that_git_does_not_know_are_all_counted(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    [base, *_] = record_runs(space, 100, 0, revision=A)
    for i in range(3):
        [variant, *_] = record_runs(space, 80, 10 * (i + 1), revision=f"{i}" * 40)
        assert tried(space, base, variant) == i + 1


def test_measuring_the_same_two_revisions_again_is_one_try(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    for i in range(3):
        ids = record_rounds(space, 100, 50, 100 * i, measurement=f"m{i}", revisions=(A, B))
        assert tried(space, ids["base", 0][0], ids["head", 0][0]) == 1
