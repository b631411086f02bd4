"""A comparison as data: the decision and what to do, then whether answers and benchmark are the same, then figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holobench_mcp.answers import RevisionReport
from holobench_mcp.answers.comparison import (
    Compared,
    ComparisonShort,
    FailureShort,
    MetricGroup,
    MetricShort,
    OtherGroup,
    OtherShort,
    PointShort,
    SideShort,
)
from holobench_mcp.digest import remarks, room
from holobench_mcp.digest.documents import document_of
from holobench_mcp.digest.room import Room, cut, first_lines
from holobench_mcp.digest.selection import as_other, selected, selected_others
from holobench_mcp.model import (
    ComparedMetric,
    ComparisonDocument,
    Decision,
    Failure,
    MetricEvidence,
    OtherComparison,
    PointEvidence,
    Side,
)

#: A trace is worth so many remarks: its last calls are where the change is.
_TRACE_LINES = 3
_NOT_JUDGED = "Not judged: there are only the contract's verdicts, a threshold on means."


def comparison(document: ComparisonDocument) -> ComparisonShort:
    """A comparison in as much room as its number of metrics and sweeps gives it."""
    count = len(document.metrics) + len(document.also)
    return room.fitting(lambda r: _short(document, r), room.budget(count), _size)


def revisions(report: RevisionReport) -> ComparisonShort:
    """A measurement of two revisions: its worst comparison, the others beside it, and how it was measured."""
    documents = report.comparisons
    count = len(documents) - 1 + (len(documents[0].metrics) if documents else 1)
    return room.fitting(lambda r: _of_report(report, r), room.budget(count), _size)


def whole(document: ComparisonDocument) -> ComparisonDocument | ComparisonShort:
    """The document itself; where it is longer than a client takes, its short form, which says where the whole is."""
    size = room.size_of(document_of(document))
    if size <= room.WHOLE:
        return document
    short = comparison(document)
    says = f"The whole has {size:,} characters, too many for one answer: read the resource, or name fewer metrics."
    return short.model_copy(update={"notes": (says, *short.notes)})


# ---------------------------------------------------------------------- the whole


def _short(document: ComparisonDocument, r: Room) -> ComparisonShort:
    return ComparisonShort(
        decision=document.decision,
        cause=document.cause,
        reason=cut(document.reason or _NOT_JUDGED, r.reason),
        next_step=None if document.next_step is None else cut(document.next_step, r.reason),
        measurement=document.measurement,
        benchmark=document.candidate.bench_name,
        compared=_compared(document),
        **_body(document, r),
        full=document.uri,
    )


def _body(document: ComparisonDocument, r: Room) -> dict[str, Any]:
    """What stands between the answer and the provenance."""
    detailed, groups = selected(document, r.metrics)
    answers = document.answers
    return {
        "answers": answers.state if answers else None,
        "answers_checked_by": _few(answers.checked_by, 3) if answers else (),
        "benchmark_files_changed": _few(remarks.edited_files(document.comparability), 5),
        "metrics": tuple(_metric(m, r) for m in detailed),
        "other_metrics": tuple(
            MetricGroup(decision=g.decision, verdict=g.verdict, count=len(g.names), variables=g.names[: r.names])
            for g in groups
        ),
        "only_base": _few(document.unpaired.baseline_only, r.names),
        "only_head": _few(document.unpaired.candidate_only, r.names),
        **_others(document.also, r),
        "not_measured": _few(document.not_measured, r.names),
        "trust": tuple(first_lines(remarks.trust(document), r)),
        "notes": tuple(first_lines(document.notes, r)),
    }


def _of_report(report: RevisionReport, r: Room) -> ComparisonShort:
    worst, others = (report.comparisons[0], report.comparisons[1:]) if report.comparisons else (None, ())
    body = _body(worst, r) if worst is not None else {}
    answers = remarks.gravest_answers(report.comparisons)
    also = _others([as_other(d) for d in others], r)
    changed = _few(remarks.edited_files(worst.comparability if worst else (), report.protected_changed), 5)
    notes = [*(worst.notes if worst else ()), *report.notes]
    return ComparisonShort(
        decision=report.decision,
        cause=report.cause,
        reason=cut(report.reason, r.reason),
        next_step=None if report.next_step is None else cut(report.next_step, r.reason),
        measurement=report.measurement,
        benchmark=report.benchmark,
        compared=_measured(report, worst),
        failure=_failure(report.head_failure, r),
        full=worst.uri if worst is not None else None,
        **body
        | {
            "answers": answers.state if answers else None,
            "answers_checked_by": _few(answers.checked_by, 3) if answers else (),
            "benchmark_files_changed": changed,
            **also,
            "notes": tuple(first_lines([note for note in notes if note not in report.reason], r)),
        },
    )


# ---------------------------------------------------------------------- parts


def _metric(m: ComparedMetric, r: Room) -> MetricShort:
    e = m.evidence
    contract: dict[str, Any] = {
        "variable": m.variable,
        "verdict": m.verdict,
        "baseline_value": m.baseline_value,
        "current_value": m.current_value,
    }
    if e is None:
        return MetricShort(decision=None, **contract)
    measured = e.points_tested or e.n_points
    by_points = e.decided_by == "points"
    return MetricShort(
        **contract,
        decision=e.decision,
        cause=e.cause if e.cause != "performance" else None,
        effect=e.effect_percent if e.effect_percent is not None else e.effect,
        units=e.units,
        interval=None if by_points else e.ci,
        decided_by="points" if by_points else None,
        points=_points(e, r),
        points_moved=e.points_moved,
        points_unchanged=e.points_unchanged if measured > 1 else 0,
        points_inconclusive=max(0, measured - e.points_moved - e.points_unchanged) if measured > 1 else 0,
        points_missing=e.missing,
        missing_at=e.missing_points[: r.points],
    )


def _points(e: MetricEvidence, r: Room) -> tuple[PointShort, ...]:
    """Every point where there are few, in the order of the worst; else the worst of those that moved."""
    if e.decision is Decision.unchanged and not r.unchanged:
        return ()
    every = (*e.points, *e.points_at_rest)
    points = every if len(every) <= r.all_points else e.points[: r.points]
    return tuple(_point(p) for p in points)


def _point(p: PointEvidence) -> PointShort:
    return PointShort(at=p.inputs, effect=p.size, interval=p.ci, decision=Decision(p.decision))


def _compared(document: ComparisonDocument) -> Compared:
    evidence = document.evidence
    runs = evidence.runs if evidence is not None else (0, 0)
    return Compared(
        base=_side(document.baseline, runs[0], named=document.uri is None),
        head=_side(document.candidate, runs[1], named=document.uri is None),
        margin_percent=evidence.margin_percent if evidence is not None else None,
        rounds=runs[1] if evidence is not None and evidence.replicates == "rounds" else None,
    )


def _measured(report: RevisionReport, worst: ComparisonDocument | None) -> Compared:
    known = _compared(worst) if worst is not None else Compared(base=SideShort(), head=SideShort())
    head = {"rev": report.head_revision[:10] or None, "dirty": report.head_dirty}
    return known.model_copy(
        update={
            "base": known.base.model_copy(update={"rev": report.base_revision[:10] or None, "dirty": False}),
            "head": known.head.model_copy(update=head),
            "rounds": report.rounds,
        }
    )


def _side(side: Side, runs: int, *, named: bool) -> SideShort:
    """A side; by its result's id where no address has it."""
    rev = side.rev or side.provenance.get("source_revision")
    name = str(rev).partition("+")[0] if rev else None
    return SideShort(
        result_id=side.result_id if named else None,
        rev=cut(name, 40) if name else None,
        dirty=bool(rev and str(rev).endswith("+dirty")),
        label=cut(side.label, 60) if side.label else None,
        runs=runs,
    )


def _failure(failure: Failure | None, r: Room) -> FailureShort | None:
    if failure is None:
        return None
    tail, most = failure.output_tail, _TRACE_LINES * r.line
    return FailureShort(
        what=failure.what,
        rounds_failed=failure.rounds_failed,
        rounds=failure.rounds,
        output=tail if len(tail) <= most else "…" + tail[-most:],
    )


def _other(other: OtherComparison, r: Room) -> OtherShort:
    """Another bench; where it is unchanged, that says it all."""
    reason = "" if other.decision is Decision.unchanged else cut(other.reason, r.line)
    return OtherShort(benchmark=cut(other.bench_name, 80), decision=other.decision, cause=other.cause, reason=reason)


def _others(also: Sequence[OtherComparison], r: Room) -> dict[str, Any]:
    """The other benches: those that moved one by one, the rest by their decisions."""
    listed, groups = selected_others(also, r.others, r.names)
    grouped = tuple(
        OtherGroup(decision=g.decision, count=g.total, benchmarks=tuple(cut(name, 80) for name in g.names))
        for g in groups
    )
    return {"also": tuple(_other(o, r) for o in listed), "also_grouped": grouped}


def _few(names: Sequence[str], most: int) -> tuple[str, ...]:
    more = len(names) - most
    return (*names[:most], f"… and {more} more") if more > 0 and most else tuple(names[:most])


def _size(short: ComparisonShort) -> int:
    return room.size_of(short.document())
