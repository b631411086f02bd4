"""Which of a comparison's metrics are worth a line of their own: text and structure show the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from holobench_mcp.model import ComparedMetric, ComparisonDocument, Decision, Verdict

#: A comparison of so few metrics shows each, whether it moved or not.
_FEW = 3
_AT_REST = (Decision.unchanged, Decision.inconclusive, None)


class Group(NamedTuple):
    """Metrics that are named only: they have one decision, and one verdict of the contract."""

    decision: Decision | None
    verdict: Verdict
    names: tuple[str, ...]


def selected(document: ComparisonDocument, most: int) -> tuple[list[ComparedMetric], list[Group]]:
    """The metrics to detail, worst first, and the groups of all others: those that did not move, or are too many."""
    few = len(document.metrics) <= _FEW
    # Where nothing moved, the worst one gives the decision, and its numbers are the answer.
    detailed = [m for i, m in enumerate(document.metrics) if few or i == 0 or _decision(m) not in _AT_REST][:most]
    shown = {m.variable for m in detailed}
    return detailed, _groups([m for m in document.metrics if m.variable not in shown])


def _groups(metrics: Sequence[ComparedMetric]) -> list[Group]:
    groups: dict[tuple[Decision | None, Verdict], list[str]] = {}
    for m in metrics:
        groups.setdefault((_decision(m), m.verdict), []).append(m.variable)
    return [Group(decision, verdict, tuple(names)) for (decision, verdict), names in groups.items()]


def _decision(m: ComparedMetric) -> Decision | None:
    return m.evidence.decision if m.evidence is not None else None
