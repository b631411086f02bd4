"""How to ask: what a tool and a command both take."""

from __future__ import annotations

from typing import Literal

from holobench_mcp.model import Frozen


class CompareOptions(Frozen):
    """How to compare. method and threshold choose the contract's detector; the margin is the evidence's."""

    metrics: tuple[str, ...] | None = None
    method: Literal["percentage", "adaptive", "delta", "absolute"] | None = None
    threshold: float | None = None
    margin_percent: float | None = None
    replicates: Literal["auto", "none"] = "auto"
    detail: Literal["summary", "full"] = "summary"
    include_change: bool = False
