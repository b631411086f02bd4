"""Where package managers keep what they have installed: a measured process has an empty cache, and would do it again.

poetry has its environments there; uv, Go and others what an environment or a build is made of, by content.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

#: By the program: the variable that names its cache, and the folder below the user's.
_CACHES = {
    "uv": ("UV_CACHE_DIR", "uv"),
    "uvx": ("UV_CACHE_DIR", "uv"),
    "poetry": ("POETRY_CACHE_DIR", "pypoetry"),
    "pipenv": ("PIPENV_CACHE_DIR", "pipenv"),
    "yarn": ("YARN_CACHE_FOLDER", "yarn"),
    "go": ("GOCACHE", "go-build"),
}


def package_caches(command: Sequence[str], env: Mapping[str, str]) -> dict[str, str]:
    """Variables that leave the programs of a command their caches, which the environment does not name itself."""
    if sys.platform in ("darwin", "win32"):
        return {}
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    wanted = (_CACHES[name] for word in command if (name := word.rpartition("/")[2]) in _CACHES)
    return {variable: str(base / folder) for variable, folder in wanted if variable not in env}
