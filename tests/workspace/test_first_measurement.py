"""What is said of the first measurement of a benchmark: the next call is one that can be answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PYTHON
from holobench_mcp.config import load_config
from holobench_mcp.model import CaptureError, UnknownResult
from holobench_mcp.workspace import Workspace
from stored_runs import B, record_runs, workspace_in

measures = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


def configured(folder: Path) -> Workspace:
    (folder / "pyproject.toml").write_text(
        f'[tool.holobench-mcp.benchmarks.quick]\ncommand = ["{PYTHON}", "-c", "print(1)"]\nruns = 2\n'
    )
    return Workspace(load_config(project=folder, environ={}))


@measures
@pytest.mark.parametrize("in_git", [True, False])
def test_the_first_measurement_leads_to_the_next_and_that_to_a_comparison(
    tmp_path: Path, request: pytest.FixtureRequest, in_git: bool
) -> None:
    space = configured(tmp_path)
    if in_git:
        request.getfixturevalue("repository")("one")
    first = space.measuring.run_benchmark("quick")
    assert "run_benchmark(benchmark='quick')" in first.next_step and "compare_results()" in first.next_step
    with pytest.raises(UnknownResult, match=r"compare_revisions\(benchmark='quick'\) measures a change"):
        space.compare()
    (tmp_path / "change.py").write_text("changed = True\n")
    second = space.measuring.run_benchmark("quick")
    assert second.next_step.startswith(f"compare_results(candidate='{second.result_ids[-1]}')")
    assert space.compare(candidate=second.result_ids[-1]).decision is not None


@pytest.mark.parametrize("runs", [1, 3])
def test_code_that_nothing_can_be_compared_with_is_told_how_to_get_what_is_missing(tmp_path: Path, runs: int) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 1.0, 0, runs=1)
    with pytest.raises(UnknownResult, match=r"holobench-mcp run --label before -- python your_benchmark\.py"):
        space.compare()
    record_runs(space, 1.0, 10, revision=B, runs=runs)
    assert space.compare().decision is not None


def test_a_repository_without_a_commit_is_told_to_make_one(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    with pytest.raises(CaptureError, match="Commit the code as it was before the change"):
        configured(tmp_path).measuring.compare_revisions("quick")
