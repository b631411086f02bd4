"""Temporary checkouts of revisions, beside the user's own tree and never in it, always in the same folders.

Each stands in a folder of the cache that names its owner's lease, so that what a killed server left behind is found and
removed at the next start. The user's index, branches and files are not touched.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from holobench_mcp import gitinfo
from holobench_mcp.capture import leases
from holobench_mcp.capture.runner import RUN_MARK
from holobench_mcp.config import CACHE_VARIABLE, cache_folder
from holobench_mcp.measure.revision_choice import GIT_S, Revisions
from holobench_mcp.model import Busy, CaptureError

OWNER = "owner.json"


@contextmanager
def worktrees(repository: Path, commits: Sequence[str]) -> Iterator[list[Path]]:
    """Detached checkouts of some commits, gone when the block is left; in the same folders each time.

    Raises Busy while another process has them.
    """
    home = home_of(repository)
    unnamed = _unnamed(home, repository)
    try:
        unnamed.rename(home)
    except OSError as problem:
        shutil.rmtree(unnamed, ignore_errors=True)
        raise Busy(f"Another process is measuring {repository}: its worktrees are in {home}.") from problem
    try:
        trees = []
        for i, commit in enumerate(commits):
            tree = home / ("base" if i == 0 else "head")
            adding = ("worktree", "add", "--detach", "--force", str(tree), commit)
            # A server that is killed leaves its git at work: marked, it is found before its worktree is removed.
            mark = {RUN_MARK: f"{leases.own_token()}-git"}
            if gitinfo.git(repository, *adding, timeout_s=GIT_S, env=mark) is None:
                raise CaptureError(
                    f"git could not check out {commit[:12]} into a temporary worktree in {home}: is its disk full, or "
                    "does a filter of the repository fail?"
                )
            _fill_submodules(tree, repository)
            trees.append(tree)
        yield trees
    finally:
        remove_worktrees(home, repository)


def _unnamed(home: Path, repository: Path) -> Path:
    """A folder that says whose it is before it has its name: what nobody owns is removed at any server's start."""
    unnamed = home.with_name(f"{leases.own_token()}-new")
    try:
        shutil.rmtree(unnamed, ignore_errors=True)
        unnamed.mkdir(parents=True, mode=0o700)
        (unnamed / OWNER).write_text(json.dumps({"lease": leases.own_token(), "repository": str(repository)}))
    except OSError as problem:
        raise CaptureError(
            f"Worktrees can't be made in {home.parent}: {problem.strerror}. {CACHE_VARIABLE} names another folder."
        ) from problem
    return unnamed


def home_of(repository: Path) -> Path:
    """The folder of a repository's worktrees."""
    return cache_folder() / "worktrees" / hashlib.sha256(str(repository).encode()).hexdigest()[:16]


def remove_worktrees(home: Path, repository: Path) -> None:
    """Remove a repository's worktrees, half-made ones too, and let git forget them."""
    # First the files: git removes no worktree that is half made, and forgets any whose files are gone.
    shutil.rmtree(home, ignore_errors=True)
    for tree in ("base", "head"):
        gitinfo.git(repository, "worktree", "remove", "--force", "--force", str(home / tree), timeout_s=GIT_S)
    gitinfo.git(repository, "worktree", "prune")


def protect(revisions: Revisions, head_tree: Path, paths: Sequence[str]) -> list[str]:
    """Put the base revision's version of some paths into the head's tree. Returns those that the head had changed.

    A path that the base does not have stays as the head has it: there is nothing to protect yet.
    """
    changed = []
    for path in paths:
        spec = f":(top,literal){path}"
        if not gitinfo.git(revisions.repository, "ls-tree", "-r", "--name-only", revisions.base, "--", path):
            continue
        differing = gitinfo.git(
            revisions.repository, "diff", "--name-only", "--no-renames", revisions.base, revisions.head, "--", spec
        )
        if not differing:
            continue
        changed += differing.splitlines()
        # git follows no symbolic link of the head's on its way, and takes what only the head has out of the index too.
        how = ("--source", revisions.base, "--staged", "--worktree", "--", spec)
        if gitinfo.git(head_tree, "restore", *how, timeout_s=GIT_S) is None:
            raise CaptureError(f"protected: {path} can't be taken from the base revision.")
    return changed


# ---------------------------------------------------------------------- parts


def _fill_submodules(tree: Path, own: Path) -> None:
    """Check out the submodules of a worktree from the copies that the user's own tree has, and of those theirs.

    own: that tree. `git submodule update --init` would write into the repository's settings, and go to the network;
    an address that stands in this one call's environment does neither. What the user has not checked out stays empty.
    """
    if not (tree / ".gitmodules").is_file():
        return
    listed = gitinfo.git(tree, "config", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$") or ""
    for line in listed.splitlines():
        key, _, path = line.partition(" ")
        # A copy that is not checked out has no `.git`; asking git there would find the repository around it.
        if not (own / path / ".git").exists() or not (tree / path).resolve().is_relative_to(tree.resolve()):
            continue
        name = key.removeprefix("submodule.").removesuffix(".path")
        chosen = {f"submodule.{name}.url": str(own / path), f"submodule.{name}.active": "true",
                  f"submodule.{name}.update": "checkout", "protocol.file.allow": "always"}  # fmt: skip
        env = {"GIT_CONFIG_COUNT": str(len(chosen))}
        for i, (setting, value) in enumerate(chosen.items()):
            env |= {f"GIT_CONFIG_KEY_{i}": setting, f"GIT_CONFIG_VALUE_{i}": value}
        if gitinfo.git(tree, "submodule", "--quiet", "update", "--", path, env=env, timeout_s=GIT_S) is not None:
            _fill_submodules(tree / path, own / path)
