"""pyperf: `-o FILE` of a script with its Runner, of `pyperf timeit` and `command`, and of pyperformance.

Its workers get a short list of variables, which does not have ours: `--inherit-environ` adds what the probe in every
measured Python needs, without which it is not known what a benchmark loads.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from holobench_mcp.capture.loaded_files import PROBE_VARIABLES
from holobench_mcp.capture.tools.known_tool import ToolCommand, unusable
from holobench_mcp.capture.tools.started import Started

NAME, FORMAT = "pyperf", "pyperf"
_MEASURING = ("timeit", "command")
_MOST_BYTES = 2 << 20
_INHERITED = ",".join(PROBE_VARIABLES)


def ask(found: Started, folder: Path, *, named: bool) -> ToolCommand | None:
    """With -o behind the script or the subcommand."""
    if found.name in ("pyperf", "pyperformance") and found.kind != "script":
        subcommands = _MEASURING if found.name == "pyperf" else ("run",)
        if not found.words or found.words[0] not in subcommands:
            return None
        behind = 1
    elif found.kind != "program" and (named or has_runner(found)):
        behind = 0
    else:
        return None
    if found.option("--append") is not None:
        return unusable(sys.modules[__name__], found, "it appends its results to those of other runs")
    if (given := found.option("--output", short="-o")) is not None:
        return ToolCommand(NAME, found.command, FORMAT, (found.cwd / given,))
    if found.launch is not None and found.words[:1] == ("command",):
        return unusable(sys.modules[__name__], found, "behind its own words are those of the command")
    file = folder / "pyperf.json"
    inherits = found.option("--inherit-environ") is not None
    added = ("-o", str(file), *(() if inherits else (f"--inherit-environ={_INHERITED}",)))
    notes = (f"-o FILE{'' if inherits else ' and --inherit-environ'} was added, so that pyperf writes its results.",)
    return ToolCommand(NAME, found.with_words(*added, behind=behind), FORMAT, (file,), notes)


def has_runner(found: Started) -> bool:
    """Whether what Python runs makes a Runner of pyperf."""
    files = [found.path]
    if found.kind == "module":
        place = Path(*found.name.split("."))
        files = [found.cwd / root / tail for root in ("", "src") for tail in (f"{place}.py", place / "__main__.py")]
    source = next((_read(file) for file in files if file.is_file()), None)
    if source is None or "pyperf" not in source:
        return False
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    imports = any(
        (isinstance(n, ast.Import) and any(a.name.split(".")[0] == "pyperf" for a in n.names))
        or (isinstance(n, ast.ImportFrom) and (n.module or "").split(".")[0] == "pyperf")
        for n in nodes
    )
    calls = (n.func for n in nodes if isinstance(n, ast.Call))
    return imports and any(getattr(f, "attr", getattr(f, "id", None)) == "Runner" for f in calls)


def _read(file: Path) -> str | None:
    try:
        with file.open("rb") as stream:
            return stream.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
