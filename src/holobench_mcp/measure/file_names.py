"""Names of files as a sentence has them."""

from __future__ import annotations

from collections.abc import Sequence

from holobench_mcp.model.text import plain


def named(paths: Sequence[str], most: int = 5) -> str:
    """Some files in words: the first few, and how many more there are. What can't be printed is replaced."""
    return ", ".join(map(plain, paths[:most])) + (f" and {len(paths) - most} more" if len(paths) > most else "")
