"""Worktrees are put back before each run, hold their submodules, and are nobody else's."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.measure.checkouts import checkouts_of, put_back
from holobench_mcp.measure.leftovers import clean_up_after_crash
from holobench_mcp.measure.revision_choice import choose_revisions
from holobench_mcp.measure.worktrees import worktrees
from holobench_mcp.model import Busy
from revisions import HONEST, measured, nothing_is_left

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


def test_a_worktree_is_put_back_in_a_git_hook_too(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Git tells a hook's programs where its repository is: a worktree would be left as a run has made it."""
    monkeypatch.setenv("HOLOBENCH_MCP_CACHE", str(tmp_path_factory.mktemp("outside")))  # as a user's cache is
    (project / "precious.txt").write_text("untracked")
    (project / "product.py").write_text("changed")
    monkeypatch.setenv("GIT_DIR", str(project / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(project))
    monkeypatch.setenv("GIT_INDEX_FILE", str(project / ".git" / "index"))
    chosen = choose_revisions(project, "HEAD", "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (base, head):
        checkouts = checkouts_of(head)
        (head / "made.txt").touch()
        put_back(checkouts)
        assert not (head / "made.txt").exists()
        assert (base / "product.py").read_text() == HONEST
    assert (project / "precious.txt").read_text() == "untracked"
    assert (project / "product.py").read_text() == "changed"


def with_submodule(project: Path, library: Path) -> None:
    library.mkdir(parents=True)
    git(library, "init", "--quiet", "--initial-branch=main")
    (library / "fast.py").write_text("fast = True\n")
    git(library, "add", "--all")
    git(library, "commit", "--quiet", "--message", "library")
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", f"file://{library}", "lib")
    git(project, "commit", "--quiet", "--message", "a submodule")


def test_a_submodule_is_checked_out_from_the_users_own_copy(project: Path) -> None:
    library = project / "cache" / "library"
    with_submodule(project, library)
    shutil.rmtree(library)  # what it was cloned from is out of reach, as a network may be
    settings = (project / ".git" / "config").read_text()
    chosen = choose_revisions(project, "HEAD", "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as trees:
        assert all((tree / "lib" / "fast.py").read_text() == "fast = True\n" for tree in trees)
    assert (project / ".git" / "config").read_text() == settings
    assert nothing_is_left(project)


def test_a_submodule_that_is_not_there_is_noted_and_no_setting_is_changed(project: Path, folders: list) -> None:
    with_submodule(project, project / "cache" / "library")
    clone = project / "cache" / "clone"
    git(project, "clone", "--quiet", str(project), str(clone))
    settings = (clone / ".git" / "config").read_text()
    report, _ = measured(clone, base="HEAD")
    assert len(folders) == 6
    assert "Submodules that are not checked out, and empty on both sides: lib." in report.notes
    assert (clone / ".git" / "config").read_text() == settings


def test_two_processes_do_not_share_worktrees(project: Path) -> None:
    tip = git(project, "rev-parse", "HEAD")
    with worktrees(project, [tip, tip]) as trees:
        with pytest.raises(Busy, match="Another process is measuring"), worktrees(project, [tip, tip]):
            pass
        assert all(tree.is_dir() for tree in trees)
        assert clean_up_after_crash() == []
    assert nothing_is_left(project)
