"""Temporary checkouts of revisions, beside the user's own tree and never in it.

Each stands in a folder of the cache that tells its owner's process, so that what a killed server left behind is found
and removed at the next start. The user's index, branches and files are not touched.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from holobench_mcp import gitinfo
from holobench_mcp.capture.runner import PRIVATE, RUN_MARK
from holobench_mcp.config import cache_folder
from holobench_mcp.model import Busy, CaptureError

_GIT_S = 300.0
#: How long a killed process is waited for.
_ENDS_S, _TICK_S = 5.0, 0.01
_OWNER = re.compile(r"(?:index-)?(\d+)-\w+(?:\.lock)?")


@dataclass(frozen=True)
class Revisions:
    """The two commits of a comparison, and what is to be known of how they were chosen."""

    repository: Path
    base: str
    head: str
    head_is_worktree: bool
    notes: tuple[str, ...]


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
        raise CaptureError(f"{repository} has no commit yet.")
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
        told = gitinfo.git(repository, "submodule", "status", "--recursive") or ""
        dirty = gitinfo.git(repository, "submodule", "foreach", "--recursive", "--quiet", "git status --porcelain")
        if dirty:
            notes.append("A submodule has uncommitted changes: they are not measured.")
        if told:
            notes.append("Submodules are checked out at their recorded commits.")
    if base_commit == head_commit:
        notes.append("Base and head are the same revision.")
    return Revisions(repository, base_commit, head_commit, head == "worktree", tuple(notes))


@contextmanager
def worktrees(repository: Path, commits: Sequence[str]) -> Iterator[list[Path]]:
    """Detached checkouts of some commits, gone when the block is left; in the same folders each time.

    Raises Busy while another process has them.
    """
    home = cache_folder() / "worktrees" / hashlib.sha256(str(repository).encode()).hexdigest()[:16]
    # It says whose it is before it is there: what nobody owns is removed at any server's start.
    unnamed = home.with_name(f"{os.getpid()}-{secrets.token_hex(4)}")
    unnamed.mkdir(parents=True, mode=0o700)
    (unnamed / "owner.json").write_text(
        json.dumps({"pid": os.getpid(), "started": _started(os.getpid()), "repository": str(repository)})
    )
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
            mark = {RUN_MARK: f"{os.getpid()}-git"}
            told = gitinfo.git(repository, *adding, timeout_s=_GIT_S, env=mark)
            if told is None:
                raise CaptureError(f"git could not check out {commit[:12]} into a temporary worktree.")
            _fill_submodules(tree, repository)
            trees.append(tree)
        yield trees
    finally:
        _remove(home, repository)


def clean_up_after_crash() -> list[str]:
    """Remove what servers that were killed left behind: worktrees, indexes, temporary folders and marked processes.

    Returns which.
    """
    removed = [f"process {pid}" for pid in _end_orphans()]
    for home in (*(cache_folder() / "worktrees").glob("*"), *cache_folder().glob("index-*")):
        named = _OWNER.fullmatch(home.name)
        owner: dict[str, object] = {"pid": int(named[1])} if named else {}
        with suppress(OSError, ValueError):
            owner |= json.loads((home / "owner.json").read_text())
        pid = owner.get("pid")
        # Whoever is just making it has not yet said when it started.
        if isinstance(pid, int) and (started := _started(pid)) is not None and owner.get("started", started) == started:
            continue
        if home.name.startswith("index-"):
            home.unlink(missing_ok=True)
        else:
            _remove(home, Path(str(owner.get("repository", "/"))))
        removed.append(str(home))
    for private in Path(tempfile.gettempdir()).glob(f"{PRIVATE}*"):
        named = _OWNER.fullmatch(private.name.removeprefix(PRIVATE))
        if named and _started(int(named[1])) is None:
            shutil.rmtree(private, ignore_errors=True)
            removed.append(str(private))
    return removed


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
        if gitinfo.git(head_tree, "restore", *how, timeout_s=_GIT_S) is None:
            raise CaptureError(f"protected: {path} can't be taken from the base revision.")
    return changed


def as_checked_out(tree: Path) -> None:
    """Undo what a run did to its tree: an answer that one run has kept in a file must not serve the next."""
    for how in (("checkout", "--quiet", "--", "."), ("clean", "-ffdxq")):
        gitinfo.git(tree, *how, timeout_s=_GIT_S)
    if (tree / ".gitmodules").exists():
        undo = "git checkout --quiet -- . && git clean -ffdxq"
        gitinfo.git(tree, "submodule", "--quiet", "foreach", "--recursive", undo, timeout_s=_GIT_S)


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
        if gitinfo.git(tree, "submodule", "--quiet", "update", "--", path, env=env, timeout_s=_GIT_S) is not None:
            _fill_submodules(tree / path, own / path)


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
    index = cache_folder() / f"index-{os.getpid()}-{secrets.token_hex(4)}"
    index.parent.mkdir(parents=True, exist_ok=True)
    env = {"GIT_INDEX_FILE": str(index)}
    try:
        # The user's own index has what was added to it, as a renamed file is, and knows which files are unchanged.
        own = gitinfo.git(repository, "rev-parse", "--git-path", "index")
        if own is not None and (repository / own).is_file():
            shutil.copy2(repository / own, index)  # with its time, which tells git what may have changed since
        elif gitinfo.git(repository, "read-tree", tip, env=env) is None:
            raise CaptureError("git could not read the last commit.")
        taken = gitinfo.git(repository, "add", "--update", ":(top)", env=env, timeout_s=_GIT_S)
        new = gitinfo.untracked(root, timeout_s=_GIT_S, env=env)
        names = b"\0".join(map(os.fsencode, new or ()))
        adding = ("update-index", "--add", "--remove", "-z", "--stdin")
        if (
            taken is None
            or new is None
            or gitinfo.git(repository, *adding, env=env, stdin=names, timeout_s=_GIT_S) is None
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


def _remove(home: Path, repository: Path) -> None:
    # First the files: git removes no worktree that is half made, and forgets any whose files are gone.
    shutil.rmtree(home, ignore_errors=True)
    for tree in ("base", "head"):
        gitinfo.git(repository, "worktree", "remove", "--force", "--force", str(home / tree), timeout_s=_GIT_S)
    gitinfo.git(repository, "worktree", "prune")


def _started(pid: int) -> str | None:
    """When a process started, as the kernel counts: a number taken again is another process."""
    if sys.platform == "linux":
        with suppress(OSError, IndexError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "alive"


def _end_orphans() -> list[int]:
    """Kill processes that dead servers' runs left behind, where /proc tells of them."""
    ended = []
    mark = f"{RUN_MARK}=".encode()
    for entry in Path("/proc").glob("[0-9]*/environ") if sys.platform == "linux" else ():
        with suppress(OSError, ValueError):
            marks = [part for part in entry.read_bytes().split(b"\0") if part.startswith(mark)]
            if marks and _started(int(marks[-1].removeprefix(mark).partition(b"-")[0])) is None:
                pid = int(entry.parent.name)
                os.kill(pid, signal.SIGKILL)
                ended.append(pid)
    deadline = time.monotonic() + _ENDS_S
    while any(map(_writes, ended)) and time.monotonic() < deadline:
        time.sleep(_TICK_S)
    return ended


def _writes(pid: int) -> bool:
    """Whether a process that was killed still runs, and may write into what is about to be removed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False
