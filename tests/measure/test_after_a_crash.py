"""What a killed server leaves is found at the next start; what a living one has is left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from conftest import PYTHON, git, until
from holobench_mcp.capture.runner import RUN_MARK, private_folder
from holobench_mcp.config import cache_folder
from holobench_mcp.measure.worktrees import clean_up_after_crash, worktrees
from revisions import nothing_is_left

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


def test_a_worktree_that_is_being_made_by_a_living_process_is_left_alone(tmp_path: Path) -> None:
    ours, dead = (cache_folder() / "worktrees" / f"{pid}-abcd" for pid in (os.getpid(), ended_pid()))
    for home in (ours, dead):
        home.mkdir(parents=True)
    assert clean_up_after_crash() == [str(dead)]
    assert ours.exists() and not dead.exists()


def test_indexes_of_dead_processes_are_removed(tmp_path: Path) -> None:
    cache_folder().mkdir(parents=True)
    ours, dead = (cache_folder() / f"index-{pid}-abcd" for pid in (os.getpid(), ended_pid()))
    ours.touch()
    dead.touch()
    clean_up_after_crash()
    assert ours.exists() and not dead.exists()


def test_temporary_folders_of_dead_processes_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with private_folder() as ours:
        dead = tmp_path / Path(ours).name.replace(str(os.getpid()), str(ended_pid()))
        dead.mkdir()
        (dead / "large").touch()
        assert clean_up_after_crash() == [str(dead)]
        assert Path(ours).is_dir() and not dead.exists()


def test_a_worktree_that_was_half_made_is_forgotten(project: Path) -> None:
    """Git locks a worktree while it makes it, and removes none that has no `.git` yet."""
    home = cache_folder() / "worktrees" / "abcd"
    home.mkdir(parents=True)
    git(project, "worktree", "add", "--quiet", "--detach", "--lock", str(home / "base"))
    (home / "base" / ".git").unlink()
    (home / "owner.json").write_text(json.dumps({"pid": ended_pid(), "repository": str(project)}))
    assert clean_up_after_crash() == [str(home)]
    assert nothing_is_left(project)


def test_the_git_of_a_killed_server_can_be_found(project: Path) -> None:
    """It would go on to write a worktree that the next start has removed."""
    told = project / "cache" / "told"
    told.parent.mkdir(exist_ok=True)
    git(project, "config", "filter.tell.smudge", f'printf %s "${RUN_MARK}" > "{told}"; cat')
    (project / ".gitattributes").write_text("product.py filter=tell\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a filter")
    tip = git(project, "rev-parse", "HEAD")
    with worktrees(project, [tip]):
        assert told.read_text().partition("-")[0] == str(os.getpid())


@pytest.mark.skipif(sys.platform != "linux", reason="finding stray processes needs /proc")
def test_a_daemon_of_a_killed_server_is_ended_at_the_next_start(tmp_path: Path) -> None:
    def sleeper(owner: int) -> subprocess.Popen[bytes]:
        env = {**os.environ, RUN_MARK: f"{owner}-1"}
        return subprocess.Popen([PYTHON, "-c", "import time; time.sleep(300)"], env=env, start_new_session=True)

    orphan, ours = sleeper(ended_pid()), sleeper(os.getpid())
    try:
        until(lambda: f"process {orphan.pid}" in clean_up_after_crash())
        assert orphan.wait(30) == -9
        assert ours.poll() is None
    finally:
        for child in (orphan, ours):
            child.kill()
            child.wait()


def ended_pid() -> int:
    child = subprocess.Popen([PYTHON, "-c", ""])
    child.wait()
    return child.pid
