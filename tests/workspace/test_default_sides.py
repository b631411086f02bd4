"""Which two results are compared where nobody names them: the newest code, and the code before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp.model import Decision, UnknownResult
from holobench_mcp.workspace import Workspace
from stored_runs import noisy, workspace_in


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def test_without_arguments_the_newest_is_compared_with_the_one_before_it(workspace: Workspace) -> None:
    before, after = (workspace.record(noisy(f, i)) for i, f in enumerate((1.0, 1.5)))
    workspace.record(noisy(9.0, 0, bench="other"))
    document = workspace.compare()
    assert (document.baseline.result_id, document.candidate.result_id) == (before, after)
    assert document.decision is Decision.regressed
    assert "No baseline was set" in document.notes[0]


def test_without_arguments_further_runs_of_the_new_code_are_no_baseline(workspace: Workspace) -> None:
    before = [workspace.record(noisy(1.0, i, revision="aaaa")) for i in range(3)]
    workspace.record(noisy(1.5, 3, revision="bbbb", inputs={"size": [1, 2, 3, 4, 5, 7]}))  # another sweep of the bench
    after = [workspace.record(noisy(1.5, i, revision="bbbb")) for i in range(4, 7)]
    document = workspace.compare()
    assert (document.baseline.result_id, document.candidate.result_id) == (before[-1], after[-1])
    assert document.evidence is not None and document.evidence.runs == (3, 3)
    assert document.decision is Decision.regressed
    assert "the newest result of other code before the candidate" in document.notes[0]


def test_where_all_results_are_of_one_code_the_one_before_is_taken(workspace: Workspace) -> None:
    ids = [workspace.record(noisy(1.0, i, revision="aaaa")) for i in range(3)]
    assert workspace.compare().baseline.result_id == ids[-2]


def test_a_set_baseline_is_the_default(workspace: Workspace) -> None:
    ids = [workspace.record(noisy(1.0, i)) for i in range(3)]
    workspace.set_baseline(ids[0])
    document = workspace.compare()
    assert (document.baseline.result_id, document.notes) == (ids[0], ())


def test_a_damaged_newest_result_is_not_passed_over_in_silence(workspace: Workspace) -> None:
    for i in range(3):
        newest = workspace.record(noisy(1, i))
    (Path(workspace.store.location.url) / "results" / f"{newest}.json").write_text("{")
    document = workspace.compare()
    assert any(newest in note and "verify" in note for note in document.notes)


def test_the_only_result_is_told_what_to_do(workspace: Workspace) -> None:
    workspace.record(noisy(1.0, 0))
    with pytest.raises(UnknownResult, match="nothing else was measured of 'sort'"):
        workspace.compare()
