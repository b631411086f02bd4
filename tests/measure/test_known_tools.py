"""A suite of a known tool is measured by one call: its own results, of both revisions, each run one run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from conftest import PYTHON
from holobench_mcp.model import CaptureError, Decision
from revisions import workspace

Repository = Callable[..., str]
PYTEST = [PYTHON, "-m", "pytest", "-p", "no:cacheprovider"]
SUITE = """
import time
import pytest
from work import work

@pytest.mark.parametrize("n", [1, 2])
def test_work(benchmark, n):
    benchmark.pedantic(work, args=(n,), rounds=5)

def test_apart(benchmark):
    benchmark.pedantic(time.sleep, args=(0.01,), rounds=5)

def test_is_no_benchmark():
    assert work(1) == 1
"""
WORK = "import time\ndef work(n):\n    time.sleep({} * n)\n    return n\n"

needs_plugin = pytest.mark.skipif(find_spec("pytest_benchmark") is None, reason="pytest-benchmark is not installed")


@needs_plugin
def test_a_suite_of_pytest_benchmark_is_compared_with_a_slower_revision(tmp_path: Path, repository: Repository) -> None:
    space = workspace(tmp_path, suite={"command": [*PYTEST, "test_suite.py"], "timeout_s": 60, "runs": 1})
    (tmp_path / "test_suite.py").write_text(SUITE)
    for seconds in (0.01, 0.02):
        (tmp_path / "work.py").write_text(WORK.format(seconds))
        commit = repository(f"work takes {seconds}")
        report = space.measuring.run_benchmark("suite")
        assert "--benchmark-json=FILE was added to pytest." in report.notes
        snapshots = [space.library.snapshot_of(result_id) for result_id in report.result_ids]
        assert [s.bench_name for s in snapshots] == ["test_suite.py::test_apart", "test_suite.py::test_work"]
        assert [s.samples["time"].shape for s in snapshots] == [(5,), (2, 5)]
        for snapshot in snapshots:
            assert snapshot.measurement is not None and snapshot.measurement.measured_by == "server"
            assert abs(snapshot.executed_at - datetime.now(UTC)) < timedelta(minutes=5)
            assert (snapshot.source_revision, snapshot.environment.git_dirty) == (commit, False)
            assert snapshot.environment.python
    document = space.compare()
    assert (document.candidate.bench_name, document.decision) == ("test_suite.py::test_work", Decision.regressed)
    assert [(also.bench_name, also.decision is Decision.regressed) for also in document.also] == [
        ("test_suite.py::test_apart", False)
    ]


@needs_plugin
def test_tests_without_benchmarks_are_measured_as_a_command_and_the_notes_say_so(configured: Path) -> None:
    (configured / "test_plain.py").write_text("def test_one():\n    assert True\n")
    benchmark = {"command": [*PYTEST, "test_plain.py"], "timeout_s": 60, "runs": 1}
    space = workspace(configured, plain=benchmark, demanded={**benchmark, "tool": "pytest-benchmark"})
    report = space.measuring.run_benchmark("plain")
    manifest = space.store.manifest(report.result_ids[0])
    assert (manifest.bench_name, "wall_s" in {m.variable for m in manifest.metrics}) == ("plain", True)
    assert any("pytest-benchmark left no results" in note for note in report.notes)
    with pytest.raises(CaptureError, match="results"):
        space.measuring.run_benchmark("demanded")


@pytest.mark.parametrize(
    ("tool", "command", "repeats"),
    [
        pytest.param(
            "pyperf",
            [PYTHON, "bench.py", "-p3", "-n2", "-w0", "-l1"],
            6,
            marks=pytest.mark.skipif(find_spec("pyperf") is None, reason="pyperf is not installed"),
        ),
        pytest.param(
            "hyperfine",
            ["nice", "hyperfine", "-N", "-r", "4", "-n", "total", "true"],
            4,
            marks=pytest.mark.skipif(shutil.which("hyperfine") is None, reason="hyperfine is not installed"),
        ),
    ],
)
def test_all_processes_of_a_tool_are_one_run(tool: str, command: list[str], repeats: int, configured: Path) -> None:
    (configured / "bench.py").write_text(
        "import pyperf\npyperf.Runner().bench_func('total', sum, range(10_000))\n", encoding="utf-8"
    )
    space = workspace(configured, bench={"command": command, "timeout_s": 60, "runs": 2, "tool": tool})
    report = space.measuring.run_benchmark("bench")
    assert len(report.result_ids) == 2
    for number, result_id in enumerate(report.result_ids):
        snapshot = space.library.snapshot_of(result_id)
        assert (snapshot.bench_name, set(snapshot.samples)) == ("total", {"time"})
        assert snapshot.samples["time"].shape == (repeats,) and np.isfinite(snapshot.samples["time"]).all()
        assert snapshot.measurement is not None and snapshot.measurement.run == number
