"""Numbers as bars of characters: an interval around zero, and a metric over time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from holobench_mcp.model import MetricEvidence

_FOREST_WIDTH = 33


def forest_bar(evidence: MetricEvidence | None, span: float, width: int = _FOREST_WIDTH) -> str:
    """An interval as a bar around zero: `·····┼──●──·····`. span: the effect at either edge."""
    cells = ["·"] * width
    middle = width // 2
    if evidence is not None and evidence.ci is not None and span > 0:
        low, high = (_cell(edge, span, width) for edge in evidence.ci)
        for i in range(low, high + 1):
            cells[i] = "─"
        size = evidence.effect_percent if evidence.effect_percent is not None else evidence.effect
        cells[middle] = "┼" if cells[middle] == "─" else "│"
        if size is not None:
            cells[_cell(size, span, width)] = "●"
    else:
        cells[middle] = "│"
    return "".join(cells)


def spans(evidence: Sequence[MetricEvidence]) -> dict[str, float]:
    """How far the bars reach: to the farthest end of an interval, apart for each unit."""
    spans: dict[str, float] = {}
    for e in evidence:
        edges = [abs(edge) for edge in e.ci or ()]
        spans[e.units or ""] = max([*edges, spans.get(e.units or "", 0.0)])
    return {units: span or 1.0 for units, span in spans.items()}


def sparkline(values: Sequence[float | None], stepped: Collection[str] = (), ids: Sequence[str] = ()) -> str:
    """Values as eight heights of bars; `|` stands before a measurement at which the metric stepped."""
    known = [v for v in values if v is not None]
    if not known:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1.0
    bars = [" " if v is None else "▁▂▃▄▅▆▇█"[min(7, int((v - low) / span * 8))] for v in values]
    marks = ["|" if i < len(ids) and ids[i] in stepped else "" for i in range(len(values))]
    return "".join(mark + bar for mark, bar in zip(marks, bars, strict=True))


def _cell(value: float, span: float, width: int) -> int:
    return max(0, min(width - 1, round((value / span + 1) / 2 * (width - 1))))
