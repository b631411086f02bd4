"""Files of results are taken from where a run wrote them, and from nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from holobench_mcp.capture.result_files import ResultFiles
from holobench_mcp.model import CaptureError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree" / "out").mkdir(parents=True)
    return tmp_path / "tree"


def copied(files: ResultFiles, into: Path) -> dict[str, list[str]]:
    return {
        name: sorted(p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file())
        if copy.is_dir()
        else copy.read_text()
        for copy, name in files.copy_written(into)
    }


def test_a_new_file_and_one_that_is_written_again_are_the_runs(tree: Path, tmp_path: Path) -> None:
    (tree / "out" / "a.json").write_text("old")
    (tree / "out" / "stale.json").write_text("old")
    files = ResultFiles.before_run(tree, tree, "out/*.json")
    (tree / "out" / "a.json").write_text("new")
    (tree / "out" / "b.json").write_text("b")
    assert copied(files, tmp_path / "into") == {"out/a.json": "new", "out/b.json": "b"}


def test_of_a_folder_only_what_was_written_is_taken(tree: Path, tmp_path: Path) -> None:
    for name in ("x/new/sample.json", "y/new/sample.json"):
        (tree / "out" / name).parent.mkdir(parents=True)
        (tree / "out" / name).write_text("old")
    files = ResultFiles.before_run(tree, tree, "out")
    (tree / "out/y/new/sample.json").write_text("new")
    assert copied(files, tmp_path / "into") == {"out": ["y/new/sample.json"]}


def test_the_same_bytes_written_again_are_new(tree: Path, tmp_path: Path) -> None:
    (tree / "r.json").write_text("same")
    os.utime(tree / "r.json", (1, 1))
    files = ResultFiles.before_run(tree, tree, "r.json")
    (tree / "r.json").write_text("same")
    assert copied(files, tmp_path / "into") == {"r.json": "same"}


@pytest.mark.parametrize("pattern", ["r.json", "*.json", "**/r.json"])
def test_a_file_that_lay_there_before_is_not_taken_for_new(tree: Path, tmp_path: Path, pattern: str) -> None:
    (tree / "r.json").write_text("committed")
    files = ResultFiles.before_run(tree, tree, pattern)
    with pytest.raises(CaptureError, match=r"r\.json was not written by this run: it is of 20"):
        files.copy_written(tmp_path / "into")


def test_nothing_at_all_is_told_with_the_pattern(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"wrote no file that 'r-\*\.json' finds"):
        ResultFiles.before_run(tree, tree, "r-*.json").copy_written(tmp_path)


@pytest.mark.parametrize("place", ["a file", "a folder", "in a folder"])
def test_a_link_that_leads_out_of_the_tree_is_refused(tree: Path, tmp_path: Path, place: str) -> None:
    outside = tmp_path / "secret"
    outside.mkdir()
    (outside / "r.json").write_text("{}")
    files = ResultFiles.before_run(tree, tree, "out*")
    if place == "a file":
        (tree / "out.json").symlink_to(outside / "r.json")
    elif place == "a folder":
        (tree / "out2").symlink_to(outside, target_is_directory=True)
    else:
        (tree / "out" / "r.json").symlink_to(outside / "r.json")
    with pytest.raises(CaptureError, match="leads out of the project"):
        files.copy_written(tmp_path / "into")


def test_a_link_within_the_tree_is_followed(tree: Path, tmp_path: Path) -> None:
    files = ResultFiles.before_run(tree, tree, "latest.json")
    (tree / "out" / "7.json").write_text("7")
    (tree / "latest.json").symlink_to("out/7.json")
    assert copied(files, tmp_path / "into") == {"latest.json": "7"}


def test_what_is_no_file_is_never_opened(tree: Path, tmp_path: Path) -> None:
    files = ResultFiles.before_run(tree, tree, "*.json")
    os.mkfifo(tree / "r.json")
    with pytest.raises(CaptureError, match="wrote no file"):
        files.copy_written(tmp_path / "into")


def test_more_files_than_anybody_reads_are_refused(tree: Path, tmp_path: Path) -> None:
    files = ResultFiles.before_run(tree, tree, "out/*")
    for i in range(300):
        (tree / "out" / f"{i}.json").touch()
    with pytest.raises(CaptureError, match="more than 200 files"):
        files.copy_written(tmp_path / "into")
