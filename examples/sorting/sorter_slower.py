"""The same merge sort after a well-meant optimisation: insertion sort "is fast on short lists". Not on this short."""

from __future__ import annotations

CUTOFF = 512


def sort(items: list[int]) -> list[int]:
    """A sorted copy."""
    if len(items) <= CUTOFF:
        return insertion_sort(items)
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


def insertion_sort(items: list[int]) -> list[int]:
    """A sorted copy, in quadratic time."""
    answer = list(items)
    for i in range(1, len(answer)):
        item, j = answer[i], i
        while j > 0 and answer[j - 1] > item:
            answer[j] = answer[j - 1]
            j -= 1
        answer[j] = item
    return answer
