"""What overrules speed: a claim that no longer holds, a metric of correctness that got worse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holobench_mcp.model import Direction, MetricSettings
from holobench_mcp.workspace.headline import Answer


def with_claims(document: Mapping[str, Any], answer: Answer) -> Answer:
    """A claim that held before and fails now is a regression, whatever became of the speed."""
    for claim in document["claims"]:
        before, now = claim["baseline"], claim["candidate"]
        if now["holds"] is False and before is not None and before["holds"] is True:
            # What fails a claim without a finite value is an infinity, which strict JSON has no number for.
            worst = "infinite" if now["worst_value"] is None else f"{now['worst_value']:g}"
            sentence = (
                f"{claim['variable']} no longer holds its claim '{claim['claim']}': the worst sample is "
                f"{worst} at {now['worst_inputs']}."
            )
            return answer.overruled(sentence, "Make the claim hold again; a faster wrong answer is worse.")
    return answer


def with_correctness(document: Mapping[str, Any], settings: Mapping[str, MetricSettings], answer: Answer) -> Answer:
    """A metric that is configured to say whether the answer is right may not get worse at all."""
    for m in document["metrics"]:
        configured = settings.get(m["variable"])
        before, now = m["baseline_value"], m["current_value"]
        if configured is None or not configured.correctness or before is None or now is None:
            continue
        direction = configured.direction or m["direction"]
        worse = now < before if direction == Direction.maximize else now > before
        if worse or (direction == Direction.none and now != before):
            sentence = f"{m['variable']} says that answers are wrong: it was {before:.6g}, and is {now:.6g}."
            return answer.overruled(sentence, "Make the answers right again; a faster wrong one is worse.")
    return answer
