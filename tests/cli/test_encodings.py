"""A console that can't write a character does not change what a command exits with.

Every command is driven under encodings that have no arrows, no ±, no Greek letters: cp1252, ascii and latin-1, by
PYTHONIOENCODING as on an old console, and by a C locale.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import cli, snapshot
from holobench_mcp.cli import main as command_line
from holobench_mcp.cli import terminal
from holobench_mcp.store import open_store

HERE = {"python": "3.12", "cpu_model": "x", "os": "y", "git_dirty": False}
COMMANDS = [
    ("list", 0),
    ("show latest", 0),
    ("metrics", 0),
    ("compare --fail-on regressed", 1),
    ("compare --markdown --fail-on regressed", 1),
    ("compare --json --fail-on regressed", 1),
    ("compare --fail-on improved", 0),
    ("compare sort@nothing→ latest", 2),
    ("history sort zeit_µs", 0),
    ("baseline set latest~1 --reason gut±0", 0),
    ("baseline list", 0),
    ("config", 0),
    ("verify", 0),
    ("run -- printf →", 0),
    ("import Ωmega.pkl", 2),
    ("--help", 0),
    ("compare --help", 0),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Results whose label, unit and metric no old console can write."""
    store = open_store(tmp_path / ".holobench")
    for i, factor in enumerate((1.0, 1.5)):
        values = factor * 100 * np.exp(0.02 * np.random.default_rng(i).standard_normal((6, 5)))
        store.record(snapshot(values, at=i, environment=HERE, label=f"Ωmega → {i} 🔴", metric="zeit_µs", units="µs"))
    return tmp_path


def console(line: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """What a command exits with and writes, on a console of an encoding."""
    streams = {
        name: io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for name in ("stdout", "stderr")
    }
    with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        patch.setattr(sys, "argv", ["holobench-mcp", *line.split()])
        command_line()
    assert isinstance(ended.value.code, int)
    return ended.value.code, "".join(s.buffer.getvalue().decode(encoding) for s in streams.values())  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "cp437", "utf-8"])
def test_every_command_exits_the_same_under_every_encoding(
    project: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    for line, code in COMMANDS:
        exited, shown = console(line, encoding, monkeypatch)
        assert exited == code, (line, shown)
        assert "fault of the program" not in shown and "Traceback" not in shown and shown, line


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_so_do_the_tables_of_a_terminal(project: Path, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setattr(terminal, "is_there", lambda: True)
    for line, code in COMMANDS:
        exited, shown = console(line, encoding, monkeypatch)
        assert exited == code, (line, shown)


def test_what_a_console_lacks_is_written_by_its_nearest_sign(project: Path) -> None:
    plain = {"PYTHONIOENCODING": "ascii"}
    assert "label '?mega -> 1 [-]'" in cli("list", cwd=project, env=plain).stdout
    assert cli("compare", "--markdown", cwd=project, env=plain).stdout.startswith("### [-] Benchmark: regressed")
    error = cli("compare", "sort@nothing→", "latest", cwd=project, env=plain)
    assert error.returncode == 2 and "nothing->" in error.stderr


def test_json_is_exact_under_every_encoding(project: Path) -> None:
    document = json.loads(cli("compare", "--json", cwd=project, env={"PYTHONIOENCODING": "ascii"}).stdout)
    assert document["metrics"][0]["variable"] == "zeit_µs"


def test_a_strict_handler_in_the_environment_changes_nothing(project: Path) -> None:
    for variable in (
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ):
        assert cli("compare", "--fail-on", "regressed", cwd=project, env=variable).returncode == 1
