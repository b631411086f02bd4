"""What a library holds, listed: its results, what one of them measured, and its contract.

Lists are made of manifests alone; samples are read only for the values of a result's inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from holobench_mcp.answers import (
    InputValues,
    MetricList,
    MetricRow,
    ResultPage,
    ResultRow,
    decoded_cursor,
    encoded_cursor,
)
from holobench_mcp.model import InvalidArgument, Manifest, Metric, RefEntry, ResultDocument, StoreError, result_uri
from holobench_mcp.result.identity import is_time_label
from holobench_mcp.store.contents import SAMPLES
from holobench_mcp.store.index import Conditions
from holobench_mcp.store.index import ResultRow as IndexRow
from holobench_mcp.store.lookup import check_filter, nothing_recorded
from holobench_mcp.workspace.library import Library

if TYPE_CHECKING:
    import numpy.typing as npt

    from holobench_mcp.result.snapshot import Snapshot
    from holobench_mcp.store.bundle import Store

PAGE, MAX_PAGE = 20, 100
#: Input values that a listing shows; a sweep can have a hundred thousand.
MAX_VALUES_SHOWN = 50
CONTRACT_ONLY = (
    "Contract-only: it came in as a result.json, without its samples. A comparison with it passes its own verdicts on, "
    "and decides nothing; measure again, or import the saved .pkl, for one that does."
)


def list_results(
    library: Library,
    *,
    benchmark: str | None = None,
    revision: str | None = None,
    label: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> ResultPage:
    """A page of results, newest first.

    benchmark: a bench, or the configured benchmark that records it. revision: a hash, the beginning of one, a branch
    or a tag; with `+dirty` behind it, what was measured there with uncommitted changes. Raises InvalidArgument or
    UnknownResult for a filter that is empty, or that no recorded result passes.
    """
    limit = PAGE if limit is None else limit
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidArgument(f"limit: from 1 to {MAX_PAGE}, not {limit}.")
    before = None if cursor is None else place_of_page(cursor, "list_results", str, str)
    conditions = _conditions(library, benchmark, revision, label)
    index = library.index()
    older: Conditions = {**conditions, "before": before}
    found = index.rows(**older, limit=limit + 1)
    while library.store.correct([row.result_id for row in found]):
        found = index.rows(**older, limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    unreadable = index.unreadable
    names: dict[str, list[str]] = {}
    entries, damaged, unknown = _baselines(library.store)
    for entry in entries:
        names.setdefault(entry.result_id, []).append(entry.name)
    total = index.count(**conditions)
    recorded = total + len(unreadable) > 0
    configured = next(iter(library.config.benchmarks), None)
    reason = " ".join(
        filter(
            None,
            (
                *library.remarks(),
                None if recorded else _why_empty(library, conditions),
                _of_all_worktrees(library),
                left_out(unreadable),
                damaged_baselines(damaged),
                unknown,
            ),
        )
    )
    is_new = not recorded and not conditions and configured is not None
    return ResultPage(
        **({"reason": reason} if reason else {}),
        **({"next_step": f"compare_revisions(benchmark={configured!r})"} if is_new else {}),
        results=tuple(result_row(row, tuple(names.get(row.result_id, ()))) for row in page),
        total=total,
        next_cursor=encoded_cursor(page[-1].executed_at, page[-1].result_id) if more else None,
    )


def _baselines(store: Store) -> tuple[list[RefEntry], list[str], str | None]:
    """What baselines mean, the keys of those that are damaged, and what must be said where neither can be known."""
    try:
        return *store.readable_refs(), None
    except StoreError:
        if store.unreachable is None:
            raise
        return [], [], "Which of them are baselines is not known, as that was not read before."


def list_metrics(library: Library, result: str | None = None, cursor: str | None = None) -> MetricList:
    """What a result measured: its inputs with their values, and every metric summed up.

    cursor: of a page, which says of which result it is. Raises InvalidArgument for one that no page had.
    """
    begin = 0
    if cursor is not None:
        result, begin = place_of_page(cursor, "list_metrics", str, int)
    match = library.match("latest" if result is None else result)
    manifest = match.manifest
    document = library.store.contract(manifest)
    entries: dict[str, dict[str, Any]] = {e["variable"]: e for e in document["metrics"]}
    snapshot = library.snapshot(manifest) if SAMPLES in manifest.blobs else None
    only = CONTRACT_ONLY if snapshot is None else None
    reason = " ".join(filter(None, (*library.remarks(), match.note, only)))
    return MetricList(
        **({"reason": reason} if reason else {}),
        result_id=manifest.result_id,
        bench_name=manifest.bench_name,
        inputs=_input_values(manifest, snapshot.coordinates if snapshot and manifest.inputs else {}),
        metrics=tuple(_metric_row(manifest, m, entries.get(m.variable, {}), snapshot) for m in manifest.metrics),
        begin=min(max(begin, 0), len(manifest.metrics)),
    )


def export_result(library: Library, result: str | None = None, *, include_series: bool | None = None) -> ResultDocument:
    """The `result.json` contract of a stored result, with its id and uri."""
    manifest = library.find("latest" if result is None else result)
    document = library.store.contract(manifest)
    if include_series and manifest.over_time:
        from holobench_mcp.result.contract import result_to_dict
        from holobench_mcp.result.strict_json import strict

        document = strict(result_to_dict(library.snapshot(manifest), include_series=True))
    where: dict[str, object] = {"result_id": manifest.result_id, "uri": result_uri(manifest.result_id)}
    if remarks := library.remarks():
        where["notes"] = remarks
    return ResultDocument.model_validate(
        {**document, **where, **({} if SAMPLES in manifest.blobs else {"contract_only": True})}
    )


def left_out(unreadable: Sequence[str]) -> str | None:
    """What must be said of results that can't be read: one of them may be the newest, or a run of a side."""
    if not unreadable:
        return None
    n = len(unreadable)
    return (
        f"{n} stored result{'s are' if n > 1 else ' is'} damaged and left out, such as {unreadable[-1]}: "
        "holobench-mcp verify tells of each."
    )


def damaged_baselines(keys: Sequence[str]) -> str | None:
    """What must be said of baselines that can't be read."""
    if not keys:
        return None
    what = "baseline is" if len(keys) == 1 else "baselines are"
    return f"{len(keys)} {what} damaged and left out, such as {keys[-1]}: holobench-mcp verify tells of each."


def _conditions(library: Library, benchmark: str | None, revision: str | None, label: str | None) -> Conditions:
    """The filters, each of them known to the store."""
    conditions: Conditions = {}
    if benchmark is not None:
        conditions["benches"] = library.benches(benchmark)
    if revision is not None:
        at = library.lookup.revision(revision)
        conditions["commit"], conditions["dirty"] = at.commit, at.dirty
    if label is not None:
        conditions["label"] = library.lookup.label(label)
    return conditions


def _why_empty(library: Library, conditions: Conditions) -> str:
    if not conditions:
        return nothing_recorded(library.store, library.config.benchmarks)
    return (
        f"Each of these filters has results in the store {library.store.location.url}, but no result passes all of "
        "them: leave one out."
    )


def _of_all_worktrees(library: Library) -> str | None:
    """What is said in a linked worktree: the results are not only its own."""
    main = library.config.store_shared_by
    return None if main is None else f"All worktrees of {main} share this store, {library.store.location.url}."


def _input_values(manifest: Manifest, values: Mapping[str, npt.NDArray[Any]]) -> tuple[InputValues, ...]:
    from holobench_mcp.result.coordinates import plain_values

    return tuple(
        InputValues(
            name=i.name,
            units=i.units,
            values=tuple(plain_values(values[i.name][:MAX_VALUES_SHOWN])) if i.name in values else (),
            n_values=len(values.get(i.name, ())),
        )
        for i in manifest.inputs
    )


def _metric_row(manifest: Manifest, metric: Metric, entry: Mapping[str, Any], snapshot: Snapshot | None) -> MetricRow:
    """A metric summed up: of its finite samples, with the number of those that are not."""
    import numpy as np

    stats = manifest.stats.get(metric.variable)
    missing = infinite = 0
    if snapshot is not None and metric.variable in snapshot.samples:
        missing = int(snapshot.missing(metric.variable).sum())
        infinite = int(np.isinf(snapshot.samples[metric.variable]).sum())
    n = stats.n if stats else 0
    return MetricRow(
        variable=metric.variable,
        units=metric.units,
        direction=metric.direction,
        kind=metric.kind,
        n=n,
        mean=stats.mean if stats else None,
        sd=stats.sd if stats else None,
        n_total=n + missing + infinite,
        missing=missing,
        infinite=infinite,
        optimal_value=entry.get("optimal_value"),
        optimal_inputs=entry.get("optimal_inputs", {}),
        claim=entry.get("claim"),
    )


def result_row(row: IndexRow, refs: tuple[str, ...]) -> ResultRow:
    """A row of the index as a listing has it. refs: the baselines that it is."""
    fields = row._asdict()
    if row.label is not None and is_time_label(row.label):
        fields["label"] = None
    return ResultRow(**fields, refs=refs)


def place_of_page(cursor: str, tool: str, *kinds: type) -> tuple[Any, ...]:
    """Where a page of a list begins. Raises InvalidArgument for a cursor that no page of it had."""
    check_filter("cursor", cursor)
    place = decoded_cursor(cursor, kinds)
    if place is None:
        raise InvalidArgument(f"cursor: not one that {tool} gave. Call it without a cursor to start anew.")
    return place
