"""The order of code is git's: of merges, rebases, shallow clones and revisions that no clone knows."""

from __future__ import annotations

import itertools
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.gitinfo import commit_order, is_ancestor

UNKNOWN = "12" * 20


def at(folder: Path, seconds: int, message: str) -> str:
    """A commit made at a time that the test chooses: order must not come from the clock where git knows better."""
    when = f"{1_700_000_000 + seconds} +0000"
    who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    env = {
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "HOME": str(folder),
    }
    subprocess.run(
        [*["git", *who], "commit", "--quiet", "--allow-empty", "-m", message], cwd=folder, env=env, check=True
    )
    return git(folder, "rev-parse", "HEAD")


def ordered(folder: Path, revisions: list[str]) -> list[str]:
    places = commit_order(folder, revisions)
    return sorted(places, key=places.__getitem__)


@pytest.fixture
def forked(tmp_path: Path, repository: Callable[..., str]) -> dict[str, str]:
    """root - left1 - left2 - merge - tip, with right1 beside the lefts; the clocks of the lefts run backwards."""
    root = git(tmp_path, "rev-parse", "HEAD")
    left1, left2 = at(tmp_path, 900, "left1"), at(tmp_path, 100, "left2")
    git(tmp_path, "checkout", "--quiet", "-b", "right", root)
    right1 = at(tmp_path, 500, "right1")
    git(tmp_path, "checkout", "--quiet", "main")
    git(tmp_path, "merge", "--quiet", "--no-ff", "--no-edit", "-m", "merge", "right")
    merge = git(tmp_path, "rev-parse", "HEAD")
    return {"root": root, "left1": left1, "left2": left2, "right1": right1, "merge": merge, "tip": repository("tip")}


def test_every_commit_stands_behind_its_ancestors_whatever_the_clocks_say(
    tmp_path: Path, forked: dict[str, str]
) -> None:
    names = {commit: name for name, commit in forked.items()}
    found = [names[c] for c in ordered(tmp_path, list(forked.values()))]
    assert found[0] == "root" and found[-2:] == ["merge", "tip"]
    assert found.index("left1") < found.index("left2")
    for one, other in itertools.permutations(forked, 2):
        if is_ancestor(tmp_path, forked[one], forked[other]):
            assert found.index(one) < found.index(other)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_does_not_depend_on_how_it_is_asked_for(tmp_path: Path, forked: dict[str, str], seed: int) -> None:
    asked = list(forked.values())
    expected = ordered(tmp_path, asked)
    random.Random(seed).shuffle(asked)
    assert ordered(tmp_path, asked) == expected
    part = asked[:4]
    assert ordered(tmp_path, part) == [c for c in expected if c in part]


def test_ancestry_is_told_from_its_opposite_and_from_neither(tmp_path: Path, forked: dict[str, str]) -> None:
    assert is_ancestor(tmp_path, forked["root"], forked["tip"]) is True
    assert is_ancestor(tmp_path, forked["right1"], forked["tip"]) is True
    assert is_ancestor(tmp_path, forked["tip"], forked["root"]) is False
    assert is_ancestor(tmp_path, forked["left2"], forked["right1"]) is False
    assert is_ancestor(tmp_path, forked["tip"], forked["tip"]) is True


@pytest.mark.parametrize("unknown", [UNKNOWN, "main", "HEAD", "", "no such", "-x", "abc", "0007", "a\nb", "x" * 300])
def test_what_git_does_not_know_or_what_moves_has_no_place(
    tmp_path: Path, forked: dict[str, str], unknown: str
) -> None:
    places = commit_order(tmp_path, [forked["tip"], unknown, forked["root"]])
    assert sorted(places, key=places.__getitem__) == [forked["root"], forked["tip"]]
    assert is_ancestor(tmp_path, unknown, forked["tip"]) is None
    assert is_ancestor(tmp_path, forked["tip"], unknown) is None


def test_tags_and_abbreviations_are_the_commits_that_they_name(tmp_path: Path, forked: dict[str, str]) -> None:
    git(tmp_path, "tag", "-a", "-m", "v1", "v1", forked["left1"])
    asked = [forked["tip"][:10], "v1", forked["root"]]
    assert ordered(tmp_path, asked) == [forked["root"], "v1", forked["tip"][:10]]
    assert is_ancestor(tmp_path, "v1", forked["tip"][:10]) is True


def test_a_rebased_commit_stands_beside_the_one_that_took_its_place(
    tmp_path: Path, repository: Callable[..., str]
) -> None:
    before = at(tmp_path, 10, "feature")
    git(tmp_path, "reset", "--quiet", "--hard", "HEAD~1")
    main = at(tmp_path, 20, "main moves on")
    after = at(tmp_path, 30, "feature, rebased")
    assert ordered(tmp_path, [after, main, before]) == [before, main, after]
    assert is_ancestor(tmp_path, before, after) is False


def test_a_shallow_clone_tells_what_it_has_and_leaves_the_rest_open(
    tmp_path: Path, repository: Callable[..., str]
) -> None:
    old, *rest = [repository(str(i)) for i in range(5)]
    git(tmp_path, "checkout", "--quiet", "-b", "side", old)
    side = repository("side")
    git(tmp_path, "checkout", "--quiet", "main")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=2", "--no-single-branch", f"file://{tmp_path}", str(clone))
    assert ordered(clone, [rest[-1], rest[0], rest[-2]]) == [rest[-2], rest[-1]], "what lies deeper is not known"
    assert is_ancestor(clone, rest[-2], rest[-1]) is True
    assert is_ancestor(clone, rest[-1], rest[-2]) is False
    assert is_ancestor(clone, rest[0], rest[-1]) is None
    assert is_ancestor(clone, side, rest[-1]) is None, "the fork lies beyond the clone's depth"


def test_histories_that_share_nothing_stand_by_commit_time(tmp_path: Path, repository: Callable[..., str]) -> None:
    first = at(tmp_path, 50, "first")
    git(tmp_path, "checkout", "--quiet", "--orphan", "other")
    second = at(tmp_path, 60, "of another root")
    assert ordered(tmp_path, [second, first]) == [first, second]
    assert is_ancestor(tmp_path, first, second) is False


def test_outside_a_repository_nothing_has_a_place(tmp_path: Path) -> None:
    assert commit_order(tmp_path, [UNKNOWN]) == {}
    assert commit_order(tmp_path, []) == {}
    assert is_ancestor(tmp_path, UNKNOWN, UNKNOWN) is None
