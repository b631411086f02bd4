"""`config` shows what is in force, and what it names that is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import cli
from holobench_mcp import Workspace, digest
from holobench_mcp.config import load_config

TABLE = "[tool.holobench-mcp.benchmarks.sort]\ncommand = ['python', 'bench.py', '{items}']\n"
PARAMETER = "parameters.items = { min = 1, max = 20, default = 3 }\n"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("protected = ['bench.py']\n", None),
        ("protected = ['bench.yp']\n", "protected: 'bench.yp' is not in"),
        ("cwd = 'benchmarks'\n", "cwd: 'benchmarks' is no folder of"),
    ],
)
def test_what_the_configuration_names_and_is_not_there_is_shown(tmp_path: Path, more: str, problem: str | None) -> None:
    (tmp_path / "bench.py").touch()
    (tmp_path / "pyproject.toml").write_text(TABLE + PARAMETER + more)
    shown = cli("config", cwd=tmp_path)
    assert shown.returncode == 0
    assert (problem is None) == ("problem" not in shown.stdout)
    assert problem is None or problem in shown.stdout
    document = json.loads(cli("config", "--json", cwd=tmp_path).stdout)
    assert list(document)[:2] == ["status", "reason"]
    assert len(document["problems"]) == (problem is not None)
    assert document["status"] == ("ok" if problem is None else "problems")
    assert problem is None or problem in document["reason"]


@pytest.mark.parametrize(
    ("command", "says"),
    [("['x', '{repeats}']", "has {repeats}, which it does not declare"), ("'x'", "a list of words")],
)
def test_what_can_not_be_measured_is_refused_when_it_is_read(tmp_path: Path, command: str, says: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.holobench-mcp.benchmarks.sort]\ncommand = {command}\n")
    refused = cli("config", cwd=tmp_path)
    assert refused.returncode == 2
    assert says in refused.stderr


def test_a_range_of_whole_numbers_is_listed_as_such(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TABLE + PARAMETER)
    listed = Workspace(load_config(project=tmp_path)).measuring.list_benchmarks()
    assert "parameter items: int, 1 to 20, default 3" in digest.benchmarks(listed)
