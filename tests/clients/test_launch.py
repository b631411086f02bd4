"""The command is this environment's, by its absolute path, and starts it."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from holobench_mcp._version import __version__
from holobench_mcp.clients import launch, launch_command
from holobench_mcp.clients.launch import starts_this_server
from holobench_mcp.model import InvalidArgument


def test_the_program_of_this_environment_is_named_by_its_absolute_path(tmp_path: Path) -> None:
    [program] = launch_command()
    assert Path(program).is_absolute() and Path(program).parent == Path(sys.executable).parent
    shown = subprocess.run([program, "--version"], cwd=tmp_path, env={}, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == __version__


@pytest.mark.parametrize("script", [None, "#!/nowhere/python\n", "#!/bin/sh\nexit 3\n", "#!/bin/sh\necho 9.9.9\n"])
def test_where_the_program_is_missing_or_anothers_this_python_starts_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    if script is not None:
        (tmp_path / "holobench-mcp").write_text(script)
        (tmp_path / "holobench-mcp").chmod(0o755)
    monkeypatch.setattr(sysconfig, "get_path", lambda *_: str(tmp_path))
    command = launch_command()
    assert command == [str(Path(sys.executable).absolute()), "-m", "holobench_mcp"]
    shown = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == __version__


@pytest.mark.parametrize(
    ("python", "lasts"),
    [
        ("/home/u/.cache/uv/archive-v0/x/bin/python", False),
        ("/home/u/.cache/pipx/x/bin/python", False),
        ("/home/u/.local/share/uv/tools/holobench-mcp/bin/python", True),
        ("/home/u/.local/share/pipx/venvs/holobench-mcp/bin/python", True),
        ("/srv/app/.venv/bin/python", True),
    ],
)
def test_an_environment_that_is_taken_away_again_is_refused(
    monkeypatch: pytest.MonkeyPatch, python: str, lasts: bool
) -> None:
    monkeypatch.setattr(launch.sys, "executable", python)
    monkeypatch.setattr(launch, "_programs", lambda: iter(()))
    if lasts:
        assert launch_command() == [python, "-m", "holobench_mcp"]
        return
    with pytest.raises(InvalidArgument, match="uv tool install holobench-mcp"):
        launch_command()


@pytest.mark.parametrize(
    ("command", "arguments", "ours"),
    [
        ("holobench-mcp", [], True),
        ("/a/b/holobench-mcp", None, True),
        ("C:\\a\\holobench-mcp.exe", [], True),
        ("/usr/bin/python3", ["-m", "holobench_mcp"], True),
        ("uvx", ["holobench-mcp==0.1.0"], True),
        (["/a/holobench-mcp", "serve"], None, True),
        ("uv", ["run", "--project", "/x", "holobench-mcp"], True),
        ("npx", ["holobench-mcp-other"], False),
        ("/a/holobench-mcp/bin/other", [], False),
        (None, None, False),
        ({"a": 1}, 3, False),
    ],
)
def test_an_entry_is_known_for_ours_however_it_was_written(command: object, arguments: object, ours: bool) -> None:
    assert starts_this_server(command, arguments) is ours
