"""What pictures are made of, each a small function: a decision's shape, an interval, a band, a dot, a line of text.

Shapes stand at percentages of the width, so each is a nested svg around its own zero.
"""

from __future__ import annotations

import math

from holobench_mcp.model import Decision
from holobench_mcp.report.markup import Markup, element, identity, joined
from holobench_mcp.report.palette import class_of
from holobench_mcp.report.scale import Axis

#: Outlines around zero, in pixels: diamond, disc, bar of two strokes, ring, cross. Rings are not filled.
_OUTLINES = {
    Decision.regressed: "M0 -7 L7 0 L0 7 L-7 0 Z",
    Decision.improved: "M-5.5 0 A5.5 5.5 0 1 1 5.5 0 A5.5 5.5 0 1 1 -5.5 0 Z",
    Decision.unchanged: "M-6 -4.5 H6 V-1.2 H-6 Z M-6 1.2 H6 V4.5 H-6 Z",
    Decision.inconclusive: "M-5 0 A5 5 0 1 1 5 0 A5 5 0 1 1 -5 0 Z",
    Decision.incomparable: "M-5.5 -5.5 L5.5 5.5 M-5.5 5.5 L5.5 -5.5",
}
_STROKED = (Decision.inconclusive, Decision.incomparable)
WORDS = {
    Decision.regressed: "Regressed",
    Decision.improved: "Improved",
    Decision.unchanged: "Unchanged",
    Decision.inconclusive: "Inconclusive",
    Decision.incomparable: "Incomparable",
}


def word(decision: Decision | None) -> str:
    """A decision as a heading has it."""
    return WORDS[decision] if decision is not None else "Not judged"


def outline(decision: Decision | None, *, small: bool = False) -> Markup:
    """A decision's shape around zero."""
    decision = decision or Decision.inconclusive
    kind = "hb-stroked" if decision in _STROKED else "hb-filled"
    size = "scale(0.62)" if small else None
    return element("path", d=_OUTLINES[decision], class_=f"hb-mark {kind} {class_of(decision)}", transform=size)


def mean() -> Markup:
    """A mean that decided nothing, around zero."""
    return element("path", d="M0 -7 V7", class_="hb-mean")


def at(x: str, y: float, *children: str) -> Markup:
    """What is drawn around zero, at a place of the picture."""
    return element("svg", *children, x=x, y=y, overflow="visible", class_="hb-at")


def icon(decision: Decision | None) -> Markup:
    """A decision's shape beside its word, which says the same: readers of the page are spared it."""
    return element(
        "svg", outline(decision), class_="hb-icon", viewBox="-8 -8 16 16", width="16", height="16", aria_hidden="true"
    )


def badge(decision: Decision | None) -> Markup:
    """A decision by shape, colour and word."""
    return element("span", icon(decision), word(decision), class_=f"hb-badge {class_of(decision)}")


def line(x1: str, y1: float | str, x2: str, y2: float | str, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def label(content: str, x: str, y: float, class_: str = "hb-label", anchor: str | None = None) -> Markup:
    """A line of text. anchor: which end of it stands at x: start, middle or end."""
    return element("text", content, x=x, y=y, class_=class_, text_anchor=anchor)


def backdrop(axis: Axis, height: float | str, margin: float | None) -> Markup:
    """What stands behind a row of effects: the margin as a band, and the line of no change."""
    parts = []
    if margin:
        left, right = axis.at(-margin), axis.at(margin)
        width = f"{float(right[:-1]) - float(left[:-1]):.2f}%"
        parts.append(element("rect", x=left, y=0, width=width, height=height, class_="hb-band"))
    zero = axis.at(0)
    return joined([*parts, line(zero, 0, zero, height, "hb-zero")])


def interval(axis: Axis, ends: tuple[float, float], y: float, class_: str) -> Markup:
    """An interval with its ends; an end that is beyond the axis is an arrow."""
    low, high = (_bounded(end) for end in ends)
    if math.isnan(low) or math.isnan(high):
        return Markup("")
    parts = [line(axis.at(low), y, axis.at(high), y, f"hb-interval {class_}")]
    for end, turn in ((low, "M4 -4 L-3 0 L4 4"), (high, "M-4 -4 L3 0 L-4 4")):
        cap = "M0 -4 V4" if axis.holds(end) else turn
        parts.append(at(axis.at(end), y, element("path", d=cap, class_=f"hb-cap {class_}")))
    return joined(parts)


def dot(x: str, y: float, class_: str, radius: float = 4.0, title: str | None = None) -> Markup:
    """A single value."""
    named = None if title is None else element("title", title)
    return element("circle", named, cx=x, cy=y, r=radius, class_=class_)


def picture(*children: str, height: float, title: str, desc: str, class_: str = "hb-plot", key: object = "") -> Markup:
    """A picture as wide as its place, with what it shows in words for who can't see it. key: tells alike ones apart."""
    name = identity(title, desc, key)
    return element(
        "svg",
        element("title", title, id=f"{name}-t"),
        element("desc", desc, id=f"{name}-d"),
        *children,
        class_=class_,
        role="img",
        width="100%",
        height=height,
        tabindex="0",
        aria_labelledby=f"{name}-t {name}-d",
    )


def _bounded(value: float) -> float:
    return max(-1e308, min(1e308, value))
