"""An answer to "better or worse?": of two results that were named, or of all that was measured of the newest code.

Which results those are is `pairs` and `versions`, what each pair comes to is `judging`, and what was not measured is
`coverage`; here they become one document, whose decision is the worst of all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from holobench_mcp.answers import CompareOptions
from holobench_mcp.model import (
    ComparisonDocument,
    Decision,
    InvalidArgument,
    Manifest,
    NotComparable,
    OtherComparison,
    UnknownResult,
)
from holobench_mcp.result.identity import code_of
from holobench_mcp.workspace import coverage
from holobench_mcp.workspace.judging import judge_pair, shared_rate
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.listing import left_out
from holobench_mcp.workspace.pairs import (
    BASELINE,
    Pair,
    base_of,
    default_pair,
    pair_of,
    same_result_twice,
)
from holobench_mcp.workspace.suite_reason import joint_reason, worst_first
from holobench_mcp.workspace.undecided import refuse_undecided
from holobench_mcp.workspace.versions import Version, newest_version

_NEWEST = re.compile(r"(?:(?P<bench>.*)@)?latest")


def compare(
    library: Library,
    baseline: str = BASELINE,
    candidate: str = "latest",
    options: CompareOptions | None = None,
    *,
    is_try: bool = True,
) -> ComparisonDocument:
    """The comparison of two results by their names; of everything that was measured of the newest code by default.

    is_try: whether a named pair counts as a variant that was tried.
    Raises InvalidArgument, UnknownResult and AmbiguousResult; NotComparable when the results share no metric at all;
    Undecided where the newest code is still measured.
    """
    return compare_each(library, baseline, candidate, options, is_try=is_try)[0]


def compare_each(
    library: Library,
    baseline: str = BASELINE,
    candidate: str = "latest",
    options: CompareOptions | None = None,
    *,
    is_try: bool = True,
) -> tuple[ComparisonDocument, list[ComparisonDocument]]:
    """The same, and with it the whole comparison of each of the other benches that it judged."""
    options = options or CompareOptions()
    _check(options)
    with library.at_one_moment():
        return _compare(library, baseline, candidate, options, is_try=is_try)


def _compare(
    library: Library,
    baseline: str,
    candidate: str,
    options: CompareOptions,
    *,
    is_try: bool,
) -> tuple[ComparisonDocument, list[ComparisonDocument]]:
    newest = _NEWEST.fullmatch(candidate)
    if newest is not None and newest["bench"] and not library.lookup.knows_bench(newest["bench"]):
        newest = None  # a label or a revision may end like this, and what is unknown gets the nearest names
    others: list[ComparisonDocument] = []
    if newest is None:
        match = library.match(candidate, "candidate")
        pair = pair_of(library, baseline, match.manifest, by_name=True)
        document = with_notes(judge_pair(library, pair, options, is_try=is_try), match.note)
    else:
        benches = library.benches(newest["bench"], "candidate") if newest["bench"] else None
        document, others = _of_newest_code(library, baseline, benches, options)
    document = with_notes(document, left_out(library.index().unreadable))
    return with_notes(document, *library.remarks(), first=True), others


# ---------------------------------------------------------------------- all that was measured


def _of_newest_code(
    library: Library, baseline: str, benches: Sequence[str] | None, options: CompareOptions
) -> tuple[ComparisonDocument, list[ComparisonDocument]]:
    """Every sweep of the newest measured code, each against its baseline; the worst stands for all."""
    version = newest_version(library, benches)
    newest = coverage.newest_measurements(library) if benches is None and baseline == BASELINE else []
    refuse_undecided(library, version, newest)
    failure = coverage.failure_after(version, newest)
    if failure is not None and (document := coverage.document_of_failure(library, failure)) is not None:
        return document, []
    if version is None:
        library.find("latest", "candidate")  # says so, where nothing is there
        raise UnknownResult(
            "candidate: only the base sides of revision measurements are recorded, and no code that was changed. "
            "Measure the changed code, or name two results."
        )
    pairs = _pairs(library, baseline, version)
    documents, unlike = _judged(library, pairs, options)
    first, *others = worst_first(documents)
    if options.model_copy(update={"detail": "summary"}) == CompareOptions():
        first = coverage.with_recorded_step(library, first)
    decisions = [(d.candidate.bench_name, d.decision or Decision.inconclusive) for d in (first, *others)]
    whole = first.model_copy(update={"reason": joint_reason(decisions, first)})
    whole = coverage.with_others(whole, [*map(_other, others), *unlike])
    if baseline == BASELINE:
        whole = coverage.with_coverage(library, whole, version, pairs, all_benches=benches is None)
    if failure is not None:
        whole = coverage.with_failure(library, whole, version, failure)
    return with_notes(whole, version.note, first=True), others


def _pairs(library: Library, baseline: str, version: Version) -> list[Pair]:
    """A pair for every sweep of a version that has something to be compared with.

    Raises UnknownResult where none has.
    """
    sweeps = version.sweeps()
    if baseline != BASELINE:
        return _with_named(library, baseline, sweeps)
    pairs = []
    for sweep in sweeps:
        also = {m.definition for m in sweeps if m.bench_name == sweep.bench_name} - {sweep.definition}
        pair = base_of(library, sweep) or _pinned(library, sweep) or default_pair(library, sweep, also)
        if pair is not None:
            pairs.append(pair)
    # Where nothing else was ever measured, two runs of one code are better than no answer.
    return pairs or [pair_of(library, baseline, sweeps[0], by_name=False)]


def _pinned(library: Library, sweep: Manifest) -> Pair | None:
    """The pinned baseline of a sweep's bench, unless it is of the very code that is asked about."""
    if library.store.ref(sweep.bench_name, BASELINE) is None:
        return None
    pair = pair_of(library, BASELINE, sweep, by_name=False)
    code = code_of(sweep)
    return None if code is not None and code_of(pair.baseline) == code else pair


def _with_named(library: Library, baseline: str, sweeps: Sequence[Manifest]) -> list[Pair]:
    pairs, problems = [], []
    for sweep in sweeps:
        try:
            pairs.append(pair_of(library, baseline, sweep, by_name=False))
        except UnknownResult as problem:
            problems.append(problem)
    if not pairs:
        raise problems[0]
    # A name that has a bench of its own means one result: it is compared with what was measured of the same.
    meant = [p for p in pairs if p.baseline.bench_name == p.candidate.bench_name] or pairs[:1]
    alike = [p for p in meant if p.baseline.definition == p.candidate.definition]
    pairs = (alike or meant) if len({p.baseline.result_id for p in meant}) == 1 else meant
    pairs = [p for p in pairs if p.baseline.result_id != p.candidate.result_id]
    if not pairs:
        raise same_result_twice(meant[0].candidate)
    return pairs


def _judged(
    library: Library, pairs: Sequence[Pair], options: CompareOptions
) -> tuple[list[ComparisonDocument], list[OtherComparison]]:
    """Each pair's document, and what to say of pairs that have nothing in common any more.

    What was recorded one by one shares one error rate; a measurement in rounds has its own, whatever else is asked.
    """
    rate = shared_rate(library, pairs, options)
    documents: list[ComparisonDocument] = []
    unlike: list[OtherComparison] = []
    problems: list[NotComparable | InvalidArgument] = []
    for pair in pairs:
        try:
            documents.append(judge_pair(library, pair, options, rate=rate))
        except NotComparable as problem:
            problems.append(problem)
            unlike.append(_unlike(pair, problem))
        except InvalidArgument as problem:
            problems.append(problem)  # of several benches, not all have the metrics that were asked for
    if not documents:
        raise problems[0]
    return documents, unlike


def _unlike(pair: Pair, problem: NotComparable) -> OtherComparison:
    return OtherComparison(
        bench_name=pair.candidate.bench_name,
        decision=Decision.incomparable,
        cause="different",
        reason=str(problem),
        baseline=pair.baseline.result_id,
        candidate=pair.candidate.result_id,
    )


def _other(document: ComparisonDocument) -> OtherComparison:
    return OtherComparison(
        bench_name=document.candidate.bench_name,
        decision=document.decision or Decision.inconclusive,
        cause=document.cause,
        reason=document.reason or "",
        baseline=document.baseline.result_id,
        candidate=document.candidate.result_id,
        uri=document.uri,
    )


# ---------------------------------------------------------------------- parts


def with_notes(document: ComparisonDocument, *notes: str | None, first: bool = False) -> ComparisonDocument:
    """The document with further notes, behind its own or before them."""
    known = tuple(note for note in notes if note)
    every = (*known, *document.notes) if first else (*document.notes, *known)
    return document.model_copy(update={"notes": every}) if known else document


def _check(options: CompareOptions) -> None:
    if options.metrics is not None and not options.metrics:
        raise InvalidArgument("metrics: name at least one, or leave it out for all.")
    if options.margin_percent is not None and not 0 < options.margin_percent <= 1000:
        raise InvalidArgument(f"margin_percent: above 0 and at most 1000, not {options.margin_percent}.")
    if options.threshold is None:
        return
    if not math.isfinite(options.threshold):
        raise InvalidArgument("threshold: a finite number.")
    if options.threshold < 0 and options.method != "absolute":
        raise InvalidArgument(f"threshold: not negative for method={options.method or 'percentage'!r}.")
