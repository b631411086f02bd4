"""Reading a live BenchResult: what the contract says of one, with holobench's own semantics.

Everything here is duck-typed on the attributes that a `bencher.BenchResult` has, so that a stored result, or one that
was rebuilt in quarantine, is read by the same code as the live one.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from holobench_mcp.model import SCHEMA_VERSION, Direction
from holobench_mcp.result import upstream

if TYPE_CHECKING:
    import xarray as xr

    BenchResult = Any  # a live bencher.BenchResult: duck-typed, so that bencher stays unimported


def contract_of(bench_res: BenchResult, *, include_series: bool = False) -> dict[str, Any]:
    """The contract of one result: metrics with their optima and claims, provenance, regressions."""
    cfg = bench_res.bench_cfg
    scalar = [rv for rv in cfg.result_vars if isinstance(rv, upstream.scalar_result_types())]
    report = getattr(bench_res, "regression_report", None)
    metrics = [metric_entry(bench_res, rv) for rv in scalar]
    ds = getattr(bench_res, "ds", None)
    if include_series and ds is not None and "over_time" in getattr(ds, "dims", ()):
        for entry in metrics:
            if entry["variable"] in ds:
                entry["series"] = series_for_var(ds, entry["variable"])
    return {
        "schema_version": SCHEMA_VERSION,
        "bench_name": bench_res.identity.bench_name,
        "provenance": provenance(bench_res),
        "input_vars": [{"name": iv.name, "units": getattr(iv, "units", None)} for iv in cfg.input_vars],
        "over_time": bool(getattr(cfg, "over_time", False)),
        "metrics": metrics,
        "regressions": {"has_regressions": False, "has_blocking_regressions": False, "results": []}
        if report is None
        else report.to_dict(),
    }


def provenance(bench_res: BenchResult) -> dict[str, Any]:
    """When, where and from what the result was collected, as far as it was recorded."""
    cfg = bench_res.bench_cfg
    told: dict[str, Any] = {}
    if (execution := getattr(cfg, "execution", None)) is not None:
        told.update(execution.to_dict())
    if time_event := getattr(cfg, "time_event", None):
        told["time_event"] = time_event
    return told


def metric_entry(bench_res: BenchResult, rv: Any) -> dict[str, Any]:  # noqa: ANN401 - a result variable
    """A metric's identity, its optimal value and where that was, and its claim's outcome."""
    entry: dict[str, Any] = {
        "variable": rv.name,
        "units": getattr(rv, "units", None),
        "direction": rv.direction.value if hasattr(rv, "direction") else Direction.none.value,
    }
    # No optimum is no error: empty or all-NaN data has none, and ties have several places.
    try:
        optimum = bench_res.get_optimal_value_indices(rv)
        entry["optimal_value"] = finite_or_none(float(np.asarray(optimum.values).ravel()[0]))
        entry["optimal_inputs"] = {
            iv.name: coord_scalar(optimum.coords[iv.name].values)
            for iv in bench_res.bench_cfg.input_vars
            if iv.name in optimum.coords
        }
    except (ValueError, IndexError, KeyError, TypeError):
        entry["optimal_value"] = None
        entry["optimal_inputs"] = {}
    if (claim := getattr(rv, "claim", None)) is not None:
        moment = snapshot_dataset(bench_res)
        entry["claim"] = {"claim": str(claim), **upstream.judge_claim(claim, moment[rv.name])}
    return entry


def coord_scalar(values: npt.ArrayLike) -> Any:  # noqa: ANN401 - a JSON scalar
    """One coordinate value as JSON can hold it; the last one where several points tie."""
    flat = np.asarray(values).ravel()
    if flat.size == 0:
        return None
    item = flat[-1]
    item = item.item() if hasattr(item, "item") else item
    return finite_or_none(item) if isinstance(item, float) else item


def snapshot_dataset(bench_res: BenchResult) -> xr.Dataset:
    """The result's dataset at its last moment: a recorded history is collapsed to its end."""
    ds: xr.Dataset = bench_res.ds
    return ds.isel(over_time=-1, drop=True) if "over_time" in ds.dims else ds


def series_for_var(ds: xr.Dataset, var_name: str) -> list[dict[str, Any]]:
    """Mean, population std and n of a metric at every time event, over all inputs and repeats, NaN-aware."""
    da = ds[var_name]
    over = [d for d in da.dims if d != "over_time"]
    with warnings.catch_warnings():
        # An event at which nothing was recorded reduces to NaN, which is what null means here.
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = da.mean(dim=over, skipna=True).values
        std = da.std(dim=over, skipna=True).values
    n = da.notnull().sum(dim=over).values
    # Long labels are wrapped in place upstream; a label is one line.
    labels = [str(t).replace("\n", " ") for t in ds["over_time"].values]
    return [
        {
            "time_event": label,
            "mean": finite_or_none(float(mean[i])),
            "std": finite_or_none(float(std[i])),
            "n": int(n[i]),
        }
        for i, label in enumerate(labels)
    ]


def finite_value(value: object) -> float | None:
    """A finite float, or None for whatever is not one: the reader of records that others may have written."""
    try:
        number = float(value)  # type: ignore[arg-type]  # anything may come in; that is the point
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def finite_or_none(value: float | None) -> float | None:
    """The same for a number that may be absent."""
    return None if value is None else finite_value(value)
