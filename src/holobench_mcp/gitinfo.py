"""What git says of a folder. Every call is bounded in time, takes no locks, and runs none of the repository's hooks.

A revision that comes from an agent is only ever an argument behind `--end-of-options`: it can't become an option.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
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
#: The store, wherever in the repository its project is: writing results makes no tree dirty.
STORE = (":(exclude,top,glob)**/.holobench/**",)
#: What a benchmark writes at the top or where it runs. Only as untracked files: what is tracked there may be code.
_WRITTEN = (":(exclude,top)cachedir", ":(exclude,top)reports", ":(exclude)cachedir", ":(exclude)reports")


def git(
    folder: Path,
    *arguments: str,
    timeout_s: float = _TIMEOUT_S,
    env: Mapping[str, str] | None = None,
    told: bytes | None = None,
) -> str | None:
    """What a git command prints; None when it fails, or there is no git or no repository. told: its standard input."""
    printed = git_bytes(folder, *arguments, timeout_s=timeout_s, env=env, told=told)
    return None if printed is None else printed.decode("utf-8", "replace").strip()


def git_bytes(
    folder: Path,
    *arguments: str,
    timeout_s: float = _TIMEOUT_S,
    env: Mapping[str, str] | None = None,
    told: bytes | None = None,
) -> bytes | None:
    """The same as it was printed: names of files may begin with a space, and be no text."""
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    kept = {name: value for name, value in os.environ.items() if name not in _BINDING}
    try:
        done = subprocess.run(
            ["git", *settings, *arguments],
            cwd=folder,
            env={**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", **(env or {})},
            input=b"" if told is None else told,
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


def untracked(folder: Path, *, timeout_s: float = _TIMEOUT_S, env: Mapping[str, str] | None = None) -> list[str] | None:
    """Files that git neither tracks nor ignores, from the top, without what holobench and this project write.

    folder: where the benchmark runs. A repository inside this one is not gone into. Bytes that are no text are as
    `os.fsdecode` has them. None when git can't tell.
    """
    listing = ("ls-files", "--others", "--exclude-standard", "--full-name", "-z")
    found = git_bytes(folder, *listing, "--", ":(top)", *STORE, *_WRITTEN, timeout_s=timeout_s, env=env)
    names = () if found is None else map(os.fsdecode, found.split(b"\0"))
    return None if found is None else [name for name in names if name and not name.endswith("/")]


def repository_root(folder: Path) -> Path | None:
    """The top of the working tree that a folder is in."""
    top = git(folder, "rev-parse", "--show-toplevel")
    return Path(top) if top else None
