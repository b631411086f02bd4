"""The same merge sort after a well-meant clean-up: popping from the front reads nicely, and moves every element."""

from __future__ import annotations


def sort(items: list[int]) -> list[int]:
    """A sorted copy."""
    if len(items) <= 1:
        return list(items)
    middle = len(items) // 2
    left, right = sort(items[:middle]), sort(items[middle:])
    merged: list[int] = []
    while left and right:
        merged.append(left.pop(0) if left[0] <= right[0] else right.pop(0))
    return merged + left + right
