"""`vitest bench`: `--outputJson FILE` up to version 4, the reporter `json` with its own file from 5 on.

Each version refuses the other's option, so that it is looked up which is installed.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import suppress
from pathlib import Path

from holobench_mcp.capture.tools.known_tool import ToolCommand, unusable
from holobench_mcp.capture.tools.started import Started

NAME, FORMAT = "vitest", "vitest"
_OLD, _OUTPUT = "--outputJson", "--outputFile"
#: The first version that has benchmarks in its reports of tests.
_REPORTS_SINCE = 5
_MOST_BYTES = 1 << 20


def ask(found: Started, folder: Path, *, named: bool) -> ToolCommand | None:  # noqa: ARG001 - its name tells it
    """With the option of its version behind `bench`."""
    if found.name not in ("vitest", "vitest.mjs") or "bench" not in found.words[:1]:
        return None
    if (given := found.option(_OLD, f"{_OUTPUT}.json")) is not None:
        return ToolCommand(NAME, found.command, FORMAT, (found.cwd / given,))
    file = folder / "vitest.json"
    if _version(found) < _REPORTS_SINCE:
        added = (f"{_OLD}={file}",)
    else:
        reporters = [word for word in found.words if word.startswith("--reporter")]
        if (given := found.option(_OUTPUT)) is not None:
            if found.option("--reporter") == "json" and len(reporters) == 1:
                return ToolCommand(NAME, found.command, FORMAT, (found.cwd / given,))
            return unusable(sys.modules[__name__], found, f"{_OUTPUT} names the file of another reporter")
        added = (*(() if reporters else ("--reporter=default",)), "--reporter=json", f"{_OUTPUT}.json={file}")
    shown = " ".join(added).replace(str(file), "FILE")
    return ToolCommand(
        NAME, found.with_words(*added, behind=1), FORMAT, (file,), (f"{shown} was added to vitest.",)
    )  # fmt: skip


def _version(found: Started) -> int:
    """The first part of its version: of the one that is asked for (`vitest@4`), or installed; the newest of none."""
    if match := re.search(r"@(\d+)", found.word):
        return int(match[1])
    for folder in (found.cwd, *found.cwd.parents):
        file = folder / "node_modules" / "vitest" / "package.json"
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError), file.open("rb") as stream:
            return int(str(json.loads(stream.read(_MOST_BYTES))["version"]).partition(".")[0])
    return _REPORTS_SINCE
