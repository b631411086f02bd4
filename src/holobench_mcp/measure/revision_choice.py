"""Which two commits a comparison is of: a branch, a tag or a hash, where the work began, or the working tree as it is.

The working tree is taken as a commit that nothing points at; the user's index, branches and files are not touched.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from holobench_mcp import gitinfo
from holobench_mcp.capture import leases
from holobench_mcp.capture.environment import git_state
from holobench_mcp.config import cache_folder
from holobench_mcp.model import CaptureError

#: How long git may take for what goes over a whole tree.
GIT_S = 300.0


@dataclass(frozen=True)
class Revisions:
    """The two commits of a comparison, and what is to be known of how they were chosen."""

    repository: Path
    base: str
    head: str
    head_is_worktree: bool
    notes: tuple[str, ...]
    tip: str = ""  #: the commit that the working tree is on
    uncommitted: str | None = None  #: a digest of the working tree's changes, where it is the head and has any

    @property
    def dirty(self) -> bool:
        """Whether the head has uncommitted changes: its commit is then one that no branch knows."""
        return self.head_is_worktree and self.head != self.tip


def choose_revisions(root: Path, base: str, head: str) -> Revisions:
    """Resolve both sides. base: a revision or "merge-base"; head: a revision or "worktree".

    The working tree is taken as a commit of its own that no branch points at, with uncommitted and untracked files.
    Raises CaptureError for what is no repository, no revision, or has nothing in common.
    """
    repository = gitinfo.repository_root(root)
    if repository is None:
        if any((folder / ".git").exists() for folder in (root, *root.parents)):
            raise CaptureError(
                f"git does not open the repository that {root} is in: `git status` there says why (another owner's "
                "needs safe.directory, for one)."
            )
        raise CaptureError(f"{root} is not in a git repository (or git is not installed), so there are no revisions.")
    tip = gitinfo.resolve_revision(repository, "HEAD")
    if tip is None:
        raise CaptureError(
            f"{repository} has no commit yet, so there is no earlier code to compare with. Commit the code as it was "
            "before the change; the change itself may stay uncommitted."
        )
    notes: list[str] = []
    head_commit = (
        _commit_of_worktree(repository, root, tip) if head == "worktree" else _resolved(repository, head, "head")
    )
    if base == "merge-base":
        base_commit, note = _merge_base(repository, tip if head == "worktree" else head_commit, head_commit)
        notes.append(note)
    else:
        base_commit = _resolved(repository, base, "base")
    if gitinfo.git(repository, "rev-parse", "--is-shallow-repository") == "true":
        notes.append("The repository is a shallow clone: revisions beyond its depth are not there.")
    if (repository / ".gitmodules").exists():
        if changed := _changed_submodules(repository, "--untracked-files=normal"):
            notes.append(f"The submodule {changed[0]} has uncommitted changes: they are not measured.")
        if gitinfo.git(repository, "submodule", "status", "--recursive"):
            notes.append("Submodules are checked out at their recorded commits.")
    if base_commit == head_commit:
        notes.append("Base and head are the same revision.")
    dirty = head == "worktree" and head_commit != tip
    return Revisions(
        repository=repository,
        base=base_commit,
        head=head_commit,
        head_is_worktree=head == "worktree",
        notes=tuple(notes),
        tip=tip,
        # As a plain run of the working tree has it: the same code, however it was measured.
        uncommitted=(git_state(root)[2] or head_commit) if dirty else None,
    )


def _changed_submodules(repository: Path, which: str = "--untracked-files=no") -> list[str]:
    """The submodules with uncommitted changes, by their paths. which: an option of `git status`."""
    if not (repository / ".gitmodules").exists():
        return []
    named = f'test -z "$(git status --porcelain {which})" || echo "$displaypath"'
    changed = gitinfo.git(repository, "submodule", "foreach", "--recursive", "--quiet", named)
    return changed.splitlines() if changed else []


def has_changed_since(root: Path, revisions: Revisions) -> bool:
    """Whether the working tree, where it was the head, holds other files now than it did then."""
    if not revisions.head_is_worktree:
        return False
    tip = gitinfo.resolve_revision(revisions.repository, "HEAD")
    if tip is None:
        return True
    try:
        commit = _commit_of_worktree(revisions.repository, root, tip)
    except CaptureError:
        return False  # nothing is known of it
    trees = [gitinfo.git(revisions.repository, "rev-parse", f"{c}^{{tree}}") for c in (revisions.head, commit)]
    return None not in trees and trees[0] != trees[1]


def _resolved(repository: Path, name: str, argument: str) -> str:
    commit = gitinfo.resolve_revision(repository, name)
    if commit is None:
        raise CaptureError(
            f"{argument}: {name!r:.80} is no revision of {repository}. Give a branch, a tag or a hash"
            + (', "worktree" for the working tree.' if argument == "head" else ', or "merge-base".')
        )
    return commit


def _merge_base(repository: Path, tip: str, head: str) -> tuple[str, str]:
    """Where the work of `tip` began, and in words how that was found."""
    for branch in ("origin/HEAD", "origin/main", "origin/master", "main", "master"):
        trunk = gitinfo.resolve_revision(repository, branch)
        if trunk is None:
            continue
        base = gitinfo.git(repository, "merge-base", trunk, tip)
        if base is None:
            raise CaptureError(
                f"base: {branch} and the head have no commit in common (a shallow clone? `git fetch --unshallow` "
                "brings the rest). Name the base revision."
            )
        if base != tip:
            return base, f"The base is {base[:10]}, where the work left {branch}."
        if tip != head:
            return tip, f"The base is {tip[:10]}, the last commit: the head is its uncommitted changes."
        break
    parent = gitinfo.resolve_revision(repository, f"{tip}~1")
    if tip != head:
        return tip, f"The base is {tip[:10]}, the last commit: the head is its uncommitted changes."
    if changed := _changed_submodules(repository):
        commit = f"`git -C {shlex.quote(changed[0])} commit -a`"
        raise CaptureError(
            f"head: the only uncommitted changes are in the submodule {changed[0]}, which is measured as it is "
            f"committed there. {commit} makes them part of the head (the repository around it may stay uncommitted); "
            "name the base revision to measure without them."
        )
    if parent is None:
        if gitinfo.git(repository, "rev-parse", "--is-shallow-repository") == "true":
            raise CaptureError(
                "base: the commit before the head is beyond the depth of this shallow clone, and nothing is "
                "uncommitted. `git fetch --deepen=1` brings it."
            )
        raise CaptureError("base: the head is the first commit, and nothing is uncommitted: there is no earlier code.")
    return parent, f"The base is {parent[:10]}, the commit before the head: nothing is uncommitted."


def _commit_of_worktree(repository: Path, root: Path, tip: str) -> str:
    """The working tree as a commit that nothing points at; the tip itself when nothing is uncommitted.

    root: the project's folder in it, as what benchmarks leave behind there is none of the change.
    """
    index = cache_folder() / f"index-{leases.own_token()}-{secrets.token_hex(4)}"
    index.parent.mkdir(parents=True, exist_ok=True)
    env = {"GIT_INDEX_FILE": str(index)}
    try:
        # The user's own index has what was added to it, as a renamed file is, and knows which files are unchanged.
        own = gitinfo.git(repository, "rev-parse", "--git-path", "index")
        if own is not None and (repository / own).is_file():
            shutil.copy2(repository / own, index)  # with its time, which tells git what may have changed since
        elif gitinfo.git(repository, "read-tree", tip, env=env) is None:
            raise CaptureError("git could not read the last commit.")
        taken = gitinfo.git(repository, "add", "--update", ":(top)", env=env, timeout_s=GIT_S)
        new = gitinfo.untracked(root, timeout_s=GIT_S, env=env)
        names = b"\0".join(map(os.fsencode, new or ()))
        adding = ("update-index", "--add", "--remove", "-z", "--stdin")
        if (
            taken is None
            or new is None
            or gitinfo.git(repository, *adding, env=env, stdin=names, timeout_s=GIT_S) is None
        ):
            raise CaptureError("git could not take in the uncommitted changes of the working tree.")
        tree = gitinfo.git(repository, "write-tree", env=env)
        if tree is not None and tree == gitinfo.git(repository, "rev-parse", f"{tip}^{{tree}}"):
            return tip
        who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER")
               for part, value in (("NAME", "holobench-mcp"), ("EMAIL", "holobench-mcp@localhost"),
                                   ("DATE", "2000-01-01T00:00:00Z"))}  # fmt: skip
        commit = gitinfo.git(
            repository, "commit-tree", "-m", "uncommitted changes, as measured", "-p", tip, str(tree), env=who
        )
        if tree is None or commit is None:
            raise CaptureError("git could not write the uncommitted changes as a tree.")
        return commit
    finally:
        for left in (index, index.with_suffix(".lock")):
            left.unlink(missing_ok=True)
