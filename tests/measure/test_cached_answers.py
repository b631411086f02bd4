"""A head that is fast only where it has been before is doubted for it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp.measure.cautions import Seen, kept_answers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


def side(first: Sequence[float], later: Sequence[Sequence[float]], direction: str = "minimize") -> Seen:
    """A side of one metric at three points, alike: the samples of its first run, and of each later one."""
    runs = [[snapshot(np.tile(samples, (3, 1)), direction=direction)] for samples in (first, *later)]
    return Seen(runs[0], runs[1:])


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
def test_a_head_that_is_fast_only_where_it_has_been_before_is_told_of(head: Seen, says: str | None) -> None:
    base = HONEST_SIDE if len(head.first[0].samples["time_ms"][0]) > 1 else side([10], [[10]] * 3)
    told = " ".join(d.detail for d in kept_answers(base, head))
    assert (says in told) if says else (told == ""), told
    if says:
        assert "time_ms: the head's first" in told and "times as slow" in told


def test_a_rate_is_a_cost_turned_around() -> None:
    base = side([10, 10, 10], [[10, 10, 10]] * 3, "maximize")
    head = side([10, 100, 100], [[10, 100, 100]] * 3, "maximize")
    assert "between samples" in " ".join(d.detail for d in kept_answers(base, head))


def test_a_base_that_keeps_its_answers_too_is_no_reason_for_doubt() -> None:
    base = side([20, 2, 2], [[20, 2, 2]] * 3)
    assert kept_answers(base, side([10, 1, 1], [[10, 1, 1]] * 3)) == ()
