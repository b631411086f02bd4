"""What git says of a folder. Every call is bounded in time, takes no locks, and runs none of the repository's hooks.

A revision that comes from an agent is only ever an argument behind `--end-of-options`: it can't become an option.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_TIMEOUT_S = 20
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
    try:
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments],
            cwd=folder,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", **(env or {})},
            input=b"" if told is None else told,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None


def resolve_revision(folder: Path, name: str) -> str | None:
    """The full hash of the commit that a branch, tag, hash or HEAD~2 means here; None when it means none."""
    if not name or len(name) > 200 or not name.isprintable() or name.startswith("-"):
        return None
    return git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")


def untracked(folder: Path, *, timeout_s: float = _TIMEOUT_S) -> list[str] | None:
    """Files that git neither tracks nor ignores, from the top, without what holobench and this project write.

    folder: where the benchmark runs. A repository inside this one is not gone into. None when git can't tell.
    """
    listing = ("ls-files", "--others", "--exclude-standard", "--full-name", "-z")
    found = git(folder, *listing, "--", ":(top)", *STORE, *_WRITTEN, timeout_s=timeout_s)
    return None if found is None else [name for name in found.split("\0") if name and not name.endswith("/")]


def repository_root(folder: Path) -> Path | None:
    """The top of the working tree that a folder is in."""
    top = git(folder, "rev-parse", "--show-toplevel")
    return Path(top) if top else None
