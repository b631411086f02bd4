"""What a person configured of a metric decides, whatever its declaration has become."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import snapshot
from holobench_mcp.config import load_config
from holobench_mcp.model import Decision
from holobench_mcp.workspace import Workspace


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize(("declared", "now"), [("minimize", "maximize"), ("none", "minimize"), ("maximize", "none")])
@pytest.mark.parametrize(
    ("configured", "decision"),
    [("minimize", Decision.improved), ("maximize", Decision.regressed), (None, Decision.incomparable)],
)
def test_a_configured_direction_lifts_what_a_changed_declaration_blocks(
    tmp_path: Path, configured: str | None, decision: Decision, declared: str, now: str, runs: int
) -> None:
    setting = f'[tool.holobench-mcp.metrics."sort.time_ms"]\ndirection = "{configured}"\n' if configured else ""
    (tmp_path / "pyproject.toml").write_text(setting)
    space = Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))
    for side, (level, direction) in enumerate(((100.0, declared), (50.0, now))):
        for run in range(runs):
            values = [[level, level * 1.01, level * 0.99, level * (1 + run / 100)]] * 2
            made = snapshot(values, at=10 * side + run, direction=direction, revision=f"{side:040x}")
            space.record(made)
    document = space.compare()
    assert document.decision is decision
    [difference] = [d for d in document.comparability if d.what == "direction"]
    assert difference.severity == ("caution" if configured else "blocking")
