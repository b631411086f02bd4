"""What the benchmark measures: a merge sort."""

from __future__ import annotations


def sort(items: list[int]) -> list[int]:
    """A sorted copy."""
    if len(items) <= 1:
        return list(items)
    middle = len(items) // 2
    left, right = sort(items[:middle]), sort(items[middle:])
    merged: list[int] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    return merged + left[i:] + right[j:]
