"""A comparison as a pull request comment, which nothing breaks out of."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import cli, snapshot
from holobench_mcp import digest
from holobench_mcp.cli import forest, terminal
from holobench_mcp.cli.markdown import comparison_markdown
from holobench_mcp.config import load_config
from holobench_mcp.model import Decision
from holobench_mcp.workspace import Workspace


def test_how_many_variants_were_tried_is_told_wherever_a_person_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    space = Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))
    for i, factor in enumerate((1.0, 0.5, 0.4)):
        space.record(snapshot([[factor * v for v in (10.0, 10.1, 9.9, 10.05)] for _ in range(4)], at=i))
    space.compare("latest~2", "latest~1")
    document = space.compare("latest~2", "latest")
    assert document.decision is Decision.improved
    note = "2 variants were compared with this baseline"
    assert note in digest.comparison(document) and note in comparison_markdown(document)
    monkeypatch.setattr(terminal, "is_there", lambda: True)
    monkeypatch.setenv("COLUMNS", "300")
    forest.comparison(document)
    assert note in capsys.readouterr().out


@pytest.mark.parametrize("name", ["a|b", "<img src=x>", "[x](y)", "`code`", "_it_"])
def test_a_name_can_not_break_out_of_a_comment(name: str, tmp_path: Path) -> None:
    space = Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))
    for i, factor in enumerate((1.0, 3.0)):
        values = [[factor * v for v in (10.0, 10.1, 9.9, 10.05)] for _ in range(4)]
        space.record(snapshot(values, metric=name, at=i))
    text = comparison_markdown(space.compare())
    row = next(line for line in text.splitlines() if "🔴 regressed" in line and line.startswith("|"))
    assert row.replace("\\|", "").count("|") == 7
    assert name not in text


def test_markdown_is_a_comment_that_nothing_breaks_out_of(project: Path) -> None:
    text = cli("compare", "--markdown", cwd=project).stdout
    assert text.startswith("### 🔴 Benchmark: regressed")
    assert "| time\\_ms | 🔴 regressed |" in text
