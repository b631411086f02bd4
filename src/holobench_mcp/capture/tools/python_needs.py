"""Which module a command needs of its Python, so that where it only says `python` the right one can be taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from holobench_mcp.capture.tools.pyperf import has_runner
from holobench_mcp.capture.tools.started import Started, started

#: The module of holobench.
HOLOBENCH = "bencher"
#: What names holobench in a benchmark's source, or in that of a module beside it.
_MARKS = (b"bencher", b"holobench")
_MOST_FILES, _MOST_BYTES = 200, 1 << 20


def needed_module(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> str | None:
    """A module that the command's Python must have: `bencher`, `pyperf`, `pytest` …; None where nothing tells."""
    found = started(command, cwd, env)
    if found is None:  # code in the command itself
        return HOLOBENCH if any(mark.decode() in word for word in command for mark in _MARKS) else None
    script = _script_of(found)
    if found.kind == "module" and script is None:
        return found.name.partition(".")[0]
    if script is None:
        return None
    if has_runner(found):
        return "pyperf"
    beside = [script, *islice(script.parent.glob("*.py"), _MOST_FILES)]
    return HOLOBENCH if any(_mentions_holobench(file) for file in beside) else None


def _script_of(found: Started) -> Path | None:
    """The file that is run, where it is one of the project."""
    if found.kind == "script":
        return found.path
    place = Path(*found.name.split("."))
    for root in (found.cwd, found.cwd / "src"):
        for file in (root / f"{place}.py", root / place / "__main__.py"):
            if file.is_file():
                return file
    return None


def _mentions_holobench(file: Path) -> bool:
    with suppress(OSError), file.open("rb") as stream:
        text = stream.read(_MOST_BYTES)
        return any(mark in text for mark in _MARKS)
    return False
