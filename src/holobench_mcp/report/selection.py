"""Which of many metrics, points and values are drawn: what moved, and of the rest how many there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from holobench_mcp.digest.selection import AT_REST, decision_of
from holobench_mcp.model import ComparedMetric, ComparisonDocument, Decision
from holobench_mcp.report.markup import shortened

#: So many metrics are all drawn; of more, those that moved, and of these at most as many: a row takes 3 kB.
_MOST = 24


class Group(NamedTuple):
    """Metrics that are named only: they have one decision."""

    decision: Decision | None
    total: int
    names: tuple[str, ...]


def shown_metrics(document: ComparisonDocument) -> tuple[list[ComparedMetric], list[Group]]:
    """The metrics to draw, worst first as they are, and the others by their decision."""
    metrics = document.metrics
    if len(metrics) <= _MOST:
        return list(metrics), []
    shown = [m for i, m in enumerate(metrics) if i == 0 or decision_of(m) not in AT_REST][:_MOST]
    drawn = {id(m) for m in shown}
    groups: dict[Decision | None, list[str]] = {}
    for m in metrics:
        if id(m) not in drawn:
            groups.setdefault(decision_of(m), []).append(m.variable)
    return shown, [Group(d, len(names), tuple(names)) for d, names in groups.items()]


def named(names: Iterable[str], most: int) -> str:
    """The first of many names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - most:,} more" if len(listed) > most else ""
    return ", ".join(shortened(name, 80) for name in listed[:most]) + more
