"""A change is read whole: no line that it adds hides another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from holobench_mcp.measure.cautions import change_cautions
from holobench_mcp.measure.change import Hunk, read_change


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str]) -> Path:
    (tmp_path / "product.py").write_bytes(b"first = 1\n-- a/other.md\nlast = 1\n")
    repository("the product")
    return tmp_path


def signs(project: Path, head: str) -> list[str]:
    change = read_change(project, f"{head}~1", head)
    return [c.detail for c in change_cautions(change, protected=["bench.py"], import_folders=["."])]


@pytest.mark.parametrize(
    "blind",
    [
        b"++ b/notes.md",
        b"++ /dev/null",
        b'++ "b/notes.md"',
        b"-- a/notes.md",
        b"diff --git a/notes.md b/notes.md",
        b"@@ -1,400 +1,400 @@",
        b"++ b/bench.py",
        b"text = 1\r++ b/notes.md",
        b"text = 1\x0c+++ b/notes.md",
        b"text = '\xe2\x80\xa8+++ b/notes.md'",
        b"text = '\xff\x85+++ b/notes.md'",
        b"\\ No newline at end of file",
    ],
)
def test_no_added_line_hides_what_follows_it(project: Path, repository: Callable[..., str], blind: bytes) -> None:
    (project / "product.py").write_bytes(b"first = 1\nlast = 1\n" + blind + b"\ngc.disable()\n")
    assert any("'gc.disable' in product.py" in sign for sign in signs(project, repository("a change")))


def test_no_removed_line_hides_what_follows_it(project: Path, repository: Callable[..., str]) -> None:
    (project / "product.py").write_bytes(b"first = 1\nlast = 1\ngc.disable()\n")
    assert any("'gc.disable' in product.py" in sign for sign in signs(project, repository("a change")))


@pytest.mark.parametrize("name", ["a b.py", "tab\there.py", 'quo"te.py', "back\\slash.py", "b/b/b.py", "ü.py", "-x.py"])
def test_a_file_of_any_name_is_read(project: Path, repository: Callable[..., str], name: str) -> None:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("answer_cache = {}\n")
    head = repository("a new file")
    (file,) = read_change(project, f"{head}~1", head).files
    assert (file.path, file.status, file.hunks) == (name, "A", (Hunk(0, (), 1, ("answer_cache = {}",)),))


@pytest.mark.parametrize(
    ("name", "line", "found"),
    [
        ("product.py", "*x, y = 1, gc.disable()", True),
        ("product.py", "// gc.disable()", True),  # no comment in Python: a division that goes on from the line before
        ("product.py", "# gc.disable()", False),
        ("product.c", "# gc.disable()", True),
        ("product.c", "// gc.disable()", False),
    ],
)
def test_only_the_languages_own_comments_are_passed_over(
    project: Path, repository: Callable[..., str], name: str, line: str, found: bool
) -> None:
    (project / name).write_text(f"{line}\n")
    assert bool(signs(project, repository("a change"))) is found


def test_each_side_of_a_hunk_has_its_place(project: Path, repository: Callable[..., str]) -> None:
    (project / "product.py").write_text("".join(f"line {i}\n" for i in range(1, 10)))
    repository("lines")
    lines = [f"line {i}\n" for i in range(1, 10)]
    lines[1:3] = ["two\n"]
    del lines[6]
    (project / "product.py").write_text("".join(lines))
    (project / "gone.md").write_text("")
    head = repository("a change")
    change = read_change(project, f"{head}~1", head)
    assert change.paths == ("gone.md", "product.py")
    assert change.files[1].hunks == (Hunk(2, ("line 2", "line 3"), 2, ("two",)), Hunk(8, ("line 8",), 6, ()))
    assert change.whole


def test_no_setting_of_the_environment_changes_what_is_read(
    project: Path, repository: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIFF_OPTS", "--unified=9")
    (project / "product.py").write_bytes(b"first = 1\n-- a/other.md\nlast = 2\n")
    head = repository("a change")
    (file,) = read_change(project, f"{head}~1", head).files
    assert file.hunks == (Hunk(3, ("last = 1",), 3, ("last = 2",)),)


def test_a_file_that_becomes_a_link_or_a_program_is_of_the_change(
    project: Path, repository: Callable[..., str]
) -> None:
    (project / "run.sh").write_text("true\n")
    repository("a script")
    (project / "run.sh").chmod(0o755)
    (project / "product.py").unlink()
    (project / "product.py").symlink_to("run.sh")
    head = repository("a change")
    change = read_change(project, f"{head}~1", head)
    assert [(file.path, file.status) for file in change.files] == [("product.py", "T"), ("run.sh", "M")]
