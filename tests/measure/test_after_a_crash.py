"""What a killed server leaves is found at the next start; what a living one has is left alone, wherever it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import PYTHON, git
from holobench_mcp.capture import leases
from holobench_mcp.capture.runner import PRIVATE, RUN_MARK, private_folder
from holobench_mcp.config import cache_folder
from holobench_mcp.measure.leftovers import clean_up_after_crash
from holobench_mcp.measure.worktrees import home_of, worktrees
from holobench_mcp.model import Busy
from revisions import nothing_is_left

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")

_TAKE = "from holobench_mcp.capture import leases; print(leases.own_token(), flush=True)"


@pytest.fixture
def living() -> Iterator[str]:
    """The token of another process, which lives."""
    child = subprocess.Popen(
        [PYTHON, "-c", f"{_TAKE}; input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    yield child.stdout.readline().strip()
    child.kill()
    child.wait()


@pytest.fixture
def dead() -> str:
    """The token of a process that was killed."""
    return killed()


def killed() -> str:
    child = subprocess.Popen([PYTHON, "-c", f"{_TAKE}; import time; time.sleep(99)"], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    token = child.stdout.readline().strip()
    child.kill()
    child.wait()
    return token


def worktree_of(token: str) -> Path:
    home = cache_folder() / "worktrees" / f"of-{token}"
    home.mkdir(parents=True)
    (home / "owner.json").write_text(json.dumps({"lease": token, "repository": "/"}))
    return home


def index_of(token: str) -> Path:
    index = cache_folder() / f"index-{token}-abcd"
    index.parent.mkdir(parents=True, exist_ok=True)
    index.touch()
    return index


def unnamed_of(token: str) -> Path:
    home = cache_folder() / "worktrees" / f"{token}-new"
    home.mkdir(parents=True)
    return home


def private_of(token: str) -> Path:
    private = Path(tempfile.gettempdir()) / f"{PRIVATE}{token}-abcd"
    private.mkdir()
    (private / "large").touch()
    return private


LEFTOVERS = [worktree_of, index_of, unnamed_of, private_of]


@pytest.mark.parametrize("leave", LEFTOVERS)
def test_what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not(
    leave: Callable[[str], Path], living: str, dead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    theirs, left, ours = leave(living), leave(dead), leave(leases.own_token())
    assert clean_up_after_crash() == [str(left)]
    assert theirs.exists() and ours.exists() and not left.exists()


@pytest.mark.parametrize("leave", [worktree_of, index_of])
def test_a_process_is_known_by_its_lock_and_not_by_its_number(
    leave: Callable[[str], Path], living: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another container that shares the cache, its number is another's or nobody's, and the host has another name."""
    home = cache_folder() / "leases"
    lease = json.loads((home / f"{living}.lease").read_text())
    (home / f"{living}.lease").write_text(
        json.dumps({**lease, "pid": 4_000_000, "machine": {**lease["machine"], "host": "x"}})
    )
    theirs = leave(living)
    assert clean_up_after_crash() == []
    assert theirs.exists()


def test_a_process_of_another_machine_is_not_judged(dead: str) -> None:
    """A network's file system may not carry a lock from one machine to the other."""
    lease = cache_folder() / "leases" / f"{dead}.lease"
    lease.write_text(json.dumps({"pid": 1, "machine": {"host": "elsewhere", "boot": "another"}}))
    left = worktree_of(dead)
    assert clean_up_after_crash() == [] and left.exists()
    old = time.time() - 40 * 86_400
    os.utime(lease, (old, old))
    assert clean_up_after_crash() == [str(left)]


def test_a_damaged_lease_is_not_judged(dead: str) -> None:
    (cache_folder() / "leases" / f"{dead}.lease").write_text("garbage")
    left = worktree_of(dead)
    assert clean_up_after_crash() == [] and left.exists()


def test_temporary_folders_of_another_cache_are_left_alone(
    dead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("HOLOBENCH_MCP_CACHE", str(tmp_path / "another"))
    left = private_of(dead)
    assert clean_up_after_crash() == [] and left.exists()


def test_a_lease_is_gone_with_its_process_and_after_cleaning(dead: str) -> None:
    subprocess.run([PYTHON, "-c", _TAKE], check=True, capture_output=True)
    home = cache_folder() / "leases"
    assert [path.stem for path in home.iterdir()] == [dead]
    clean_up_after_crash()
    assert list(home.iterdir()) == []


def test_a_folder_of_a_run_is_its_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with private_folder() as ours:
        assert clean_up_after_crash() == []
        assert Path(ours).is_dir()


def test_a_worktree_that_was_half_made_is_forgotten(project: Path, dead: str) -> None:
    """Git locks a worktree while it makes it, and removes none that has no `.git` yet."""
    home = cache_folder() / "worktrees" / "abcd"
    home.mkdir(parents=True)
    git(project, "worktree", "add", "--quiet", "--detach", "--lock", str(home / "base"))
    (home / "base" / ".git").unlink()
    (home / "owner.json").write_text(json.dumps({"lease": dead, "repository": str(project)}))
    assert clean_up_after_crash() == [str(home)]
    assert nothing_is_left(project)


@pytest.mark.parametrize("owner", ["", "garbage", "[]", '{"pid": 1}'])
def test_worktrees_that_name_no_owner_do_not_block_a_repository_for_ever(project: Path, owner: str) -> None:
    home = home_of(project)
    home.mkdir(parents=True)
    (home / "owner.json").write_text(owner)
    tip = git(project, "rev-parse", "HEAD")
    with pytest.raises(Busy), worktrees(project, [tip, tip]):
        pass
    clean_up_after_crash()
    with worktrees(project, [tip, tip]) as trees:
        assert all(tree.is_dir() for tree in trees)


def test_the_git_of_a_killed_server_can_be_found(project: Path) -> None:
    """It would go on to write a worktree that the next start has removed."""
    mark = project / "cache" / "mark"
    mark.parent.mkdir(exist_ok=True)
    git(project, "config", "filter.tell.smudge", f'printf %s "${RUN_MARK}" > "{mark}"; cat')
    (project / ".gitattributes").write_text("product.py filter=tell\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a filter")
    tip = git(project, "rev-parse", "HEAD")
    with worktrees(project, [tip]):
        assert mark.read_text().partition("-")[0] == leases.own_token()


def test_a_daemon_of_a_killed_server_is_ended_at_the_next_start(living: str, dead: str) -> None:
    def sleeper(owner: str) -> subprocess.Popen[bytes]:
        env = {**os.environ, RUN_MARK: f"{owner}-1"}
        return subprocess.Popen([PYTHON, "-c", "import time; time.sleep(300)"], env=env, start_new_session=True)

    orphan, theirs, ours = sleeper(dead), sleeper(living), sleeper(leases.own_token())
    try:
        time.sleep(0.2)  # its environment is readable once it runs
        assert f"process {orphan.pid}" in clean_up_after_crash()
        assert orphan.wait(30) == -9
        assert ours.poll() is None and theirs.poll() is None
    finally:
        for child in (orphan, theirs, ours):
            child.kill()
            child.wait()
