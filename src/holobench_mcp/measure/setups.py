"""Builds: what a `setup` has made in a revision's tree, cached for the next comparison with that revision.

Builds write the absolute path of their folder into what they make, so a cached one serves only where it was made: the
worktrees of one repository always stand in the same place. Only ever a cache: what can't be cached is built again.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from holobench_mcp.config import cache_folder
from holobench_mcp.result.strict_json import canonical_json

#: How many are cached, and how large one may be.
MAX_BUILDS, MAX_BYTES = 4, 4 << 30


def key_of(tree: Path, *parts: object) -> str:
    """What must agree for a cached build to be the one that a setup would make: its place and all that goes into it."""
    return hashlib.sha256(canonical_json([str(tree), *parts])).hexdigest()[:24]


def restore(tree: Path, key: str) -> bool:
    """Put a cached build into its tree. False where there is none, or it can't be read; the tree is then as it was.

    The one exception is a disk that fails between two renames: whoever gets False checks the tree out again.
    """
    build = _home() / key
    if not build.is_dir():
        return False
    copy = tree.with_name(f"{tree.name}-{secrets.token_hex(4)}")
    try:
        # Beside the tree first: what can't be read whole must not have emptied it.
        shutil.copytree(build, copy, symlinks=True)
        for entry in tree.iterdir():
            if entry.name != ".git":
                _remove(entry)
        for entry in copy.iterdir():
            entry.rename(tree / entry.name)
        os.utime(build)  # the least used goes first
    except OSError:  # a full disk, a damaged build; shutil.Error is one too
        return False
    finally:
        _remove(copy)
    return True


def save(tree: Path, key: str) -> bool:
    """Cache a tree as its setup has left it, before anything was run in it. False where it can't be."""
    # A submodule's link to its repository is the worktree's, and is gone with it.
    if (tree / ".gitmodules").exists() or _size(tree) > MAX_BYTES:
        return False
    partial = _home() / f"partial-{secrets.token_hex(4)}"
    try:
        shutil.copytree(tree, partial, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        _remove(_home() / key)
        partial.rename(_home() / key)
        for old in sorted(_home().iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)[MAX_BUILDS:]:
            _remove(old)
    except OSError:  # a full disk, a socket; shutil.Error is one too
        return False
    finally:
        _remove(partial)
    return True


def _home() -> Path:
    return cache_folder() / "setups"


def _size(tree: Path) -> int:
    total = 0
    for folder, _, files in os.walk(tree):
        for name in files:
            with suppress(OSError):
                total += (Path(folder) / name).lstat().st_size
    return total


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
