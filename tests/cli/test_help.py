"""Every command's help says what it does, shows a call, says what it exits with, and fits a screen of 80 columns."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from holobench_mcp.cli import app
from holobench_mcp.cli.examples import EXAMPLES
from holobench_mcp.cli.layout import cells


def commands(group: object = None, above: str = "") -> Iterator[tuple[str, object]]:
    group = typer.main.get_command(app) if group is None else group
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("width", [60, 80])
def test_help_has_an_example_and_the_exit_codes_and_fits(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERMINAL_WIDTH", str(width))
    from typer import rich_utils

    monkeypatch.setattr(rich_utils, "MAX_WIDTH", width, raising=False)
    shown = CliRunner().invoke(app, [*name.split(), "--help"])
    assert shown.exit_code == 0
    assert max(map(cells, shown.stdout.splitlines())) <= width, shown.stdout
    together = " ".join(shown.stdout.split())
    assert EXAMPLES[name] in together and "Exits with: 0 fine;" in together, shown.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_only_options_that_there_are(name: str) -> None:
    command = COMMANDS[name]
    words = shlex.split(EXAMPLES[name].replace("*", "1"))
    ours = words[: words.index("--")] if "--" in words else words
    assert ours[: 1 + len(name.split())] == ["holobench-mcp", *name.split()]
    known = {option for one in command.params for option in one.opts}  # type: ignore[attr-defined]
    assert {word for word in ours if word.startswith("-")} <= known
