"""Whether anything says that a benchmark's answers are right: without it, a faster wrong one reads as improved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from holobench_mcp.model import (
    AnswersCheck,
    AnswersState,
    Cause,
    Decision,
    Difference,
    Direction,
    Kind,
    Metric,
    MetricEvidence,
    MetricSettings,
)

#: What all checks come to is what the worst of them says.
_WORST_FIRST: tuple[AnswersState, ...] = ("wrong", "unknown", "better", "same")


def checks_answers(
    metrics: Iterable[Metric], settings: Mapping[str, MetricSettings] | None = None, *, guarded: bool = False
) -> bool:
    """Whether a benchmark checks its answers: a claim, a metric of correctness, a boolean that has a better side.

    settings: what is configured, by metric. guarded: whether a guard runs before anything is measured.
    """
    return guarded or any(_checks(metric, settings or {}) for metric in metrics)


def answers_check(
    metrics: Iterable[Metric],
    settings: Mapping[str, MetricSettings],
    judged: Mapping[str, MetricEvidence],
    claims: Sequence[Mapping[str, Any]],
    cause: Cause | None,
    *,
    guarded: tuple[bool, bool] = (False, False),
) -> AnswersCheck:
    """Whether the code still gives the same answers, and by which metrics that is known, or by the guard.

    judged: the evidence, by metric. claims: the contract's, judged on both sides. cause: of the whole decision.
    guarded: whether the baseline and the candidate passed their guard.
    """
    claimed = {c["variable"]: c for c in claims}
    states = {
        m.variable: _state(m, judged.get(m.variable), claimed.get(m.variable)) for m in metrics if _checks(m, settings)
    }
    before, now = guarded
    if now:
        states["guard"] = "same" if before else "better"
    if not states:
        return AnswersCheck(state="unchecked")
    overall = next(state for state in _WORST_FIRST if state in states.values())
    checked_by = tuple(sorted(states, key=lambda variable: states[variable] != overall))
    return AnswersCheck(state="wrong" if cause in ("correctness", "claim") else overall, checked_by=checked_by)


def _checks(metric: Metric, settings: Mapping[str, MetricSettings]) -> bool:
    return (
        metric.claim is not None
        or (metric.kind is Kind.bool and metric.direction is not Direction.none)
        or (metric.variable in settings and settings[metric.variable].correctness)
    )


def _state(metric: Metric, evidence: MetricEvidence | None, judged: Mapping[str, Any] | None) -> AnswersState:
    """What one check says. A measurement that only has a claim may be faster or slower: its claim holds or fails.

    judged: the claim on both sides.
    """
    claim = None if judged is None else judged["candidate"]["holds"]
    if judged is not None and claim is False:
        before = judged["baseline"]
        return "unknown" if before is not None and before["holds"] is False else "wrong"
    if metric.claim is not None and metric.kind is not Kind.bool:
        return "unknown" if claim is None else "same"
    if evidence is None or evidence.cause == "missing":
        return "unknown"
    if evidence.decision in (Decision.regressed, Decision.improved):
        return "wrong" if evidence.decision is Decision.regressed else "better"
    return "same" if evidence.n_points and evidence.size == 0 else "unknown"


def unchecked_answers(bench: str) -> Difference:
    """What to say of a benchmark that checks nothing."""
    detail = (
        f"nothing checks the answers of {bench}: no claim, no boolean metric, no metric configured with correctness = "
        "true. Whether they are still right is not known"
    )
    return Difference(severity="caution", what="unchecked_answers", detail=detail)
