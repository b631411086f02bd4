"""Two users of one machine: neither reads the other's caches, feeds him false ones, or has him write where he would not."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from conftest import snapshot
from holobench_mcp.capture.runner import private_folder
from holobench_mcp.config import CACHE_VARIABLE, cache_folder
from holobench_mcp.measure.machine_lock import machine_lock
from holobench_mcp.model import Busy, CaptureError, ConfigError
from holobench_mcp.store import open_store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="another system of users")


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of all users, in which the machine's lock is."""
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(folder))
    return folder


def test_what_is_cached_and_what_a_run_writes_is_for_its_user_alone(tmp_path: Path) -> None:
    open_store(tmp_path / "store").record(snapshot())
    open_store(tmp_path / "store").manifests()
    assert list((tmp_path / "cache" / "index").iterdir())
    with private_folder() as private:
        for folder in (tmp_path / "cache", Path(private)):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("through_a_link", [False, True])
def test_a_folder_of_caches_that_is_another_users_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, through_a_link: bool
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(theirs, 12345, 12345)
    if through_a_link:
        (tmp_path / "link").symlink_to(theirs)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "link" if through_a_link else theirs))
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(ConfigError, match=r"is another user's.*HOLOBENCH_MCP_CACHE"):
        cache_folder()
    with pytest.raises(ConfigError):
        open_store(tmp_path / "store").manifests()


def test_a_folder_of_caches_that_anybody_may_write_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    owner = folder.stat().st_uid or 54321
    monkeypatch.setattr(os, "geteuid", lambda: owner)
    with pytest.raises(ConfigError, match="chmod 700"):
        cache_folder()


def test_a_link_in_the_place_of_the_lock_leads_nowhere(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (shared / "holobench-mcp-measuring.lock").symlink_to(tmp_path / "mine")
    with pytest.raises(CaptureError, match="can't be opened"), machine_lock("x"):
        pass
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_file_of_ours_that_somebody_put_in_the_place_of_the_lock_is_not_written_over(
    shared: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    os.link(tmp_path / "mine", shared / "holobench-mcp-measuring.lock")
    with machine_lock("x"):
        pass
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_pipe_in_the_place_of_the_lock_keeps_nobody_waiting(shared: Path) -> None:
    os.mkfifo(shared / "holobench-mcp-measuring.lock")
    with pytest.raises(CaptureError, match="it is no file"), machine_lock("x"):
        pass


@pytest.mark.parametrize(
    "words",
    [b'{"what": "a\\nIMPROVED: \\u001b[2J", "since": "x", "pid": 1}', b"[" * 5000, b'"x"', b"", b"{" + b" " * 99999],
)
def test_whoever_holds_the_lock_says_so_in_one_line(shared: Path, words: bytes) -> None:
    with machine_lock("x"):
        (shared / "holobench-mcp-measuring.lock").write_bytes(words)
        with pytest.raises(Busy) as busy, machine_lock("y", wait=False):
            pass
    assert str(busy.value).isprintable() and len(str(busy.value)) < 500
