"""Ctrl-C of `ab` leaves a measurement that the same command goes on from, and says so; signals too."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON, until
from holobench_mcp.store import open_store
from pseudo_terminal import on_a_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")
BENCH = Path(__file__).parents[1] / "benches" / "tiny.py"


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str]) -> Path:
    shutil.copy(BENCH, tmp_path / "tiny.py")
    (tmp_path / "product.py").write_text("import time\ndef work(size):\n    time.sleep(0.004)\n    return size\n")
    repository("the benchmark")
    (tmp_path / "product.py").write_text("import time\ndef work(size):\n    time.sleep(0.1)\n    return size\n")
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_interrupted_is_gone_on_with_by_the_same_command(project: Path, number: signal.Signals) -> None:
    command = [PYTHON, "-m", "holobench_mcp", "ab", "--rounds", "2", "--json", "--", PYTHON, "tiny.py"]
    first = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    store = open_store(project / ".holobench")
    until(lambda: store.exists() and any(document.rounds for document in store.measurements()))
    os.kill(first.pid, number)
    out, said = first.communicate(timeout=60)
    assert first.returncode == 130 and out == ""
    assert "interrupted. 1 round is recorded; the same command goes on from there." in said
    assert "Traceback" not in said and "s left" in said
    [document] = store.measurements()
    assert (document.status, document.rounds) == ("interrupted", 1)
    finished = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=200, check=False)
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert report["decision"] and report["measurement"] == document.id and report["rounds"] == 2
    assert any("goes on from the 1 round" in note for note in report["notes"])
    lines = [line for line in finished.stderr.splitlines() if "measuring command" in line]
    assert len(lines) == 2, "a line a step where there is no terminal, and one round was left"


def test_a_terminal_gets_a_bar_with_the_time_left(project: Path, tmp_path: Path) -> None:
    command = [PYTHON, "-m", "holobench_mcp", "ab", "--rounds", "2", "--", PYTHON, "tiny.py"]
    with (tmp_path / "out.txt").open("wb") as out:
        status, shown = on_a_terminal(command, project, columns=120, stdout=out.fileno())
    # What two rounds decide on a busy machine is not what is asked here.
    assert status == 0 and (tmp_path / "out.txt").read_text().startswith(("REGRESSED", "INCONCLUSIVE"))
    assert "s left" in shown and "/4" in shown and "measuring command (head)" in shown and "━" in shown
