"""What the benchmark measures: the most common words of a text."""

from __future__ import annotations


def most_common(text: str, n: int) -> list[tuple[str, int]]:
    """The n most common words with their counts, ties in the order of the alphabet."""
    frequency: dict[str, int] = {}
    for token in text.split():
        token = "".join(character.lower() for character in token)
        frequency[token] = frequency.get(token, 0) + 1
    return sorted(frequency.items(), key=lambda entry: (-entry[1], entry[0]))[:n]
