"""What a `setup` has built in a revision's tree, kept for the next comparison with that revision.

Builds write the absolute path of their folder into what they make, so a kept one serves only where it was made: the
worktrees of one repository always stand in the same place. Only ever a cache: what can't be kept is built again.
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

#: How many are kept, and how large one may be.
MOST_KEPT, MAX_BYTES = 4, 4 << 30


def key_of(tree: Path, *told: object) -> str:
    """What must agree for a kept build to be the one that a setup would make: its place, and all that goes into it."""
    return hashlib.sha256(canonical_json([str(tree), *told])).hexdigest()[:24]


def restore(tree: Path, key: str) -> bool:
    """Put a kept build into its tree. False where there is none."""
    kept = _home() / key
    if not kept.is_dir():
        return False
    for entry in tree.iterdir():
        if entry.name != ".git":
            _remove(entry)
    shutil.copytree(kept, tree, symlinks=True, dirs_exist_ok=True)
    os.utime(kept)  # the least used goes first
    return True


def keep(tree: Path, key: str) -> bool:
    """Keep a tree as its setup has left it, before anything was run in it. False where it can't be."""
    # A submodule's link to its repository is the worktree's, and is gone with it.
    if (tree / ".gitmodules").exists() or _size(tree) > MAX_BYTES:
        return False
    partial = _home() / f"partial-{secrets.token_hex(4)}"
    try:
        shutil.copytree(tree, partial, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        _remove(_home() / key)
        partial.rename(_home() / key)
    except OSError:  # a full disk, a socket; shutil.Error is one too
        return False
    finally:
        _remove(partial)
    for old in sorted(_home().iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)[MOST_KEPT:]:
        _remove(old)
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
