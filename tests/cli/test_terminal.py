"""On a terminal: tables with drawn intervals, and nothing that a label could do to it."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conftest import PYTHON, snapshot
from holobench_mcp.store import open_store

HERE = {"python": "3.12", "cpu_model": "x", "os": "y", "git_dirty": False}


def test_a_label_is_no_markup_and_no_escape_sequence_on_a_terminal(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from holobench_mcp.cli import forest, tables, terminal
    from holobench_mcp.config import load_config
    from holobench_mcp.workspace import Workspace

    label = "[/red] [bold\x1b[2J"
    open_store(project / ".holobench").record(snapshot(at=5, environment=HERE, label=label, units="[/]\x1b[2J"))
    monkeypatch.setattr(terminal, "is_there", lambda: True)
    monkeypatch.setenv("COLUMNS", "300")
    space = Workspace(load_config(project=project))
    tables.results(space.list_results())
    tables.metrics(space.list_metrics())
    forest.comparison(space.compare("latest~1", "latest"))
    shown = capsys.readouterr().out
    assert "[/red] [bold\N{REPLACEMENT CHARACTER}[2J" in shown and "\x1b[2J" not in shown


def test_a_terminal_gets_a_table_with_drawn_intervals(project: Path) -> None:
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [PYTHON, "-m", "holobench_mcp", "compare"],
        cwd=project, stdout=follower, stderr=follower, env={**os.environ, "COLUMNS": "160", "TERM": "xterm"},
    )  # fmt: skip
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 4096):
            shown += chunk
    except OSError:
        pass
    assert child.wait(60) == 0
    assert "●" in shown.decode() and "─" in shown.decode()
    os.close(leader)
