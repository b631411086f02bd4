"""Laws of answers over random stores: of the order of recording, of unrelated benches, of swapped sides."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from holobench_mcp.model import ComparisonDocument, Decision
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace import Workspace
from stored_runs import HERE, timing, workspace_in

SEEDS = range(8)
LEVELS = (60.0, 98.5, 100.0, 101.0, 104.0, 150.0)


def store_of(seed: int) -> list[Snapshot]:
    """Two to four codes with one to three benches, each measured one to four times, by one or two commands."""
    rng = random.Random(seed)
    results, at = [], 0
    for code in range(rng.randint(2, 4)):
        for bench in rng.sample(("sort", "search", "merge"), rng.randint(1, 3)):
            level, command = rng.choice(LEVELS), rng.choice((("python", "bench.py"), ("python", f"{bench}.py")))
            for _ in range(rng.randint(1, 4)):
                at += 1
                results.append(timing(level, at, bench=bench, revision=f"{code}" * 40, command=command))
    return results


def gist(document: ComparisonDocument) -> tuple[object, ...]:
    return (
        document.decision, document.cause, document.reason, document.next_step, document.baseline.result_id,
        document.candidate.result_id, document.not_measured, document.also, document.evidence, document.order,
    )  # fmt: skip


def recorded(folder: Path, results: list[Snapshot]) -> Workspace:
    folder.mkdir(exist_ok=True)
    space = workspace_in(folder)
    for result in results:
        space.record(result)
    return space


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_recording_does_not_matter(tmp_path: Path, seed: int) -> None:
    results = store_of(seed)
    shuffled = random.Random(seed).sample(results, len(results))
    one, other = (recorded(tmp_path / name, r) for name, r in (("one", results), ("other", shuffled)))
    assert gist(one.compare()) == gist(other.compare())


@pytest.mark.parametrize("seed", SEEDS)
def test_an_unrelated_bench_never_hides_a_regression(tmp_path: Path, seed: int) -> None:
    results = store_of(seed)
    space = recorded(tmp_path / "one", results)
    before = space.compare()
    newest = max(results, key=lambda s: s.executed_at)
    at = len(results)
    for revision in (results[0].source_revision, newest.source_revision):
        for _ in range(3):
            at += 1
            space.record(timing(100.0, at, bench="unrelated", revision=revision, command=("python", "unrelated.py")))
    after = space.compare()
    # Its share of the error rate is smaller with one bench more; what is far from the margin stays found.
    if before.decision is Decision.regressed:
        assert after.decision is Decision.regressed
    named = {after.candidate.bench_name, *(o.bench_name for o in after.also)}
    assert {before.candidate.bench_name, *(o.bench_name for o in before.also)} <= named


@pytest.mark.parametrize("seed", SEEDS)
def test_swapping_the_named_sides_swaps_better_and_worse(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    space = workspace_in(tmp_path)
    sides = []
    for side, revision in enumerate(("1" * 40, "2" * 40)):
        level = rng.choice(LEVELS)
        runs = [timing(level, 10 * side + i, revision=revision, environment=HERE) for i in range(rng.randint(1, 4))]
        sides.append([space.record(run) for run in runs])
    there, back = space.compare(sides[0][0], sides[1][0]), space.compare(sides[1][0], sides[0][0])
    swapped = {Decision.regressed: Decision.improved, Decision.improved: Decision.regressed}
    assert back.decision == swapped.get(there.decision or Decision.unchanged, there.decision)


@pytest.mark.parametrize("seed", range(5))
def test_in_a_linear_history_the_answer_does_not_depend_on_when_what_was_measured(
    tmp_path: Path, repository: Callable[..., str], seed: int
) -> None:
    rng = random.Random(seed)
    commits = [repository(f"{i}") for i in range(6)]
    measured = sorted(rng.sample(range(6), rng.randint(2, 5)))
    levels = {i: rng.choice(LEVELS) for i in measured}
    space = workspace_in(tmp_path)
    for place, i in enumerate(rng.sample(measured, len(measured))):
        for run in range(3):
            space.record(timing(levels[i], 10 * place + run, revision=commits[i]))
    document = space.compare()
    newest, before = commits[measured[-1]], commits[measured[-2]]
    assert (document.candidate.rev, document.baseline.rev, document.order) == (newest[:10], before[:10], "git")
    slower = levels[measured[-1]] / levels[measured[-2]]
    if not 0.9 < slower < 1.1:
        assert document.decision is (Decision.regressed if slower > 1 else Decision.improved)
