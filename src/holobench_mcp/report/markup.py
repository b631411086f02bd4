"""HTML and SVG as text: an element is made here, and whatever is not one is text and escaped.

Names, units, labels and reasons come from whoever can write a result. A page can't be broken by forgetting to escape
one, as nothing but `element` and `joined` makes `Markup`, and `element` escapes all else.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2s
from html import escape

from holobench_mcp.model.text import plain

#: Elements of HTML that have no end.
_VOID = frozenset({"br", "meta", "link", "hr", "input"})


class Markup(str):
    """Markup that was built here; any other text is data."""

    __slots__ = ()


def text(data: object) -> Markup:
    """Data as text of a page, in content and in attributes alike: one line that shows all that it is."""
    return Markup(escape(plain(str(data))))


def element(name: str, /, *children: str | None, **attributes: str | float | None) -> Markup:
    """An element. children: markup as it is, anything else escaped; attributes: those that are not None.

    `class_` is class, and an underscore within a name is a hyphen.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(children)}</{name}>")


def joined(parts: Iterable[str | None], between: str = "") -> Markup:
    """Parts one behind the other: markup as it is, anything else escaped; None is left out."""
    return Markup(between.join(part if isinstance(part, Markup) else text(part) for part in parts if part is not None))


def identity(*parts: object) -> str:
    """An id of a page that is the same for the same parts."""
    return f"hb-{blake2s(repr(parts).encode(errors='backslashreplace'), digest_size=5).hexdigest()}"


def shortened(name: str, most: int) -> str:
    """A name of at most so many characters: what is left out of a longer one is its middle."""
    if len(name) <= most:
        return name
    tail = max(1, (most - 1) * 2 // 5)
    return f"{name[: max(1, most - 1 - tail)]}…{name[-tail:]}"


def _value(value: str | float) -> Markup:
    """What an attribute is: numbers by their digits, markup as it is, however long."""
    return value if isinstance(value, Markup) else text(value if isinstance(value, str) else number(value))


def number(value: float) -> str:
    """A coordinate: two digits behind the point, where it has any."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
