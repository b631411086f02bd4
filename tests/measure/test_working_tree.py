"""The working tree is measured as it is, and stays as it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.measure.revision_choice import choose_revisions
from holobench_mcp.measure.worktrees import worktrees
from holobench_mcp.model import CaptureError
from revisions import HONEST

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


def test_a_folder_that_the_project_tracks_is_the_projects_whatever_its_name(project: Path) -> None:
    (project / "reports").mkdir()
    (project / "reports" / "code.py").write_text("old")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a package called reports")
    (project / "reports" / "code.py").write_text("new")
    chosen = choose_revisions(project, "HEAD", "worktree")
    assert chosen.head != chosen.base
    assert git(project, "show", f"{chosen.head}:reports/code.py") == "new"


def changed_in(project: Path) -> list[str]:
    """What the working tree, as it is measured, changes of the last commit; the user's own index stays as it was."""
    before = git(project, "ls-files", "--stage"), git(project, "status", "--porcelain", "-z")
    chosen = choose_revisions(project, "HEAD", "worktree")
    assert (git(project, "ls-files", "--stage"), git(project, "status", "--porcelain", "-z")) == before
    listed = git(project, "diff", "--name-status", "--no-renames", "-z", chosen.base, chosen.head).split("\0")
    return sorted(map("".join, zip(listed[::2], listed[1::2], strict=False)))


def test_what_was_added_to_the_index_is_of_the_working_tree(project: Path) -> None:
    (project / "staged.py").write_text("x = 1\n")
    (project / "meant.py").write_text("x = 1\n")
    git(project, "add", "staged.py")
    git(project, "add", "--intent-to-add", "meant.py")
    git(project, "mv", "product.py", "renamed.py")
    (project / "cachedir").mkdir()
    (project / "cachedir" / "ignored.py").write_text("x = 1\n")
    git(project, "add", "--force", "cachedir/ignored.py")
    assert changed_in(project) == ["Acachedir/ignored.py", "Ameant.py", "Arenamed.py", "Astaged.py", "Dproduct.py"]


@pytest.mark.parametrize(
    "name", [b" leading", b"\nline", b"trailing ", b"no\xff\xfetext.py", b"--all", b":(top)x", b"*"]
)
def test_a_file_may_have_any_name(project: Path, name: bytes) -> None:
    (project / os.fsdecode(name)).write_text("x = 1\n")
    chosen = choose_revisions(project, "HEAD", "worktree")
    with worktrees(chosen.repository, [chosen.base, chosen.head]) as (_, head):
        assert (head / os.fsdecode(name)).is_file()


def test_line_ends_that_git_would_refuse_are_measured(project: Path) -> None:
    git(project, "config", "core.autocrlf", "true")
    git(project, "config", "core.safecrlf", "true")
    (project / "product.py").write_bytes(HONEST.replace("\n", "\r\n", 1).encode() + b"x = 1\n")
    assert changed_in(project) == ["Mproduct.py"]


def test_a_shallow_clone_without_an_earlier_commit_says_what_brings_it(project: Path) -> None:
    clone = project / "cache" / "clone"
    git(project, "clone", "--quiet", "--depth", "1", f"file://{project}", str(clone))
    with pytest.raises(CaptureError, match="git fetch --deepen=1"):
        choose_revisions(clone, "merge-base", "worktree")


def test_a_repository_that_git_does_not_open_is_not_called_none(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: gone\n")
    with pytest.raises(CaptureError, match=r"git does not open the repository .* safe\.directory"):
        choose_revisions(tmp_path, "merge-base", "worktree")


@pytest.mark.parametrize("ignored", ["", ".holobench/\ncachedir/\n", "reports\n.holobench/*\n", "*\n"])
def test_what_holobench_writes_is_no_change_ignored_or_not(project: Path, ignored: str) -> None:
    (project / ".gitignore").write_text(ignored)
    git(project, "commit", "--quiet", "--all", "--message", "ignored")
    for folder in ("reports", "cachedir", ".holobench"):
        (project / folder).mkdir()
        (project / folder / "out").write_text("x")
    assert choose_revisions(project, "HEAD", "worktree").head == git(project, "rev-parse", "HEAD")
    (project / "product.py").write_text("changed")
    chosen = choose_revisions(project, "HEAD", "worktree")
    assert git(project, "diff", "--name-only", chosen.base, chosen.head) == "product.py"
