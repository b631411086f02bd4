"""What the benchmark measures: the most common words of a text."""

from __future__ import annotations


def most_common(text: str, n: int) -> list[tuple[str, int]]:
    """The n most common words with their counts, ties in the order of the alphabet."""
    counts = [0] * 5000
    names: dict[str, int] = {}
    for place, word in enumerate(text.split()):
        word = word.lower()
        counts[place] += 1
        names[word] = names.get(word, 0) + 1
    return sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))[:n]
