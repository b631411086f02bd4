"""pytest with pytest-benchmark: `--benchmark-json=FILE`, which holds every round.

pytest refuses the argument where the plugin is not installed, or switched off: it is asked first, by its own `--help`
behind all that the command has.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from holobench_mcp.capture.tools.known_tool import ToolCommand, unusable
from holobench_mcp.capture.tools.started import Started

NAME, FORMAT = "pytest-benchmark", "pytest-benchmark"
_PROGRAMS = ("pytest", "py.test")
_OPTION = "--benchmark-json"
_OFF = ("--benchmark-disable", "--benchmark-skip")
_ASK_TIMEOUT_S = 60.0
#: Seconds for which an answer holds, by whether the plugin is there: rounds of a measurement ask once.
_HOLDS_S = {True: 900.0, False: 20.0}

_answers: dict[tuple[object, ...], tuple[bool, float]] = {}


def ask(found: Started, folder: Path, *, named: bool) -> ToolCommand | None:
    """With --benchmark-json behind `pytest`; by its variable where it is named and started by another program."""
    me = sys.modules[__name__]
    is_pytest = found.name in _PROGRAMS
    if not is_pytest and not named:
        return None
    if (given := found.option(_OPTION)) is not None:
        return ToolCommand(NAME, found.command, FORMAT, (found.cwd / given,))
    file = folder / "pytest-benchmark.json"
    if not is_pytest:
        before = (os.environ if found.env is None else found.env).get("PYTEST_ADDOPTS", "")
        return ToolCommand(
            NAME, found.command, FORMAT, (file,), (f"PYTEST_ADDOPTS={_OPTION}=FILE was set.",),
            {"PYTEST_ADDOPTS": f"{before} {_OPTION}={file}".strip()},
        )  # fmt: skip
    if found.has(*_OFF):
        return unusable(me, found, "it switches pytest-benchmark off")
    if not _has_plugin(found):
        return unusable(me, found, "pytest-benchmark is not installed where it runs, or switched off")
    return ToolCommand(
        NAME, found.with_words(f"{_OPTION}={file}"), FORMAT, (file,), (f"{_OPTION}=FILE was added to pytest.",)
    )


def _has_plugin(found: Started) -> bool:
    """Whether pytest knows the argument, as the command starts it."""
    key = (found.line, str(found.cwd), None if found.env is None else found.env.get("PATH"))
    answer, until = _answers.get(key, (False, 0.0))
    if time.monotonic() >= until:
        answer = False
        with suppress(OSError, subprocess.SubprocessError, ValueError):
            finished = subprocess.run(
                replace(found, launch=None).with_words("--help"),
                cwd=found.cwd,
                env=None if found.env is None else dict(found.env),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ASK_TIMEOUT_S,
                check=False,
            )
            answer = _OPTION.encode() in finished.stdout
        _answers[key] = answer, time.monotonic() + _HOLDS_S[answer]
    return answer
