"""Protected files are the base's on both sides, whatever the head makes of their place."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.measure.checkouts import checkouts_of, put_back
from holobench_mcp.measure.revision_choice import choose_revisions
from holobench_mcp.measure.worktrees import protect, worktrees
from holobench_mcp.model import InvalidArgument
from revisions import measured

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


def test_a_benchmark_that_becomes_a_link_is_still_the_bases(project: Path, folders: list) -> None:
    """Where the head's link leads is the head's word: what the base has in its place is measured."""
    (project / "real.py").write_text("x = 1\n")
    (project / "tiny.py").unlink()
    (project / "tiny.py").symlink_to("real.py")
    report, _ = measured(project, base="HEAD")
    assert report.protected_changed == ("tiny.py",)


def test_what_a_link_of_the_bases_leads_to_is_protected(project: Path, folders: list) -> None:
    git(project, "mv", "tiny.py", "real.py")
    (project / "tiny.py").symlink_to("real.py")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a change")
    (project / "real.py").write_text("x = 1\n")
    report, _ = measured(project, base="HEAD")
    assert report.protected_changed == ("real.py",)


def test_a_benchmark_that_the_working_tree_lacks_is_protected(project: Path, folders: list) -> None:
    base = git(project, "rev-parse", "HEAD")
    (project / "tiny.py").write_text("x = 1\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a change")
    (project / "tiny.py").unlink()
    report, _ = measured(project, base=base, head="HEAD")
    assert report.protected_changed == ("tiny.py",)


def test_protecting_a_path_removes_nothing_outside_the_worktree(tmp_path: Path, repository: Callable[..., str]) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "b.py").write_text("base")
    base = repository("a benchmark in a folder")
    precious = tmp_path / "cache" / "precious"
    precious.mkdir(parents=True)
    (precious / "b.py").write_text("precious")
    shutil.rmtree(tmp_path / "bench")
    (tmp_path / "bench").symlink_to(precious)
    repository("the folder is a link now")
    chosen = choose_revisions(tmp_path, base, "HEAD")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (_, head):
        protect(chosen, head, ["bench/b.py"])
        put_back(checkouts_of(head))
        assert (head / "bench" / "b.py").read_text() == "base"
        assert not (head / "bench").is_symlink()
    assert (precious / "b.py").read_text() == "precious"


def test_protected_files_stay_the_bases_when_a_tree_is_put_back(project: Path, repository: Callable[..., str]) -> None:
    (project / "data").mkdir()
    (project / "data" / "a.txt").write_text("base")
    base = repository("data")
    (project / "data" / "a.txt").write_text("head")
    (project / "data" / "sitecustomize.py").write_text("added by the head")
    chosen = choose_revisions(project, base, "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (_, head):
        assert protect(chosen, head, ["data"]) == ["data/a.txt", "data/sitecustomize.py"]
        checkouts = checkouts_of(head)
        (head / "made.txt").touch()
        put_back(checkouts)
        assert [p.name for p in (head / "data").iterdir()] == ["a.txt"]
        assert (head / "data" / "a.txt").read_text() == "base"
        assert not (head / "made.txt").exists()


@pytest.mark.parametrize("path", ["missing.py", "data", "tiny.pyc"])
def test_a_protected_path_that_neither_side_has_is_an_error_before_anything_is_measured(
    project: Path, folders: list, path: str
) -> None:
    with pytest.raises(InvalidArgument, match=f"protected: '{path}' is neither in the base nor in the head"):
        measured(project, {"protected": ["tiny.py", path]}, base="HEAD")
    assert folders == []
