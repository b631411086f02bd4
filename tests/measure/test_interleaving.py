"""Rounds of two revisions: their order, when they stop, and what they must have in common."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp.config import load_config
from holobench_mcp.measure.revisions import Recorded
from holobench_mcp.measure.session import Session
from holobench_mcp.model import CaptureError, ComparedMetric, ComparisonDocument, Decision, MetricEvidence
from holobench_mcp.workspace import Workspace
from holobench_mcp.workspace.measuring import _in_rounds
from revisions import measured, nothing_is_left

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


def test_what_the_early_look_finds_settled_is_not_measured_further(project: Path, folders: list) -> None:
    looks: list[tuple[list[int], list[int], float]] = []

    def settled(ours: Recorded, theirs: Recorded, alpha: float) -> bool:
        looks.append(([len(ids) for ids in ours], [len(ids) for ids in theirs], alpha))
        return True

    report, _ = measured(project, rounds=5, settled=settled)
    assert looks == [([3], [3], 0.01)]
    assert (report.rounds, len(report.base_ids[0]), len(report.head_ids[0])) == (3, 3, 3)
    assert report.stopped is not None and "early look" in report.stopped
    assert [side for side, _ in folders] == ["base", "head", "base", "head", "head", "base", "base", "head"]


def test_an_early_look_has_to_settle_every_sweep(project: Path) -> None:
    """Each has its share of the error rate: two sweeps are two chances to be called changed."""
    space = Workspace(load_config(project=project, environ={}))
    rng = np.random.default_rng(3)

    def runs(factor: float, at: int) -> list[str]:
        made = [factor * 100 * np.exp(0.01 * rng.standard_normal((6, 5))) for _ in range(4)]
        return [space.record(snapshot(values, at=at + i)) for i, values in enumerate(made)]

    base, slower, same = runs(1, 0), runs(1.5, 10), runs(1, 20)
    settled = space.measuring._settled
    assert settled([base], [slower], 0.01)
    assert settled([base, base], [slower, slower], 0.01)
    assert not settled([base, base], [slower, same], 0.01)


def test_max_seconds_stops_after_the_round_that_passes_it(project: Path, folders: list) -> None:
    report, _ = measured(project, rounds=5, max_seconds=1e-9)
    assert report.rounds == 1 and report.stopped is not None and "max_seconds" in report.stopped


def test_sides_that_record_different_benchmarks_are_a_clear_error(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_: Session, folder: Path, *, side: str, keep: bool = True, **__: object) -> list[str]:
        return ["tiny-1-x" if side == "base" else "other-1-x"] if keep else []

    monkeypatch.setattr(Session, "run", run)
    with pytest.raises(CaptureError, match="does not record the same benchmarks each time: tiny before, other now"):
        measured(project)
    assert nothing_is_left(project)


def test_an_open_question_is_answered_in_rounds() -> None:
    evidence = MetricEvidence(variable="t", decision=Decision.inconclusive, reason="", runs_needed=8)
    metric = ComparedMetric.model_construct(variable="t", evidence=evidence)
    document = ComparisonDocument.model_construct(decision=Decision.inconclusive, next_step="Record", metrics=[metric])
    assert _in_rounds(document).next_step == "Measure both revisions again with rounds=8."
    too_many = evidence.model_copy(update={"runs_needed": 80})
    document = document.model_copy(update={"metrics": [metric.model_copy(update={"evidence": too_many})]})
    assert _in_rounds(document).next_step == "Record"
