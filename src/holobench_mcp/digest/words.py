"""Words and figures that every answer is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from holobench_mcp import digits
from holobench_mcp.model.text import plain


def joined(lines: Iterable[str]) -> str:
    """Lines as a text, each of them plain."""
    return "\n".join(map(plain, lines))


def number(value: float | None) -> str:
    """Five significant digits."""
    return "none" if value is None else digits.plain(value, 5)


def holds(outcome: bool | None) -> str:
    """Whether a claim holds, in a word."""
    return "not measured" if outcome is None else "holds" if outcome else "FAILS"


def unit(units: str | None) -> str:
    """A unit behind the name that it belongs to."""
    return f" [{units}]" if units else ""


def at(inputs: Mapping[str, object]) -> str:
    """An input point behind the value that was measured there."""
    return f" at {', '.join(f'{k}={v}' for k, v in inputs.items())}" if inputs else ""


def few(names: Iterable[str], most: int = 6) -> str:
    """The first names of many, and how many more there are."""
    listed = list(names)
    if not most:
        return f"{len(listed)} of them" if listed else ""
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def revision(commit: str | None, dirty: bool | None) -> str:
    """Which code: the beginning of its hash, and whether there was more than that."""
    return (commit[:10] if commit else "unknown") + ("+dirty" if dirty else "")
