"""Names of files as a sentence has them."""

from __future__ import annotations

from collections.abc import Sequence


def named(paths: Sequence[str], most: int = 5) -> str:
    """Some files in words: the first few, and how many more there are. What can't be printed is replaced."""
    shown = ("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path) for path in paths[:most])
    return ", ".join(shown) + (f" and {len(paths) - most} more" if len(paths) > most else "")
