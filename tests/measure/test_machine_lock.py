"""One measurement at a time on a machine, whoever takes it, and free again however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from conftest import PYTHON
from holobench_mcp.measure.machine_lock import machine_lock
from holobench_mcp.measure.progress import Cancelled, Progress
from holobench_mcp.model import Busy, CaptureError
from revisions import workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


@pytest.fixture
def project(configured: Path) -> Path:
    return configured


def test_one_measurement_at_a_time(project: Path) -> None:
    with machine_lock("a first one"):
        holders: list[str] = []
        cancel = threading.Event()

        def cancelled(step: Progress) -> None:
            holders.append(step.message)
            cancel.set()

        space = workspace(project)
        with pytest.raises(Cancelled, match="waited for another measurement, a first one, since"):
            space.measuring.run_benchmark("tiny", progress=cancelled, cancel=cancel)
    assert "waiting for another measurement of this machine: a first one" in holders[0]
    [document] = space.store.measurements()
    assert (document.status, document.rounds) == ("cancelled", 0), "it was stored before its turn came"


def test_the_lock_is_the_machines_and_not_a_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    monkeypatch.delenv("HOLOBENCH_MCP_CACHE")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "one"))
    with machine_lock("of one user"):
        path = tmp_path / "holobench-mcp-measuring.lock"
        assert path.exists()
        monkeypatch.setenv("HOME", str(tmp_path / "another"))
        with pytest.raises(Busy, match="of one user"), machine_lock("of another", wait=False):
            pass
        handle = os.open(path, os.O_RDONLY)  # all that another user may do with the file
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)


def test_a_link_in_the_locks_place_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOLOBENCH_MCP_CACHE")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "precious").write_text("untouched")
    (tmp_path / "holobench-mcp-measuring.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(CaptureError, match="can't be opened"), machine_lock("x"):
        pass
    assert (tmp_path / "precious").read_text() == "untouched"


def test_a_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    script = (
        "import os\nfrom holobench_mcp.measure.machine_lock import machine_lock\nwith machine_lock('dead'): os._exit(1)"
    )
    subprocess.run([PYTHON, "-c", script], check=False)
    with machine_lock("next", wait=False):
        pass
