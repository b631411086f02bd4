"""What git says of a folder. Every call is bounded in time, takes no locks, and runs none of the repository's hooks.

A revision that comes from an agent is only ever an argument behind `--end-of-options`: it can't become an option.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

_TIMEOUT_S = 20
#: Settings that no answer may depend on: what a hook or a monitor does, how names are written, and a refusal to take
#: in a file for its line ends.
_SETTINGS = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "core.quotePath=false", "core.safecrlf=false")
#: What binds git to another repository than the folder's, as it does in whatever a git hook starts: a worktree would
#: then silently not be put back, and one run could serve the next. And what changes the meaning of a path.
_BINDING = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_PREFIX",
    "GIT_NAMESPACE", "GIT_SHALLOW_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
})  # fmt: skip
#: What a recorded revision looks like where it is a commit's; shorter ones mean too many things.
_HASH = re.compile(r"[0-9a-f]{7,64}")
_FULL_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
#: The store, wherever in the repository its project is: writing results makes no tree dirty.
STORE = (":(exclude,top,glob)**/.holobench/**",)
#: What a benchmark writes at the top or where it runs. Only as untracked files: what is tracked there may be code.
_WRITTEN = (":(exclude,top)cachedir", ":(exclude,top)reports", ":(exclude)cachedir", ":(exclude)reports")
#: What attaching a client writes, with its copies: no benchmark reads it. Only as untracked files, too.
_CLIENTS = (
    ".mcp.json",
    ".cursor/mcp.json",
    ".vscode/mcp.json",
    ".codex/config.toml",
    "opencode.json",
    "opencode.jsonc",
)
_ATTACHED = tuple(f":(exclude,top,glob)**/{name}{end}" for name in _CLIENTS for end in ("", ".*.bak"))


def git(
    folder: Path,
    *arguments: str,
    timeout_s: float = _TIMEOUT_S,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> str | None:
    """What a git command prints; None when it fails, or there is no git or no repository. stdin: its standard input."""
    printed = git_bytes(folder, *arguments, timeout_s=timeout_s, env=env, stdin=stdin)
    return None if printed is None else printed.decode("utf-8", "replace").strip()


def git_bytes(
    folder: Path,
    *arguments: str,
    timeout_s: float = _TIMEOUT_S,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> bytes | None:
    """The same as it was printed: names of files may begin with a space, and be no text."""
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    environment = {name: value for name, value in os.environ.items() if name not in _BINDING}
    try:
        done = subprocess.run(
            ["git", *settings, *arguments],
            cwd=folder,
            env={**environment, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", **(env or {})},
            input=b"" if stdin is None else stdin,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    return done.stdout if done.returncode == 0 else None


def resolve_revision(folder: Path, name: str) -> str | None:
    """The full hash of the commit that a branch, tag, hash or HEAD~2 means here; None when it means none."""
    if not name or len(name) > 200 or not name.isprintable() or name.startswith("-"):
        return None
    return git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")


def branches_at(folder: Path) -> dict[str, str]:
    """The branch that a commit is the newest of, by its full hash; the one that is checked out, where several are."""
    listed = git(folder, "for-each-ref", "--format=%(objectname) %(HEAD) %(refname:short)", "refs/heads") or ""
    branches: dict[str, str] = {}
    for line in sorted(listed.splitlines(), key=lambda line: line[41:42] == "*"):
        commit, _, name = line.partition(" ")
        branches[commit] = name[2:]
    return branches


def untracked(folder: Path, *, timeout_s: float = _TIMEOUT_S, env: Mapping[str, str] | None = None) -> list[str] | None:
    """Files that git neither tracks nor ignores, from the top, without what holobench and this project write.

    folder: where the benchmark runs. A repository inside this one is not gone into. Bytes that are no text are as
    `os.fsdecode` has them. None when git can't tell.
    """
    listing = ("ls-files", "--others", "--exclude-standard", "--full-name", "-z")
    found = git_bytes(folder, *listing, "--", ":(top)", *STORE, *_WRITTEN, *_ATTACHED, timeout_s=timeout_s, env=env)
    names = () if found is None else map(os.fsdecode, found.split(b"\0"))
    return None if found is None else [name for name in names if name and not name.endswith("/")]


def repository_root(folder: Path) -> Path | None:
    """The top of the working tree that a folder is in."""
    top = git(folder, "rev-parse", "--show-toplevel")
    return Path(top) if top else None


def is_ancestor(folder: Path, revision: str, of: str) -> bool | None:
    """Whether a recorded revision is part of another's history; a commit is of its own.

    None when git can't tell: it does not know one of them, or its history was cut off (a shallow clone) so that not
    finding the one behind the other means nothing.
    """
    commits = commits_of(folder, (revision, of))
    if len(commits) < len({revision, of}):
        return None
    older, newer = commits[revision], commits[of]
    base = git(folder, "merge-base", older, newer)
    if base in (older, newer):
        return base == older
    return False if git(folder, "rev-parse", "--is-shallow-repository") == "false" else None


def commit_order(folder: Path, revisions: Iterable[str]) -> dict[str, int]:
    """Where each recorded revision that git knows stands in the order of code: a commit stands behind its ancestors.

    Commits of branches neither of which contains the other stand by commit time. The answer does not depend on the
    order of `revisions`. A revision that git does not know has no place; where git can't list them in time, none has.
    """
    commits = commits_of(folder, revisions)
    known = sorted(set(commits.values()))
    if not known:
        return {}
    by_time = (_rev_list(folder, "--no-walk=sorted", known) or known[:1])[:: max(len(known) - 1, 1)]
    # What the oldest and the newest have in common behind them need not be walked, unless one of the others is there.
    shared = git(folder, "merge-base", *by_time) if len(by_time) > 1 else by_time[0]
    listed = _rev_list(folder, "--date-order", [*known, *([f"^{shared}"] if shared else [])])
    places = {commit: place for place, commit in enumerate([*(listed or ()), *([shared] if shared else [])])}
    if not places.keys() >= set(known):
        listed = _rev_list(folder, "--date-order", known)
        places = {commit: place for place, commit in enumerate(listed or ())}
    return {name: len(places) - 1 - places[commit] for name, commit in commits.items() if commit in places}


def _rev_list(folder: Path, how: str, commits: Sequence[str]) -> list[str] | None:
    """Commits, children first."""
    listed = git(folder, "rev-list", how, "--stdin", stdin="\n".join(commits).encode())
    return None if listed is None else listed.split()


def commits_of(folder: Path, revisions: Iterable[str]) -> dict[str, str]:
    """The full hash of each recorded revision that git knows: of a hash, the beginning of one, or a tag.

    What moves, as a branch or HEAD, is no revision that was measured once, and is left out.
    """
    names = [name for name in dict.fromkeys(revisions) if name and len(name) <= 200 and name.isprintable()]
    asked = [f"{name if _HASH.fullmatch(name) else f'refs/tags/{name}'}^{{commit}}" for name in names]
    if not asked:
        return {}
    # One process for all; an object that a partial clone lacks is not fetched for it.
    answers = git(
        folder,
        "cat-file",
        "--batch-check=%(objectname)",
        env={"GIT_NO_LAZY_FETCH": "1"},
        stdin="\n".join(asked).encode(),
    )
    lines = (answers or "").splitlines()
    if len(lines) != len(names):
        return {}
    return {name: line for name, line in zip(names, lines, strict=True) if _FULL_HASH.fullmatch(line)}
