"""All benches at a glance: the newest decision of each, how it went, how noisy it is, and what of it can't be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from holobench_mcp.answers.overview import OverviewBench
from holobench_mcp.model import Decision, MetricSettings, StoreError, UnknownResult
from holobench_mcp.store import layout
from holobench_mcp.workspace import Workspace
from holobench_mcp.workspace.overview import comparisons_of
from stored_runs import A, B, C, record_rounds, record_runs, timing, workspace_in


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def row(space: Workspace, bench: str = "sort") -> OverviewBench:
    return next(found for found in space.overview().benches if found.bench_name == bench)


def compared(space: Workspace, bench: str, before: float, after: float, at: int) -> None:
    record_runs(space, before, at, bench=bench, revision=A)
    record_runs(space, after, at + 10, bench=bench, revision=B)
    space.compare(f"{bench}@{A}", f"{bench}@{B}")


def test_what_needs_a_look_comes_first(space: Workspace) -> None:
    for at, (bench, after) in enumerate((("calm", 100.0), ("better", 80.0), ("worse", 140.0), ("Worse too", 150.0))):
        compared(space, bench, 100, after, 100 * at)
    record_runs(space, 100, 900, bench="alone")
    found = space.overview()
    assert [(b.bench_name, b.comparison and b.comparison.decision.value) for b in found.benches] == [
        ("worse", "regressed"),
        ("Worse too", "regressed"),
        ("better", "improved"),
        ("calm", "unchanged"),
        ("alone", None),
    ]
    assert found.decision is Decision.regressed
    assert found.reason == "Of 5 benches: 2 regressed, 1 improved, 1 unchanged, 1 never compared."
    assert found.n_results == sum(b.n_results for b in found.benches) == 27
    worse = found.benches[0].comparison
    assert worse is not None
    assert (worse.baseline.rev, worse.candidate.rev) == (A[:10], B[:10])
    assert "time_ms" in (worse.reason or "")


def test_the_newest_decision_counts_whichever_process_took_it(space: Workspace, tmp_path: Path) -> None:
    compared(space, "sort", 100, 140, 0)
    assert row(space).comparison.decision is Decision.regressed
    before = space.overview_state()
    assert space.overview_state() == before
    other = workspace_in(tmp_path)
    record_runs(other, 100, 30, revision=C)
    assert space.overview_state() != before
    assert row(space).comparison.candidate.rev == B[:10], "nothing was decided of the newest code yet"
    assert row(space).rev == C[:10]
    before = space.overview_state()
    other.compare(f"sort@{A}", f"sort@{C}")
    assert space.overview_state() != before
    assert row(space).comparison.candidate.rev == C[:10]
    assert [c.candidate.rev for c in comparisons_of(space.library, "sort", 20)] == [C[:10], B[:10]]
    assert len(comparisons_of(space.library, "sort", 1)) == 1


def test_more_runs_of_the_same_code_may_change_what_is_shown(space: Workspace, tmp_path: Path) -> None:
    """The log's entry is written anew; its key is the old one."""
    record_runs(space, 100, 0, runs=1, revision=A)
    record_runs(space, 104, 10, runs=1, revision=B)
    space.compare(f"sort@{A}", f"sort@{B}")
    assert row(space).comparison.decision is Decision.inconclusive
    other = workspace_in(tmp_path)
    record_runs(other, 100, 20, runs=5, revision=A)
    record_runs(other, 120, 40, runs=5, revision=B)
    other.compare(f"sort@{A}", f"sort@{B}")
    assert row(space).comparison.decision is Decision.regressed


def test_a_line_has_a_value_for_each_measurement(space: Workspace) -> None:
    levels = [100, 110, 90, 120]
    for i, level in enumerate(levels):
        record_runs(space, level, 10 * i, runs=2, revision=f"{i:x}" * 40)
    metric = row(space).metrics[0]
    assert np.allclose(metric.values, levels, rtol=0.01)
    assert metric.value == metric.values[-1]
    assert (metric.units, row(space).runs, row(space).n_results) == ("ms", 2, 8)


def test_a_line_is_of_one_machine_and_one_sweep_and_no_longer_than_thirty(space: Workspace) -> None:
    record_runs(space, 500, 0, environment={"hostname_hash": "elsewhere"})
    space.record(timing(900, 20, sizes=(1, 2), revision=B))
    for i in range(35):
        space.record(timing(100, 30 + i, revision=f"{i:02d}" * 20))
    values = row(space).metrics[0].values
    assert len(values) == 30
    assert np.allclose(values, 100, rtol=0.01)


def test_both_sides_of_a_measurement_in_rounds_stand_in_the_line(space: Workspace) -> None:
    record_rounds(space, 100, 130, 0)
    found = row(space)
    assert np.allclose(found.metrics[0].values, [100, 130], rtol=0.02)
    assert found.runs == 4


def test_noise_is_the_spread_between_runs_and_a_bench_that_is_too_noisy_is_unfit(space: Workspace) -> None:
    rng = np.random.default_rng(3)
    for i in range(12):
        space.record(timing(100 * float(np.exp(0.5 * rng.standard_normal())), i))
        space.record(timing(100 * float(np.exp(0.02 * rng.standard_normal())), i, bench="calm"))
    noisy, calm = row(space), row(space, "calm")
    assert noisy.is_unfit
    assert not calm.is_unfit
    assert noisy.metrics[0].too_noisy.can_show_percent > 10
    assert 20 < noisy.metrics[0].noise_percent < 120
    assert 1 < calm.metrics[0].noise_percent < 5
    assert calm.metrics[0].noise_runs == 11
    assert "1 is too noisy for its margin" in space.overview().reason


@pytest.mark.parametrize("checked", [True, False])
def test_a_bench_that_nothing_checks_is_named(tmp_path: Path, checked: bool) -> None:
    space = workspace_in(tmp_path)
    if checked:
        metrics = {"time_ms": MetricSettings(correctness=True)}
        space = Workspace(space.config.model_copy(update={"metrics": metrics}))
    record_runs(space, 100, 0)
    assert row(space).answers_checked is checked


def test_what_is_damaged_is_said_and_the_rest_shown(space: Workspace, tmp_path: Path) -> None:
    compared(space, "fine", 100, 100, 0)
    ids = record_runs(space, 100, 100)
    digest = space.find(ids[-1]).blobs["samples.npz"].sha256
    (tmp_path / "store" / layout.blob_key(digest)).write_bytes(b"not what was written")
    (tmp_path / "store" / "results" / f"{ids[0]}.json").write_bytes(b"{}")
    shutil.rmtree(tmp_path / "cache")
    found = workspace_in(tmp_path).overview()
    assert [b.bench_name for b in found.benches] == ["sort", "fine"], "what can't be read needs a look first"
    assert "does not match its digest" in found.benches[0].problems[0]
    assert found.benches[1].comparison.decision is Decision.unchanged
    assert any("damaged and left out" in note for note in found.notes)


def test_a_damaged_entry_of_the_log_is_said_and_the_one_before_it_shown(space: Workspace, tmp_path: Path) -> None:
    compared(space, "sort", 100, 140, 0)
    record_runs(space, 100, 30, revision=C)
    before = {*(tmp_path / "store" / "comparisons").rglob("*.json")}
    space.compare(f"sort@{A}", f"sort@{C}")
    [entry] = {*(tmp_path / "store" / "comparisons").rglob("*.json")} - before
    entry.write_bytes(b"{}")
    found = row(workspace_in(tmp_path))
    assert found.comparison.candidate.rev == B[:10]
    assert entry.name in found.problems[0]


def test_a_comparison_whose_result_is_gone_is_none(space: Workspace, tmp_path: Path) -> None:
    compared(space, "sort", 100, 140, 0)
    for path in (tmp_path / "store" / "results").iterdir():
        if f"{A}" in path.read_text():
            path.unlink()
    assert row(workspace_in(tmp_path)).comparison is None


def test_an_empty_store_and_an_unknown_bench(space: Workspace) -> None:
    assert space.overview().benches == ()
    assert space.overview().reason == "Nothing is recorded yet."
    assert space.overview().decision is None
    with pytest.raises(UnknownResult, match="nothing was recorded of 'sorr'"):
        space.overview(["sorr"])


def test_what_is_read_does_not_grow_with_the_store(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again, nothing is parsed or opened; with one more result of a bench, that bench's only."""
    for i in range(40):
        space.record(timing(100, i, bench=f"b{i % 4}", revision=f"{i:02d}" * 20))
    space.overview()
    read = list[str]()
    original = space.store.snapshot
    monkeypatch.setattr(space.store, "snapshot", lambda m: read.append(m.result_id) or original(m))
    space.overview()
    assert not read
    new = space.record(timing(100, 60, bench="b1", revision=B))
    space.overview()
    assert set(read) <= {new}


def test_a_log_that_cannot_be_read_is_said_and_the_rest_shown(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(space, "sort", 100, 140, 0)
    before = space.overview_state()

    def fail() -> None:
        raise StoreError("the bucket does not answer")

    monkeypatch.setattr(space.library.comparison_log, "refresh", fail)
    assert space.overview_state() != before
    found = space.overview()
    assert any("the bucket does not answer" in note for note in found.notes)
    assert [b.bench_name for b in found.benches] == ["sort"]
    assert space.bench_report("sort").results
