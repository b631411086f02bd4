"""Bars of long work: on a terminal's stderr only, gone when it is over, and Ctrl-C leaves a sentence and a clean line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import PYTHON, snapshot
from holobench_mcp.cli import app, progress, terminal
from holobench_mcp.model import progress as work
from holobench_mcp.store import open_store
from pseudo_terminal import on_a_terminal

#: A command, whose reading is slow enough for a bar.
SLOW = """
import sys, time
from holobench_mcp.store.backend import Backend
read = Backend.get
def slowly(self, *arguments, **options):
    time.sleep(0.05)
    return read(self, *arguments, **options)
Backend.get = slowly
sys.argv = ["holobench-mcp", *sys.argv[1:]]
from holobench_mcp.cli import main
main()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    store = open_store(tmp_path / ".holobench")
    (tmp_path / "pyproject.toml").touch()
    for at in range(25):
        store.record(snapshot([1.0 + at, 1.1, 0.9], at=at, inputs={}))
    return tmp_path


def last_screen(shown: str) -> list[str]:
    """What stands on the screen at the end: what was cleared is gone."""
    lines: list[str] = [""]
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r\n|\r|\n|[^\x1b\r\n]+", shown):
        if part == "\x1b[2K":
            lines[-1] = ""
        elif part == "\x1b[1A":
            lines.pop()
        elif part in ("\r\n", "\n"):
            lines.append("")
        elif not part.startswith(("\x1b", "\r")):
            lines[-1] += part
    return [line for line in lines if line.strip()]


def test_a_bar_has_the_time_left_and_is_gone_when_the_work_is_over(project: Path) -> None:
    status, shown = on_a_terminal([PYTHON, "-c", SLOW, "verify"], project)
    assert status == 0 and "━" in shown and "s left" in shown and re.search(r"\d+/\d+", shown)
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h"), "the cursor is there again"
    said = " ".join(line.strip() for line in last_screen(shown))
    assert said.startswith("holobench-mcp: ") and said.endswith("all is well"), said


@pytest.mark.parametrize("options", [["verify", "--json"], ["--quiet", "verify"]])
def test_no_bar_for_a_program_or_where_none_is_wanted(project: Path, options: list[str]) -> None:
    status, shown = on_a_terminal([PYTHON, "-c", SLOW, *options], project)
    assert status == 0 and "━" not in shown and "\x1b" not in shown


def test_ctrl_c_leaves_a_clean_screen_and_says_what_the_next_call_does(project: Path) -> None:
    def pressed(shown: bytes) -> bool:
        return b" 3/" in shown or b" 4/" in shown or b" 9/" in shown or "━".encode() in shown

    status, shown = on_a_terminal([PYTHON, "-c", SLOW, "verify"], project, interrupt_when=pressed)
    assert status == 130 and "Traceback" not in shown and "Aborted" not in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")
    said = " ".join(line.strip() for line in last_screen(shown))
    assert re.match(r"(\^C)?holobench-mcp: verify was interrupted( at \d+ of \d+)?: it changes nothing", said), said


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["gc", "--yes"], "gc was interrupted at 2 of 5: what it took out lies in the store's trash"),
        (["gc"], "gc was interrupted at 2 of 5: nothing was changed"),
        (["repair", "--yes"], "repair was interrupted at 2 of 5: what it put right stays so"),
        (["sync", ".holobench", "other"], "sync was interrupted at 2 of 5: what was copied is whole"),
        (["list"], "list was interrupted; the same command begins again."),
    ],
)
def test_each_command_says_what_its_interruption_leaves(
    project: Path, command: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, on_progress: progress.Bar | None = None, **__: object) -> None:
        if on_progress is not None:
            on_progress(2, 5)
        raise KeyboardInterrupt

    monkeypatch.chdir(project)
    from holobench_mcp.workspace import Workspace, upkeep

    for name in ("free_space", "repair", "list_results"):
        monkeypatch.setattr(Workspace, name, interrupted)
    monkeypatch.setattr(upkeep, "sync", interrupted)
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 130 and sentence in done.stderr and done.stdout == ""


def test_long_work_below_any_command_is_shown_and_heard_by_its_own_thread_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[tuple[str, int, int]] = []
    work.say("nobody listens", 1, 2)
    with work.listening(lambda *said: heard.append(said)):
        work.say("reading", 1, 2)
    work.say("nobody listens any more", 2, 2)
    assert heard == [("reading", 1, 2)]


def test_a_first_index_and_a_history_say_how_far_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from holobench_mcp.store.index import refresh
    from holobench_mcp.workspace import Workspace

    monkeypatch.setattr(refresh, "_BATCH", 5)
    monkeypatch.setattr(refresh, "LISTING_PAGE", 5)
    from holobench_mcp.config import load_config

    store = open_store(tmp_path / "store")
    for at in range(12):
        store.record(snapshot([1.0 + at, 1.1, 0.9], at=at, inputs={}, revision=f"{at:040x}"))
    (tmp_path / "cache").mkdir(exist_ok=True)
    heard = list[tuple[str, int, int]]()
    monkeypatch.setenv("HOLOBENCH_MCP_CACHE", str(tmp_path / "another cache"))
    with work.listening(lambda *said: heard.append(said)):
        space_ = Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))
        space_.metric_history("sort", "time_ms")
    assert ("reading results into the index", 5, 12) in heard
    assert ("reading the history", 11, 12) in heard


def test_what_is_written_beside_a_bar_has_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "draws_over_itself", lambda: True)
    progress.begin(quiet=False)
    monkeypatch.setattr(progress, "_MOMENT_S", 0.0)
    with progress.shown("import", "all is well.") as bar:
        bar(1, 3)
        with bar.aside():
            print("a line")
        bar(2, 3)
    assert capsys.readouterr().out == "a line\n"


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("lst", "Did you mean 'list'?"),
        ("list --lable x", "--label"),
        ("compare --fail-on regresed", "Did you mean regressed?"),
        ("ab --basee main -- true", "Did you mean --base?"),
        ("run --lable x -- true", "Did you mean --label?"),
        ("ci measure --reprot x -- true", "Did you mean --report?"),
        ("baseline lst", "Did you mean 'list'"),
    ],
)
def test_a_mistyped_word_is_an_error_that_names_the_nearest_one(
    line: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, line.split())
    said = " ".join((done.stderr + str(done.exception or "")).split())
    assert done.exit_code in (1, 2) and meant in said
