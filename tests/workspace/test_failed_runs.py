"""Code whose benchmark failed is never taken for the code that was measured before it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON, git
from holobench_mcp.workspace import Workspace
from stored_runs import record_runs, workspace_in

WORKS = """
from holobench_mcp import Snapshot, record
record(Snapshot.build(bench_name="sort", metrics={"t": {"units": "s"}}, samples={"t": [1.0, 1.1]}))
"""


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bench.py").write_text("raise SystemExit(3)\n")
    repository("a benchmark")
    return tmp_path


def measured_before(space: Workspace, project: Path, command: tuple[str, ...]) -> None:
    for at, (revision, level) in enumerate((("HEAD~1", 100), ("HEAD", 50))):
        commit = git(project, "rev-parse", revision)
        record_runs(space, level, 100 * at, revision=commit, command=command)


@pytest.mark.parametrize("body", ["raise SystemExit(3)\n", "1 / 0\n", "print('nothing is collected')\n"])
def test_a_head_on_which_the_command_failed_is_said_not_to_be_measured(
    project: Path, repository: Callable[..., str], body: str
) -> None:
    space = workspace_in(project)
    measured_before(space, project, (PYTHON, "bench.py"))
    assert space.compare().decision == "improved"
    (project / "bench.py").write_text(body)
    head = repository("breaks it")
    assert not space.run([PYTHON, "bench.py"], stdout_is_ours=True).result_ids
    document = space.compare()
    assert (document.decision, document.cause) == ("regressed", "missing")
    assert (document.reason or "").startswith(f"{head[:10]} was not measured: ")
    assert "What follows is of" in (document.reason or "") and document.next_step


def test_uncommitted_code_that_failed_is_written_so(project: Path) -> None:
    space = workspace_in(project)
    measured_before(space, project, (PYTHON, "bench.py"))
    (project / "bench.py").write_text("raise SystemExit(4)\n")
    space.run([PYTHON, "bench.py"], stdout_is_ours=True)
    assert (space.compare().reason or "").startswith(f"{git(project, 'rev-parse', 'HEAD')[:10]}+dirty was not measured")


def test_a_command_that_never_gave_results_proves_no_regression_and_no_improvement(
    project: Path, repository: Callable[..., str]
) -> None:
    space = workspace_in(project)
    measured_before(space, project, ("python", "other.py"))
    repository("next")
    space.run([PYTHON, "bench.py"], stdout_is_ours=True)
    document = space.compare()
    assert (document.decision, document.cause) == ("inconclusive", "missing")
    assert "was not measured" in (document.reason or "")


def test_a_failure_on_code_that_was_measured_is_a_note(project: Path) -> None:
    space = workspace_in(project)
    measured_before(space, project, (PYTHON, "bench.py"))
    space.run([PYTHON, "bench.py"], stdout_is_ours=True)
    document = space.compare()
    assert document.decision == "improved"
    assert any("A later run of" in note and "exit status 3" in note for note in document.notes)


def test_what_is_measured_after_the_failure_ends_it(project: Path, repository: Callable[..., str]) -> None:
    space = workspace_in(project)
    measured_before(space, project, (PYTHON, "bench.py"))
    head = repository("next")
    space.run([PYTHON, "bench.py"], stdout_is_ours=True)
    record_runs(space, 50, 10**9, revision=head, command=(PYTHON, "bench.py"))
    assert space.compare().decision == "unchanged"


def test_a_first_command_that_fails_makes_no_store(project: Path) -> None:
    space = workspace_in(project)
    space.run([PYTHON, "bench.py"], stdout_is_ours=True)
    assert not (project / "store").exists()
