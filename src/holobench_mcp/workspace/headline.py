"""What a comparison comes to, in words: the decision with its cause, its reason and what to do next.

What must stand first in an answer is put there here and nowhere else, so that the text, the structure and the table say
it alike. Sentences know one vocabulary, the decision's; the contract's `verdict` stays a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from holobench_mcp.model import CAUSES_WORST_FIRST, Cause, Decision, Difference, Judgement

#: What says that the change under test was not in what was measured.
NOT_MEASURED = ("change_not_loaded", "installed_copy", "change_not_run")
#: What makes an improvement the measurement's rather than the code's.
_DOUBTS = ("cached_answers", "measurement_touched")
#: What has to be checked before an improvement is believed that may be the measurement's.
_CHECKS = {
    "cached_answers": "the answers are not merely cached between repeats",
    "metric_dropped": "nothing that said the answers are right was dropped",
    "benchmark_source": "the benchmark still measures the same thing",
    "measurement_touched": "the change leaves the clock, holobench and other modules as they were",
}
_FROM_BASE = "the head changed protected files"
#: Cautions about a benchmark's source that tell of no edit.
_NO_EDIT = ("nothing of ", "the base has no ")
_FILES = re.compile(r"\(([^()]*)\)")


class Answer(NamedTuple):
    """What a comparison comes to."""

    decision: Decision
    cause: Cause | None
    reason: str
    next_step: str | None

    def overruled(self, cause: Cause, sentence: str, remedy: str) -> Answer:
        """Regressed all the same: an answer that is wrong or missing is no better for being fast."""
        if self.decision is Decision.regressed:
            # The sentence stands first, whatever else got slower; the cause is the graver of both.
            gravest = min(cause, self.cause, key=CAUSES_WORST_FIRST.index)
            return Answer(self.decision, gravest, f"{sentence} {self.reason}".rstrip(), self.next_step or remedy)
        return Answer(Decision.regressed, cause, f"{sentence} {self.reason}".rstrip(), remedy)


def decide(document: Mapping[str, Any], judgement: Judgement, blocking: Sequence[Difference]) -> Answer:
    """The decision of a judgement, or what makes the results incomparable before any of it."""
    if blocking:
        details = "; ".join(d.detail.rstrip(".") for d in blocking[:3])
        reason = f"The results can't be compared: {details}."
        return Answer(Decision.incomparable, "different", reason, _to_compare(document, blocking))
    return Answer(judgement.decision, judgement.cause or _cause(judgement), judgement.reason, judgement.next_step)


def lead(answer: Answer, cautions: Sequence[Difference]) -> Answer:
    """The same answer with what must be known first in front of it."""
    rules: tuple[tuple[Sequence[Difference], Callable[[Answer, Sequence[Difference]], Answer]], ...] = (
        (_of(cautions, ("unchecked_answers",)), _unchecked),
        (_of(cautions, _DOUBTS), _doubtful),
        ([d for d in _of(cautions, ("benchmark_source",)) if not d.detail.startswith(_NO_EDIT)], _edited),
        (_of(cautions, ("same_artefact",)), _same_artefact),
        (_of(cautions, NOT_MEASURED), _not_measured),
    )
    answer = answer._replace(next_step=checked_first(cautions, answer.decision, answer.next_step))
    for found, rule in rules:
        if found and not answer.reason.startswith(_sentence(found[0])):
            answer = rule(answer, found)
    return answer


def checked_first(cautions: Sequence[Difference], decision: Decision | None, next_step: str | None) -> str | None:
    """The next step, behind what to check before an improvement is believed."""
    checks = [check for what, check in _CHECKS.items() if any(d.what == what for d in cautions)]
    if decision is not Decision.improved or not checks:
        return next_step
    first = f"Before believing it, check that {', and that '.join(checks)}."
    steps = dict.fromkeys(d.next_step for d in cautions if d.what in _DOUBTS and d.next_step)
    first = " ".join([first, *list(steps)[:1]])
    return first if not next_step or next_step.startswith(first) else f"{first} {next_step}"


# ---------------------------------------------------------------------- what stands first


def _not_measured(answer: Answer, found: Sequence[Difference]) -> Answer:
    """A change that was not in what was measured is never unchanged or improved."""
    reason = f"The change was not measured: {_sentence(found[0])}"
    if answer.decision in (Decision.regressed, Decision.incomparable):
        return answer._replace(reason=f"{reason} {answer.reason}")
    measured = f"What was measured instead is {answer.decision.value}: {answer.reason}"
    step = (
        "Benchmark code that runs the changed lines, then measure again."
        if all(d.what == "change_not_run" for d in found)
        else "Make each side load its own code, such as with env PYTHONPATH={tree}/src or a setup that installs the "
        "tree, then measure again."
    )
    return Answer(Decision.inconclusive, "different", f"{reason} {measured}", step)


def _same_artefact(answer: Answer, found: Sequence[Difference]) -> Answer:
    if answer.decision is Decision.regressed:
        return answer
    return Answer(Decision.unchanged, None, _sentence(found[0]), None)


def _edited(answer: Answer, found: Sequence[Difference]) -> Answer:
    """An edit of the benchmark itself stands in the first line of whatever it was decided to be."""
    protected = next((d for d in found if d.detail.startswith(_FROM_BASE)), None)
    files = _FILES.search(protected.detail) if protected is not None else None
    if files is not None:
        first = f"Measured with the base's benchmark, as the change edits the benchmark itself ({files[1]})."
        step = (
            f"Review the edit of {files[1]} by itself, as nothing of it was measured. Where it is meant, commit it "
            "alone first, and measure the rest of the change against that commit."
        )
    else:
        first = f"The benchmark itself was edited: {_sentence(found[0])}"
        step = found[0].next_step or "Measure both sides with one and the same benchmark, then compare again."
    return answer._replace(reason=f"{first} {answer.reason}", next_step=_joined(answer.next_step, step))


def _doubtful(answer: Answer, found: Sequence[Difference]) -> Answer:
    if answer.decision is not Decision.improved:
        return answer
    return answer._replace(reason=f"Perhaps not by the code: {_sentence(found[0])} {answer.reason}")


def _unchecked(answer: Answer, found: Sequence[Difference]) -> Answer:
    if answer.decision is not Decision.improved:
        return answer
    return answer._replace(reason=f"{answer.reason} {_sentence(found[0])}")


# ---------------------------------------------------------------------- parts


def _of(cautions: Sequence[Difference], words: Sequence[str]) -> list[Difference]:
    return [d for d in cautions if d.what in words]


def _sentence(difference: Difference) -> str:
    detail = difference.detail.strip().rstrip(".")
    return f"{detail[:1].upper()}{detail[1:]}."


def _joined(one: str | None, other: str) -> str:
    return other if not one else f"{one} {other}"


def _cause(judgement: Judgement) -> Cause | None:
    """The cause of a judgement that names none: what a test of samples finds is performance."""
    if judgement.decision in (Decision.regressed, Decision.improved):
        return "performance"
    return "different" if judgement.decision is Decision.incomparable else None


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
