"""A side that is fast only where it has been before is doubted, whether it was measured in rounds or recorded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp.evidence.cached_answers import SideRuns, cached_answers
from holobench_mcp.evidence.comparability import compare


def side(first: Sequence[float], later: Sequence[Sequence[float]], direction: str = "minimize") -> SideRuns:
    """A side of one metric at three points, alike: the samples of its first run, and of each later one."""
    runs = [[snapshot(np.tile(samples, (3, 1)), direction=direction)] for samples in (first, *later)]
    return SideRuns(runs[0], runs[1:])


HONEST_SIDE = side([11, 10, 10], [[11, 10, 10]] * 3)


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (side([10, 1, 1], [[10, 1, 1]] * 3), "keeps its answers between samples"),
        (side([10, 10, 10], [[1, 1, 1]] * 3), "keeps its answers between runs"),
        (side([5, 5, 5], [[5, 5, 5]] * 3), None),
        (side([6, 5, 5], [[6, 5, 5]] * 3), None),
        (side([30, 20, 20], [[20, 20, 20]] * 3), None),
        (side([9, 5, 5], [[5, 5, 5], [8, 8, 8], [5, 5, 5]]), None),
        (side([10], [[9]] * 3), None),
        (side([0, 0, 0], [[0, 0, 0]] * 3), None),
    ],
    ids=["memory", "disk", "faster", "a little warm-up", "slower", "a busy machine", "one sample", "zeros"],
)
def test_a_head_that_is_fast_only_where_it_has_been_before_is_cautions_of(head: SideRuns, says: str | None) -> None:
    base = HONEST_SIDE if len(head.first[0].samples["time_ms"][0]) > 1 else side([10], [[10]] * 3)
    cautions = " ".join(d.detail for d in cached_answers(base, head))
    assert (says in cautions) if says else (cautions == ""), cautions
    if says:
        assert "time_ms: the head's first" in cautions and "times as slow" in cautions


def test_a_rate_is_a_cost_turned_around() -> None:
    base = side([10, 10, 10], [[10, 10, 10]] * 3, "maximize")
    head = side([10, 100, 100], [[10, 100, 100]] * 3, "maximize")
    assert "between samples" in " ".join(d.detail for d in cached_answers(base, head))


def test_a_base_that_keeps_its_answers_too_is_no_reason_for_doubt() -> None:
    base = side([20, 2, 2], [[20, 2, 2]] * 3)
    assert cached_answers(base, side([10, 1, 1], [[10, 1, 1]] * 3)) == ()


# ---------------------------------------------------------------------- recorded results


def recorded(samples: Sequence[float], runs: int = 1) -> list[object]:
    return [snapshot(np.tile(samples, (4, 1)), at=at) for at in range(runs)]


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize(
    ("base", "head", "doubted"),
    [
        ([10, 10, 10, 10], [9, 0.1, 0.1, 0.1], True),
        ([11, 10, 10, 10], [10, 4, 4, 4], True),
        ([20, 2, 2, 2], [10, 1, 1, 1], False),
        ([10, 10, 10, 10], [40, 20, 20, 20], False),
        ([10, 10, 10, 10], [5.5, 5, 5, 5], False),
        ([10, 10, 10, 10], [6, 5, 5, 5.5], False),
    ],
    ids=["a cache", "a slower cache", "both sides", "slower", "warm-up", "noise"],
)
def test_results_that_are_compared_are_read_by_the_same_rule(
    base: list[float], head: list[float], doubted: bool, runs: int
) -> None:
    differences = compare(recorded(base, runs), recorded(head, runs))
    assert [d.what for d in differences if d.variable] == (["cached_answers"] if doubted else [])


def test_points_that_failed_leave_the_others_to_be_read() -> None:
    base, head = recorded([10] * 5)[0], recorded([9, 1, 1, 1, 1])[0]
    head.samples["time_ms"][0] = np.nan
    assert [d.what for d in compare([base], [head]) if d.variable] == ["cached_answers"]


def noisy(
    rng: np.random.Generator,
    level: float,
    warm_up: float,
    shape: tuple[int, int, int],
    *,
    sd: float = 0.1,
    cached: bool = False,
) -> SideRuns:
    """A side in milliseconds: runs differ by 3 %, samples by sd; a first one is slower by its warm-up, or is a full one."""
    runs, points, repeats = shape
    values = np.exp(
        0.03 * rng.standard_normal((runs + 1, 1, 1)) + sd * rng.standard_normal((runs + 1, points, repeats))
    )
    values *= level
    values[..., 0] *= 1 + warm_up
    if cached:
        values[..., 1:] *= 0.1
    snapshots = [[snapshot(a)] for a in values]
    return SideRuns(snapshots[0], snapshots[1:])


@pytest.mark.parametrize("shape", [(1, 1, 5), (3, 2, 5), (1, 10, 5), (5, 4, 3)])
@pytest.mark.parametrize(
    ("speed", "before", "after"),
    [(1.0, 0.0, 0.0), (0.8, 0.1, 0.1), (0.8, 0.0, 0.2), (0.5, 0.5, 0.5), (0.5, 0.05, 0.4), (0.1, 0.1, 2.0)],
    ids=["identical", "alike", "a little more", "much on both", "more", "as long for a tenth of the time"],
)
def test_a_head_that_warms_up_is_seldom_doubted(
    shape: tuple[int, int, int], speed: float, before: float, after: float
) -> None:
    rng = np.random.default_rng(sum(shape))
    sides = [(noisy(rng, 10, before, shape), noisy(rng, 10 * speed, after, shape)) for _ in range(60)]
    assert np.mean([bool(cached_answers(*pair)) for pair in sides]) <= 0.02


@pytest.mark.parametrize("shape", [(3, 4, 5), (5, 4, 3), (5, 1, 5), (1, 10, 5), (3, 10, 2)])
@pytest.mark.parametrize(("sd", "share"), [(0.02, 1.0), (0.1, 1.0), (0.2, 0.5)])
def test_answers_ten_times_as_fast_are_found_in_noise(shape: tuple[int, int, int], sd: float, share: float) -> None:
    rng = np.random.default_rng(1)
    sides = [(noisy(rng, 10, 0.1, shape, sd=sd), noisy(rng, 10, 0.0, shape, sd=sd, cached=True)) for _ in range(20)]
    assert np.mean([bool(cached_answers(*pair)) for pair in sides]) >= share


def test_what_is_found_says_what_to_measure_instead() -> None:
    (caution,) = cached_answers(HONEST_SIDE, side([10, 1, 1], [[10, 1, 1]] * 3))
    assert (caution.next_step or "").startswith("Measure with fresh inputs: ")
