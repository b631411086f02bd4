"""What a measurement of two revisions comes to: one decision for all of its sweeps, its reason, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from holobench_mcp.answers import RevisionReport
from holobench_mcp.config import MAX_ROUNDS
from holobench_mcp.model import (
    Cause,
    ComparisonDocument,
    Decision,
    Failure,
    MeasurementDocument,
    MeasurementOutcome,
)
from holobench_mcp.workspace.headline import NOT_MEASURED
from holobench_mcp.workspace.suite_reason import joint_reason, worst_first

#: Causes of a decision that have to be mended before it is worth measuring anything.
MENDED_FIRST = ("missing", "correctness")

if TYPE_CHECKING:
    from holobench_mcp.measure.revisions import RevisionPlan


def paired_rounds(document: MeasurementDocument) -> dict[int, tuple[list[str], list[str]]]:
    """By sweep, the results of both sides in the rounds in which both gave one."""
    by_sweep: dict[int, dict[str, dict[int, str]]] = {}
    for role in document.roles:
        if role.side is not None:
            by_sweep.setdefault(role.sweep, {"base": {}, "head": {}})[role.side][role.run] = role.result_id
    pairs = {}
    for sweep, sides in sorted(by_sweep.items()):
        both = sorted(set(sides["base"]) & set(sides["head"]))
        if both:
            pairs[sweep] = ([sides["base"][r] for r in both], [sides["head"][r] for r in both])
    return pairs


def last_pairs(document: MeasurementDocument) -> list[tuple[str, str]]:
    """Of each sweep that both sides gave, the results of the last round: what a comparison names."""
    return [(base[-1], head[-1]) for base, head in paired_rounds(document).values()]


def report(
    document: MeasurementDocument,
    comparisons: Sequence[ComparisonDocument],
    plan: RevisionPlan,
    *,
    not_comparable: Sequence[str] = (),
    by_person: bool,
) -> RevisionReport:
    """The report of a measurement.

    comparisons: one a sweep. not_comparable: what is said of sweeps that have nothing in common. by_person: whether a
    command is called, not a tool.
    """
    ordered = worst_first(comparisons)
    rounds = rounds_needed(ordered) if document.rounds < MAX_ROUNDS else 0
    documents = [measured_on(c, document, plan, rounds, by_person=by_person) for c in ordered]
    decision, cause, reason, next_step = _answer(document, documents, plan, by_person=by_person)
    if not_comparable and decision is not Decision.regressed:
        reason = f"{not_comparable[0]} The rest is {decision.value}: {reason}" if documents else not_comparable[0]
        decision, cause = Decision.incomparable, "different"
        next_step = "Measure both sides with one and the same benchmark: name its files under protected, or --protect."
    base, head = document.base, document.head
    return RevisionReport(
        decision=decision,
        cause=cause,
        reason=reason,
        next_step=next_step,
        measurement=document.id,
        benchmark=plan.name,
        base_revision=(base.revision if base else None) or "",
        head_revision=head.revision or "",
        head_dirty=bool(head.dirty),
        rounds=document.rounds,
        stopped=document.stopped,
        head_failure=document.head_failure,
        protected_changed=document.protected_changed,
        notes=document.notes,
        comparisons=tuple(documents),
    )


def outcome(report: RevisionReport) -> MeasurementOutcome:
    """What of a report is stored with its measurement."""
    return MeasurementOutcome(
        decision=report.decision, cause=report.cause, reason=report.reason, next_step=report.next_step
    )


def literal_call(
    plan: RevisionPlan, rounds: int | Literal["auto"], *, by_person: bool, seconds: float | None = None
) -> str:
    """The same measurement again with other rounds, as a person or an agent calls it, with what it takes."""
    takes = f" (about {_duration(seconds)})" if seconds else ""
    if by_person:
        words = ["holobench-mcp", "ab", *(["--rounds", str(rounds)] if rounds != "auto" else [])]
        words += ["--base", plan.base] if plan.base != "merge-base" else []
        words += ["--head", plan.head] if plan.head != "worktree" else []
        for name, value in plan.config.env.items() if plan.by_hand else ():
            words += ["--env", f"{name}={value}"]
        words += _options_of(plan) if plan.by_hand else []
        words += ["--", *plan.config.command] if plan.by_hand else ["--benchmark", plan.name]
        return f"`{shlex.join(words)}`{takes}"
    arguments = [f"benchmark={plan.name!r}", *([f"rounds={rounds}"] if rounds != "auto" else [])]
    arguments += [f"base={plan.base!r}"] if plan.base != "merge-base" else []
    arguments += [f"head={plan.head!r}"] if plan.head != "worktree" else []
    from holobench_mcp.measure.plan import chosen_parameters

    chosen = chosen_parameters(plan.config, plan.parameters)
    arguments += [f"parameters={chosen!r}"] if chosen else []
    return f"compare_revisions({', '.join(arguments)}){takes}"


def measured_on(
    comparison: ComparisonDocument, document: MeasurementDocument, plan: RevisionPlan, rounds: int, *, by_person: bool
) -> ComparisonDocument:
    """The same, with the literal call that extends the measurement, where more rounds would settle it.

    rounds: that would settle all that is not settled; 0 where none would, and then it is said already what to do.
    """
    # More rounds of code that is not the change would tell no more of it.
    other_code = any(difference.what in NOT_MEASURED for difference in comparison.comparability)
    if comparison.decision is not Decision.inconclusive or not rounds or other_code:
        return comparison
    more = max(rounds, document.rounds + 1)
    again = literal_call(plan, more, by_person=by_person, seconds=_seconds(document, more - document.rounds))
    step = f"Measure on: {again}. The {document.rounds} rounds that are measured count."
    return comparison.model_copy(update={"next_step": step})


def rounds_needed(comparisons: Sequence[ComparisonDocument]) -> int:
    """The rounds that would settle every metric that is not settled; 0 where no number that may be asked for would."""
    unsettled = [
        m.evidence
        for comparison in comparisons
        for m in comparison.metrics
        if m.evidence is not None and m.evidence.decision is Decision.inconclusive
        # Of what was never measured more rounds would tell no more.
        if m.evidence.ci is not None or m.evidence.runs_needed is not None
    ]
    if any(evidence.runs_needed is None for evidence in unsettled):
        return 0
    return min(max((evidence.runs_needed or 0 for evidence in unsettled), default=0), MAX_ROUNDS)


def mended_first(step: str, again: str) -> str:
    """What has to be mended, and the call that measures it after that."""
    return f"{step} Then measure again: {again}."


# ---------------------------------------------------------------------- parts


def _options_of(plan: RevisionPlan) -> list[str]:
    """The options that a command given by hand had."""
    config = plan.config
    words = [word for path in config.protected for word in ("--protect", path)]
    for option, command in (("--setup", config.setup), ("--guard", config.guard)):
        words += [option, shlex.join(command)] if command else []
    words += ["--tool", config.tool] if config.tool != "auto" else []
    return [*words, *(["--results", config.results] if config.results else [])]


def _answer(
    document: MeasurementDocument, documents: Sequence[ComparisonDocument], plan: RevisionPlan, *, by_person: bool
) -> tuple[Decision, Cause | None, str, str | None]:
    failure = document.head_failure
    if failure is not None:
        again = literal_call(plan, plan.rounds, by_person=by_person, seconds=_seconds(document, plan.rounds))
        step = f"Make {_command(plan)} work on the head again, then measure again: {again}."
        step = f"{failure.remedy} {step}" if failure.remedy else step
        if failure.what == "guard":
            step = f"Make the head pass its guard, then measure again: {again}."
            return Decision.regressed, "correctness", _failed(failure, documents), step
        return Decision.regressed, "missing", _failed(failure, documents), step
    same = next((caution for caution in document.cautions if caution.what == "same_artefact"), None)
    if same is not None and not documents:
        return Decision.unchanged, None, f"{same.detail[:1].upper()}{same.detail[1:]}.", None
    if not documents:
        again = literal_call(plan, plan.rounds, by_person=by_person)
        return Decision.inconclusive, None, "No round was finished, so nothing can be said.", again
    worst = documents[0]
    decisions = [(d.candidate.bench_name, d.decision or Decision.inconclusive) for d in documents]
    decision, reason = decisions[0][1], joint_reason(decisions, worst)
    next_step = worst.next_step
    if worst.cause in MENDED_FIRST and next_step is not None:
        next_step = mended_first(next_step, literal_call(plan, plan.rounds, by_person=by_person))
    return decision, worst.cause, reason, next_step


def _failed(failure: Failure, documents: Sequence[ComparisonDocument]) -> str:
    from holobench_mcp.measure.failures import last_words

    words = last_words(failure)
    first = "The head does not do what the base does"
    if failure.what == "guard":
        first = "The head gives wrong answers, where the base does not, and was not measured"
    reason = f"{first}: {failure.detail}"
    if words:
        reason += f" It ended with: {words}"
    if documents:
        worst = documents[0]
        decision = worst.decision.value if worst.decision else "not judged"
        others = f"What both sides gave is {decision}: {worst.candidate.bench_name}: {worst.reason}"
        reason = f"{reason.rstrip('.')}. {others}"
    return reason


def _command(plan: RevisionPlan) -> str:
    return f"`{shlex.join(plan.config.command)}`"


def _seconds(document: MeasurementDocument, rounds: int | Literal["auto"]) -> float | None:
    """What so many more rounds take, with each side's warm-up."""
    if document.seconds_a_round is None:
        return None
    return document.max_seconds if rounds == "auto" else document.seconds_a_round * (rounds + 1)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"
