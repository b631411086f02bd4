"""The one table of known tools, and the question which of them a command starts.

A tool is a module beside this one with a NAME, a FORMAT and `ask`, and its line in the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from holobench_mcp.capture.tools import (
    criterion,
    go_test,
    google_benchmark,
    hyperfine,
    jmh,
    pyperf,
    pytest_benchmark,
    vitest,
)
from holobench_mcp.capture.tools.known_tool import KnownTool, ToolCommand, unusable
from holobench_mcp.capture.tools.package_scripts import PackageScript
from holobench_mcp.capture.tools.results import as_they_are
from holobench_mcp.capture.tools.started import Launch, Started, started
from holobench_mcp.model import InvalidArgument

_MODULES = (pytest_benchmark, pyperf, hyperfine, go_test, criterion, vitest, jmh, google_benchmark)
#: By the name that a configuration has for it.
TOOLS: Mapping[str, KnownTool] = {tool.NAME: tool for tool in cast("tuple[KnownTool, ...]", _MODULES)}
#: Values of `tool` that ask for none of them.
_NONE = ("holobench", "command")
_LONGEST_TEXT = 80


def tool_command(
    command: Sequence[str],
    folder: Path,
    *,
    cwd: Path,
    tool: str = "auto",
    env: Mapping[str, str] | None = None,
) -> ToolCommand | None:
    """A command with what makes the tool that it starts leave its results; None where it starts no known tool.

    folder: empty, for its files. env: the command's environment, this process's unless given. Whether a plugin is there
    may cost a process, once in a while. What was asked for by the command itself is used, and nothing added.
    Raises InvalidArgument for a tool that is not known, or is named and not started.
    """
    if tool in _NONE:
        return None
    if tool != "auto" and tool not in TOOLS:
        raise InvalidArgument(f"tool: {tool!r:.60} is none of auto, {', '.join([*_NONE, *TOOLS])}.")
    found = started(command, cwd, env)
    known = tuple(TOOLS.values()) if tool == "auto" else (TOOLS[tool],)
    answers = (k.ask(found, folder, named=tool != "auto") for k in known) if found is not None else ()
    asked = next((answer for answer in answers if answer is not None), None)
    if asked is None and found is not None and found.script is not None:
        asked = _in_script(found, folder, found.script, known)
    elif asked is not None and found is not None and found.launch is not None:
        asked = _by_script(asked, found, found.launch)
    if tool != "auto" and (asked is None or asked.reason is not None):
        why = f": {asked.reason}" if asked is not None else ", as far as it can be seen"
        raise InvalidArgument(f"tool: the command does not give results of {tool}{why}.")
    return None if asked is None else replace(asked, before=as_they_are(asked.outputs))


def _by_script(asked: ToolCommand, found: Started, launch: Launch) -> ToolCommand:
    """The same of a tool that a script of package.json starts; not where more words at its end are none of its own."""
    if asked.command != found.command and "--" in found.words:
        return unusable(
            TOOLS[asked.tool], found, f"{_called(launch.script)} has words behind --, where it takes no more"
        )
    behind = f"{_called(launch.script)} was read as the command that it is."
    return replace(asked, notes=(*asked.notes, behind)) if asked.reason is None else asked


def _in_script(found: Started, folder: Path, script: PackageScript, known: Iterable[KnownTool]) -> ToolCommand | None:
    """A tool among the commands of a script that chains them: it is known, and nothing can be asked of it."""
    each = [s for words in script.commands if (s := started(words, script.folder, found.env)) is not None]
    tool = next((tool for tool in known for part in each if tool.ask(part, folder, named=False) is not None), None)
    if tool is None:
        return None
    why = f"{_called(script)} is more than one plain command; measure {tool.NAME}'s own in its place"
    return unusable(tool, found, f"{why}, or name its file under results")


def _called(script: PackageScript) -> str:
    text = script.text if len(script.text) <= _LONGEST_TEXT else f"{script.text[:_LONGEST_TEXT]}…"
    return f"the script {script.name!r:.40} of package.json ({text!r})"
