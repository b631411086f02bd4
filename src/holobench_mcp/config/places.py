"""Where things are: the store, and this user's cache folder."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
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
    """This user's folder for what can be made again: indexes, locks, temporary worktrees. Made for this user alone.

    What is in it is believed, and run. Raises ConfigError for one that is another user's, or that anybody may write to.
    """
    from platformdirs import user_cache_path

    folder = Path(os.environ.get(CACHE_VARIABLE) or user_cache_path("holobench-mcp"))
    with suppress(OSError):  # one that can't be made is told of where it is needed
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):
        _check_owner(folder)
    return folder


def _check_owner(folder: Path) -> None:
    user = os.geteuid() if hasattr(os, "geteuid") else 0
    if user == 0:  # root's containers have folders of others, and root is nobody's prey but their owner's
        return
    for found in (folder.lstat(), folder.stat()):  # of a link, both who made it and whose folder it leads to
        if found.st_uid not in (user, 0):
            raise ConfigError(
                f"{str(folder)!r:.200}, the folder of caches, is another user's, who could change what is in it. "
                f"{CACHE_VARIABLE} names another one."
            )
    if folder.stat().st_mode & stat.S_IWOTH:
        raise ConfigError(
            f"{str(folder)!r:.200}, the folder of caches, can be written to by every user of this machine. "
            f"Make it yours alone (chmod 700), or name another one with {CACHE_VARIABLE}."
        )


def spool_folder() -> Path:
    """This user's folder for results that could not be stored yet: no cache, as they are nowhere else."""
    return _state_folder() / "spool"


def heads_folder() -> Path:
    """This user's folder for the newest entries of chained journals, as they were seen: no cache either."""
    return _state_folder() / "heads"


def _state_folder() -> Path:
    from platformdirs import user_state_path

    cache = os.environ.get(CACHE_VARIABLE)
    return Path(cache) if cache else user_state_path("holobench-mcp")
