"""An improvement of which nothing says that its answers are right says so, once; other answers do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp import Snapshot
from holobench_mcp.config import BenchmarkConfig, Config, load_config
from holobench_mcp.model import Measurement, MetricSettings
from holobench_mcp.workspace import Workspace

TIME = {"units": "ms"}
RIGHT = {"kind": "bool", "direction": "maximize"}


def space(folder: Path, **changes: object) -> Workspace:
    config: Config = load_config(project=folder, environ={})
    return Workspace(config.model_copy(update=changes))


def recorded(space: Workspace, factor: float, second: int, metrics: dict, benchmark: str | None = None) -> str:
    values = {
        "time_ms": [10 * factor, 10.01 * factor, 9.99 * factor, 10.02 * factor],
        "right": [True] * 4,
        "error": [0.0] * 4,
    }
    revision = "a" * 40 if factor == 1 else "b" * 40
    snapshot = Snapshot.build(
        bench_name="sort",
        inputs={},
        metrics=metrics,
        samples={name: values[name] for name in metrics},
        source_revision=revision,
        executed_at=f"2026-01-01T00:00:{second:02d}Z",
        measurement=Measurement(id=f"m{second}", benchmark=benchmark) if benchmark else None,
    )
    return space.store.record(snapshot)


@pytest.mark.parametrize(
    ("metrics", "settings", "checked"),
    [
        ({"time_ms": TIME}, {}, False),
        ({"time_ms": TIME, "right": RIGHT}, {}, True),
        ({"time_ms": {**TIME, "claim": "<= 100"}}, {}, True),
        ({"time_ms": TIME, "error": {}}, {"error": MetricSettings(correctness=True)}, True),
        ({"time_ms": TIME, "error": {}}, {}, False),
    ],
)
def test_an_improvement_says_when_nothing_checks_the_answers(
    tmp_path: Path, metrics: dict, settings: dict, checked: bool
) -> None:
    workspace = space(tmp_path, metrics=settings)
    for run in range(3):
        recorded(workspace, 1, run, metrics)
        recorded(workspace, 0.5, 30 + run, metrics)
    faster = workspace.compare()
    assert faster.decision == "improved"
    assert ("unchecked_answers" in [d.what for d in faster.comparability]) is not checked
    assert (faster.reason or "").count("Nothing checks the answers of sort") == (not checked)
    slower = workspace.compare(faster.candidate.result_id, faster.baseline.result_id)
    assert slower.decision == "regressed"
    assert "unchecked_answers" not in [d.what for d in slower.comparability]


def test_the_list_of_benchmarks_says_whether_anything_checks_the_answers(tmp_path: Path) -> None:
    benchmarks = {n: BenchmarkConfig.model_validate({"command": ["python"]}) for n in ("checked", "unchecked", "new")}
    workspace = space(tmp_path, benchmarks=benchmarks)
    recorded(workspace, 1, 1, {"time_ms": TIME, "right": RIGHT}, "checked")
    recorded(workspace, 1, 2, {"time_ms": TIME}, "unchecked")
    rows = {row.name: row.checks_answers for row in workspace.measuring.list_benchmarks().benchmarks}
    assert rows == {"checked": True, "unchecked": False, "new": None}
