"""`go test -bench`: what it prints is its results, so that nothing is added. How often it counts is left to it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from holobench_mcp.capture.tools.known_tool import ToolCommand
from holobench_mcp.capture.tools.started import Started

NAME, FORMAT = "go-test", "go"
_BENCH = ("-bench", "--bench", "-test.bench", "--test.bench")


def ask(found: Started, folder: Path, *, named: bool) -> ToolCommand | None:  # noqa: ARG001 - it leaves no file
    """As it is, with the cache of what it has built."""
    is_go = found.name == "go" and found.words[:1] == ("test",) and not found.has("-c", "--c")
    is_built = found.name.endswith(".test")
    benches = any(word.partition("=")[0] in _BENCH for word in _own(found.words))
    is_one = (is_go or is_built) and benches and found.kind == "program"
    if not is_one and not named:
        return None
    return ToolCommand(NAME, found.command, FORMAT, environment=_cache(found))


def _own(words: tuple[str, ...]) -> tuple[str, ...]:
    """Its own words; what is behind -args is the tests'."""
    return next((words[:i] for i, word in enumerate(words) if word in ("-args", "--args")), words)


def _cache(found: Started) -> dict[str, str]:
    """Where Go keeps what it has built: a measured process has an empty cache, and would build all of Go in it."""
    env = os.environ if found.env is None else found.env
    if "GOCACHE" in env or sys.platform in ("darwin", "win32"):
        return {}
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return {"GOCACHE": str(Path(base) / "go-build")}
