"""Numbers as bars of characters: an interval around zero, and a metric over time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from holobench_mcp import digits
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


def reach(spans: Mapping[str, float]) -> str:
    """How far bars reach, in each unit."""
    return ", ".join(f"± {digits.plain(span)} {units}".strip() for units, span in spans.items())


def axis(spans: Mapping[str, float], width: int) -> str:
    """What stands over bars of so many cells: both ends and zero; nothing of ends that differ, or have no room."""
    zero = list(" " * (width // 2) + "0")
    if len(spans) != 1:
        return "".join(zero)
    [(units, span)] = spans.items()
    low, high = digits.signed(-span), f"{digits.signed(span)} {units}".strip()
    if len(low) >= width // 2 or len(high) >= width // 2:
        high = digits.signed(span)
    if len(low) >= width // 2 or len(high) >= width // 2:
        return "".join(zero)
    return f"{low:<{width // 2}}0{high:>{width - width // 2 - 1}}"


def range_bar(value: float | None, interval: tuple[float, float] | None, low: float, high: float, width: int) -> str:
    """A value and its interval on a scale from low to high: `···──●──·····`."""
    cells = ["·"] * width

    def at(number: float) -> int:
        share = (number - low) / (high - low) if high > low else 0.5
        return max(0, min(width - 1, round(share * (width - 1))))

    if interval is not None:
        for i in range(at(interval[0]), at(interval[1]) + 1):
            cells[i] = "─"
    if value is not None:
        cells[at(value)] = "●"
    return "".join(cells)


def scale(low: float, high: float, width: int) -> str:
    """Both ends of a scale, over bars of so many cells."""
    left, right = digits.plain(low, 4), digits.plain(high, 4)
    return f"{left}{right:>{width - len(left)}}" if len(left) + len(right) < width else ""


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
