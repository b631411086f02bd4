"""The command that starts this installation's server, from wherever a client may start it.

A client has seldom the PATH of the shell in which the package was installed: the absolute path of the program in this
very environment is what works, whether pip, uv or pipx made it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from holobench_mcp._version import __version__
from holobench_mcp.model import InvalidArgument

_PROGRAM, _MODULE = "holobench-mcp", "holobench_mcp"
#: Folders in which uvx and pipx run keep environments that they take away again.
_TEMPORARY = ("archive-v0", "environments-v2", "builds-v0", ".cache")


def launch_command() -> list[str]:
    """The program of this environment by its absolute path, or this Python with the module, where it has no program.

    Raises InvalidArgument in an environment that will not last.
    """
    python = Path(sys.executable).absolute()
    if {*_TEMPORARY} & {*python.parts} and {"uv", "pipx"} & {*python.parts}:
        raise InvalidArgument(
            f"This holobench-mcp runs from {python.parent}, an environment that uvx or pipx takes away again. Install "
            "it first: uv tool install holobench-mcp, pipx install holobench-mcp, or pip install holobench-mcp in the "
            "project's environment; then run its install command."
        )
    program = next((str(path) for path in _programs() if _answers(path)), None)
    return [program] if program is not None else [str(python), "-m", _MODULE]


def starts_this_server(command: object, arguments: object = ()) -> bool:
    """Whether an entry's command is this server's, in whatever way it was written."""
    parts = [part if isinstance(part, list | tuple) else [part] for part in (command, arguments)]
    words = [word for part in parts for word in part if isinstance(word, str)]
    names = [word.replace("\\", "/").rpartition("/")[2] for word in words]
    return _MODULE in words or any(name.partition("==")[0].removesuffix(".exe") == _PROGRAM for name in names)


def _programs() -> Iterator[Path]:
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    for scheme in schemes:
        for name in (_PROGRAM, f"{_PROGRAM}.exe"):
            path = Path(sysconfig.get_path("scripts", scheme)) / name
            if path.is_file() and os.access(path, os.X_OK):
                yield path


def _answers(program: Path) -> bool:
    """Whether it is this version that starts there: a program of an environment that was moved starts nothing."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == __version__
