"""What overrules speed beside the evidence: a claim that held in every run before, and fails in one now.

Every run of a side is looked at. One that is right does not excuse four that are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from holobench_mcp import digits
from holobench_mcp.model import Kind, Metric, MetricSettings
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace.headline import Answer


def with_claims(
    answer: Answer,
    baseline: Sequence[Snapshot],
    candidate: Sequence[Snapshot],
    settings: Mapping[str, MetricSettings],
    metrics: Sequence[str] | None = None,
) -> Answer:
    """Regressed, whatever became of the speed, where the candidate breaks a claim. metrics: only these, where named.

    A claim of a metric that says whether answers are right is one of correctness, and is told before any other.
    settings: what is configured, by metric.
    """
    asked = None if metrics is None else set(metrics)
    before = {m.variable: m.claim for m in baseline[0].metrics}
    for cause in ("correctness", "claim"):
        for metric in candidate[0].metrics:
            if (asked is not None and metric.variable not in asked) or _cause(metric, settings) != cause:
                continue
            if sentence := _broken_claim(baseline, candidate, metric, before.get(metric.variable)):
                remedy = "Make the claim hold again; a faster wrong answer is worse."
                return answer.overruled(cause, sentence, remedy)
    return answer


def _cause(metric: Metric, settings: Mapping[str, MetricSettings]) -> Literal["correctness", "claim"]:
    """What it is that a broken claim of a metric shows."""
    configured = settings.get(metric.variable)
    answers = metric.kind is Kind.bool or (configured is not None and configured.correctness)
    return "correctness" if answers else "claim"


def _broken_claim(
    baseline: Sequence[Snapshot], candidate: Sequence[Snapshot], metric: Metric, claim_before: str | None
) -> str | None:
    """A claim that holds in every run of the baseline and fails in one of the candidate's: a sentence, or None.

    It is the candidate's own claim; where that declares none any more, the baseline's.
    """
    from holobench_mcp.evidence.coverage import in_words
    from holobench_mcp.result.strict_json import strict

    variable = metric.variable
    claim = metric.claim or claim_before
    if claim is None:
        return None
    before = [o["holds"] for o in _outcomes(baseline, variable, claim) if o["holds"] is not None]
    if not before or not all(before):
        return None
    outcomes = _outcomes(candidate, variable, claim)
    failing = [i for i, outcome in enumerate(outcomes) if outcome["holds"] is False]
    if not failing:
        return None
    outcome = strict(outcomes[failing[0]])
    # What fails a claim without a finite value is an infinity, which strict JSON has no number for.
    worst = "infinite" if outcome["worst_value"] is None else digits.plain(outcome["worst_value"], 6)
    where = _run_name(candidate, failing[0], len(failing))
    return (
        f"{variable} no longer holds {'its' if metric.claim else 'the baseline’s'} claim '{claim}': the worst sample "
        f"is {worst} at {in_words(outcome['worst_inputs'])}{where}."
    )


def _outcomes(runs: Sequence[Snapshot], variable: str, claim: str) -> list[dict[str, Any]]:
    from holobench_mcp.result import upstream

    none: dict[str, Any] = {"holds": None, "worst_value": None, "worst_inputs": {}}
    return [
        upstream.judge_claim(claim, s.dataset, variable) if s.dataset is not None and variable in s.dataset else none
        for s in runs
    ]


def _run_name(runs: Sequence[Snapshot], run: int, wrong: int) -> str:
    """Which run it was, and of how many it is true."""
    if len(runs) == 1:
        return ""
    snapshot = runs[run]
    name = snapshot.result_id or f"run {run + 1}"
    if snapshot.measurement is not None:
        name = f"run {snapshot.measurement.run + 1} ({name})"
    return f" in {name}{f', as in {wrong} of {len(runs)} runs' if wrong > 1 else f', one of {len(runs)} runs'}"
