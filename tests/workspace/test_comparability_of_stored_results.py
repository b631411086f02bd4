"""What differs beside the code: it makes results incomparable, or stands beside the decision as a caution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp import digest
from holobench_mcp.answers import CompareOptions
from holobench_mcp.model import Decision, NotComparable
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace import Workspace
from stored_runs import HERE, noisy, workspace_in


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def test_an_edited_benchmark_gets_no_clean_improved(workspace: Workspace) -> None:
    workspace.record(noisy(1.0, 0, environment={"benchmark_sha256": "a"}))
    workspace.record(noisy(0.5, 1, environment={"benchmark_sha256": "b"}))
    document = workspace.compare()
    assert [d.what for d in document.comparability] == ["benchmark_source", "unchecked_answers"]
    assert "benchmark's own source changed" in digest.comparison(document)


def test_another_machine_and_a_dirty_tree_are_told(workspace: Workspace) -> None:
    workspace.record(noisy(1.0, 0, environment={"hostname_hash": "a"}))
    workspace.record(noisy(1.0, 1, environment={"hostname_hash": "b", "git_dirty": True, "git_commit": "c" * 40}))
    assert {d.what for d in workspace.compare().comparability} == {"hostname_hash", "dirty_tree"}


@pytest.mark.parametrize(
    ("change", "what"),
    [({"units": "s"}, "units"), ({"direction": "maximize"}, "direction"), ({"inputs": {"n": range(6)}}, "inputs")],
)
def test_what_is_not_the_same_quantity_is_incomparable(workspace: Workspace, change: dict, what: str) -> None:
    workspace.record(noisy(1.0, 0))
    workspace.record(noisy(1.0, 1, **change))
    document = workspace.compare()
    assert document.decision is Decision.incomparable
    assert document.comparability[0].what == what
    assert document.next_step


def test_results_without_a_shared_metric_are_refused_with_both_lists(workspace: Workspace) -> None:
    workspace.record(noisy(1.0, 0))
    workspace.record(noisy(1.0, 1, metric="other"))
    with pytest.raises(NotComparable, match=r"candidate only: other; baseline only: time_ms"):
        workspace.compare()


def test_answers_that_look_cached_are_no_clean_improvement(workspace: Workspace) -> None:
    rng = np.random.default_rng(2)
    before = 100 * np.exp(0.01 * rng.standard_normal((6, 5)))
    after = before * np.array([1.0, 0.01, 0.01, 0.01, 0.01])
    for i, values in enumerate((before, after)):
        workspace.record(snapshot(values, at=i, environment=HERE))
    document = workspace.compare()
    assert document.decision is Decision.improved
    assert [d.what for d in document.comparability] == ["cached_answers", "unchecked_answers"]
    assert "cached" in (document.next_step or "")


def test_metrics_that_still_mean_the_same_can_be_compared_alone(workspace: Workspace) -> None:
    for i, units in enumerate(("KiB", "MiB")):
        workspace.record(
            Snapshot.build(
                bench_name="sort",
                metrics={"swaps": {"units": "swaps"}, "memory": {"units": units}},
                samples={"swaps": 1000 + np.arange(10.0), "memory": np.arange(1.0, 11.0)},
                executed_at=f"2026-03-01T12:00:0{i}+00:00",
            )
        )
    document = workspace.compare()
    assert document.decision is Decision.incomparable
    assert "compare only metrics that mean the same on both: swaps." in (document.next_step or "")
    alone = workspace.compare(options=CompareOptions(metrics=("swaps",)))
    assert alone.decision is Decision.unchanged
    assert "units" not in {d.what for d in alone.comparability}
