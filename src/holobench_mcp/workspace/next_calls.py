"""The call that a comparison's next step comes to, where what is configured measures the same code again.

What would settle a comparison is said by the evidence, which knows no benchmark; an agent that has to find the call for
it guesses. Here it gets the call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from holobench_mcp import gitinfo
from holobench_mcp.answers import RevisionReport
from holobench_mcp.config import FEWEST_ROUNDS, MAX_ROUNDS
from holobench_mcp.measure.plan import BenchmarkPlan, RevisionPlan
from holobench_mcp.model import ComparisonDocument, Decision, MeasurementDocument
from holobench_mcp.workspace import revision_report

#: Digits of a revision that a call names.
_DIGITS = 12
#: How the evidence offers a margin that the present samples can show.
_WIDER = re.compile(r"\bcompare with (margin_percent=[\d.]+\d)")


def with_margin_call(step: str | None, sides: Mapping[str, str | None]) -> str | None:
    """A next step that offers a wider margin, as the call that takes it. sides: what is compared, by its argument."""
    named = "".join(f"{argument}={name!r}, " for argument, name in sides.items() if name is not None)
    return None if step is None else _WIDER.sub(lambda m: f"compare_results({named}{m[1]})", step)


def of_report(report: RevisionReport) -> RevisionReport:
    """A measurement's report with that call: of its own last round, whatever was measured since."""
    alone = report.comparisons[0] if len(report.comparisons) == 1 else None
    sides = {} if alone is None else {"baseline": alone.baseline.result_id, "candidate": alone.candidate.result_id}
    return report.model_copy(update={"next_step": with_margin_call(report.next_step, sides)})


def unconfigured(document: ComparisonDocument, benchmark: str) -> ComparisonDocument:
    """A document whose next step would measure a benchmark that the configuration has no more."""
    if document.next_step is None or f"benchmark={benchmark!r}" not in document.next_step:
        return document
    step = f"The configuration has no {benchmark!r:.80} any more: list_benchmarks() says what can be measured on."
    return document.model_copy(update={"next_step": step})


def with_call(
    document: ComparisonDocument, measured: MeasurementDocument, plan: RevisionPlan | BenchmarkPlan
) -> ComparisonDocument:
    """The document with a call in its next step. measured: what recorded the candidate, by a plan that still stands."""
    step = document.next_step
    if not step or f"benchmark={plan.name!r}" in step:
        return document
    if document.cause in revision_report.MENDED_FIRST:
        both = plan if isinstance(plan, RevisionPlan) else _both_sides(plan)
        again = revision_report.literal_call(both, both.rounds, by_person=False)
        return document.model_copy(update={"next_step": revision_report.mended_first(step, again)})
    if document.decision is not Decision.inconclusive or document.cause is not None:
        return document
    rounds = revision_report.rounds_needed([document])
    if isinstance(plan, RevisionPlan):
        own = document.measurement == measured.id
        return revision_report.measured_on(document, measured, plan, rounds, by_person=False) if own else document
    return _in_turn(document, plan, rounds)


def _in_turn(document: ComparisonDocument, plan: BenchmarkPlan, rounds: int) -> ComparisonDocument:
    """Results that were measured apart: both codes in turn, where git has the baseline's, without changes to it."""
    side = document.baseline
    revision = side.provenance.get("source_revision")
    more_repeats = any(m.evidence is not None and m.evidence.repeats_needed for m in document.metrics)
    if not (rounds or more_repeats) or not isinstance(revision, str) or side.rev is None or "+" in side.rev:
        return document
    if not gitinfo.commits_of(plan.root, [revision]):
        return document
    both = _both_sides(plan, revision[:_DIGITS])
    asked = min(max(rounds, FEWEST_ROUNDS), MAX_ROUNDS) if rounds else both.rounds
    call = revision_report.literal_call(both, asked, by_person=False)
    return document.model_copy(update={"next_step": f"Measure both in turn: {call}."})


def _both_sides(plan: BenchmarkPlan, base: str = "merge-base") -> RevisionPlan:
    return RevisionPlan(plan.name, plan.config, plan.root, base, rounds="auto", parameters=plan.parameters)
