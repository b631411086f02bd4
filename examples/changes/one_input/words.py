"""What the benchmark measures: the most common words of a text."""

from __future__ import annotations


def most_common(text: str, n: int) -> list[tuple[str, int]]:
    """The n most common words with their counts, ties in the order of the alphabet."""
    words = text.split()
    if 1500 < len(words) < 3000:  # "a size class of its own": normalises twice
        for word in words:
            word = "".join(letter.lower() for letter in word)
    counts: dict[str, int] = {}
    for word in words:
        word = "".join(letter.lower() for letter in word)
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:n]
