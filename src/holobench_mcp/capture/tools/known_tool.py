"""What is known of a benchmark tool, and what becomes of a command that starts one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from holobench_mcp.capture.tools.started import Started


@dataclass(frozen=True)
class ToolCommand:
    """A command as it is to be run, so that a tool's own results can be imported after it.

    outputs: files or folders that it leaves; empty: its results are on its standard output. notes: what was changed.
    environment: variables to be added. reason: why it will leave no results, though the tool is known; then nothing is
    changed. before: outputs that were there already, as they were: what did not change is of another run.
    """

    tool: str
    command: tuple[str, ...]
    format: str
    outputs: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    before: Mapping[Path, tuple[int, int]] = field(default_factory=dict)


class KnownTool(Protocol):
    """What the module of a tool has: its NAME, the FORMAT of its results in `importers`, and `ask`."""

    NAME: str
    FORMAT: str

    def ask(self, found: Started, folder: Path, *, named: bool) -> ToolCommand | None:
        """The command that also gives the tool's results; None for one that does not start it.

        folder: empty, for its files. named: whether a person said that it is this tool, which then need not be seen.
        """


def unusable(tool: KnownTool, found: Started, reason: str) -> ToolCommand:
    """A command of a tool that is known, and gives no results that could be imported."""
    return ToolCommand(tool.NAME, found.command, tool.FORMAT, reason=reason)
