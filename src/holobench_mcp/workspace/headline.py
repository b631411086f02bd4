"""What a comparison comes to, in words: the decision, its reason and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from holobench_mcp.model import Decision, Difference, Judgement


class Answer(NamedTuple):
    """What a comparison comes to."""

    decision: Decision
    reason: str
    next_step: str | None

    def overruled(self, sentence: str, remedy: str) -> Answer:
        """Regressed all the same: an answer that is wrong is no better for being fast."""
        step = self.next_step if self.decision is Decision.regressed else remedy
        return Answer(Decision.regressed, f"{sentence} {self.reason}", step)


def decide(document: Mapping[str, Any], judgement: Judgement, blocking: Sequence[Difference]) -> Answer:
    """The decision of a judgement, or what makes the results incomparable before any of it."""
    if blocking:
        details = "; ".join(d.detail.rstrip(".") for d in blocking[:3])
        return Answer(
            Decision.incomparable, f"The results can't be compared: {details}.", _to_compare(document, blocking)
        )
    differing = _where_they_differ(document, judgement)
    return Answer(judgement.decision, judgement.reason + (f" {differing}" if differing else ""), judgement.next_step)


def _to_compare(document: Mapping[str, Any], blocking: Sequence[Difference]) -> str:
    """What makes results comparable that are not: the same definition, or the metrics that still mean the same."""
    blocked = {d.variable for d in blocking}
    others = [m["variable"] for m in document["metrics"] if m["variable"] not in blocked]
    if None in blocked or not others:
        return "Record both sides with the same benchmark definition, with their samples, then compare again."
    return (
        "Record both sides with the same benchmark definition, or compare only metrics that mean the same on both: "
        f"{', '.join(others[:5])}."
    )


def _where_they_differ(document: Mapping[str, Any], judgement: Judgement) -> str | None:
    """One sentence, with numbers, on the first metric whose threshold verdict is not its decision."""
    evidence = {m.variable: m for m in judgement.metrics}
    for m in document["metrics"]:
        judged = evidence.get(m["variable"])
        if judged is None or judged.decision.value == m["verdict"]:
            continue
        change = f"{m['change_percent']:+.1f} %" if m["change_percent"] is not None else "a change without a percentage"
        return (
            f"The threshold verdict on {m['variable']} is {m['verdict']} ({change} between the pooled means, "
            f"method {m['method']}), which looks at neither noise nor single points."
        )
    return None
