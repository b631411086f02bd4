"""Which of a comparison's metrics are worth a line of their own: text and structure show the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from holobench_mcp.model import ComparedMetric, ComparisonDocument, Decision, OtherComparison, Verdict

#: A comparison of so few metrics, or beside so few others, shows each, whether it moved or not.
_FEW, _FEW_OTHERS = 3, 4
#: Of other benches that did not move, so many are named.
_NAMED_AT_REST = 8
#: What is decided of whatever did not move; None where it was not judged.
AT_REST = (Decision.unchanged, Decision.inconclusive, None)


class Group(NamedTuple):
    """Metrics that are named only: they have one decision, and one verdict of the contract."""

    decision: Decision | None
    verdict: Verdict
    names: tuple[str, ...]


def selected(document: ComparisonDocument, most: int) -> tuple[list[ComparedMetric], list[Group]]:
    """The metrics to detail, worst first, and the groups of all others: those that did not move, or are too many."""
    few = len(document.metrics) <= _FEW
    # Where nothing moved, the worst one gives the decision, and its numbers are the answer.
    detailed = [m for i, m in enumerate(document.metrics) if few or i == 0 or decision_of(m) not in AT_REST][:most]
    shown = {m.variable for m in detailed}
    return detailed, _groups([m for m in document.metrics if m.variable not in shown])


def _groups(metrics: Sequence[ComparedMetric]) -> list[Group]:
    groups: dict[tuple[Decision | None, Verdict], list[str]] = {}
    for m in metrics:
        groups.setdefault((decision_of(m), m.verdict), []).append(m.variable)
    return [Group(decision, verdict, tuple(names)) for (decision, verdict), names in groups.items()]


def decision_of(metric: ComparedMetric) -> Decision | None:
    """What became of a metric; None where it was not judged."""
    return metric.evidence.decision if metric.evidence is not None else None


class BenchGroup(NamedTuple):
    """Benches that are named only: they have one decision."""

    decision: Decision
    total: int
    names: tuple[str, ...]  #: the first, as many as there is room for


def selected_others(
    also: Sequence[OtherComparison], most: int, names: int
) -> tuple[list[OtherComparison], list[BenchGroup]]:
    """The other benches to tell one by one, worst first, and the groups of those that did not move, or are too many.

    names: how many of a group there is room for.
    """
    few = len(also) <= _FEW_OTHERS
    listed = [o for o in also if few or o.cause or o.decision not in AT_REST][:most]
    groups: dict[Decision, list[str]] = {}
    for other in also:
        if not any(other is one for one in listed):
            groups.setdefault(other.decision, []).append(other.bench_name)
    most_of = {decision: min(names, _NAMED_AT_REST) if decision in AT_REST else names for decision in groups}
    return listed, [BenchGroup(d, len(found), tuple(found[: most_of[d]])) for d, found in groups.items()]


def as_other(document: ComparisonDocument) -> OtherComparison:
    """A sweep's comparison as another one's answer names it."""
    return OtherComparison(
        bench_name=document.candidate.bench_name,
        decision=document.decision or Decision.inconclusive,
        cause=document.cause,
        reason=document.reason or "",
    )
