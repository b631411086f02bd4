"""Rounds of two revisions: their order, when they stop, and what they must have in common."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conftest import git
from holobench_mcp.model import MeasuredCode
from holobench_mcp.workspace import Workspace, rounds
from revisions import measured, workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


@pytest.fixture
def space(configured: Path, folders: list) -> Workspace:
    return workspace(configured)


def test_what_a_look_finds_settled_is_not_measured_further(
    space: Workspace, folders: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[tuple[int, int, float]] = []

    def are_settled(_: object, sweeps: list[tuple[list[str], list[str]]], alpha: float) -> bool:
        looks.extend((len(base), len(head), alpha) for base, head in sweeps)
        return True

    monkeypatch.setattr(rounds, "_are_settled", are_settled)
    report = space.measuring.compare_revisions("tiny", base="HEAD", rounds=5)
    document = space.store.measurement(report.measurement)
    assert document is not None
    assert [(look.round, look.settled) for look in document.looks] == [(3, True)]
    assert looks == [(3, 3, document.looks[0].alpha)] and document.looks[0].alpha < 0.01
    assert (report.rounds, document.status) == (3, "stopped")
    assert report.stopped is not None and "settled after 3 of 5 rounds" in report.stopped
    assert [side for side, _ in folders] == ["base", "head", "base", "head", "head", "base", "base", "head"]


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
