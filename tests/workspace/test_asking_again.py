"""What is asked again of the same results is not worked out again, and comes to the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp.answers import CompareOptions
from holobench_mcp.config import load_config
from holobench_mcp.model import ComparisonDocument
from holobench_mcp.result import upstream
from holobench_mcp.workspace import Workspace
from stored_runs import A, B, timing, workspace_in

OPTIONS = [
    CompareOptions(),
    CompareOptions(margin_percent=5.0),
    CompareOptions(margin_percent=1.0, detail="full"),
    CompareOptions(metrics=("time_ms",)),
    CompareOptions(replicates="none"),
]


def recorded(workspace: Workspace) -> Workspace:
    for at, (level, revision) in enumerate([(100, A), (101, A), (130, B), (131, B)]):
        workspace.record(timing(level, at, revision=revision))
    return workspace


@pytest.fixture
def detections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry each time that holobench's detector runs."""
    runs: list[object] = []
    original = upstream.detect
    monkeypatch.setattr(upstream, "detect", lambda *args: runs.append(args) or original(*args))
    return runs


def test_holobenchs_detector_runs_once_for_a_pair_whatever_the_evidence_is_asked(
    tmp_path: Path, detections: list[object]
) -> None:
    workspace = recorded(workspace_in(tmp_path))
    for options in OPTIONS:
        workspace.compare(options=options)
    assert len(detections) == 1


@pytest.mark.parametrize(
    "detector", [{"method": "absolute", "threshold": 1}, {"threshold": 50.0}, {"method": "delta", "threshold": 1}]
)
def test_another_detector_or_threshold_runs_anew(tmp_path: Path, detections: list[object], detector: dict) -> None:
    workspace = recorded(workspace_in(tmp_path))
    workspace.compare()
    document = workspace.compare(options=CompareOptions(**detector))
    assert len(detections) == 2
    assert document.metrics[0].method == detector.get("method", "percentage")


def test_an_answer_is_the_same_whatever_was_asked_before(tmp_path: Path) -> None:
    warm = recorded(workspace_in(tmp_path))
    names = [m.result_id for m in warm.store.manifests().select()]

    def ask(workspace: Workspace, options: CompareOptions) -> list[ComparisonDocument]:
        pairs = [(None, None), (names[3], names[0]), (names[0], names[3]), (names[2], names[3])]
        return [workspace.compare(*pair, options) for pair in pairs]

    for options in (*OPTIONS, *OPTIONS):
        assert ask(warm, options) == ask(workspace_in(tmp_path), options)


def test_one_answer_lists_a_bucket_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every listing is a request, a comparison that looks at the index ten times must not send ten."""
    workspace = Workspace(load_config(project=tmp_path, store="memory://asking-again", environ={}))
    recorded(workspace)
    listed: list[str] = []
    original = workspace.store.backend.keys
    monkeypatch.setattr(workspace.store.backend, "keys", lambda prefix: listed.append(prefix) or original(prefix))
    for i in range(3):
        workspace.compare(options=CompareOptions(margin_percent=3.0 + i))
        assert listed.count("results/") == 1
        listed.clear()
    for ask in (
        lambda: workspace.list_results(benchmark="sort", revision=A),
        lambda: workspace.list_metrics("sort@latest"),
        lambda: workspace.export_result(f"sort@{A[:10]}"),
        lambda: workspace.metric_history("sort", "time_ms"),
        lambda: workspace.list_baselines("sort"),
        workspace.recent,
        lambda: workspace.complete("name", ""),
    ):
        ask()
        assert listed.count("results/") == 1
        listed.clear()
    recent = workspace.record(timing(160, 9, revision="e" * 40))
    assert workspace.compare().candidate.result_id == recent, "what was recorded since is there the next time"
