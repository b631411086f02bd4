"""Sweeps of two runs are matched by what they are, in whatever order they come."""

from __future__ import annotations

import pytest

from holobench_mcp.measure.sweep_matching import SweepKey, match


def keys(text: str) -> tuple[SweepKey, ...]:
    """`sort1 sort2` is two definitions of one benchmark."""
    return tuple(SweepKey(word[:-1], word[-1]) for word in text.split())


@pytest.mark.parametrize(
    ("expected", "collected", "numbers", "missing", "extra"),
    [
        ("a1 b1", "a1 b1", (0, 1), (), ()),
        ("a1 b1", "b1 a1", (1, 0), (), ()),
        ("a1 b1 c1", "c1 a1", (2, 0), ("b",), ()),
        ("a1", "x1 a1 y1", (1, 0, 2), (), ("x", "y")),
        ("a1 a2", "a2 a1", (1, 0), (), ()),
        ("a1 a1", "a1 a1", (0, 1), (), ()),
        ("a1 a1", "a1", (0,), ("a",), ()),
        ("a1 b1", "b1 a2", (1, 0), (), ()),
        ("a1 a2", "a3 a1", (1, 0), (), ()),
        ("a1 b1", "x1 y1", (2, 3), ("a", "b"), ("x", "y")),
        ("a1", "", (), ("a",), ()),
        ("", "a1", (0,), (), ("a",)),
    ],
)
def test_each_sweep_gets_the_number_that_it_has_on_the_base(
    expected: str, collected: str, numbers: tuple[int, ...], missing: tuple[str, ...], extra: tuple[str, ...]
) -> None:
    matching = match(keys(expected), keys(collected))
    assert (matching.numbers, matching.missing, matching.extra) == (numbers, missing, extra)
