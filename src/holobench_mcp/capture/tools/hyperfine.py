"""hyperfine: `--export-json FILE`. Each of its timings is a process; it warms up and repeats as it was told."""

from __future__ import annotations

import sys
from pathlib import Path

from holobench_mcp.capture.tools.known_tool import ToolCommand, unusable
from holobench_mcp.capture.tools.started import Started

NAME, FORMAT = "hyperfine", "hyperfine"
_OPTION = "--export-json"


def ask(found: Started, folder: Path, *, named: bool) -> ToolCommand | None:  # noqa: ARG001 - its name tells it
    """With --export-json behind `hyperfine`."""
    if found.kind != "program" or found.name != "hyperfine":
        return None
    if (given := found.option(_OPTION)) is not None:
        if given == "-":
            return unusable(sys.modules[__name__], found, f"its {_OPTION} goes to the terminal, among its report")
        return ToolCommand(NAME, found.command, FORMAT, (found.cwd / given,))
    file = folder / "hyperfine.json"
    return ToolCommand(
        NAME, found.with_words(_OPTION, str(file)), FORMAT, (file,), (f"{_OPTION} FILE was added to hyperfine.",)
    )
