"""No run leaves anything in its tree to the next: not what git was told to keep, to hide or to forget either."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.measure.checkouts import checkouts_of, put_back
from holobench_mcp.measure.worktrees import worktrees
from holobench_mcp.model import CaptureError
from revisions import HONEST

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


@pytest.fixture
def tree(project: Path) -> Iterator[Path]:
    tip = git(project, "rev-parse", "HEAD")
    with worktrees(project, [tip, tip]) as (base, _):
        yield base


def add_by_force(tree: Path) -> None:
    (tree / "answer.bin").write_text("42")
    git(tree, "add", "--force", "answer.bin")


def skip_worktree(tree: Path) -> None:
    (tree / "product.py").write_text("edited = 1\n")
    git(tree, "update-index", "--skip-worktree", "product.py")


def assume_unchanged(tree: Path) -> None:
    (tree / "product.py").write_text("edited = 1\n")
    git(tree, "update-index", "--assume-unchanged", "product.py")


def commit(tree: Path) -> None:
    (tree / "answer.bin").write_text("42")
    git(tree, "add", "--force", "answer.bin")
    git(tree, "commit", "--quiet", "--all", "--message", "mine")


def remove_the_link(tree: Path) -> None:
    (tree / ".git").unlink()
    (tree / "answer.bin").write_text("42")


def another_repository(tree: Path) -> None:
    (tree / ".git").unlink()
    git(tree, "init", "--quiet")
    (tree / "answer.bin").write_text("42")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "mine")


def nested_repository(tree: Path) -> None:
    (tree / "inner").mkdir()
    git(tree / "inner", "init", "--quiet")
    (tree / "inner" / "answer.bin").write_text("42")


def ignore(tree: Path) -> None:
    (tree / ".gitignore").write_text("*\n")
    (tree / "answer.bin").write_text("42")


def delete(tree: Path) -> None:
    (tree / "product.py").unlink()


def link_a_folder(tree: Path) -> None:
    (tree / "product.py").unlink()
    (tree / "product.py").symlink_to(tree / "tiny.py")


def lock_the_index(tree: Path) -> None:
    (Path(git(tree, "rev-parse", "--absolute-git-dir")) / "index.lock").touch()
    (tree / "answer.bin").write_text("42")


def same_size_and_time(tree: Path) -> None:
    import os

    before = (tree / "product.py").stat()
    text = (tree / "product.py").read_text()
    (tree / "product.py").write_text(text.replace("0.03", "0.01"))
    os.utime(tree / "product.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    git(tree, "config", "core.trustctime", "false")


@pytest.mark.parametrize(
    "leave",
    [add_by_force, skip_worktree, assume_unchanged, commit, remove_the_link, another_repository, nested_repository,
     ignore, delete, link_a_folder, lock_the_index, same_size_and_time],
)  # fmt: skip
def test_a_tree_is_put_back_whatever_a_run_did_to_it(tree: Path, leave: Callable[[Path], None]) -> None:
    before = sorted(path.name for path in tree.iterdir())
    tip = git(tree, "rev-parse", "HEAD")
    checkouts = checkouts_of(tree)
    for _ in range(2):
        leave(tree)
        put_back(checkouts)
        assert sorted(path.name for path in tree.iterdir()) == before
        assert (tree / "product.py").read_text() == HONEST and not (tree / "product.py").is_symlink()
        assert git(tree, "rev-parse", "HEAD") == tip
        assert git(tree, "status", "--porcelain", "--ignored") == ""
        assert git(tree, "ls-files", "-v").splitlines() == [f"H {name}" for name in before if name != ".git"]


@pytest.mark.parametrize("leave", [add_by_force, skip_worktree, delete, same_size_and_time])
def test_a_submodule_is_put_back_too(project: Path, leave: Callable[[Path], None]) -> None:
    library = project / "cache" / "library"
    library.mkdir(parents=True)
    git(library, "init", "--quiet", "--initial-branch=main")
    (library / "product.py").write_text(HONEST)
    git(library, "add", "--all")
    git(library, "commit", "--quiet", "--message", "library")
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", f"file://{library}", "lib")
    git(project, "commit", "--quiet", "--message", "a submodule")
    tip = git(project, "rev-parse", "HEAD")
    with worktrees(project, [tip, tip]) as (base, _):
        checkouts = checkouts_of(base)
        leave(base / "lib")
        put_back(checkouts)
        assert [path.name for path in sorted((base / "lib").iterdir())] == [".git", "product.py"]
        assert (base / "lib" / "product.py").read_text() == HONEST


def test_what_can_not_be_put_back_is_an_error_and_not_measured(tree: Path) -> None:
    checkouts = checkouts_of(tree)
    (tree / "product.py").unlink()
    shutil.rmtree(checkouts[0].git_dir)
    with pytest.raises(CaptureError, match="can't be undone"):
        put_back(checkouts)
