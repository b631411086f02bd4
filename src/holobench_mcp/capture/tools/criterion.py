"""`cargo bench` with Criterion.rs: CRITERION_HOME is the folder of its results, in which then only this run's are.

In `target/criterion` are those of all benchmarks that were ever run there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from holobench_mcp.capture.tools.binaries import is_built_with
from holobench_mcp.capture.tools.known_tool import ToolCommand, unusable
from holobench_mcp.capture.tools.started import Started

NAME, FORMAT = "criterion", "criterion"
_HOME = "CRITERION_HOME"
#: Of Criterion itself, in its words: what it compares with has to lie where its results go.
_OTHERS = ("--baseline", "--baseline-lenient", "--load-baseline")


def ask(found: Started, folder: Path, *, named: bool) -> ToolCommand | None:
    """With the folder in its variable."""
    words = [word for word in found.words if not word.startswith("+")]
    is_cargo = found.name == "cargo" and words[:1] == ["bench"] and not found.has("--no-run", "--help", "-h")
    is_built = "--bench" in words and is_built_with(found, _HOME.encode())
    if not (is_cargo or is_built or named):
        return None
    other = next((word for word in words if word.partition("=")[0] in _OTHERS), None)
    if other is not None:
        return unusable(sys.modules[__name__], found, f"with {other:.40} it needs the results of other runs")
    results = folder / "criterion"
    return ToolCommand(
        NAME, found.command, FORMAT, (results,), (f"{_HOME}=FOLDER was set.",), {_HOME: str(results)}
    )  # fmt: skip
