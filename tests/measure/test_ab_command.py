"""`ab` by hand: where its command runs, what prepares the trees, and what an error says to set."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON, cli

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


@pytest.fixture
def folder(tmp_path: Path, repository: Callable[..., str]) -> Path:
    """A folder of a repository, in which the command is given."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "bench.py").write_text("import os, mine\nprint(os.getcwd())\n")
    (tmp_path / "src" / "mine").mkdir(parents=True)
    (tmp_path / "src" / "mine" / "__init__.py").touch()
    repository("a benchmark in a folder")
    (tmp_path / "src" / "mine" / "__init__.py").write_text("x = 1\n")
    return tmp_path / "benchmarks"


def test_a_command_runs_where_it_is_given_in_each_sides_tree(folder: Path) -> None:
    command = ("--tool", "holobench", "--", PYTHON, "bench.py")
    done = cli("ab", "--env", "PYTHONPATH={tree}/src", "--rounds", "2", *command, cwd=folder)
    assert done.returncode == 2
    assert "On the base revision, command recorded nothing" in done.stderr
    assert done.stderr.rstrip().endswith("/base/benchmarks")


def test_a_module_that_is_not_found_is_answered_with_an_option(folder: Path) -> None:
    done = cli("ab", "--rounds", "2", "--", PYTHON, "bench.py", cwd=folder)
    assert done.returncode == 2
    assert "so that Python finds mine there, set --env PYTHONPATH={tree}/src" in done.stderr
    assert "toml" not in done.stderr and "env = {" not in done.stderr


@pytest.mark.parametrize(
    ("setup", "says"),
    [
        (
            "sh -c 'echo no compiler; exit 7'",
            "its setup failed with exit status 7 (base). The end of its output:\n    no comp",
        ),
        ("no-such-program", "no-such-program"),
        ("", "--setup: name a command"),
        ("'unfinished", "--setup: \"'unfinished\" can't be read"),
    ],
)
def test_a_setup_prepares_each_tree_or_says_why_not(folder: Path, setup: str, says: str) -> None:
    done = cli("ab", "--setup", setup, "--", PYTHON, "bench.py", cwd=folder)
    assert done.returncode == 2 and says in done.stderr


def test_a_setup_is_not_given_beside_a_configured_benchmark(folder: Path) -> None:
    done = cli("ab", "--benchmark", "x", "--setup", "make", cwd=folder)
    assert done.returncode == 2 and "has its own timeout_s, protected, env, setup, guard, tool" in done.stderr
