"""What the benchmark measures: the most common words of a text."""

from __future__ import annotations


def most_common(text: str, n: int) -> list[tuple[str, int]]:
    """The n most common words with their counts, ties in the order of the alphabet."""
    normalised = ["".join(letter.lower() for letter in word) for word in text.split()]
    places: dict[str, list[str]] = {}
    for word in normalised:
        places.setdefault(word, []).append(word)
    counts = {word: len(found) for word, found in places.items()}
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:n]
