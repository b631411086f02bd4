"""Rounds of two revisions: their order, when they stop, and what they must have in common."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import git, snapshot
from holobench_mcp.config import load_config
from holobench_mcp.model import MeasuredCode, MeasurementDocument, RunRole
from holobench_mcp.workspace import Workspace, rounds
from revisions import measured, workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


@pytest.fixture
def space(configured: Path, folders: list) -> Workspace:
    return workspace(configured)


def test_what_the_early_look_finds_settled_is_not_measured_further(
    space: Workspace, folders: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[tuple[list[str], list[str], float]] = []

    def shows_a_change(_: object, ours: list[str], theirs: list[str], alpha: float) -> bool:
        looks.append((ours, theirs, alpha))
        return True

    monkeypatch.setattr(rounds, "_shows_a_change", shows_a_change)
    report = space.measuring.compare_revisions("tiny", base="HEAD", rounds=5)
    [(ours, theirs, alpha)] = looks
    document = space.store.measurement(report.measurement)
    assert document is not None
    assert (len(ours), len(theirs), alpha, report.rounds, document.status) == (3, 3, 0.01, 3, "stopped")
    assert report.stopped is not None and "early look" in report.stopped
    assert [side for side, _ in folders] == ["base", "head", "base", "head", "head", "base", "base", "head"]


def test_an_early_look_has_to_settle_every_sweep(project: Path) -> None:
    """Each has its share of the error rate: two sweeps are two chances to be called changed."""
    space = Workspace(load_config(project=project, environ={}))
    rng = np.random.default_rng(3)

    def roles(side: str, sweep: int, factor: float) -> list[RunRole]:
        values = [factor * 100 * np.exp(0.01 * rng.standard_normal((6, 5))) for _ in range(4)]
        ids = [space.record(snapshot(v, at=i + 10 * sweep)) for i, v in enumerate(values)]
        return [RunRole(result_id=i, side=side, run=n, sweep=sweep) for n, i in enumerate(ids)]

    def is_settled(*factors: float) -> bool:
        document = MeasurementDocument(id="x", kind="revisions", started_at="")
        pairs = [role for n, f in enumerate(factors) for role in (*roles("base", n, 1), *roles("head", n, f))]
        return rounds._is_settled(document.changed(roles=pairs), space.measuring._library)

    assert is_settled(1.5)
    assert is_settled(1.5, 1.5)
    assert not is_settled(1.5, 1)


def test_max_seconds_stops_after_the_round_that_passes_it(space: Workspace) -> None:
    report = space.measuring.compare_revisions("tiny", base="HEAD", rounds=5, max_seconds=1e-9)
    assert report.rounds == 1 and report.stopped is not None and "max_seconds" in report.stopped


def test_rounds_alternate_and_are_of_the_revisions_that_were_asked_for(project: Path) -> None:
    (project / "product.py").write_text("def work(size):\n    return size\n")
    messages: list[str] = []
    document, snapshots = measured(project, progress=lambda step: messages.append(step.message))
    warm = [message.split("(")[1].split(")")[0] for message in messages if message.startswith("warming")]
    assert warm == ["base", "head", "head"]  # the last one follows the changed lines
    runs = [s.measurement for s in snapshots]
    assert [(m.side, m.run) for m in runs if m] == [("base", 0), ("head", 0), ("head", 1), ("base", 1)]
    assert all(m and m.measured_by == "server" and m.id == document.id for m in runs)
    tip = git(project, "rev-parse", "HEAD")
    assert {s.source_revision for s in snapshots} == {tip}
    assert [s.environment.git_dirty for s in snapshots] == [False, True, True, False]
    assert document.base == MeasuredCode(revision=tip, dirty=False)
    assert document.head == MeasuredCode(revision=tip, dirty=True, label="worktree")
    assert [(r.side, r.run, r.sweep, r.bench_name) for r in document.roles] == [
        ("base", 0, 0, "Tiny"), ("head", 0, 0, "Tiny"), ("head", 1, 0, "Tiny"), ("base", 1, 0, "Tiny")
    ]  # fmt: skip
    assert (document.status, document.rounds, document.head_failure) == ("finished", 2, None)
