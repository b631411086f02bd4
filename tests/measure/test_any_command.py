"""Any command is measured on two revisions by one call: its time, its memory, what it prints and writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PYTHON, need
from holobench_mcp.model import CaptureError, ComparedMetric, Decision, InvalidArgument
from revisions import measured, workspace

PROGRAM = """
#include <stdlib.h>
#include <string.h>
int main(void) {
    volatile double x = 0;
    for (long i = 0; i < %d; i++) x += i;
    size_t n = (size_t)%d << 20;
    char *p = malloc(n);
    for (size_t i = 0; i < n; i += 4096) p[i] = 1;
    return p[n / 2] & 2;
}
"""
Commit = Callable[..., str]


@pytest.fixture
def commits(tmp_path: Path, repository: Commit) -> Callable[[dict[str, str]], str]:
    """Commits files, one revision after another."""

    def commit(files: dict[str, str]) -> str:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return repository(" ".join(files))

    return commit


def metrics(report) -> dict[str, ComparedMetric]:
    return {m.variable: m for document in report.comparisons for m in document.metrics}


def test_a_slower_c_program_that_doubles_its_memory_is_told(tmp_path: Path, commits) -> None:
    commits({"prog.c": PROGRAM % (5_000_000, 24)})
    commits({"prog.c": PROGRAM % (15_000_000, 48)})
    benchmark = {
        "command": ["./prog"],
        "setup": [need("gcc", "gcc libc6-dev"), "-O0", "prog.c", "-o", "prog"],
        "timeout_s": 60,
    }
    report = workspace(tmp_path, prog=benchmark).measuring.compare_revisions(
        "prog", base="HEAD~1", head="HEAD", rounds=8
    )
    assert (report.decision, report.cause) == (Decision.regressed, "performance")
    found = metrics(report)
    assert report.comparisons[0].candidate.bench_name == "prog"
    assert found["max_rss_mb"].evidence.decision is Decision.regressed
    assert found["max_rss_mb"].evidence.effect_percent == pytest.approx(95, abs=12)
    assert found["cpu_s"].evidence.decision is Decision.regressed
    assert "holobench import" not in " ".join(report.notes)


def test_a_slower_part_of_a_pipeline_is_told(tmp_path: Path, commits) -> None:
    awk = "BEGIN { for (i = 0; i < %d; i++) x += i * i; print x }"
    commits({"sum.awk": awk % 200_000})
    commits({"sum.awk": awk % 1_000_000})
    pipeline = {"command": ["sh", "-c", "awk -f sum.awk | cat | wc -c"], "timeout_s": 60, "process_metrics": ["cpu_s"]}
    report = workspace(tmp_path, sums=pipeline).measuring.compare_revisions(
        "sums", base="HEAD~1", head="HEAD", rounds=6
    )
    assert report.decision is Decision.regressed
    assert list(metrics(report)) == ["cpu_s"]


def test_a_number_that_a_script_prints_is_compared_though_the_script_is_what_changed(tmp_path: Path, commits) -> None:
    commits({"train.py": "print('accuracy:', 0.91)\n"})
    commits({"train.py": "print('accuracy:', 0.84)\n"})
    benchmark = {
        "command": [PYTHON, "train.py"],
        "timeout_s": 60,
        "process_metrics": [],
        "output": {"accuracy": {"pattern": r"accuracy: ([\d.]+)", "direction": "maximize"}},
    }
    report = workspace(tmp_path, train=benchmark).measuring.compare_revisions(
        "train", base="HEAD~1", head="HEAD", rounds=3
    )
    assert report.decision is Decision.regressed
    assert metrics(report)["accuracy"].evidence.effect_percent == pytest.approx(-7.69, abs=0.01)
    assert "benchmark" not in report.reason


def test_a_script_that_measures_something_else_stays_the_bases(tmp_path: Path, commits) -> None:
    times = "import time\nstart = time.perf_counter()\nprint('score 1')\n"
    commits({"run.py": times})
    commits({"run.py": times.replace("score 1", "score 2")})
    output = {"score": {"pattern": r"score (\d)", "direction": "maximize"}}
    document, snapshots = measured(
        tmp_path, {"command": [PYTHON, "run.py"], "output": output, "process_metrics": []}, base="HEAD~1", head="HEAD"
    )
    assert [s.stats()["score"].mean for s in snapshots] == [1.0] * 4
    assert document.protected_changed == ("run.py",)


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ({"run.py": "print('nothing')\n"}, "output.score: 'score (\\\\d)' matches nothing"),
        ({"run.py": "print('score 2'); raise SystemExit(4)\n"}, "failed with exit status 4"),
    ],
)
def test_a_head_that_no_longer_gives_its_number_is_missing_and_not_fast(
    tmp_path: Path, commits, head, says: str
) -> None:
    commits({"run.py": "print('score 1')\n"})
    commits(head)
    benchmark = {"command": [PYTHON, "run.py"], "timeout_s": 60, "output": {"score": {"pattern": r"score (\d)"}}}
    report = workspace(tmp_path, run=benchmark).measuring.compare_revisions("run", base="HEAD~1", head="HEAD", rounds=2)
    assert (report.decision, report.cause) == (Decision.regressed, "missing")
    assert says in report.reason


def test_results_that_are_committed_are_not_the_heads(tmp_path: Path, commits) -> None:
    line = '{"bench": "b", "metrics": {"n": {"value": 1}}}'
    commits({"run.py": f"open('out.jsonl', 'w').write('''{line}''')\n"})
    commits({"run.py": "pass\n", "out.jsonl": line})
    benchmark = {"command": [PYTHON, "run.py"], "timeout_s": 60, "results": "out.jsonl"}
    report = workspace(tmp_path, run=benchmark).measuring.compare_revisions("run", base="HEAD~1", head="HEAD", rounds=2)
    assert (report.decision, report.cause) == (Decision.regressed, "missing")
    assert "out.jsonl was not written by this run" in report.reason


LINE = '{"bench": "b", "metrics": {"n": {"value": 1}}}'
WRITES = f"open('out.jsonl', 'w').write({LINE!r})\n"


def test_memory_that_a_benchmark_does_not_measure_is_told_and_decides_nothing(tmp_path: Path, commits) -> None:
    commits({"run.py": WRITES})
    commits({"run.py": WRITES + "held = bytearray(b'x') * (60 << 20)\n"})
    benchmark = {"command": [PYTHON, "run.py"], "timeout_s": 60, "results": "out.jsonl"}
    report = workspace(tmp_path, run=benchmark).measuring.compare_revisions("run", base="HEAD~1", head="HEAD", rounds=3)
    assert report.decision is Decision.unchanged
    [caution] = [c for c in report.comparisons[0].comparability if c.what == "more_memory"]
    assert "MB before" in caution.detail


def test_a_named_tool_that_the_command_does_not_start_is_an_error_that_says_so(tmp_path: Path, commits) -> None:
    commits({"a": ""})
    space = workspace(tmp_path, a={"command": ["true"], "tool": "pyperf"})
    with pytest.raises(InvalidArgument, match="does not give results of pyperf"):
        space.measuring.run_benchmark("a", runs=1)


def test_a_benchmark_that_gave_results_before_and_gives_none_has_failed(tmp_path: Path, commits) -> None:
    commits({"run.py": WRITES})
    benchmark = {"command": [PYTHON, "run.py"], "timeout_s": 60}
    runs = {"run": {**benchmark, "results": "out.jsonl"}}
    assert workspace(tmp_path, **runs).measuring.run_benchmark("run", runs=1).result_ids
    with pytest.raises(CaptureError, match=r"no results of its own, as it did before \(b\)"):
        workspace(tmp_path, run=benchmark).measuring.run_benchmark("run", runs=1)
    command = {"run": {**benchmark, "tool": "command"}}
    assert workspace(tmp_path, **command).measuring.run_benchmark("run", runs=1).result_ids


def test_a_configured_command_is_called_by_its_name_and_its_parameters_are_constants(tmp_path: Path, commits) -> None:
    commits({"a": ""})
    seconds = {"type": "float", "min": 0, "max": 1, "default": 0.01}
    space = workspace(tmp_path, nap={"command": ["sleep", "{s}"], "parameters": {"s": seconds}})
    space.measuring.run_benchmark("nap", runs=2, parameters={"s": 0.02})
    runs = space.store.manifests().select(bench_name="nap")
    assert [m.constants for m in runs] == [{"s": 0.02}] * 2
    assert all(m.environment.process is not None for m in runs)


# ---------------------------------------------------------------------- guard

GUARDED = {"command": ["true"], "timeout_s": 60, "guard": ["sh", "check.sh"], "process_metrics": ["wall_s"]}
PASSES, FAILS = "exit 0\n", "echo 2 tests passed; echo 1 test failed: sort; exit 1\n"


def test_a_head_that_fails_its_guard_is_wrong_and_nothing_is_measured(tmp_path: Path, commits) -> None:
    commits({"check.sh": PASSES})
    commits({"check.sh": FAILS})
    space = workspace(tmp_path, a=GUARDED)
    report = space.measuring.compare_revisions("a", base="HEAD~1", head="HEAD", rounds=2)
    assert (report.decision, report.cause, report.rounds) == (Decision.regressed, "correctness", 0)
    assert "its guard `sh check.sh` failed with exit status 1" in report.reason
    assert "1 test failed: sort" in report.reason
    assert report.head_failure.what == "guard"
    assert not space.list_results().results
    answer = space.compare()
    assert (answer.decision, answer.cause) == (Decision.regressed, "correctness")


def test_a_guard_that_fails_on_both_sides_is_an_error_that_says_so(tmp_path: Path, commits) -> None:
    commits({"check.sh": FAILS})
    commits({"other": ""})
    with pytest.raises(CaptureError, match="failed with exit status 1 on the base, and on the head too"):
        measured(tmp_path, GUARDED, base="HEAD~1", head="HEAD")


def test_a_guard_that_only_the_base_fails_is_a_caution(tmp_path: Path, commits) -> None:
    commits({"check.sh": FAILS})
    commits({"check.sh": PASSES})
    document, snapshots = measured(tmp_path, GUARDED, base="HEAD~1", head="HEAD")
    assert len(snapshots) == 4
    assert "guard" in [caution.what for caution in document.cautions]


def test_a_guard_that_both_sides_pass_says_that_the_answers_are_the_same(tmp_path: Path, commits) -> None:
    commits({"check.sh": PASSES})
    commits({"other": ""})
    space = workspace(
        tmp_path,
        a={**GUARDED, "command": ["echo", "n 1"], "process_metrics": [], "output": {"n": {"pattern": r"n (\d)"}}},
    )
    report = space.measuring.compare_revisions("a", base="HEAD~1", head="HEAD", rounds=2)
    answers = report.comparisons[0].answers
    assert (answers.state, answers.checked_by) == ("same", ("guard",))
    [row] = space.measuring.list_benchmarks().benchmarks
    assert row.checks_answers


def test_what_a_guard_leaves_in_its_tree_is_not_measured(tmp_path: Path, commits) -> None:
    commits({"check.sh": "echo 'score 9' > left\n", "run.sh": "cat left 2>/dev/null || echo score 1\n"})
    commits({"other": ""})
    config = {
        **GUARDED,
        "command": ["sh", "run.sh"],
        "process_metrics": [],
        "output": {"s": {"pattern": r"score (\d)"}},
    }
    _, snapshots = measured(tmp_path, config, base="HEAD~1", head="HEAD")
    assert {s.stats()["s"].mean for s in snapshots} == {1.0}


def test_a_working_tree_that_fails_its_guard_is_not_measured(tmp_path: Path, commits) -> None:
    commits({"check.sh": FAILS})
    space = workspace(tmp_path, a=GUARDED)
    with pytest.raises(CaptureError, match=r"its guard `sh check\.sh` failed with exit status 1"):
        space.measuring.run_benchmark("a", runs=1)
    assert not space.list_results().results


def test_so_few_rounds_that_nothing_can_be_judged_lead_to_the_call_that_measures_on(tmp_path: Path, commits) -> None:
    commits({"other": ""})
    space = workspace(tmp_path, quick={"command": ["sleep", "0.01"], "process_metrics": ["wall_s"]})
    report = space.measuring.compare_revisions("quick", base="HEAD~1", head="HEAD", rounds=2)
    assert "so few runs of one sample" in report.reason
    assert (report.next_step or "").startswith("Measure on: compare_revisions(benchmark='quick', rounds=3, base=")
