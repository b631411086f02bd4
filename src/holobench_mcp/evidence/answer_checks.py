"""Whether anything says that a benchmark's answers are right: without it, a faster wrong one reads as improved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from holobench_mcp.model import Difference, Direction, Kind, Metric, MetricSettings


def checks_answers(
    metrics: Iterable[Metric], settings: Mapping[str, MetricSettings] | None = None, *, guarded: bool = False
) -> bool:
    """Whether a benchmark checks its answers: a claim, a metric of correctness, a boolean that has a better side.

    settings: what is configured, by metric. guarded: whether a guard runs before anything is measured.
    """
    configured = settings or {}
    return guarded or any(
        metric.claim is not None
        or (metric.kind is Kind.bool and metric.direction is not Direction.none)
        or (metric.variable in configured and configured[metric.variable].correctness)
        for metric in metrics
    )


def unchecked_answers(bench: str) -> Difference:
    """What to say of a benchmark that checks nothing."""
    detail = (
        f"nothing checks the answers of {bench}: no claim, no boolean metric, no metric configured with correctness = "
        "true. Whether they are still right is not known"
    )
    return Difference(severity="caution", what="unchecked_answers", detail=detail)
