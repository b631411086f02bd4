"""Every command on terminals of many widths: nothing wider than the screen, nothing that only a colour says."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import PYTHON, snapshot
from holobench_mcp.cli import main as command_line
from holobench_mcp.cli import terminal
from holobench_mcp.cli.layout import cells
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.store import open_store
from pseudo_terminal import on_a_terminal

HERE = {"python": "3.12", "cpu_model": "x", "os": "y", "git_dirty": False}
NAMES = {
    "plain": ("sort", ["time_ms", "memory_mb"]),
    "long": ("sort/" + "x" * 120, ["a_very_long_metric_name_" * 5 + end for end in "12"] + ["short"]),
    "wide": ("ベンチマーク並べ替え" * 10 + "🔴", ["時間" * 30, "e\u0301 " * 30, "👩🔴" * 9, "זמן ריצה של המיון", "t"]),
    "many": ("many", [f"metric_{i}" for i in range(200)]),
}
COMMANDS = ["list", "show latest", "metrics", "compare", "history BENCH METRIC", "baseline list", "config"]
#: What a line that is wider than the screen may be: one word, such as an id, that a terminal wraps and a person copies.
_ONE_WORD = re.compile(r"\s*\S+")


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project of each kind of names, with a change for the worse, one for the better, and metrics at rest."""
    folders = {}
    for kind, (bench, metrics) in NAMES.items():
        folders[kind] = tmp_path_factory.mktemp(kind)
        (folders[kind] / "pyproject.toml").touch()
        store = open_store(folders[kind] / ".holobench")
        for at in range(2):
            noise = np.random.default_rng(at)
            factors = [1 if not at else {1: 1.3, 2: 0.7}.get(i % 50, 1) for i in range(len(metrics))]
            store.record(
                Snapshot.build(
                    bench_name=bench,
                    inputs={"größe": [10, 20]},
                    metrics={m: {"units": "requests per second and user", "direction": "minimize"} for m in metrics},
                    samples={
                        m: f * 100 * np.exp(0.004 * noise.standard_normal((2, 5)))
                        for m, f in zip(metrics, factors, strict=True)
                    },
                    executed_at=f"2026-03-01T12:00:0{at}+00:00",
                    environment=HERE,
                    label=f"try {at}",
                )
            )
    folders["empty"] = tmp_path_factory.mktemp("empty")
    return folders


def screen(line: str, folder: Path, encoding: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command writes to a terminal of an encoding."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    bench, metrics = NAMES.get(folder.name.rstrip("0123456789"), ("none", ["none"]))
    words = {"BENCH": bench, "METRIC": metrics[-1]}
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(sys, "stdout", stream)
        patch.setattr(sys, "argv", ["holobench-mcp", *(words.get(word, word) for word in line.split())])
        patch.chdir(folder)
        patch.setattr(terminal, "is_there", lambda: True)
        command_line()
    return stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [*NAMES, "empty"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_nothing_is_wider_than_the_screen(
    projects: dict[str, Path], kind: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in (40, 60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        for command in COMMANDS:
            for line in screen(command, projects[kind], encoding, monkeypatch).splitlines():
                assert cells(line) <= width or _ONE_WORD.fullmatch(line), (command, width, line)


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("width", [40, 80])
def test_the_decision_the_names_and_the_bars_are_there_at_any_width(
    projects: dict[str, Path], kind: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    bench, metrics = NAMES[kind]
    shown = screen("compare", projects[kind], "utf-8", monkeypatch)
    assert shown.startswith("regressed") and "regressed" in shown.split("threshold verdict")[0]
    together = "".join(shown.split())
    assert "".join(metrics[1].split()) in together
    assert width == 40 or "●" in shown
    assert "".join(bench.split()) in "".join(screen("list", projects[kind], "utf-8", monkeypatch).split())


def test_of_many_metrics_those_that_moved_have_rows_and_the_decision_stands_at_the_end_again(
    projects: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = screen("compare", projects["many"], "utf-8", monkeypatch).splitlines()
    assert sum("●" in line for line in lines) == 8, "four for the worse, four for the better"
    assert any(line.startswith("192 more unchanged:") for line in lines)
    assert lines[-1].startswith("regressed is the decision")


def test_bars_stand_under_one_another_and_their_axis_over_them(
    projects: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for width, encoding in ((60, "utf-8"), (80, "utf-8"), (120, "ascii")):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = screen("compare", projects["plain"], encoding, monkeypatch).splitlines()
        rows = [line for line in lines if line.startswith(("time_ms ", "memory_mb "))]
        middles = [line.index("│" if encoding == "utf-8" else "|") for line in rows if "│" in line or "|" in line]
        [axis] = [line for line in lines if line.startswith("metric ")]
        assert middles and {axis.index(" 0 ") + 1} == set(middles), lines


def test_a_step_says_whether_it_is_for_the_worse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path / ".holobench")
    (tmp_path / "pyproject.toml").touch()
    for at in range(12):
        values = (1.5 if at >= 6 else 1.0) * 100 * np.exp(0.004 * np.random.default_rng(at).standard_normal((2, 5)))
        store.record(snapshot(values, at=at, environment=HERE, label=f"try {at}"))
    monkeypatch.setenv("COLUMNS", "80")
    shown = screen("history sort time_ms", tmp_path, "utf-8", monkeypatch)
    assert re.search(r"try 6 .*\n    step \+\S+ % \(worse\) here, confidence", shown), shown
    rows = [line for line in shown.splitlines() if line.startswith("try ")]
    assert len(rows) == 12 and len({re.search("[·─●]", row).start() for row in rows}) == 1  # type: ignore[union-attr]


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_no_colour_where_none_is_wanted_and_the_width_of_the_terminal_itself(
    projects: dict[str, Path], env: dict[str, str], coloured: bool
) -> None:
    status, shown = on_a_terminal([PYTHON, "-m", "holobench_mcp", "compare"], projects["plain"], columns=60, env=env)
    assert status == 0
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", shown)) is coloured, shown
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert max(map(cells, lines)) <= 60 and any("●" in line and "regressed" in line for line in lines)


def test_a_terminal_without_utf8_is_as_tidy(projects: dict[str, Path]) -> None:
    plain = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "NO_COLOR": "1"}
    status, shown = on_a_terminal([PYTHON, "-m", "holobench_mcp", "compare"], projects["wide"], columns=80, env=plain)
    assert status == 0 and shown.isascii()
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert all(len(line) <= 80 or _ONE_WORD.fullmatch(line) for line in lines)
