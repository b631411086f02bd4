"""Lines that a page tells to type, read by our own command line as far as its options."""

from __future__ import annotations

import shlex
from typing import Any

import typer

from holobench_mcp.cli import app

COMMAND: Any = typer.main.get_command(app)


def parse(line: str) -> None:
    """Fail for a line of our command with a command, an option or an argument that it has not."""
    words = shlex.split(line)[1:]
    context = COMMAND.make_context("holobench-mcp", list(words))
    name, command, rest = COMMAND.resolve_command(context, words)
    sub = command.make_context(name, list(rest), parent=context)
    if hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(sub, list(rest))
        command.make_context(name, list(rest), parent=sub)
