"""What an answer leaves out: benches that were not measured of this code, that are gone, or whose command failed.

What the baseline's command collected and the candidate's same command did not is missing, which is a regression. What
was measured by other commands at other times is only named: nobody knows whether it would have been there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import datetime

from holobench_mcp.model import (
    DECISIONS_WORST_FIRST,
    ComparisonDocument,
    Decision,
    Manifest,
    MeasuredCode,
    MeasurementDocument,
    OtherComparison,
    Side,
    Unpaired,
    result_uri,
)
from holobench_mcp.result.identity import Code, code_of, order_code_of, revision_text
from holobench_mcp.workspace.headline import Answer
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.pairs import Pair, base_of
from holobench_mcp.workspace.versions import Version, code_name, results_of

#: Benches that are named one by one.
MAX_NAMED = 20
#: The newest measurements that are looked at for one that failed, and results for who measured what.
_NEWEST_MEASUREMENTS, _RECENT = 3, 300
_REMEDY = "Find out why it is gone: run the benchmark on the candidate and read its output."


def with_others(document: ComparisonDocument, others: Sequence[OtherComparison]) -> ComparisonDocument:
    """The document with other decisions beside its own. The worst of all is the decision."""
    if not others:
        return document
    also = (*document.also, *others)
    worst = min(others, key=lambda o: DECISIONS_WORST_FIRST.index(o.decision))
    own = document.decision or Decision.inconclusive
    listed = sorted(also, key=lambda o: DECISIONS_WORST_FIRST.index(o.decision))
    document = document.model_copy(update={"also": tuple(listed)})
    if DECISIONS_WORST_FIRST.index(worst.decision) >= DECISIONS_WORST_FIRST.index(own):
        return document
    first = worst.reason if worst.cause == "missing" else f"{worst.bench_name}: {worst.reason}"
    reason = f"{first} Beside it, {document.candidate.bench_name} is {own.value}: {document.reason}"
    step = _REMEDY if worst.cause == "missing" else document.next_step
    answer = Answer(worst.decision, worst.cause, reason, step)
    return document.model_copy(update=answer._asdict())


def with_coverage(
    library: Library, document: ComparisonDocument, version: Version, pairs: Sequence[Pair], *, all_benches: bool
) -> ComparisonDocument:
    """The document with what the baseline has and the candidate lacks, and with what was not measured at all."""
    document = with_others(document, _missing(library, version, pairs, all_benches=all_benches))
    if not all_benches:
        return document
    gone = {o.bench_name for o in document.also if o.candidate is None}
    names = [name for name in _not_measured(library, version) if name not in gone]
    paired = {(p.candidate.bench_name, p.candidate.definition) for p in pairs}
    alone = {m.bench_name for m in version.sweeps() if (m.bench_name, m.definition) not in paired}
    compared = {bench for bench, _ in paired}
    notes = [
        f"{f'Another sweep of {bench}' if bench in compared else bench} was measured of this code only, so there is "
        "nothing to compare it with."
        for bench in sorted(alone)
    ]
    notes += filter(None, [_newer_head(library, version)])
    return document.model_copy(update={"not_measured": tuple(names[:MAX_NAMED]), "notes": (*document.notes, *notes)})


def _newer_head(library: Library, version: Version) -> str | None:
    """What to say of a project whose HEAD is newer code than any that was measured."""
    if version.code is None or library.order.commit_of(version.code) is None:
        return None
    head = library.commit("HEAD")
    if head is None or not library.order.older(Code(version.code.revision), Code(head)):
        return None
    return f"HEAD, {code_name(Code(head))}, was not measured: this is of {version.name}."


# ---------------------------------------------------------------------- what is gone


def _missing(library: Library, version: Version, pairs: Sequence[Pair], *, all_benches: bool) -> list[OtherComparison]:
    """Sweeps of the baselines that the same command did not collect from the candidate."""
    sweeps = version.sweeps()
    present = Counter(m.bench_name for m in sweeps)
    paired = {p.baseline.definition for p in pairs} | {m.definition for m in sweeps}
    found: dict[tuple[str, str], OtherComparison] = {}
    for results, benches in _measured_with(library, pairs):
        before = results if all_benches else [m for m in results if m.bench_name in benches]
        counts = Counter(bench for bench, _ in {(m.bench_name, m.definition) for m in before})
        for m in before:
            gone = m.definition not in paired and counts[m.bench_name] > present[m.bench_name]
            if gone and any(_by_the_same_command(m, other) for other in version.results):
                found.setdefault((m.bench_name, m.definition), _gone(m, version))
    return list(found.values())


def _measured_with(library: Library, pairs: Sequence[Pair]) -> list[tuple[list[Manifest], set[str]]]:
    """What was measured of each of some pairs' baselines, with their benches: many pairs are of one baseline.

    It is what was measured in a baseline's measurement where that has roles, else of its code.
    """
    found: dict[Hashable, tuple[list[Manifest], set[str]]] = {}
    for pair in pairs:
        measured, code = pair.baseline.measurement, code_of(pair.baseline)
        in_rounds = measured is not None and measured.side == "base" and base_of(library, pair.candidate) is not None
        if measured is None or not in_rounds:
            if code is None or code == code_of(pair.candidate):
                continue
            key: Hashable = code
        else:
            key = measured.id
        if key not in found:
            found[key] = (_all_of(library, pair.baseline, in_rounds=in_rounds), set())
        found[key][1].add(pair.baseline.bench_name)
    return list(found.values())


def _all_of(library: Library, baseline: Manifest, *, in_rounds: bool) -> list[Manifest]:
    if not in_rounds or baseline.measurement is None:
        return results_of(library.index(), baseline)
    runs = library.index().select(measurement=baseline.measurement.id)
    return [m for m in runs if m.measurement is not None and m.measurement.side == "base"]


def _by_the_same_command(one: Manifest, other: Manifest) -> bool:
    ours, theirs = one.environment.command, other.environment.command
    if ours is not None and theirs is not None:
        return ours[1:] == theirs[1:]
    names = [m.measurement.benchmark if m.measurement else None for m in (one, other)]
    return names[0] is not None and names[0] == names[1]


def _gone(before: Manifest, version: Version) -> OtherComparison:
    return OtherComparison(
        bench_name=before.bench_name,
        decision=Decision.regressed,
        cause="missing",
        reason=f"{before.bench_name} is missing: the same command collected it from "
        f"{code_name(order_code_of(before))} and not from {version.name}.",
        baseline=before.result_id,
    )


# ---------------------------------------------------------------------- what was never measured


def _not_measured(library: Library, version: Version) -> list[str]:
    """Benches of this project, recorded or configured, that have no result of a version: the newest first."""
    index = library.index()
    measured = {m.bench_name for m in version.results}
    names = [bench for bench in index.bench_names() if bench not in measured]
    # A configured benchmark goes by the names of what it records, as soon as it has recorded anything.
    recorded = {*index.distinct("benchmark"), *measured}
    return [*names, *(name for name in library.config.benchmarks if name not in recorded)]


# ---------------------------------------------------------------------- what failed


def newest_measurements(library: Library) -> list[MeasurementDocument]:
    """The measurements that an answer about the newest code has to know of, newest first."""
    return library.store.measurements(limit=_NEWEST_MEASUREMENTS)


def failure_after(version: Version | None, newest: Sequence[MeasurementDocument]) -> MeasurementDocument | None:
    """The newest of some measurements, where it failed to give what was asked and nothing was measured since."""
    last = max((datetime.fromisoformat(m.executed_at) for m in version.results), default=None) if version else None
    for document in newest:
        own = version is not None and any(document.role_of(m.result_id) for m in version.results)
        if not own and last is not None and datetime.fromisoformat(document.started_at) <= last:
            return None
        if document.head_failure is not None or document.status == "failed":
            return document
        if own:
            return None
        if document.kind == "revisions" and document.outcome is not None and not document.runs_of("head"):
            return document
    return None


def with_recorded_step(library: Library, document: ComparisonDocument) -> ComparisonDocument:
    """The document with the next step that its measurement was answered with, where it comes to the same again."""
    if document.evidence is None or document.evidence.replicates != "rounds" or document.candidate.result_id is None:
        return document
    measured = library.store.manifest(document.candidate.result_id).measurement
    recorded = library.measurement(measured.id) if measured is not None else None
    outcome = recorded.outcome if recorded is not None else None
    if outcome is None or outcome.decision is not document.decision or outcome.cause != document.cause:
        return document
    return document.model_copy(update={"next_step": outcome.next_step})


def document_of_failure(library: Library, measurement: MeasurementDocument) -> ComparisonDocument | None:
    """A revision measurement's outcome as a comparison, where its head gave nothing that could be compared."""
    outcome = measurement.outcome
    if measurement.kind != "revisions" or outcome is None or measurement.runs_of("head"):
        return None
    base = next((library.store.manifest(role.result_id) for role in measurement.runs_of("base")), None)
    name = base.bench_name if base is not None else measurement.benchmark or measurement.id
    return ComparisonDocument(
        schema_version=1,
        decision=outcome.decision,
        cause=outcome.cause,
        reason=outcome.reason,
        next_step=outcome.next_step,
        baseline=_side_of(name, measurement.base or MeasuredCode(), base),
        candidate=_side_of(name, measurement.head, None),
        metrics=[],
        summary={"improved": 0, "regressed": 0, "unchanged": 0},
        claims=[],
        unpaired=Unpaired(candidate_only=(), baseline_only=tuple(m.variable for m in base.metrics) if base else ()),
        comparability=measurement.cautions,
        notes=measurement.notes,
        order="named",
    )


def with_failure(
    library: Library, document: ComparisonDocument, version: Version, measurement: MeasurementDocument
) -> ComparisonDocument:
    """The document of older code, behind what failed since: code that gave nothing is never taken for unchanged."""
    command = measurement.benchmark or " ".join(measurement.command) or measurement.id
    if measurement.head_failure is None:
        note = f"The newest measurement, of {command}, failed before it could be an answer."
        return document.model_copy(update={"notes": (note, *document.notes)})
    detail = measurement.head_failure.detail.rstrip(".")
    own = any(measurement.role_of(m.result_id) for m in version.results)
    if own and measurement.kind == "revisions" and measurement.outcome is not None:
        outcome = measurement.outcome
        answer = Answer(outcome.decision, outcome.cause or "missing", outcome.reason, outcome.next_step)
        return document.model_copy(update=answer._asdict())
    head = measurement.head
    name = revision_text(head.revision, head.dirty) or head.label or "the newest code"
    known = [m for m in library.index().select(limit=_RECENT) if _measured_by(m, measurement)]
    same = not head.dirty and any(code_of(m) == Code(head.revision) for m in known)
    if own or same:
        note = f"A later run of {command} on {name} failed: {detail}."
        return document.model_copy(update={"notes": (note, *document.notes)})
    first = f"{name} was not measured: {command} failed on it ({detail}), where it had given results before."
    if not known:
        first = f"{name} was not measured: {command} failed on it ({detail})."
    was = document.decision.value if document.decision else "not judged"
    behind = f"What follows is of {version.name} as it was measured before: {was}. {document.reason}"
    step = f"Make {command} run on {name}, then compare again."
    decision = Decision.regressed if known else document.decision
    if decision in (Decision.unchanged, Decision.improved):
        decision = Decision.inconclusive
    cause = "correctness" if measurement.head_failure.what == "guard" else "missing"
    return document.model_copy(
        update={"decision": decision, "cause": cause, "reason": f"{first} {behind}", "next_step": step}
    )


def _measured_by(result: Manifest, measurement: MeasurementDocument) -> bool:
    if measurement.benchmark is not None:
        return result.measurement is not None and result.measurement.benchmark == measurement.benchmark
    command = result.environment.command
    return bool(measurement.command) and command is not None and command[1:] == measurement.command[1:]


def _side_of(bench_name: str, code: MeasuredCode, result: Manifest | None) -> Side:
    provenance = dict(result.provenance) if result is not None else {"source_revision": code.revision}
    extra = {"result_id": result.result_id, "uri": result_uri(result.result_id)} if result is not None else {}
    rev = revision_text(code.revision, code.dirty)
    return Side.model_validate(
        {"bench_name": bench_name, "provenance": provenance, **({"rev": rev} if rev else {}), **extra}
    )
