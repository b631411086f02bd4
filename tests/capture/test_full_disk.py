"""A full disk loses a sweep, loudly; it never keeps a benchmark waiting for a reader that is gone."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

from holobench_mcp.capture import leases
from holobench_mcp.capture.runner import run_command
from holobench_mcp.config import cache_folder
from holobench_mcp.measure.worktrees import worktrees
from holobench_mcp.model import CaptureError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")

#: More than a pipe holds: whoever writes it waits for somebody who reads.
WRITE = "head -c 3000000 /dev/zero > $BENCHER_RESULT_PATH"


def full(*_: object, **__: object) -> object:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("writes", [1, 3])
def test_a_sweep_that_can_not_be_put_aside_is_a_problem_and_the_benchmark_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    opened = Path.open

    def open_or_fail(self: Path, *arguments: object, **options: object) -> object:
        return full() if self.suffix == ".pkl" else opened(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", open_or_fail)
    began = time.monotonic()
    script = "; sleep 0.3; ".join([WRITE] * writes)
    outcome = run_command(["bash", "-c", script], cwd=tmp_path, timeout_s=60)
    assert time.monotonic() - began < 55 and outcome.returncode == 0
    assert len(outcome.problems) == writes
    assert all("could not be put aside: No space left on device" in problem for problem in outcome.problems)


def test_a_disk_that_takes_a_part_gives_no_part_of_a_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Short:
        def write(self, data: bytes) -> int:
            return len(data) - 1

        def close(self) -> None:
            pass

    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda p, *a, **o: Short() if p.suffix == ".pkl" else opened(p, *a, **o))
    outcome = run_command(["bash", "-c", WRITE], cwd=tmp_path, timeout_s=60)
    assert outcome.snapshots == [] and ["took only a part" in problem for problem in outcome.problems] == [True]


@pytest.mark.parametrize("what", ["mkfifo", "mkdtemp"])
def test_a_temporary_folder_that_is_full_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(os if what == "mkfifo" else tempfile, what, full)
    with pytest.raises(CaptureError, match="No space left on device"):
        run_command(["true"], cwd=tmp_path)


@pytest.mark.parametrize("what", ["mkdir", "rename"])
def test_a_cache_that_can_not_be_written_ends_no_run_and_makes_no_worktree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    place, cache = getattr(Path, what), cache_folder()

    def refuse(self: Path, *arguments: object, **options: object) -> object:
        return full() if self.is_relative_to(cache) else place(self, *arguments, **options)

    monkeypatch.setattr(Path, what, refuse)
    assert run_command(["true"], cwd=tmp_path).returncode == 0
    assert not leases.is_held(leases.own_token())
    if what == "mkdir":
        with pytest.raises(CaptureError, match="HOLOBENCH_MCP_CACHE"), worktrees(tmp_path, ["HEAD"]):
            pass
