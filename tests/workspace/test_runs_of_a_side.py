"""Which recorded runs are one side: the same code, alike measured, and what else tells how much runs differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp.answers import CompareOptions
from holobench_mcp.evidence.looks import alpha_of_look
from holobench_mcp.model import Decision, Measurement
from holobench_mcp.workspace import Workspace
from stored_runs import noisy, workspace_in


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def test_what_was_run_with_other_arguments_is_other_code(workspace: Workspace) -> None:
    for i, how in enumerate(("--good", "--slow", "--slow")):
        workspace.record(noisy(1.0, i, revision="aaaa", environment={"command": ["python", "bench.py", how]}))
    document = workspace.compare()
    assert document.evidence is not None and document.evidence.runs == (1, 2)


def test_sweeps_that_were_measured_together_share_one_error_rate(workspace: Workspace) -> None:
    named: dict[tuple[str, int], str] = {}
    for sweep in range(2):
        for run in range(4):
            for side in ("base", "head"):
                at = 10 * sweep + 2 * run + (side == "head")
                inputs = {"size": [sweep * 10 + i for i in range(6)]}
                measured = Measurement(id="m", run=run, runs=8, side=side, sweep=sweep)
                named[side, sweep] = workspace.record(noisy(1.0, at, inputs=inputs).with_(measurement=measured))
    look = alpha_of_look((), 4, last=4, automatic=False)
    both = workspace.compare(named["base", 1], named["head", 1]).evidence
    assert both is not None and (both.replicates, both.runs) == ("rounds", (4, 4))
    assert (both.alpha, both.alpha_unchanged, both.benches) == (look, look, 2)


def test_runs_of_one_revision_are_one_side(workspace: Workspace) -> None:
    for i in range(6):
        workspace.record(noisy(1.0 if i < 3 else 1.2, i, revision="aaaa" if i < 3 else "bbbb"))
    document = workspace.compare("sort@aaaa", "sort@bbbb")
    assert document.evidence is not None and document.evidence.runs == (3, 3)
    assert len(document.baseline.replicates) == 2
    assert document.decision is Decision.regressed
    alone = workspace.compare("sort@aaaa", "sort@bbbb", CompareOptions(replicates="none"))
    assert alone.evidence is not None and alone.evidence.runs == (1, 1)


def test_uncommitted_changes_are_not_runs_of_one_another(workspace: Workspace) -> None:
    for i in range(4):
        environment = {"git_dirty": True, "git_diff_sha256": f"{i // 2}"}
        workspace.record(noisy(1.0, i, revision="aaaa", environment=environment))
    document = workspace.compare("latest~2", "latest")
    assert document.evidence is not None and document.evidence.runs == (2, 2)


def test_two_results_of_the_same_code_stand_alone(workspace: Workspace) -> None:
    for i in range(3):
        workspace.record(noisy(1.0, i, revision="aaaa"))
    document = workspace.compare("latest~1", "latest")
    assert document.evidence is not None and document.evidence.runs == (1, 1)
    assert "same code" in " ".join(document.notes)


def test_run_variance_is_learnt_from_the_store(workspace: Workspace) -> None:
    for i in range(6):
        workspace.record(noisy(1 + 0.02 * i, i, revision="aaaa"))
    workspace.record(noisy(1.0, 10, revision="bbbb", label="one"))
    workspace.record(noisy(1.0, 11, revision="cccc", label="two"))
    evidence = workspace.compare("sort@bbbb", "sort@cccc").metrics[0].evidence
    assert evidence is not None and evidence.run_variance is not None
    assert evidence.run_variance.source == "store"
    assert evidence.run_variance.measurements == 1
    assert 2 < evidence.run_variance.df < 5  # six runs of one code know five, less what the next day may differ by
