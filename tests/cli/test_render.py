"""How comparisons and histories look: bars that say what their numbers say, and text that can't break out of Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import snapshot
from holobench_mcp import digest
from holobench_mcp.cli import bars, tables
from holobench_mcp.cli.markdown import comparison_markdown
from holobench_mcp.config import load_config
from holobench_mcp.model import Decision, MetricEvidence
from holobench_mcp.workspace import Workspace


def evidence(effect: float, low: float, high: float, units: str = "%") -> MetricEvidence:
    in_percent = {"effect_percent": effect} if units == "%" else {"effect": effect}
    return MetricEvidence(
        variable="t", decision=Decision.unchanged, reason="", units=units, ci=(low, high), **in_percent
    )


def test_a_bar_shows_zero_the_interval_and_the_effect() -> None:
    assert bars.forest_bar(evidence(5, 2.5, 7.5), 10, width=9) == "····│─●─·"
    assert bars.forest_bar(evidence(0, -5, 5), 10, width=9) == "··──●──··"
    assert bars.forest_bar(evidence(-10, -10, 0), 10, width=9) == "●───┼····"
    assert bars.forest_bar(None, 10, width=9) == "····│····"


@given(st.floats(-100, 100), st.floats(0, 50), st.floats(0, 50))
def test_the_bar_of_swapped_sides_is_its_mirror_image(effect: float, below: float, above: float) -> None:
    ours = bars.forest_bar(evidence(effect, effect - below, effect + above), 150)
    theirs = bars.forest_bar(evidence(-effect, -effect - above, -effect + below), 150)
    assert len(ours) == len(theirs)
    assert abs(ours.index("●") - (len(ours) - 1 - theirs.index("●"))) <= 1


def test_bars_of_other_units_have_a_scale_of_their_own() -> None:
    spans = bars.spans([evidence(5, -1, 12), evidence(2, -30, 3), evidence(1e9, 0, 2e9, "ms"), evidence(0, 0, 0, "pp")])
    assert spans == {"%": 30, "ms": 2e9, "pp": 1.0}


def test_a_sparkline_marks_where_the_metric_stepped() -> None:
    assert bars.sparkline([1.0, 1.0, 8.0, None], {"c"}, ["a", "b", "c", "d"]) == "▁▁|█ "
    assert bars.sparkline([None, None]) == ""
    assert bars.sparkline([3.0, 3.0]) == "▁▁"


def test_how_many_variants_were_tried_is_told_wherever_a_person_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    space = Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))
    for i, factor in enumerate((1.0, 0.5, 0.4)):
        space.record(snapshot([[factor * v for v in (10.0, 10.1, 9.9, 10.05)] for _ in range(4)], at=i))
    space.compare("latest~2", "latest~1")
    document = space.compare("latest~2", "latest")
    assert document.decision is Decision.improved
    said = "2 variants were compared with this baseline"
    assert said in digest.comparison(document) and said in comparison_markdown(document)
    monkeypatch.setattr(tables, "_on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "300")
    tables.comparison(document)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("name", ["a|b", "<img src=x>", "[x](y)", "`code`", "_it_"])
def test_a_name_can_not_break_out_of_a_comment(name: str, tmp_path: Path) -> None:
    space = Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))
    for i, factor in enumerate((1.0, 3.0)):
        values = [[factor * v for v in (10.0, 10.1, 9.9, 10.05)] for _ in range(4)]
        space.record(snapshot(values, metric=name, at=i))
    text = comparison_markdown(space.compare())
    row = next(line for line in text.splitlines() if "🔴 regressed" in line and line.startswith("|"))
    assert row.replace("\\|", "").count("|") == 6
    assert name not in text
