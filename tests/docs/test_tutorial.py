"""The tutorial is followed to the letter: its files, its lines, and the decision that it promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tutorial

TEXT = tutorial.PAGE.read_text(encoding="utf-8")


def test_the_tutorial_can_be_followed_to_its_first_decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer repeats, smaller lists and three rounds, as the slowdown is large."""
    (tmp_path / "project").mkdir()
    small = TEXT.replace("repeats=10", "repeats=3").replace("[10_000, 40_000]", "[2_000, 4_000]")
    page = small.replace("holobench-mcp ab --", "holobench-mcp ab --rounds 3 --")
    [said] = tutorial.follow(page, tmp_path / "project", most=1)
    assert said.startswith("REGRESSED: time_ms +") and "answers: same, by correct" in said


def test_what_the_tutorial_shows_is_what_it_says() -> None:
    first, second = re.findall(rf"{tutorial.BEGIN}\n```text\n(\w+): .*?{tutorial.END}", TEXT, re.DOTALL)
    assert first == "REGRESSED" and second in ("UNCHANGED", "INCONCLUSIVE")


def test_each_step_is_a_file_or_a_line_of_the_page() -> None:
    steps = list(tutorial.steps(TEXT))
    assert [step.file for step in steps if step.file] == [
        "sorter.py",
        "bench.py",
        "sorter.py",
        "sorter.py",
        "pyproject.toml",
    ]
    assert [step.text for step in steps if step.file is None and "ab --" in step.text] == [
        "holobench-mcp ab -- python bench.py"
    ] * 2


def test_output_goes_between_the_marks_or_nowhere() -> None:
    page = f"a\n{tutorial.BEGIN}\nold\n{tutorial.END}\nb"
    assert tutorial.written(page, ["new"]) == f"a\n{tutorial.BEGIN}\n```text\nnew\n```\n{tutorial.END}\nb"
    with pytest.raises(SystemExit, match="marks"):
        tutorial.written(page, ["one", "two"])
