"""The single runs that a chart draws are those that the evidence rests on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp.model import InvalidArgument, MeasurementDocument
from holobench_mcp.workspace import Workspace
from stored_runs import A, B, record_rounds, record_runs, workspace_in


def test_the_mean_of_the_candidates_runs_is_the_effect(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 10.0, 0, runs=5, revision=A)
    record_runs(space, 12.0, 10, runs=5, revision=B)
    document = space.compare()
    runs = space.single_runs(document, ["time_ms"])
    assert runs is not None
    [m] = runs.metrics
    e = document.metrics[0].evidence
    assert e is not None and e.effect_percent is not None
    assert len(m.baseline) == len(m.candidate) == 5
    logs = np.log1p(np.array(m.candidate) / 100).mean(), np.log1p(np.array(m.baseline) / 100).mean()
    assert 100 * np.expm1(logs[0]) == pytest.approx(e.effect_percent, rel=1e-6)
    assert logs[1] == pytest.approx(0, abs=1e-12)
    assert [p.inputs for p in m.points] == [p.inputs for p in (*e.points, *e.points_at_rest)]
    assert all(p.baseline and p.candidate and 1.1 < p.candidate / p.baseline < 1.3 for p in m.points)
    assert len(m.spread) == 4 and list(m.spread) == sorted(m.spread)


@pytest.mark.parametrize("values, factor", [
    (((-1.0, 0.0, 1.0), (2.0, 3.0, 4.0)), 2.0), (((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), 1.0),
    (((np.nan, 1.0, 1.1), (np.nan, np.nan, np.nan)), 1.5), (((np.inf, 1.0, 1.1), (2.0, 2.1, 2.2)), 1.5),
    (((1e308, 1.1e308, 1.2e308), (1e308, 1.1e308, 1.2e308)), 1.4), (((1e-300, 1.1e-300, 1.2e-300),), 1.5),
])  # fmt: skip
def test_any_samples_give_finite_numbers_or_none(tmp_path: Path, values: object, factor: float) -> None:
    space = workspace_in(tmp_path)
    rng = np.random.default_rng(1)
    for i in range(6):
        noise = 1 + 0.01 * rng.standard_normal(np.shape(values))
        changed = np.asarray(values) * noise * (factor if i >= 3 else 1)
        space.record(snapshot(changed, at=i, revision=B if i >= 3 else A, environment={"git_dirty": False}))
    document = space.compare()
    runs = space.single_runs(document, ["time_ms"])
    assert runs is not None
    json.dumps(runs.model_dump(), allow_nan=False)


def measured(space: Workspace) -> MeasurementDocument:
    ids = record_rounds(space, 10.0, 12.0, 100, rounds=4)
    roles = [
        {"result_id": one, "bench_name": "sort", "side": side, "run": run}
        for (side, _), listed in ids.items()
        for run, one in enumerate(listed)
    ]
    document = MeasurementDocument.model_validate(
        {
            "id": "tiny-20260301T120000Z-abcdef", "kind": "revisions", "benchmark": "tiny", "base": {"revision": A},
            "head": {"revision": B}, "started_at": "2026-03-01T12:00:00+00:00", "status": "finished", "rounds": 4,
            "rounds_planned": 4, "roles": roles,
        }
    )  # fmt: skip
    space.store.put_measurement(document)
    return document


def test_a_page_is_of_a_measurement_of_a_bench_or_of_two_results(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    document = measured(space)
    content = space.report_content([document.id])
    assert content.measurement == document and content.comparisons[0].decision == "regressed"
    base, head = document.runs_of("base")[-1].result_id, document.runs_of("head")[-1].result_id
    assert space.report_content([base, head]).comparisons == content.comparisons
    of_bench = space.report_content(["sort"])
    assert of_bench.comparisons[0].decision == "regressed"
    assert [h.metric for h in of_bench.histories] == ["time_ms"]
    assert space.report_content([head]).comparisons[0].candidate.bench_name == "sort"
    with pytest.raises(InvalidArgument, match="not 3 names"):
        space.report_content(["a", "b", "c"])


def test_a_bench_that_was_measured_once_has_its_history_and_a_note(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    space.record(snapshot(revision=A))
    content = space.report_content(["sort"])
    assert content.comparisons == () and len(content.histories[0].series) == 1
    assert content.notes[0].startswith("There is no comparison: ")


def test_since_a_revision_is_what_was_measured_from_it_on(
    tmp_path: Path, repository: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from histories import commits, opened
    from histories import measured as one_run
    from holobench_mcp.workspace import tracking

    space = opened(tmp_path)
    listed = commits(repository, 6)  # type: ignore[arg-type]
    for i, revision in enumerate(listed):
        space.record(one_run(10.0 + i, 10 * i, revision))
    explained = list[int]()
    explain = tracking.explain
    monkeypatch.setattr(tracking, "explain", lambda v, **more: explained.append(len(v)) or explain(v, **more))
    [history] = space.report_content(["sort"], since=listed[2][:10]).histories
    assert explained == [4], "a history is read once, and nothing of what is older"
    assert [p.source_revision for p in history.series] == listed[2:]
    assert [len(h.series) for h in space.report_content(since=listed[-1]).histories] == [1]
    assert [len(h.series) for h in space.report_content(["sort"], since="HEAD~4").histories] == [5]
    with pytest.raises(InvalidArgument, match="--since: 'nope' is no revision"):
        space.report_content(["sort"], since="nope")
