"""Files of a folder: there when they are whole, never a part of one, whatever other writers do or left behind."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from holobench_mcp import open_store
from holobench_mcp.model import StoreError
from holobench_mcp.store import local_file
from holobench_mcp.store.local_file import read_file, write_file

PARTS = [b"ab", memoryview(b"c" * 100_000), b"", b"d"]
WHOLE = b"".join(PARTS)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_its_parts_in_order_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    path = str(tmp_path / "x")
    assert write_file(path, PARTS, replace=False)
    assert read_file(path) == WHOLE
    assert not write_file(path, [b"other"], replace=False)
    assert read_file(path) == WHOLE
    assert write_file(path, [b"other"], replace=True)
    assert read_file(path) == b"other"
    assert names(tmp_path) == ["x"]


def test_what_a_writer_left_that_was_ended_stops_nobody(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"x#{number}").write_bytes(b"hal")
    assert write_file(str(tmp_path / "x"), PARTS, replace=False)
    assert names(tmp_path) == ["x", "x#1", "x#2"]


def test_of_many_writers_at_once_one_is_first(tmp_path: Path) -> None:
    path, first = str(tmp_path / "x"), list[bool]()
    contents = [bytes([i]) * 50_000 for i in range(8)]
    writers = [
        threading.Thread(target=lambda c=c: first.append(write_file(path, [c], replace=False))) for c in contents
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert first.count(True) == 1 and read_file(path) in contents
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("replace", [True, False])
def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace: bool
) -> None:
    write, calls = os.write, list[int]()
    (tmp_path / "y").write_bytes(b"before")

    def full(file: int, data: memoryview) -> int:
        calls.append(len(data))
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        return write(file, data[: max(1, len(data) // 2)])  # as much as there is room for

    monkeypatch.setattr(local_file.os, "write", full)
    for name in ("x", "y"):
        calls.clear()
        if name == "x" or replace:
            with pytest.raises(OSError, match="No space left"):
                write_file(str(tmp_path / name), PARTS, replace=replace)
    assert names(tmp_path) == ["y"]
    assert (tmp_path / "y").read_bytes() == b"before"


def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path)

    def full(file: int, data: memoryview) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(local_file.os, "write", full)
    with pytest.raises(StoreError, match=r"Could not write results/x in the store .*: no space left on device\."):
        store.backend.create("results/x", b"{}")


def test_a_folder_that_is_taken_away_meanwhile_is_made_again(tmp_path: Path) -> None:
    store = open_store(tmp_path / "deep" / "store")
    assert store.backend.put_blob(b"one")
    for folder in (tmp_path / "deep" / "store" / "blobs").iterdir():
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    assert store.backend.put_blob(b"one")
    assert not store.backend.put_blob(b"one")
    with pytest.raises(StoreError, match="leads out"):
        store.backend.create("results/../../x", b"")


def test_a_store_in_the_place_of_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for place in ("file", "file/store"):
        with pytest.raises(StoreError, match="can't be made: Not a directory"):
            open_store(tmp_path / place).backend.create("results/x", b"{}")
