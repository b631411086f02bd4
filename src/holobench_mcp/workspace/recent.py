"""What was recorded and compared last, by names that a person can choose from, and where it is read."""

from __future__ import annotations

import base64
import binascii
import heapq
import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from holobench_mcp import gitinfo
from holobench_mcp.model import (
    AmbiguousResult,
    ComparisonEntry,
    InvalidArgument,
    Manifest,
    UnknownResult,
    comparison_uri,
    result_uri,
)
from holobench_mcp.result.identity import label_of, revision_text
from holobench_mcp.store import comparisons, refs
from holobench_mcp.store.contents import RESULT
from holobench_mcp.workspace.library import Library

#: Entries of a page.
PAGE = 50
#: Characters of a label in a name.
_MAX_LABEL = 40
#: Where one kind of entry goes on: a time, and what tells apart what has the same.
Place = tuple[str, str]


@dataclass(frozen=True)
class Recent:
    """A result or a comparison, as a list of documents to choose from shows it."""

    uri: str
    name: str
    description: str
    at: str  #: when it was measured or compared, with its zone
    size: int | None = None


class Cursor(NamedTuple):
    """Where the results and the comparisons of the next page begin; None for the newest."""

    results: Place | None = None
    comparisons: Place | None = None


def recent(library: Library, cursor: str | None = None) -> tuple[list[Recent], str | None]:
    """A page of the newest results and comparisons, newest first, and the cursor of the page after it, if there is one.

    Raises InvalidArgument for a cursor that no page had.
    """
    start = _decoded(cursor)
    with library.at_one_moment():
        results = library.index().select(before=start.results, limit=PAGE + 1)
        compared = comparisons.newest(library.store.backend, PAGE + 1, start.comparisons)
        names = _Names(gitinfo.branches_at(library.config.root) if results or compared else {})
        of_results = [((m.executed_at, m.result_id), "results", names.of_result(m)) for m in results]
        of_comparisons = [(place, "comparisons", _of_comparison(library, names, entry)) for place, entry in compared]
    # Merged, not sorted: each kind keeps the order of its places, in which the next page goes on.
    merged = heapq.merge(of_results, of_comparisons, key=lambda row: datetime.fromisoformat(row[0][0]), reverse=True)
    found = list(merged)
    page, more = found[:PAGE], len(found) > PAGE
    end = start._replace(**{kind: place for place, kind, _ in page})
    return [entry for *_, entry in page if entry is not None], _encoded(end) if more else None


def state(library: Library, benchmark: str | None = None) -> Hashable:
    """What is another as soon as something was recorded, or made a baseline: of a benchmark, or of all of them.

    None of a benchmark that nothing was recorded of.
    """
    with library.at_one_moment():
        index = library.index()
        try:
            benches = None if benchmark is None else library.benches(benchmark)
        except (UnknownResult, AmbiguousResult, InvalidArgument):
            return None
        entries = [refs.last_keys(library.store.backend, bench) for bench in benches or (None,)]
        return index.count(benches=benches), *index.ids(benches=benches, limit=1), *map(tuple, entries)


class _Names:
    """Names of codes, results and comparisons. branches: the branch that each commit is the newest of."""

    def __init__(self, branches: dict[str, str]) -> None:
        self._branches = branches

    def of_result(self, m: Manifest) -> Recent:
        run = m.measurement
        parts = [f"{m.bench_name}: {self.of_code(m)}"]
        if run is not None and run.side is not None:
            parts.append(f"round {run.run + 1}")
        elif run is not None and run.runs > 1:
            parts.append(f"run {run.run + 1} of {run.runs}")
        blob = m.blobs.get(RESULT)
        return Recent(
            uri=result_uri(m.result_id),
            name=", ".join([*parts, _when(m.executed_at)]),
            description=f"The contract of {m.result_id}: {_listed([metric.variable for metric in m.metrics])}.",
            at=m.executed_at,
            size=blob.size if blob is not None else None,
        )

    def of_comparison(self, base: Manifest, cand: Manifest, entry: ComparisonEntry) -> Recent:
        decision = f"{entry.decision.value} " if entry.decision is not None else ""
        sides = f"{self.of_code(base)} → {self.of_code(cand)}"
        return Recent(
            uri=comparison_uri(base.result_id, cand.result_id),
            name=f"{cand.bench_name}: {decision}{sides}, {_when(entry.compared_at)}",
            description=entry.reason or f"{base.result_id} compared with {cand.result_id}.",
            at=entry.compared_at,
        )

    def of_code(self, m: Manifest) -> str:
        """The code of a result in a few words: where it is on a branch, what a person called it, or when it was."""
        dirty, label = m.environment.git_dirty, label_of(m)
        label = label if label is None or len(label) <= _MAX_LABEL else f"{label[: _MAX_LABEL - 1]}…"
        if dirty and m.measurement is not None and m.measurement.side == "head":
            return "worktree"
        text = revision_text(m.source_revision, dirty)
        if text is None:
            return label or "code without a revision"
        branch = self._branches.get(m.source_revision or "")
        if branch is not None:
            return f"{branch}@{text}"
        return f"{label}@{text}" if label is not None else text


def _of_comparison(library: Library, names: _Names, entry: ComparisonEntry) -> Recent | None:
    """An entry of the log, by name; None where one of its results is not there any more."""
    sides = [library.index().select(id_prefix=result_id, limit=1) for result_id in (entry.baseline, entry.candidate)]
    if not all(sides):
        return None
    [base], [cand] = sides
    return names.of_comparison(base, cand, entry)


def _when(text: str) -> str:
    """A time as a person says it, in the zone of this machine; of another year with that."""
    when = datetime.fromisoformat(text).astimezone()
    year = "" if when.year == datetime.now().astimezone().year else f" {when:%Y}"
    return f"{when.day} {when:%b}{year} {when:%H:%M}"


def _listed(names: Sequence[str], limit: int = 5) -> str:
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


# ---------------------------------------------------------------------- cursors


def _encoded(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()


def _decoded(text: str | None) -> Cursor:
    if text is None:
        return Cursor()
    try:
        results, compared = json.loads(base64.urlsafe_b64decode(text.encode("ascii", "strict")))
        cursor = Cursor(*(None if place is None else (str(place[0]), str(place[1])) for place in (results, compared)))
        for place in filter(None, cursor):
            datetime.fromisoformat(place[0])
    except (ValueError, TypeError, KeyError, IndexError, binascii.Error, RecursionError):
        raise InvalidArgument("cursor: not one that a page of this list gave. Begin without one.") from None
    return cursor
