"""Benches that were measured together share one error rate, and each has one answer, whoever asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp.answers import CompareOptions
from holobench_mcp.model import ALPHA, ComparisonDocument, Decision, Measurement
from holobench_mcp.workspace import Workspace
from stored_runs import A, B, record_rounds, timing, workspace_in

BENCHES = 12
#: Three runs a side of 1 % noise show it where nothing else is looked at, and not as one of twelve.
SMALL = 1.042


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def record_suite(space: Workspace, factors: dict[int, float], *, runs: int = 3, together: bool = True) -> dict:
    """A suite of one-point benches before and after: ids by side and bench. factors: of the benches that changed."""
    ids = {}
    for side, revision in enumerate((A, B)):
        for run in range(runs):
            for bench in range(BENCHES):
                at = 1000 * side + 100 * run + bench
                role = Measurement(id=f"suite-{side}", run=run, runs=runs, sweep=bench) if together else None
                level = 100 * (factors.get(bench, 1.0) if side else 1.0)
                name = f"test_{bench:02d}"
                made = timing(level, at, bench=name, revision=revision, measurement=role, sizes=(1,))
                ids[side, bench, run] = space.record(made)
    return ids


def decisions(document: ComparisonDocument) -> dict[str, Decision | None]:
    own = {document.candidate.bench_name: document.decision}
    return own | {o.bench_name: o.decision for o in document.also}


def test_a_bench_of_a_suite_has_the_same_answer_alone_and_among_the_others(space: Workspace) -> None:
    ids = record_suite(space, {3: SMALL, 7: 1.3})
    together = decisions(space.compare())
    for bench in (0, 3, 7):
        alone = space.compare(ids[0, bench, 0], ids[1, bench, 0])
        assert alone.decision is together[f"test_{bench:02d}"]
        assert alone.evidence is not None
        assert (alone.evidence.alpha, alone.evidence.benches) == (ALPHA, BENCHES)
    assert together["test_07"] is Decision.regressed


def test_what_one_bench_shows_by_itself_is_not_enough_where_it_was_picked_from_many(space: Workspace) -> None:
    ids = record_suite(space, {3: SMALL}, together=False)
    by_itself = space.compare(ids[0, 3, 0], ids[1, 3, 0])
    assert by_itself.decision is Decision.regressed
    assert by_itself.evidence is not None and by_itself.evidence.benches == 1
    among = space.compare()
    assert decisions(among)["test_03"] is Decision.inconclusive
    assert among.evidence is not None and among.evidence.benches == BENCHES


def test_a_bench_that_plainly_moved_leaves_its_share_to_the_others(space: Workspace) -> None:
    ids = record_suite(space, {bench: 1.5 for bench in range(BENCHES) if bench != 3} | {3: SMALL})
    assert space.compare(ids[0, 3, 0], ids[1, 3, 0]).decision is Decision.regressed


def test_the_metrics_that_are_asked_for_are_the_family(space: Workspace) -> None:
    record_suite(space, {7: 1.3})
    only = space.compare(options=CompareOptions(metrics=("time_ms",)))
    assert only.decision is Decision.regressed and only.evidence is not None and only.evidence.benches == BENCHES


def test_sweeps_of_the_same_rounds_share_the_look(space: Workspace) -> None:
    ids = record_rounds(space, 100, 130, 0, sweeps=5)
    alone, together = space.compare(ids["base", 2][-1], ids["head", 2][-1]), space.compare()
    assert alone.evidence is not None and alone.evidence.benches == 5
    assert [alone.decision, *decisions(together).values()] == [Decision.regressed] * 2
