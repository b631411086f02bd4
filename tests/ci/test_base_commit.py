"""The code that a job compares with is where its request began, in whole and in shallow clones, of branches and of merges."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.ci.history import base_of
from holobench_mcp.ci.job import Job, PullRequest
from holobench_mcp.model import CaptureError


class Host:
    """A repository with a main branch that went on after the request began, and the merge that a host makes of both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
        self.began = [self.commit(f"old {number}") for number in range(4)][-1]
        git(folder, "checkout", "--quiet", "-b", "work")
        self.head = [self.commit(f"work {number}") for number in range(3)][-1]
        git(folder, "checkout", "--quiet", "main")
        self.main = [self.commit(f"new {number}") for number in range(60)][-1]
        git(folder, "checkout", "--quiet", "--detach", "main")
        git(folder, "merge", "--quiet", "--no-ff", "--message", "merge", self.head)
        self.merge = git(folder, "rev-parse", "HEAD")
        git(folder, "update-ref", "refs/pull/5/merge", self.merge)
        git(folder, "checkout", "--quiet", "main")

    def commit(self, message: str) -> str:
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(self.folder, "rev-parse", "HEAD")

    def clone(self, folder: Path, commit: str, *, depth: int | None) -> Path:
        """What a CI host checks out: one commit, as far back as asked."""
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch=x")
        git(folder, "remote", "add", "origin", self.folder.as_uri())
        if depth:
            git(folder, "fetch", "--quiet", "--no-tags", f"--depth={depth}", "origin", commit)
        else:
            git(folder, "fetch", "--quiet", "--no-tags", "origin", commit, "+refs/heads/*:refs/remotes/origin/*")
        git(folder, "checkout", "--quiet", "--detach", commit)
        return folder


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    return Host(tmp_path_factory.mktemp("host") / "p")


def job(head: str, merge_base: str | None = None) -> Job:
    return Job("github", PullRequest("o/p", 5, head, "main", merge_base))


@pytest.mark.parametrize("depth", [1, 2, None])
def test_of_a_merge_it_is_what_the_request_was_merged_into(host: Host, tmp_path: Path, depth: int | None) -> None:
    clone = host.clone(tmp_path / "c", host.merge, depth=depth)
    base, why = base_of(clone, job(host.head))
    assert base == host.main and "merged this request into" in why
    assert git(clone, "cat-file", "-t", base) == "commit"


@pytest.mark.parametrize("depth", [1, 2, None])
@pytest.mark.parametrize("known", [True, False])
def test_of_a_branch_it_is_where_the_branch_left_its_target(
    host: Host, tmp_path: Path, depth: int | None, known: bool
) -> None:
    clone = host.clone(tmp_path / "c", host.head, depth=depth)
    base, _ = base_of(clone, job(host.head, host.began if known else None))
    assert base == host.began
    assert git(clone, "cat-file", "-t", base) == "commit"


def test_a_whole_clone_stays_whole(host: Host, tmp_path: Path) -> None:
    clone = tmp_path / "c"
    clone.mkdir()
    git(clone, "init", "--quiet", "--initial-branch=x")
    git(clone, "remote", "add", "origin", host.folder.as_uri())
    git(clone, "fetch", "--quiet", "--no-tags", "origin", "refs/heads/work")
    git(clone, "checkout", "--quiet", "--detach", "FETCH_HEAD")
    assert base_of(clone, job(host.head))[0] == host.began
    assert git(clone, "rev-parse", "--is-shallow-repository") == "false"


def test_of_a_push_it_is_what_was_there_before_and_else_left_to_git(host: Host, tmp_path: Path) -> None:
    clone = host.clone(tmp_path / "c", host.main, depth=1)
    assert base_of(clone, Job("github", before=host.began))[0] == host.began
    assert base_of(clone, Job("github", before="c" * 40)) == ("merge-base", "")  # it was forced away
    assert base_of(clone, Job("github")) == ("merge-base", "")
    assert base_of(tmp_path, Job("github")) == ("merge-base", "")


def test_what_can_not_be_fetched_is_said_with_its_cure(host: Host, tmp_path: Path) -> None:
    for number, (head, known) in enumerate([(host.merge, None), (host.head, None), (host.head, host.began)]):
        clone = host.clone(tmp_path / f"c{number}", head, depth=1)
        git(clone, "remote", "set-url", "origin", str(tmp_path / "gone"))
        with pytest.raises(CaptureError, match="fetch-depth: 0"):
            base_of(clone, job(host.head, known))


@pytest.mark.parametrize("target", ["--upload-pack=touch x", "a b", "", "nope", "$(touch x)"])
def test_a_branch_of_a_strange_name_is_only_a_name(host: Host, tmp_path: Path, target: str) -> None:
    clone = host.clone(tmp_path / "c", host.head, depth=1)
    with pytest.raises(CaptureError, match="fetch-depth: 0"):
        base_of(clone, Job("github", PullRequest("o/p", 5, host.head, target)))
    assert not (clone / "x").exists()
