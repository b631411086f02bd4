"""Which results an export holds, and what a report says of several benches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
import pytest

from holobench_mcp import Snapshot
from holobench_mcp.answers import CompareOptions
from holobench_mcp.config import load_config
from holobench_mcp.model import InvalidArgument
from holobench_mcp.workspace import Workspace

OLD, NEW = "a" * 40, "b" * 40


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three runs of two codes of two benches, of which the second is slower by half in one metric."""
    workspace = Workspace(load_config(project=str(tmp_path), store=str(tmp_path / "store")))
    for code, revision in enumerate((OLD, NEW)):
        for run in range(3):
            for bench in ("fast", "slow"):
                workspace.record(_run(bench, revision, 1.5 if code and bench == "slow" else 1.0, code, run))
    return workspace


def _run(bench: str, revision: str, factor: float, code: int, run: int) -> Snapshot:
    noise = 1 + 0.002 * np.random.default_rng(100 * code + run).standard_normal((2, 4, 5))
    return Snapshot.build(
        bench_name=bench,
        inputs={"size": [1, 2, 3, 4]},
        metrics={"time": {"units": "ms"}, "memory": {"units": "MB"}},
        samples={"time": factor * 10 * noise[0], "memory": 20 * noise[1]},
        source_revision=revision,
        environment={"git_dirty": False, "python": "3.12", "cpu_model": "x", "os": "y"},
        executed_at=f"2026-03-0{code + 1}T12:00:{10 * run + (bench == 'slow'):02d}+00:00",
    )


def test_further_runs_of_the_same_code_come_along(workspace: Workspace) -> None:
    name = f"slow@{NEW[:10]}"
    exported, ids = workspace.export([name], "jsonl")
    assert len(ids) == 3 and {json.loads(line)["run"] for line in exported.data.splitlines()} == {0, 1, 2}
    alone, [one] = workspace.export([name], "jsonl", replicates="none")
    assert one in ids and {json.loads(line)["run"] for line in alone.data.splitlines()} == {0}
    both, ids = workspace.export([name, f"fast@{NEW[:10]}", name], "csv")
    assert len(ids) == 6 and both.data.count(b"\nfast,") == both.data.count(b"\nslow,") == 3 * 2 * 4 * 5
    with pytest.raises(InvalidArgument, match="is of one code"):
        workspace.export([name, f"slow@{OLD[:10]}"], "csv")


def test_a_report_has_every_metric_of_every_bench(workspace: Workspace) -> None:
    document, report = workspace.compare_with_report("baseline", "latest", CompareOptions())
    assert document.decision == "regressed" and [other.bench_name for other in document.also] == ["fast"]
    outcome: dict[str, Any] = {
        f"{case.get('classname')}/{case.get('name')}": next(child.tag for child in case)
        for case in Xml.fromstring(report).iter("testcase")
    }
    assert set(outcome) == {"slow/time", "slow/memory", "fast/time", "fast/memory"}
    assert [name for name, tag in outcome.items() if tag == "failure"] == ["slow/time"]
    exported, _ = workspace.export(["latest"], "junit")
    assert exported.data == report
