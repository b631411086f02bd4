"""Two stored results compared whole: sides, notes, claims, and what is said when they differ in more than code."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp import digest
from holobench_mcp.answers import CompareOptions
from holobench_mcp.config import load_config
from holobench_mcp.evidence.contract_comparison import compare_results
from holobench_mcp.model import ROUNDS_ALPHA, Decision, InvalidArgument, Measurement, NotComparable, UnknownResult
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.result.strict_json import strict
from holobench_mcp.workspace import Workspace

FULL = CompareOptions(detail="full")
HERE = {"python": "3.12", "cpu_model": "x", "os": "y", "git_dirty": False}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(load_config(project=tmp_path, store=str(tmp_path / "store"), environ={}))


def noisy(factor: float, seed: int, **told: object) -> Snapshot:
    rng = np.random.default_rng(seed)
    values = factor * 100 * np.exp(0.02 * rng.standard_normal((6, 5)))
    return snapshot(values, at=seed % 60, environment={**HERE, **told.pop("environment", {})}, **told)  # type: ignore[arg-type]


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
    both = workspace.compare(named["base", 1], named["head", 1]).evidence
    assert both is not None and (both.replicates, both.runs) == ("rounds", (4, 4))
    assert both.alpha == ROUNDS_ALPHA / 2


def test_a_set_baseline_is_the_default(workspace: Workspace) -> None:
    ids = [workspace.record(noisy(1.0, i)) for i in range(3)]
    workspace.set_baseline(ids[0])
    document = workspace.compare()
    assert (document.baseline.result_id, document.notes) == (ids[0], ())


def test_a_damaged_newest_result_is_not_passed_over_in_silence(workspace: Workspace) -> None:
    for i in range(3):
        newest = workspace.record(noisy(1, i))
    (Path(workspace.store.location.url) / "results" / f"{newest}.json").write_text("{")
    told = workspace.compare()
    assert any(newest in note and "verify" in note for note in told.notes)


def test_the_only_result_is_told_what_to_do(workspace: Workspace) -> None:
    workspace.record(noisy(1.0, 0))
    with pytest.raises(UnknownResult, match="only result of 'sort'"):
        workspace.compare()


def test_the_contracts_keys_are_upstreams(workspace: Workspace) -> None:
    results = [noisy(f, i, claim="< 120") for i, f in enumerate((1.0, 1.5))]
    for result in results:
        workspace.record(result)
    ours = workspace.compare(options=FULL).model_dump(mode="json", exclude_unset=True)
    theirs = strict(compare_results(*results))
    for key in ("schema_version", "summary", "claims", "unpaired"):
        assert ours[key] == theirs[key]
    for side in ("baseline", "candidate"):
        assert {k: ours[side][k] for k in theirs[side]} == theirs[side]
    for metric, upstreams in zip(ours["metrics"], theirs["metrics"], strict=True):
        assert {k: metric[k] for k in upstreams} == upstreams


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
    assert evidence.run_variance.df == 5


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


def test_a_time_is_written_alike_wherever_an_input_is_named(workspace: Workspace) -> None:
    days = [datetime(2026, 1, 1, 2, 3), datetime(2026, 2, 1)]
    for i, factor in enumerate((1.0, 2.0)):
        values = factor * 100 * np.exp(0.01 * np.random.default_rng(i).standard_normal((2, 6)))
        workspace.record(snapshot(values * [[1], [2]], at=i, inputs={"day": days}, units="items", claim="< 150"))
    told = ["2026-01-01T02:03:00", "2026-02-01T00:00:00"]
    listed = workspace.list_metrics()
    assert list(listed.inputs[0].values) == told
    assert listed.metrics[0].optimal_inputs == {"day": told[0]}
    compared = workspace.compare(options=FULL)
    evidence = compared.metrics[0].evidence
    assert evidence is not None and sorted(p.inputs["day"] for p in evidence.points) == told
    assert compared.claims[0].candidate.worst_inputs["day"] == told[1]
    for day in (told[0], told[0].replace("T", " ")):
        assert len(workspace.metric_history("sort", "time_ms", point={"day": day}).series) == 2
    with pytest.raises(InvalidArgument, match="it was 2026-01-01T02:03:00, "):
        workspace.metric_history("sort", "time_ms", point={"day": "yesterday"})


def test_a_claim_that_an_infinite_sample_breaks_is_told_too(workspace: Workspace) -> None:
    for i, worst in enumerate((2.0, np.inf)):
        workspace.record(snapshot([[1.0, 1.1, worst], [1.0, 1.2, 1.1]], at=i, claim="< 5"))
    document = workspace.compare()
    assert document.decision is Decision.regressed
    assert "the worst sample is infinite at {'size': 10, 'repeat': 3}" in (document.reason or "")


def test_an_edited_benchmark_gets_no_clean_improved(workspace: Workspace) -> None:
    workspace.record(noisy(1.0, 0, environment={"benchmark_sha256": "a"}))
    workspace.record(noisy(0.5, 1, environment={"benchmark_sha256": "b"}))
    document = workspace.compare()
    assert [d.what for d in document.comparability] == ["benchmark_source"]
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


def test_sentences_speak_the_decisions_words_and_the_full_answer_explains_the_verdict(workspace: Workspace) -> None:
    rng = np.random.default_rng(5)
    for i, factor in enumerate((1.0, 1.12)):
        workspace.record(snapshot(factor * 100 * np.exp(0.4 * rng.standard_normal((2, 2))), at=i, environment=HERE))
    document = workspace.compare()
    if document.metrics[0].verdict == (document.decision or "").value:  # type: ignore[union-attr]
        pytest.fail("the seed no longer makes them differ")
    assert "verdict" not in " ".join([document.reason or "", *document.notes])
    explained = "holobench's threshold on the means of time_ms ("
    assert any(explained in note for note in workspace.compare(options=FULL).notes)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"margin_percent": 0}, "margin_percent"),
        ({"margin_percent": float("nan")}, "margin_percent"),
        ({"threshold": float("inf")}, "threshold"),
        ({"threshold": -1.0}, "threshold"),
        ({"method": "delta"}, "threshold"),
        ({"metrics": ("nope",)}, "metrics"),
    ],
)
def test_a_bad_option_is_named(workspace: Workspace, options: dict, argument: str) -> None:
    for i in range(2):
        workspace.record(noisy(1.0, i))
    with pytest.raises(InvalidArgument, match=argument):
        workspace.compare(options=CompareOptions(**options))


def test_twenty_metrics_fit_in_fifteen_hundred_tokens_of_text(workspace: Workspace) -> None:
    rng = np.random.default_rng(1)
    for i in range(2):
        workspace.record(
            Snapshot.build(
                bench_name="wide",
                inputs={"size": list(range(10))},
                metrics={f"metric_{m}_ms": {"units": "ms"} for m in range(25)},
                samples={
                    f"metric_{m}_ms": (1 + 0.3 * i * (m % 2)) * 100 * np.exp(0.05 * rng.standard_normal((10, 5)))
                    for m in range(25)
                },
                executed_at=f"2026-03-01T12:00:0{i}+00:00",
            )
        )
    document = workspace.compare()
    assert len(document.metrics) == 20 and document.omitted_metrics == 5
    assert len(digest.comparison(document)) / 4 <= 1500
    assert all(len(m.evidence.points) <= 5 for m in document.metrics if m.evidence)
    assert len(workspace.compare(options=FULL).metrics) == 25


def test_answers_that_look_cached_are_no_clean_improvement(workspace: Workspace) -> None:
    rng = np.random.default_rng(2)
    before = 100 * np.exp(0.01 * rng.standard_normal((6, 5)))
    after = before * np.array([1.0, 0.01, 0.01, 0.01, 0.01])
    for i, values in enumerate((before, after)):
        workspace.record(snapshot(values, at=i, environment=HERE))
    document = workspace.compare()
    assert document.decision is Decision.improved
    assert [d.what for d in document.comparability] == ["cached_answers"]
    assert "cached" in (document.next_step or "")


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
    assert ("right regressed: answers are wrong: it was 1, and is 0.99" in (document.reason or "")) is wrong
    assert not wrong or (document.decision is Decision.regressed and document.next_step)


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
    assert (document.reason or "").startswith("right regressed: it is missing")
    assert "metric_dropped" in {d.what for d in document.comparability}
