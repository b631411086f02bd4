"""The contract of one result: `result.json`, schema version 1, exactly as holobench means it.

Written from a Snapshot, and from nothing else: a live result is made one first. Comparing two results stands beside the
evidence, in `evidence.contract_comparison`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holobench_mcp.model import SCHEMA_VERSION, Metric
from holobench_mcp.result import upstream
from holobench_mcp.result.bench_result import latest_moment, moment_of_result, provenance, series_for_var
from holobench_mcp.result.optimum import coordinate_scalar, optimum
from holobench_mcp.result.plain_dataset import PlainDataset
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.result.strict_json import finite_value

if TYPE_CHECKING:
    import xarray as xr

    BenchResult = Any  # a live bencher.BenchResult: duck-typed, so that bencher stays unimported


def result_to_dict(bench_res: BenchResult | Snapshot, *, include_series: bool = False) -> dict[str, Any]:
    """The contract of one result: metrics with their optima and claims, provenance, regressions.

    include_series: attach to each metric its mean, std and n at every time event, where the result was
    collected over time.
    """
    result = bench_res if isinstance(bench_res, Snapshot) else moment_of_result(bench_res)
    if result.document is not None:
        return dict(result.document)
    inputs = [i.name for i in result.inputs]
    metrics = []
    for metric in result.metrics:
        # What the whole recorded history says, the stored moment alone can't tell.
        known = result.history.get(metric.variable) or optimum(result.arrays, metric, inputs)
        entry = metric_entry(metric, known, result.arrays)
        if include_series and "series" in known:
            entry["series"] = known["series"]
        metrics.append(entry)
    return {
        "schema_version": SCHEMA_VERSION,
        "bench_name": result.bench_name,
        "provenance": dict(result.provenance),
        "input_vars": [{"name": i.name, "units": i.units} for i in result.inputs],
        "over_time": result.over_time,
        "metrics": metrics,
        "regressions": dict(result.regressions),
    }


def result_to_json(
    bench_res: BenchResult | Snapshot, path: str | Path, *, indent: int = 2, include_series: bool = False
) -> Path:
    """Write `result_to_dict` to a file, making its folder. Returns the path."""
    return write_json(result_to_dict(bench_res, include_series=include_series), path, indent)


def metric_entry(metric: Metric, best: Mapping[str, Any], moment: xr.Dataset | PlainDataset) -> dict[str, Any]:
    """A metric's identity, its optimal value and where that was, and its claim's outcome at the last moment."""
    entry: dict[str, Any] = {
        "variable": metric.variable,
        "units": metric.units,
        "direction": metric.direction.value,
        "optimal_value": best["optimal_value"],
        "optimal_inputs": best["optimal_inputs"],
    }
    if metric.claim is not None:
        entry["claim"] = {
            "claim": upstream.claim_text(metric.claim),
            **upstream.judge_claim(metric.claim, moment, metric.variable),
        }
    return entry


def write_json(document: Mapping[str, Any], path: str | Path, indent: int) -> Path:
    """Write a document to a file, making its folder. Returns the path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=indent), encoding="utf-8")
    return path


# Upstream's names for the same functions, so that its own tests can be pointed at this module.


def _metric_entry(bench_res: BenchResult, rv: Any) -> dict[str, Any]:  # noqa: ANN401 - a result variable
    metric = upstream.declaration_of(rv)
    best = optimum(bench_res.ds, metric, [iv.name for iv in bench_res.bench_cfg.input_vars])
    return metric_entry(metric, best, latest_moment(bench_res.ds))


def _snapshot_ds(bench_res: BenchResult) -> xr.Dataset:
    return latest_moment(bench_res.ds)


_provenance = provenance
_coord_scalar = coordinate_scalar
_finite_value = finite_value

__all__ = ["metric_entry", "result_to_dict", "result_to_json", "series_for_var", "write_json"]
