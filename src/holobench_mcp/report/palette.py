"""The colours of both themes, by what they mean. Blue is better and orange is worse, as every eye can tell these apart.

After Okabe and Ito's palette, each as dark or as light as text on its ground has to be. No decision is told by its
colour alone: it has a shape and a word as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from holobench_mcp.model import Decision

LIGHT: Mapping[str, str] = {
    "ground": "#ffffff",
    "panel": "#f5f7fa",
    "ink": "#18202b",
    "soft": "#555f6d",
    "line": "#d4dae2",
    "band": "#e4e9f0",
    "focus": "#18202b",
    "improved": "#0067ad",
    "regressed": "#bc4800",
    "unchanged": "#5a6573",
    "inconclusive": "#4f4000",
    "incomparable": "#18202b",
}
DARK: Mapping[str, str] = {
    "ground": "#10151c",
    "panel": "#182029",
    "ink": "#e9eef5",
    "soft": "#a4afbd",
    "line": "#323d4a",
    "band": "#27313d",
    "focus": "#e9eef5",
    "improved": "#61b6f5",
    "regressed": "#ff9a5c",
    "unchanged": "#98a4b3",
    "inconclusive": "#f0d84a",
    "incomparable": "#ffffff",
}


def class_of(decision: Decision | None) -> str:
    """The class of what is drawn of a decision; of what was not judged, that of an open one."""
    return f"hb-{(decision or Decision.inconclusive).value}"


def variables(colours: Mapping[str, str]) -> str:
    """The declarations of a theme's colours."""
    return " ".join(f"--hb-{name}: {colour};" for name, colour in colours.items())
