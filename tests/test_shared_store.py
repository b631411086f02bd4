"""Worktrees of one repository share its store: what was measured in one can be compared in all."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from conftest import cli, git, snapshot
from holobench_mcp.config import load_config
from holobench_mcp.store import open_store
from holobench_mcp.workspace import Workspace


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """A repository with a commit."""
    folder = tmp_path / "main"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "sub").mkdir()
    (folder / "sub" / "pyproject.toml").write_text("[tool.holobench-mcp]\nmargin_percent = 5\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def worktree(main: Path, place: Path, *options: str) -> Path:
    git(main, *options, "worktree", "add", "--quiet", "--detach", str(place))
    return place


def store_of(folder: Path) -> str:
    return load_config(project=folder, environ={}).store


@pytest.mark.parametrize("place", ["beside", "main/.claude/worktrees/x", "a/b/c"])
@pytest.mark.parametrize("options", [(), ("-c", "worktree.useRelativePaths=true")])
def test_a_linked_worktree_uses_the_store_of_the_main_one(
    main: Path, tmp_path: Path, place: str, options: tuple[str, ...]
) -> None:
    tree = worktree(main, tmp_path / place, *options)
    assert store_of(tree) == store_of(main) == str(main / ".holobench")
    config = load_config(project=tree, environ={})
    assert config.root == tree and config.store_shared_by == main
    assert load_config(project=main, environ={}).store_shared_by is None


def test_a_project_below_the_top_has_its_own_place_in_the_main_tree(main: Path, tmp_path: Path) -> None:
    tree = worktree(main, tmp_path / "beside")
    assert store_of(tree / "sub") == store_of(main / "sub") == str(main / "sub" / ".holobench")


def test_a_relative_store_of_the_configuration_is_shared_and_any_other_is_as_it_says(
    main: Path, tmp_path: Path
) -> None:
    for written, store in (
        ("results", main / "results"),
        ("../results", main / "../results"),
        (str(tmp_path / "absolute"), tmp_path / "absolute"),
        ("s3://bucket/x", "s3://bucket/x"),
    ):
        (main / "pyproject.toml").write_text(f"[tool.holobench-mcp]\nstore = '{written}'\n")
        git(main, "add", "--all")
        git(main, "commit", "--quiet", "--message", written)
        tree = worktree(main, tmp_path / f"tree-{len(list(tmp_path.iterdir()))}")
        assert store_of(tree) == store_of(main) == str(store)
    assert load_config(project=tree, store="mine", environ={}).store == "mine"
    assert load_config(project=tree, environ={"HOLOBENCH_MCP_STORE": "x"}).store == "x"


def test_what_is_no_worktree_of_a_main_tree_is_for_itself(main: Path, tmp_path: Path) -> None:
    submodule = tmp_path / "outer"
    submodule.mkdir()
    git(submodule, "init", "--quiet")
    git(submodule, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(main), "inner")
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(main), str(bare))
    separate = tmp_path / "separate"
    git(tmp_path, "init", "--quiet", f"--separate-git-dir={tmp_path / 'elsewhere'}", str(separate))
    for folder in (submodule / "inner", worktree(bare, tmp_path / "of-bare"), separate):
        assert (folder / ".git").is_file()
        assert store_of(folder) == str(folder / ".holobench"), folder
    assert store_of(worktree(separate_with_commit(separate), tmp_path / "of-separate")).startswith(
        str(tmp_path / "of-separate")
    )


def separate_with_commit(folder: Path) -> Path:
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "first")
    return folder


@pytest.mark.parametrize(
    "link", ["", "gitdir: ", "gitdir: /nowhere", "nonsense", "gitdir: ../main/.git", "\0", "é" * 10]
)
def test_a_link_that_leads_nowhere_leaves_the_project_its_own_store(main: Path, tmp_path: Path, link: str) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / ".git").write_bytes(link.encode("latin-1"))
    assert store_of(folder) == str(folder / ".holobench")


def test_no_process_is_started_to_find_it(main: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = worktree(main, tmp_path / "beside")
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    assert store_of(tree) == str(main / ".holobench")


def test_a_listing_in_a_worktree_says_whose_store_it_is(main: Path, tmp_path: Path) -> None:
    tree = worktree(main, tmp_path / "beside")
    open_store(main / ".holobench").record(snapshot(at=1))
    page = Workspace(load_config(project=tree, environ={})).list_results()
    assert page.total == 1 and page.reason == f"All worktrees of {main} share this store, {main / '.holobench'}."
    assert Workspace(load_config(project=main, environ={})).list_results().reason is None
    shown = cli("config", cwd=tree).stdout
    assert f"(from default, shared by all worktrees of {main})" in shown
    assert json.loads(cli("config", "--json", cwd=tree).stdout)["store_shared_by"] == str(main)
