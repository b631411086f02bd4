"""A history is in the order of code, whatever was measured first; where git does not know it, the answer says so."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import git
from histories import commits, estimates, history_of, limits, measured, opened
from holobench_mcp.answers import History

Commit = Callable[..., str]


def essence(history: History) -> tuple[object, ...]:
    """What a history says, without when and as which result each code was measured."""
    points = [(p.source_revision, p.dirty, p.estimate, p.n_runs, p.missing_points) for p in history.series]
    steps = [(c.after_revision, c.source_revision, c.effect_percent, c.confidence) for c in history.change_points]
    return history.order, tuple(points), tuple(steps), history.drift


def test_a_slowdown_that_was_measured_backwards_is_a_slowdown(tmp_path: Path, repository: Commit) -> None:
    """It was told as a step of −28 %."""
    revisions = commits(repository, 16)
    levels = [100] * 8 + [140] * 8
    results = [measured(levels[i], 15 - i, revisions[i]) for i in range(16)]
    history = history_of(opened(tmp_path), results)
    assert history.order == "git"
    [step] = history.change_points
    assert (step.after_revision, step.source_revision) == (revisions[7], revisions[8])
    assert step.effect_percent == pytest.approx(40, abs=1)
    assert f"{revisions[7][:10]}..{revisions[8][:10]}" in history.summary


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_measuring_and_of_recording_changes_nothing(tmp_path: Path, repository: Commit, seed: int) -> None:
    rng = random.Random(seed)
    revisions = commits(repository, 12)
    levels = [100.0 + (40 if i >= 7 else 0) for i in range(12)]

    def results(seconds: list[int]) -> list[object]:
        # The noise is the code's, so that only the order of measuring differs.
        samples = [[[levels[i] + j + i / 7 for j in range(3)]] for i in range(12)]
        return [measured(0, second, revisions[i], samples=samples[i]) for i, second in enumerate(seconds)]

    essences = []
    for trial in range(3):
        seconds = list(range(12))
        rng.shuffle(seconds)
        shuffled = results(seconds)
        rng.shuffle(shuffled)
        (tmp_path / f"t{trial}").mkdir()
        space = opened(tmp_path)
        space = type(space)(space.config.model_copy(update={"store": str(tmp_path / f"store{trial}")}))
        essences.append(essence(history_of(space, shuffled)))  # type: ignore[arg-type]
    assert essences[0] == essences[1] == essences[2]
    assert essences[0][0] == "git" and len(essences[0][2]) == 1  # type: ignore[arg-type]


def test_measuring_a_commit_again_gives_it_no_second_place(tmp_path: Path, repository: Commit) -> None:
    revisions = commits(repository, 8)
    again = [measured(100, 100 + i, revisions[3]) for i in range(5)]
    history = history_of(opened(tmp_path), [*(measured(100, i, r) for i, r in enumerate(revisions)), *again])
    assert [p.source_revision for p in history.series] == revisions
    assert [p.n_runs for p in history.series] == [1, 1, 1, 6, 1, 1, 1, 1]


def test_the_newest_codes_are_shown_and_not_what_was_measured_last(tmp_path: Path, repository: Commit) -> None:
    revisions = commits(repository, 6)
    results = [measured(100, 5 - i, r) for i, r in enumerate(revisions)]
    history = history_of(opened(tmp_path), results, limit=3)
    assert [p.source_revision for p in history.series] == revisions[3:]


def test_a_merged_branch_stands_before_its_merge(tmp_path: Path, repository: Commit) -> None:
    root = repository("root")
    git(tmp_path, "checkout", "--quiet", "-b", "side")
    side = repository("side")
    git(tmp_path, "checkout", "--quiet", "main")
    other = repository("other")
    git(tmp_path, "merge", "--quiet", "--no-ff", "--no-edit", "side")
    merge = git(tmp_path, "rev-parse", "HEAD")
    results = [measured(100, i, r) for i, r in enumerate((merge, side, root, other))]
    history = history_of(opened(tmp_path), results)
    order = [p.source_revision for p in history.series]
    assert order[0] == root and order[-1] == merge and set(order[1:3]) == {side, other}


def test_revisions_that_git_does_not_know_stand_by_time_and_it_is_said(tmp_path: Path, repository: Commit) -> None:
    unknown = [f"{i:040x}" for i in range(1, 5)]
    history = history_of(opened(tmp_path), [measured(100 + i, 9 - i, r) for i, r in enumerate(unknown)])
    assert history.order == "time" and "git here knows none" in limits(history)["order"]
    assert [p.source_revision for p in history.series] == unknown[::-1]


def test_an_unknown_revision_among_known_ones_stands_behind_what_was_measured_before_it(
    tmp_path: Path, repository: Commit
) -> None:
    a, b, c = commits(repository, 3)
    gone = "9" * 40
    history = history_of(opened(tmp_path), [measured(100, i, r) for i, r in enumerate((c, a, gone, b))])
    assert history.order == "mixed" and "1 of 4 codes" in limits(history)["order"]
    assert [p.source_revision for p in history.series] == [a, gone, b, c]


def test_outside_a_repository_history_is_by_time(tmp_path: Path) -> None:
    history = history_of(opened(tmp_path), [measured(100 + i, i, f"{i:040x}") for i in range(3)])
    assert history.order == "time" and estimates(history) == [100, 101, 102]


def test_a_shallow_clone_has_what_it_knows_in_order(tmp_path: Path, repository: Commit) -> None:
    revisions = commits(repository, 5)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=3", f"file://{tmp_path}", str(clone))
    history = history_of(opened(clone), [measured(100, 9 - i, r) for i, r in enumerate(revisions)])
    assert history.order == "mixed"
    known = [p.source_revision for p in history.series if p.source_revision in revisions[2:]]
    assert known == revisions[2:]


def test_uncommitted_code_stands_behind_the_commit_that_it_is_on(tmp_path: Path, repository: Commit) -> None:
    a, b, c = commits(repository, 3)
    results = [measured(100, i, r) for i, r in enumerate((a, b, c))]
    results.append(measured(300, 9, b, git_dirty=True, git_diff_sha256="d" * 64))
    history = history_of(opened(tmp_path), results, uncommitted=True)
    assert [(p.source_revision, p.dirty) for p in history.series] == [(a, False), (b, False), (b, True), (c, False)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_runs_of_one_code_have_any_order(tmp_path: Path, repository: Commit, order: tuple[int, ...]) -> None:
    revision = repository("one")
    history = history_of(opened(tmp_path), [measured((100, 110, 120)[i], at, revision) for at, i in enumerate(order)])
    assert estimates(history) == [110]
