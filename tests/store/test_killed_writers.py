"""Processes that are killed at random while they write lose nothing that was acknowledged, and damage nothing.

`benchmarks/killed_writers.py` does the same a thousand times.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PYTHON

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "killed_writers.py"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_nothing_acknowledged_is_lost_when_writers_are_killed() -> None:
    done = subprocess.run([PYTHON, str(SCRIPT), "40", "--seed", "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    acknowledged = re.search(r"before: (\d+) results", done.stdout)
    assert acknowledged and int(acknowledged[1]) >= 20, done.stdout
    assert "40 writers killed" in done.stdout and "lost: 0; damaged: 0" in done.stdout
