"""A history of one input point takes the point as a client, a command line or a person writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conftest import snapshot
from holobench_mcp.config import Config
from holobench_mcp.model import InvalidArgument
from holobench_mcp.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    opened = Workspace(Config(root=tmp_path, file=None, store=str(tmp_path / "store"), store_from="test"))
    for bench, inputs in (("floats", {"x": [0.5, 1.0]}), ("ints", {"x": [50, 200]}), ("flags", {"x": [False, True]})):
        for at in range(2):
            opened.record(snapshot([[1.0, 1.01], [2.0 + at / 100, 2.02]], bench=bench, inputs=inputs, at=at))
    return opened


@pytest.mark.parametrize(
    ("bench", "wanted"),
    [("floats", 1), ("floats", "1"), ("floats", "1.0"), ("ints", 200.0), ("ints", "200.0"), ("flags", "true"), ("flags", 1)],
)  # fmt: skip
def test_a_point_is_found_by_an_equal_value(workspace: Workspace, bench: str, wanted: Any) -> None:
    history = workspace.metric_history(bench, "time_ms", point={"x": wanted})
    assert [round(p.estimate or 0) for p in history.series] == [2, 2]


@pytest.mark.parametrize(("bench", "wanted"), [("floats", 3), ("ints", "two hundred"), ("flags", 2)])
def test_a_point_that_was_never_measured_is_told_which_were(workspace: Workspace, bench: str, wanted: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"point: x was never .*; it was "):
        workspace.metric_history(bench, "time_ms", point={"x": wanted})
