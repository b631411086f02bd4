"""Where things are: the store, and this user's cache folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from holobench_mcp.model import ConfigError

STORE_VARIABLE = "HOLOBENCH_MCP_STORE"
CACHE_VARIABLE = "HOLOBENCH_MCP_CACHE"
DEFAULT_STORE = ".holobench"
#: Where a store can be beside a folder.
STORE_SCHEMES = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "memory", "file")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


def check_store(text: str) -> None:
    """Raise ConfigError for what is no place of a store: a URL of a scheme that is not known."""
    if "\0" in text or not text.strip():
        raise ConfigError(f"store: {text!r:.60} is not a folder or a URL.")
    scheme = _SCHEME.match(text)
    if scheme is not None and scheme[1].lower() not in STORE_SCHEMES:
        known = ", ".join(f"{name}://" for name in STORE_SCHEMES)
        raise ConfigError(f"store: {text!r:.200} has a scheme that is not known; use a folder or one of {known}.")


def shared_root(root: Path) -> Path:
    """Where a project's store is: the project itself, or its place in the main working tree of a linked worktree.

    What was measured in one worktree is there to be compared in all of them, and stays when one is removed. Only files
    of git are read, as starting a server must cost no process. A repository without a main working tree beside its
    `.git` (a bare one, a separate git directory) has none to share: there each worktree is for itself.
    """
    try:
        top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
        if top is None or not (top / ".git").is_file():
            return root
        link = (top / ".git").read_text(encoding="utf-8").strip()
        git_folder = (top / link.removeprefix("gitdir:").strip()).resolve()
        # Only a linked worktree has this file; a submodule's folder has a whole repository of its own.
        common = (git_folder / (git_folder / "commondir").read_text(encoding="utf-8").strip()).resolve()
    except (OSError, ValueError, RuntimeError):
        return root
    main = common.parent / root.relative_to(top)
    return main if link.startswith("gitdir:") and common.name == ".git" and common.is_dir() else root


def cache_folder() -> Path:
    """This user's folder for what can be made again: indexes, locks, temporary worktrees."""
    from platformdirs import user_cache_path

    return Path(os.environ.get(CACHE_VARIABLE) or user_cache_path("holobench-mcp"))
