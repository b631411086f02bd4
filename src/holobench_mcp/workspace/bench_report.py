"""All that there is to see of one bench. Looking changes nothing: no try is counted, and nothing is logged."""

from __future__ import annotations

from holobench_mcp.answers import History, ResultRow
from holobench_mcp.answers.overview import BenchReport, OverviewBench
from holobench_mcp.model import ComparisonDocument, HolobenchMcpError, Manifest, StoreError
from holobench_mcp.workspace import listing
from holobench_mcp.workspace.comparing import compare
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.overview import METRICS, comparisons_of, overview
from holobench_mcp.workspace.tracking import metric_history

#: Measurements of a history, comparisons and results of a list.
_HISTORY, _COMPARISONS, _RESULTS = 60, 20, 20


def bench_report(library: Library, bench_name: str) -> BenchReport:
    """All that there is to see of a bench. Raises UnknownResult for one that nothing was recorded of.

    What can't be read or compared any more is named in `notes`, and the rest is there.
    """
    with library.at_one_moment():
        found = overview(library, [bench_name])
        [bench] = found.benches
        notes = list(found.notes)
        results = _results(library, bench_name, notes)
        newest = library.index().select(bench_name=bench_name, limit=1)[0]
        return BenchReport(
            bench=bench,
            comparison=_comparison(library, bench, notes),
            histories=tuple(_histories(library, newest, notes)),
            comparisons=tuple(comparisons_of(library, bench_name, _COMPARISONS)),
            results=tuple(results),
            notes=tuple(dict.fromkeys(notes)),
        )


def _comparison(library: Library, bench: OverviewBench, notes: list[str]) -> ComparisonDocument | None:
    logged = bench.comparison
    if logged is None:
        return None
    try:
        return compare(library, logged.baseline.result_id, logged.candidate.result_id, is_try=False)
    except HolobenchMcpError as problem:
        notes.append(f"The newest comparison can't be made again: {problem}")
        return None


def _results(library: Library, bench_name: str, notes: list[str]) -> list[ResultRow]:
    """The newest results, each with the baselines that it is."""
    names: dict[str, list[str]] = {}
    try:
        entries, damaged = library.store.readable_refs(bench_name)
    except StoreError as problem:
        entries, damaged = [], []
        notes.append(f"The baselines are not known: {problem}")
    for entry in entries:
        names.setdefault(entry.result_id, []).append(entry.name)
    notes += filter(None, [listing.damaged_baselines(damaged)])
    found = library.index().rows(bench_name=bench_name, limit=_RESULTS)
    return [listing.result_row(row, tuple(names.get(row.result_id, ()))) for row in found]


def _histories(library: Library, newest: Manifest, notes: list[str]) -> list[History]:
    histories = list[History]()
    for metric in newest.metrics[:METRICS]:
        try:
            histories.append(_history(library, newest.bench_name, metric.variable))
        except HolobenchMcpError as problem:
            notes.append(f"The history of {metric.variable} can't be shown: {problem}")
    return histories


def _history(library: Library, bench_name: str, metric: str) -> History:
    """The history of committed code; where that is not two codes yet, of whatever was measured."""
    for uncommitted in (False, True):
        # Without holobench's own detectors, which take longer than all the rest together.
        history = metric_history(library, bench_name, metric, limit=_HISTORY, uncommitted=uncommitted, detectors={})
        if len(history.series) > 1:
            break
    return history
