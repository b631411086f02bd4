"""What a head is doubted for is recorded with its results: whoever compares them later reads it too."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON, git
from holobench_mcp.config import BenchmarkConfig, load_config
from holobench_mcp.workspace import Workspace
from revisions import BENCH, CACHED_ON_DISK, HONEST, measured

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


def test_a_product_that_keeps_its_answers_on_disk_is_doubted(project: Path) -> None:
    (project / "product.py").write_text(CACHED_ON_DISK)
    home = project / "cache" / "home"
    home.mkdir(parents=True)
    document, _ = measured(project, {"env": {"HOME": str(home)}})
    assert any("between runs" in d.detail and d.variable == "time_ms" for d in document.cautions), document.cautions


def test_a_benchmark_that_is_new_is_measured_on_both_sides(tmp_path: Path, repository: Callable[..., str]) -> None:
    (tmp_path / "product.py").write_text(HONEST)
    base = repository("no benchmark yet")
    shutil.copy(BENCH, tmp_path / "tiny.py")
    report, snapshots = measured(tmp_path, {"env": {"REPEATS": "1"}}, base=base)
    assert len(snapshots) == 4
    assert "The base has no tiny.py: the head's version was measured on both sides." in report.notes
    assert report.protected_changed == ()
    assert ["the base has no tiny.py" in caution.detail for caution in report.cautions] == [True]


def test_what_the_head_did_to_the_benchmark_is_recorded_with_its_results(project: Path) -> None:
    """Not with the report alone: an agent may compare the same results again, and call that the answer."""
    (project / "tiny.py").write_text((project / "tiny.py").read_text() + "# edited\n")
    (project / "product.py").write_text(HONEST.replace("time.sleep(0.03)", "pass") + "import gc\ngc.disable()\n")
    space = Workspace(load_config(project=project, environ={}))
    given = BenchmarkConfig.model_validate({"command": [PYTHON, "tiny.py"], "timeout_s": 60})
    document = space.measuring.compare_revisions("tiny", rounds=3, config=given).comparisons[0]
    again = space.compare(document.baseline.result_id or "", document.candidate.result_id or "")
    for answer in (document, again):
        assert answer.decision == "improved", answer.reason
        assert {"benchmark_source", "measurement_touched"} <= {d.what for d in answer.comparability}
        assert "the benchmark still measures the same thing" in (answer.next_step or "")
    assert {
        d.what for d in space.compare(again.candidate.result_id or "", again.baseline.result_id or "").comparability
    } <= {"benchmark_source", "order"}, "what a change looks like is told of one that made something faster"


def test_answers_that_are_kept_on_disk_are_told_whenever_the_results_are_compared(project: Path) -> None:
    (project / "product.py").write_text(CACHED_ON_DISK)
    home = project / "cache" / "home"
    home.mkdir(parents=True)
    space = Workspace(load_config(project=project, environ={}))
    given = {"command": [PYTHON, "tiny.py"], "timeout_s": 60, "env": {"HOME": str(home)}}
    config = BenchmarkConfig.model_validate(given)
    document = space.measuring.compare_revisions("tiny", rounds=2, config=config).comparisons[0]
    again = space.compare(document.baseline.result_id or "", document.candidate.result_id or "")
    for answer in (document, again):
        assert [d.what for d in answer.comparability if "between runs" in d.detail] == ["cached_answers"]


def test_an_improvement_that_keeps_its_answers_is_not_clean(project: Path) -> None:
    """The best of several calls is what counts in this benchmark, so that its samples show no cache at all."""
    bench = (project / "tiny.py").read_text()
    (project / "tiny.py").write_text(
        bench.replace(
            "answer = product.work", "product.work(self.size); start = time.perf_counter(); answer = product.work"
        )
    )
    git(project, "commit", "--quiet", "--all", "--message", "warm up before each sample")
    (project / "product.py").write_text(HONEST.replace("def work", "import functools\n@functools.cache\ndef work"))
    space = Workspace(load_config(project=project, environ={}))
    given = BenchmarkConfig.model_validate({"command": [PYTHON, "tiny.py"], "timeout_s": 60})
    report = space.measuring.compare_revisions("tiny", rounds=3, config=given)
    document = report.comparisons[0]
    assert document.decision == "improved", document.reason
    assert [d.what for d in document.comparability if "product.py" in d.detail] == ["cached_answers"]
    assert "merely cached" in (document.next_step or "")
