"""Baselines: names that a person or an agent gives to results, which later ones are compared with."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable

from holobench_mcp.answers import BaselineList, BaselineSet, age_of
from holobench_mcp.model import (
    ComparisonDocument,
    Decision,
    InvalidArgument,
    Manifest,
    NotComparable,
    RefEntry,
    StoreError,
    UnknownResult,
)
from holobench_mcp.store.layout import check_ref_name
from holobench_mcp.store.lookup import nothing_recorded
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.listing import damaged_baselines, place_of_page
from holobench_mcp.workspace.sides import replicates

BASELINE = "baseline"
#: Compares two results by their names, the baseline first.
Compare = Callable[[str, str], ComparisonDocument]


def set_baseline(
    library: Library, compare: Compare, result: str, name: str | None = None, reason: str | None = None
) -> BaselineSet:
    """Make a name mean a result. The ref's log keeps what it meant before.

    A result that regressed against what the name means now needs a reason. One that the name means already changes
    nothing. Raises InvalidArgument.
    """
    match = library.match(result)
    manifest, name = match.manifest, check_ref_name(BASELINE if name is None else name)
    if reason is not None and (len(reason) > 500 or not reason.isprintable()):
        raise InvalidArgument("reason: at most 500 printable characters.")
    runs = len(replicates(library.index(), manifest))
    notes = [match.note, _runs_note(runs)]
    current = library.store.ref(manifest.bench_name, name)
    if current is not None and current.result_id == manifest.result_id and reason in (None, current.reason):
        notes.append(f"{manifest.bench_name}@{name} means this result already: nothing was changed.")
        return BaselineSet(entry=current, runs=runs, note=_joined(notes))
    decision, comparison = _against(compare, manifest, current)
    if decision is Decision.regressed and not (reason and reason.strip()):
        regressed = _regressed(manifest, name)
        raise InvalidArgument(f"reason: {regressed} Say why in reason, if it is meant. ({comparison})")
    if reason is not None and not reason.strip():
        raise InvalidArgument("reason: is empty; leave it out where there is none.")
    entry = library.spool.set_ref(manifest, name, current, reason=reason, by=_user_name())
    note = _joined([*library.remarks(), *notes, comparison])
    return BaselineSet(entry=entry, runs=runs, decision=decision, note=note)


def hidden_regression(library: Library, compare: Compare, result: str, name: str | None = None) -> str | None:
    """What making a name mean a result would hide: that it regressed. None where it did not; raises as set_baseline."""
    manifest, name = library.find(result), check_ref_name(BASELINE if name is None else name)
    decision, comparison = _against(compare, manifest, library.store.ref(manifest.bench_name, name))
    if decision is not Decision.regressed:
        return None
    # Who is asked needs the size, not every point.
    return f"{_regressed(manifest, name)} {(comparison or '').partition('; most at ')[0].rstrip('.')}."


def list_baselines(library: Library, benchmark: str | None = None, cursor: str | None = None) -> BaselineList:
    """What every named ref means now, the newest first.

    Raises UnknownResult for a benchmark of which nothing was recorded, InvalidArgument for a cursor that no page had.
    """
    place = None if cursor is None else place_of_page(cursor, "list_baselines", str, str, str)
    benches = None if benchmark is None else library.benches(benchmark)
    store = library.store
    entries, damaged = list[RefEntry](), list[str]()
    for bench in benches or (None,):
        readable, broken = store.readable_refs(bench)
        entries += readable
        damaged += broken
    reasons = [damaged_baselines(damaged)]
    if not entries and not damaged:
        of = f" of {', '.join(benches)}" if benches else ""
        none_set = (
            f"No baseline{of} is set in the store {store.location.url}. set_baseline pins one; until then, "
            "compare_results takes the nearest older code that was measured."
        )
        reasons.append(none_set if library.index().has() else nothing_recorded(store, library.config.benchmarks))
    reason = _joined([*library.remarks(), *reasons])
    entries.sort(key=age_of, reverse=True)
    begin = 0 if place is None else sum(age_of(entry) >= place for entry in entries)
    return BaselineList(**({"reason": reason} if reason else {}), baselines=tuple(entries), begin=begin)


def _against(compare: Compare, manifest: Manifest, current: RefEntry | None) -> tuple[Decision | None, str | None]:
    """The decision on a result against what a name means now, and its reason."""
    if current is None or current.result_id == manifest.result_id:
        return None, None
    try:
        document = compare(current.result_id, manifest.result_id)
    except (NotComparable, StoreError, UnknownResult) as problem:
        return None, f"Not compared with the result that it replaces: {problem}"
    return document.decision, document.reason


def _regressed(manifest: Manifest, name: str) -> str:
    return (
        f"{manifest.result_id} regressed against the current {manifest.bench_name}@{name}; making it the baseline "
        "would hide that."
    )


def _runs_note(runs: int) -> str | None:
    if runs == 1:
        return None
    return f"{runs} runs of this code are recorded, and all of them are what is compared with."


def _joined(notes: Iterable[str | None]) -> str | None:
    return " ".join(note for note in notes if note) or None


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
