"""Baselines and histories through a store: what is pinned and why, and a metric's measurements in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp.config import load_config
from holobench_mcp.model import Decision, InvalidArgument, UnknownResult
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace import Workspace

HERE = {"python": "3.12", "cpu_model": "x", "os": "y", "git_dirty": False}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))


def timed(level: float, at: int, when: str | None = None) -> Snapshot:
    values = level * np.exp(0.01 * np.random.default_rng(at).standard_normal((4, 5)))
    made = snapshot(values, at=at, revision=f"{at:04d}", environment=HERE)
    return made.with_(provenance={**made.provenance, "executed_at": when}) if when else made


def test_pinning_a_regression_needs_a_reason_and_the_log_keeps_what_it_replaced(workspace: Workspace) -> None:
    fast, slow = (workspace.record(timed(level, at)) for at, level in enumerate((100.0, 200.0)))
    workspace.set_baseline(fast)
    for reason in (None, " "):
        with pytest.raises(InvalidArgument, match=r"reason: .*regressed against the current sort@baseline"):
            workspace.set_baseline(slow, reason=reason)
    set_to = workspace.set_baseline(slow, reason="we need the checks")
    assert (set_to.decision, set_to.entry.replaced, set_to.entry.reason) == (
        Decision.regressed,
        fast,
        "we need the checks",
    )
    assert [entry.result_id for entry in workspace.store.ref_log("sort", "baseline")] == [fast, slow]
    assert [entry.result_id for entry in workspace.list_baselines().baselines] == [slow]


def test_pinning_an_improvement_needs_none(workspace: Workspace) -> None:
    slow, fast = (workspace.record(timed(level, at)) for at, level in enumerate((200.0, 100.0)))
    workspace.set_baseline(slow)
    assert workspace.set_baseline(fast).decision is Decision.improved


def test_an_old_baseline_is_told_of(workspace: Workspace) -> None:
    workspace.set_baseline(workspace.record(timed(100.0, 0)))
    workspace.record(timed(100.0, 1, when="2199-01-01T00:00:00+00:00"))
    assert any("The baseline was set" in note and "days before" in note for note in workspace.compare().notes)


def test_a_step_is_told_with_the_revisions_between_which_it_lies(workspace: Workspace) -> None:
    ids = [workspace.record(timed(100.0 if at < 8 else 150.0, at)) for at in range(16)]
    history = workspace.metric_history("sort", "time_ms")
    [step] = history.change_points
    assert [p.result_id for p in history.series] == ids
    assert (step.result_id, step.after_revision, step.source_revision) == (ids[8], "0007", "0008")
    assert step.effect_percent == pytest.approx(50, abs=3)
    assert "revisions 0007..0008" in history.summary


def test_a_history_of_nothing_says_what_there_is(workspace: Workspace) -> None:
    workspace.record(timed(100.0, 0))
    with pytest.raises(UnknownResult, match="Did you mean sort"):
        workspace.metric_history("sorting", "time_ms")
    with pytest.raises(InvalidArgument, match="sort has no 'time_s'; it has time_ms"):
        workspace.metric_history("sort", "time_s")
