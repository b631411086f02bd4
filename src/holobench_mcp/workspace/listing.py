"""What a library holds, listed: its results, what one of them measured, and its contract.

Lists are made of manifests alone; samples are read only for the values of a result's inputs.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from holobench_mcp.answers import InputValues, MetricList, MetricRow, ResultPage, ResultRow
from holobench_mcp.model import InvalidArgument, Manifest, Metric, ResultDocument, result_uri
from holobench_mcp.result.identity import label_of
from holobench_mcp.store.bundle import SAMPLES
from holobench_mcp.store.names import unknown_bench
from holobench_mcp.workspace.library import Library, check_text

if TYPE_CHECKING:
    import numpy as np

MAX_PAGE = 100
#: Input values that a listing shows; a sweep can have a hundred thousand.
MAX_VALUES_SHOWN = 50


def list_results(
    library: Library,
    *,
    bench_name: str | None = None,
    revision: str | None = None,
    label: str | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> ResultPage:
    """A page of results, newest first. revision: a hash, the beginning of one, a branch or a tag."""
    check_text(bench_name=bench_name, revision=revision, label=label)
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidArgument(f"limit: from 1 to {MAX_PAGE}, not {limit}.")
    commit = library.revision(revision) or revision if revision else None
    before = _decode_cursor(cursor) if cursor else None
    index = library.index()
    matching = index.select(bench_name=bench_name, revision=commit, label=label)
    if bench_name is not None and not matching and bench_name not in index.bench_names():
        raise unknown_bench(index, bench_name)
    rest = [m for m in matching if before is None or (m.executed_at, m.result_id) < before]
    page, more = rest[:limit], len(rest) > limit
    refs: dict[str, list[str]] = {}
    for entry in library.store.refs():
        refs.setdefault(entry.result_id, []).append(entry.name)
    rows = tuple(_result_row(m, tuple(refs.get(m.result_id, ()))) for m in page)
    return ResultPage(
        results=rows, total=len(matching), next_cursor=_encode_cursor(page[-1]) if more and page else None
    )


def list_metrics(library: Library, result: str = "latest") -> MetricList:
    """What a result measured: its inputs with their values, and every metric summed up."""
    manifest = library.find(result)
    document = library.store.contract(manifest)
    entries: dict[str, dict[str, Any]] = {e["variable"]: e for e in document["metrics"]}
    with_samples = manifest.inputs and SAMPLES in manifest.blobs
    values = library.snapshot(manifest).coordinates if with_samples else {}
    return MetricList(
        result_id=manifest.result_id,
        bench_name=manifest.bench_name,
        inputs=_input_values(manifest, values),
        metrics=tuple(_metric_row(manifest, m, entries.get(m.variable, {})) for m in manifest.metrics),
    )


def export_result(library: Library, result: str = "latest", *, include_series: bool = False) -> ResultDocument:
    """The `result.json` contract of a stored result, with its id and uri."""
    manifest = library.find(result)
    document = library.store.contract(manifest)
    if include_series and manifest.over_time:
        from holobench_mcp.result.contract import result_to_dict
        from holobench_mcp.result.strict_json import strict

        document = strict(result_to_dict(library.snapshot(manifest), include_series=True))
    return ResultDocument.model_validate(
        {**document, "result_id": manifest.result_id, "uri": result_uri(manifest.result_id)}
    )


def _input_values(manifest: Manifest, values: Mapping[str, np.ndarray]) -> tuple[InputValues, ...]:
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


def _metric_row(manifest: Manifest, metric: Metric, entry: Mapping[str, Any]) -> MetricRow:
    stats = manifest.stats.get(metric.variable)
    return MetricRow(
        variable=metric.variable,
        units=metric.units,
        direction=metric.direction,
        kind=metric.kind,
        n=stats.n if stats else 0,
        mean=stats.mean if stats else None,
        sd=stats.sd if stats else None,
        optimal_value=entry.get("optimal_value"),
        optimal_inputs=entry.get("optimal_inputs", {}),
        claim=entry.get("claim"),
    )


def _result_row(m: Manifest, refs: tuple[str, ...]) -> ResultRow:
    return ResultRow(
        result_id=m.result_id,
        bench_name=m.bench_name,
        executed_at=m.executed_at,
        source_revision=m.source_revision,
        dirty=m.environment.git_dirty,
        label=label_of(m),
        metrics=tuple(metric.variable for metric in m.metrics),
        refs=refs,
    )


def _encode_cursor(last: Manifest) -> str:
    return base64.urlsafe_b64encode(json.dumps([last.executed_at, last.result_id]).encode()).decode()


def _decode_cursor(cursor: str) -> tuple[str, str]:
    try:
        executed_at, result_id = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii", "strict")))
        if isinstance(executed_at, str) and isinstance(result_id, str):
            return executed_at, result_id
    except (ValueError, TypeError, binascii.Error, RecursionError):
        pass
    raise InvalidArgument("cursor: not one that list_results gave. Call it without a cursor to start anew.")
