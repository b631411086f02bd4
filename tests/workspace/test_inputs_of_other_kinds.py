"""Values of an input are the same where they are equal and of one kind: 1 and 1.0 are, 1 and true are not."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from conftest import snapshot
from holobench_mcp import Workspace
from holobench_mcp.config import Config
from holobench_mcp.model import Decision

NUMBERS = {"int": [1, 2], "float": [1.0, 2.0]}
OTHERS = {
    "bool": [False, True],
    "text": ["1", "2"],
    "time": [datetime(2026, 1, 1), datetime(2026, 1, 2)],
    "mixed": [True, "2"],
}


def compared(folder: Path, before: Any, after: Any) -> Any:
    workspace = Workspace(Config(root=folder, file=None, store=str(folder / "store"), store_from="test"))
    samples = [[1.0, 1.01, 0.99], [2.0, 2.02, 1.98]]
    workspace.record(snapshot(samples, inputs={"x": before}, revision="a" * 40))
    workspace.record(snapshot(samples, inputs={"x": after}, revision="b" * 40, at=1))
    return workspace.compare("sort@" + "a" * 40, "sort@" + "b" * 40)


@pytest.mark.parametrize(("before", "after"), [("int", "float"), ("float", "int"), ("int", "int")])
def test_equal_numbers_are_one_point(tmp_path: Path, before: str, after: str) -> None:
    document = compared(tmp_path, NUMBERS[before], NUMBERS[after])
    assert document.metrics[0].evidence.n_points == 2


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("swapped", [False, True])
def test_values_of_another_kind_are_no_shared_point(tmp_path: Path, kind: str, swapped: bool) -> None:
    sides = (NUMBERS["int"], OTHERS[kind])
    document = compared(tmp_path, *(reversed(sides) if swapped else sides))
    assert document.decision is Decision.incomparable
    assert "share no input point" in document.reason


@pytest.mark.parametrize("kind", ["bool", "text", "mixed"])
def test_a_time_is_compared_with_no_other_kind(tmp_path: Path, kind: str) -> None:
    assert compared(tmp_path, OTHERS["time"], OTHERS[kind]).decision is Decision.incomparable
