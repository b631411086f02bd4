"""What a page for people shows: of a bench its newest comparison and its metrics over time, of two results theirs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path

from holobench_mcp import gitinfo
from holobench_mcp.answers import History, ReportContent
from holobench_mcp.model import (
    ComparisonDocument,
    Decision,
    HolobenchMcpError,
    IntegrityError,
    InvalidArgument,
    MeasurementDocument,
    NotComparable,
    Undecided,
    UnknownResult,
)
from holobench_mcp.workspace.comparing import compare_each
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.revision_report import last_pairs
from holobench_mcp.workspace.suite_reason import worst_first
from holobench_mcp.workspace.tracking import metric_history

#: Histories on one page, and codes of each.
_HISTORIES, _CODES = 8, 200
#: Of the oldest code of a page to the newest: as far as a history is read.
_MOST_CODES = 1000
#: Other benches of a comparison that stand on the page whole.
_OTHERS = 8
_MOVED = (Decision.regressed, Decision.improved)


def report_content(library: Library, what: Sequence[str] = (), *, since: str | None = None) -> ReportContent:
    """The answers of a page. what: nothing, a bench or a configured benchmark, a measurement, or one or two results.

    since: a revision; then only what was measured from it on. Raises InvalidArgument, UnknownResult, AmbiguousResult.
    """
    if len(what) > 2:
        raise InvalidArgument(f"report: a benchmark, a measurement, or one or two results, not {len(what)} names.")
    with library.at_one_moment():
        if len(what) == 2:
            if since is not None:
                raise InvalidArgument("--since: a history's; two results that are named have none.")
            first, others = compare_each(library, what[0], what[1])
            return _of_comparisons(_sides(first), [first, *others])
        if not what:
            return _of_newest(library, since)
        return _of_one(library, what[0], since)


def _of_one(library: Library, name: str, since: str | None) -> ReportContent:
    if library.lookup.knows_bench(name):
        return _of_benches(library, name, library.benches(name), since)
    document = library.store.measurement(name)
    if document is not None:
        return _of_measurement(library, document)
    found = library.find(name)
    first, others = compare_each(library, "baseline", name)
    content = _of_comparisons(_sides(first), [first, *others])
    return _with_histories(library, content, (found.bench_name,), since)


def _of_newest(library: Library, since: str | None) -> ReportContent:
    """Everything that was measured of the newest code; with a revision, the histories of all benches from there on."""
    if since is None:
        first, others = compare_each(library)
        return _of_comparisons("The newest code", [first, *others])
    benches = tuple(dict.fromkeys(m.bench_name for m in library.index().select()))
    content = ReportContent(title=f"Since {since}")
    return _with_histories(library, content, benches, since)


def _of_benches(library: Library, name: str, benches: tuple[str, ...], since: str | None) -> ReportContent:
    content = ReportContent(title=name)
    try:
        first, others = compare_each(library, "baseline", f"{name}@latest")
    except (UnknownResult, NotComparable, Undecided) as problem:
        content = content.model_copy(update={"notes": (f"There is no comparison: {problem}",)})
    else:
        content = _of_comparisons(name, [first, *others])
    return _with_histories(library, content, benches, since)


def _of_measurement(library: Library, document: MeasurementDocument) -> ReportContent:
    """A measurement with what it came to: the comparison of each of its sweeps, or of its runs with the code before."""
    comparisons: list[ComparisonDocument] = []
    notes: list[str] = []
    pairs = last_pairs(document)
    named = pairs or [("baseline", role.result_id) for role in document.roles[-1:]]
    for base, head in named:
        try:
            comparisons.append(compare_each(library, base, head)[0])
        except IntegrityError:
            raise
        except HolobenchMcpError as problem:
            notes.append(str(problem))
    content = _of_comparisons(document.id, worst_first(comparisons) if comparisons else [])
    return content.model_copy(update={"measurement": document, "notes": (*content.notes, *notes)})


def _of_comparisons(title: str, documents: Sequence[ComparisonDocument]) -> ReportContent:
    """The first comparison, and of the others those that moved: the first names all of them."""
    moved = [d for d in documents[1:] if d.decision in _MOVED]
    return ReportContent(title=title, comparisons=(*documents[:1], *moved[:_OTHERS]))


def _sides(document: ComparisonDocument) -> str:
    base, cand = (side.label or side.rev or side.result_id or "" for side in (document.baseline, document.candidate))
    return f"{document.candidate.bench_name}: {base} → {cand}"


# ---------------------------------------------------------------------- over time


def _with_histories(
    library: Library, content: ReportContent, benches: Sequence[str], since: str | None
) -> ReportContent:
    """The same with its benches' metrics over time: those that moved first, as many as a page holds."""
    moved = [
        (d.candidate.bench_name, m.variable)
        for d in content.comparisons
        for m in d.metrics
        if m.evidence is not None and m.evidence.decision in _MOVED
    ]
    placed = [(place, bench, variable) for bench in benches for place, variable in enumerate(_metrics(library, bench))]
    # One metric of each bench before the second of any.
    every = {(bench, variable): None for _, bench, variable in sorted(placed, key=itemgetter(0))}
    wanted = list(dict.fromkeys([*(one for one in moved if one in every), *every]))
    histories: list[History] = []
    notes = list(content.notes)
    for bench, variable in wanted[:_HISTORIES]:
        history = _history(library, bench, variable, since)
        if history is None:
            notes.append(f"Nothing was measured of {variable} of {bench} since {since}.")
        else:
            histories.append(history)
    if len(wanted) > _HISTORIES:
        rest = ", ".join(f"{variable} of {bench}" for bench, variable in wanted[_HISTORIES : _HISTORIES + 20])
        more = len(wanted) - _HISTORIES - 20
        notes.append(f"Not drawn over time: {rest}" + (f" and {more:,} more." if more > 0 else "."))
    return content.model_copy(update={"histories": tuple(histories), "notes": tuple(notes)})


def _metrics(library: Library, bench: str) -> tuple[str, ...]:
    newest = library.index().select(bench_name=bench, limit=1)
    return tuple(m.variable for m in newest[0].metrics) if newest else ()


def _history(library: Library, bench: str, variable: str, since: str | None) -> History | None:
    """A metric's newest codes, or those from a revision on; None where there are none."""
    if since is None:
        return metric_history(library, bench, variable, limit=_CODES)
    begin = partial(_first, library.config.root, bench, since)
    history = metric_history(library, bench, variable, limit=_MOST_CODES, begin=begin)
    return history if history.series else None


def _first(root: Path, bench: str, since: str, revisions: Sequence[str]) -> int:
    """The place in a series of the first code that is not older than a revision. Raises InvalidArgument."""
    commit = gitinfo.resolve_revision(root, since)
    if commit is None:
        named = [i for i, revision in enumerate(revisions) if revision.startswith(since)]
        if not named:
            raise InvalidArgument(
                f"--since: {since!r:.80} is no revision that git knows here, and none that {bench!r:.80} measured."
            )
        return named[0]
    commits = gitinfo.commits_of(root, {r for r in revisions if r})
    listed = gitinfo.git(root, "rev-list", f"{commit}^@") or ""
    older = set(listed.split())
    return max((i + 1 for i, r in enumerate(revisions) if commits.get(r, r) in older), default=0)
