"""A claim, a metric of correctness or a metric that is gone overrules whatever became of the speed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp.config import load_config
from holobench_mcp.model import Decision
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace import Workspace
from stored_runs import workspace_in


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def test_a_claim_that_fails_now_is_a_regression_however_fast(workspace: Workspace) -> None:
    for i, (factor, right) in enumerate(((1.0, 1.0), (0.2, 0.0))):
        rng = np.random.default_rng(i)
        workspace.record(
            Snapshot.build(
                bench_name="sort",
                inputs={"size": [1, 2]},
                metrics={
                    "time_ms": {"units": "ms"},
                    "right": {"kind": "bool", "direction": "maximize", "claim": ">= 1"},
                },
                samples={
                    "time_ms": factor * 100 * np.exp(0.01 * rng.standard_normal((2, 5))),
                    "right": np.full((2, 5), right),
                },
                executed_at=f"2026-03-01T12:00:0{i}+00:00",
            )
        )
    document = workspace.compare()
    assert document.decision is Decision.regressed
    assert "no longer holds its claim" in (document.reason or "")


@pytest.mark.parametrize("broken", ["first", "second", "both"])
@pytest.mark.parametrize(
    ("declared", "configured", "cause"),
    [("bool", "", "correctness"), ("float", "", "claim"), ("float", "right = { correctness = true }", "correctness")],
)
def test_a_broken_claim_of_a_metric_of_answers_is_one_of_correctness(
    tmp_path: Path, declared: str, configured: str, cause: str, broken: str
) -> None:
    """Whatever other claim is broken beside it, and whether it also got slower."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.holobench-mcp.metrics]\n{configured}\n")
    space = Workspace(load_config(project=tmp_path, environ={}))
    # What is wrong in one run only is no move of a metric that nobody configured: its claim alone tells.
    for i, (right, time) in enumerate(((1.0, 100.0), (0.0 if broken != "first" else 1.0, 100.0))):
        late = time * (3 if i and broken != "second" else 1)
        space.record(
            Snapshot.build(
                bench_name="sort",
                metrics={
                    "time_ms": {"direction": "minimize", "claim": "<= 150"},
                    "right": {"kind": declared, "direction": "maximize", "claim": ">= 1"},
                },
                samples={"time_ms": late + np.arange(10), "right": [right] + [1.0] * 9},
                executed_at=f"2026-03-01T12:00:0{i}+00:00",
            )
        )
    document = space.compare()
    assert document.decision is Decision.regressed
    assert document.cause == (cause if broken != "first" else "claim")
    assert document.answers is not None and document.answers.state == "wrong"


def test_a_claim_that_an_infinite_sample_breaks_is_told_too(workspace: Workspace) -> None:
    for i, worst in enumerate((2.0, np.inf)):
        workspace.record(snapshot([[1.0, 1.1, worst], [1.0, 1.2, 1.1]], at=i, claim="< 5"))
    document = workspace.compare()
    assert document.decision is Decision.regressed
    assert "the worst sample is infinite at (size=10, repeat=3)" in (document.reason or "")


@pytest.mark.parametrize(
    ("declared", "settings", "now", "wrong"),
    [
        ("maximize", "", 0.99, True),
        ("minimize", "", 0.99, False),
        ("minimize", ", direction = 'maximize'", 0.99, True),
        ("minimize", ", direction = 'maximize'", 1.0, False),
        ("none", "", 0.99, True),
    ],
)
def test_a_metric_of_correctness_may_not_get_worse_however_fast(
    tmp_path: Path, declared: str, settings: str, now: float, wrong: bool
) -> None:
    table = f"[tool.holobench-mcp.metrics]\nright = {{ correctness = true{settings} }}\n"
    (tmp_path / "pyproject.toml").write_text(table)
    space = Workspace(load_config(project=tmp_path, environ={}))
    for i, share in enumerate((1.0, now)):
        space.record(
            Snapshot.build(
                bench_name="sort",
                metrics={"time_ms": {"units": "ms"}, "right": {"direction": declared}},
                samples={"time_ms": np.full(10, 100.0 - 50 * i) + np.arange(10), "right": [share] * 10},
                executed_at=f"2026-03-01T12:00:0{i}+00:00",
            )
        )
    document = space.compare()
    assert ("Answers are wrong: right was 1, and is 0.99" in (document.reason or "")) is wrong
    assert not wrong or (document.decision is Decision.regressed and document.next_step)


def test_a_dropped_correctness_metric_is_told(workspace: Workspace) -> None:
    for i, metrics in enumerate((("time_ms", "right"), ("time_ms",))):
        workspace.record(
            Snapshot.build(
                bench_name="sort",
                metrics={m: {"units": "ms"} for m in metrics},
                samples={m: np.full(5, 100.0 - 50 * i) + np.arange(5) for m in metrics},
                executed_at=f"2026-03-01T12:00:0{i}+00:00",
            )
        )
    document = workspace.compare()
    assert (document.decision, document.cause) == (Decision.regressed, "missing")
    assert (document.reason or "").startswith("right is missing")
    assert "metric_dropped" in {d.what for d in document.comparability}
