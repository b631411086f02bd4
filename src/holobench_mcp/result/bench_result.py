"""A collected result as a Snapshot: the one way from holobench's objects, live or read in quarantine, to ours.

It goes in two steps. `moment_of` keeps the dataset as holobench has it, objects in its coordinates included, so that
the contract of a live result is holobench's to the letter. `storable` makes of it what a store can hold.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from holobench_mcp.model import CaptureError, Environment, Input, JsonScalar, Measurement, Metric
from holobench_mcp.result import upstream
from holobench_mcp.result.coordinates import as_index, kind_of, of_enum, plain_array
from holobench_mcp.result.optimum import optimum
from holobench_mcp.result.sample_arrays import SampleArrays
from holobench_mcp.result.snapshot import NO_REGRESSIONS, Snapshot, in_order
from holobench_mcp.result.strict_json import finite_or_none

if TYPE_CHECKING:
    import xarray as xr

    BenchResult = Any  # a live bencher.BenchResult: duck-typed, so that bencher stays unimported


def moment_of_result(bench_res: BenchResult) -> Snapshot:
    """A live result at its last moment, its dataset untouched: what its contract is written from."""
    cfg = bench_res.bench_cfg
    types = upstream.scalar_result_types()
    report = getattr(bench_res, "regression_report", None)
    return moment_of(
        bench_res.ds,
        bench_name=_bench_name(bench_res),
        provenance=provenance(bench_res),
        inputs=[(iv.name, getattr(iv, "units", None)) for iv in cfg.input_vars],
        metrics=tuple(upstream.declaration_of(rv) for rv in cfg.result_vars if isinstance(rv, types)),
        constants={str(getattr(v, "name", v)): value for v, value in getattr(cfg, "const_vars", None) or ()},
        regressions=None if report is None else report.to_dict(),
        over_time=bool(getattr(cfg, "over_time", False)),
    )


def _bench_name(bench_res: BenchResult) -> str:
    """As the result's identity has it, whose other parts, digests of the whole configuration, are not asked for."""
    collected = getattr(bench_res, "collected_identity", None)
    return str(bench_res.bench_cfg.bench_name if collected is None else collected.bench_name)


def moment_of(
    dataset: xr.Dataset,
    *,
    bench_name: str,
    provenance: Mapping[str, Any],
    inputs: Sequence[tuple[str, str | None]],
    metrics: tuple[Metric, ...],
    constants: Mapping[str, object],
    regressions: Mapping[str, Any] | None,
    over_time: bool,
) -> Snapshot:
    """A result at its last moment, from its parts; with what only its whole recorded history can tell.

    dataset: as collected, with or without an `over_time` dimension. inputs: names and units.
    """
    recorded = over_time or "over_time" in dataset.dims
    moment = latest_moment(dataset)
    return Snapshot(
        bench_name=bench_name,
        provenance=provenance,
        inputs=tuple(
            Input(
                name=name, units=units, kind=kind_of(moment.variables[name].values) if name in moment.coords else "str"
            )
            for name, units in inputs
        ),
        metrics=metrics,
        dataset=moment,
        constants={name: _constant(value) for name, value in constants.items()},
        regressions=NO_REGRESSIONS if regressions is None else regressions,
        over_time=over_time,
        history={m.variable: _history(dataset, m, [name for name, _ in inputs]) for m in metrics} if recorded else {},
    )


def storable(moment: Snapshot, environment: Environment | None, measurement: Measurement | None) -> Snapshot:
    """The same result as a store can hold it: its scalar samples only, and no object in a coordinate.

    Raises CaptureError for a result without a scalar metric or without samples.
    """
    name = moment.bench_name
    if not moment.metrics:
        raise CaptureError(f"{name} has no scalar metric: no ResultFloat and no ResultBool.")
    if moment.dataset is None:
        raise CaptureError(f"{name} has no samples.")
    lost = {i.name for i in moment.inputs} - {str(d) for d in moment.dataset.dims}
    lost |= {m.variable for m in moment.metrics} - {str(v) for v in moment.dataset.data_vars}
    if lost:
        raise CaptureError(f"{name} declares {', '.join(sorted(lost))}, which its samples do not have.")
    arrays = _scalars_only(moment.dataset, [i.name for i in moment.inputs], moment.metrics)
    if any(values.size == 0 for values in arrays.coordinates.values()):
        raise CaptureError(f"{name} has no samples.")
    return moment.with_arrays(
        arrays,
        inputs=tuple(i.model_copy(update={"kind": kind_of(arrays.coordinates[i.name])}) for i in moment.inputs),
        environment=environment or Environment(),
        measurement=measurement,
    )


def provenance(bench_res: BenchResult) -> dict[str, Any]:
    """When, where and from what the result was collected, as far as it was recorded."""
    cfg = bench_res.bench_cfg
    known: dict[str, Any] = {}
    if (execution := getattr(cfg, "execution", None)) is not None:
        known.update(execution.to_dict())
    if time_event := getattr(cfg, "time_event", None):
        known["time_event"] = time_event
    return known


def latest_moment(dataset: xr.Dataset) -> xr.Dataset:
    """A dataset at its last moment: a recorded history is collapsed to its end."""
    return dataset.isel(over_time=-1, drop=True) if "over_time" in dataset.dims else dataset


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


def _history(dataset: xr.Dataset, metric: Metric, inputs: Sequence[str]) -> dict[str, Any]:
    """What the contract says of a metric's whole history: its optimum, and its series where there is one."""
    known = optimum(dataset, metric, inputs)
    if "over_time" in dataset.dims and metric.variable in dataset:
        known["series"] = series_for_var(dataset, metric.variable)
    return known


def _scalars_only(moment: xr.Dataset, inputs: Sequence[str], metrics: Sequence[Metric]) -> SampleArrays:
    """The samples of the metrics over the inputs and `repeat`, and nothing else. Raises CaptureError for others."""
    dims = [*inputs, "repeat"]
    arrays = {}
    for name in (m.variable for m in metrics):
        lacking = set(dims) ^ {str(d) for d in moment.variables[name].dims}
        if lacking == {"repeat"} and "repeat" not in moment.dims:
            arrays[name] = _without_objects(name, in_order(moment, name, inputs)[..., np.newaxis])
        elif lacking:
            raise CaptureError(f"{name} was not measured at every input: {', '.join(sorted(lacking))} is not its own.")
        else:
            arrays[name] = _without_objects(name, in_order(moment, name, dims))
    return SampleArrays(tuple(dims), {dim: _coordinate(moment, dim) for dim in dims}, arrays, {})


def _coordinate(moment: xr.Dataset, dim: str) -> npt.NDArray[Any]:
    if dim not in moment.dims:
        return np.array([1])
    known = moment.variables.get(dim)  # a dimension may have none
    return np.arange(moment.sizes[dim]) if known is None else as_index(plain_array(np.asarray(known.values)))


def _without_objects(name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.dtype.kind in "fiub":
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as problem:
        raise CaptureError(f"the samples of {name} are no numbers ({problem}).") from problem


def _constant(value: Any) -> JsonScalar:  # noqa: ANN401 - whatever a sweep holds constant
    plain: object = of_enum(value.item() if isinstance(value, np.generic | np.ndarray) and value.size == 1 else value)
    if isinstance(plain, str | int | bool) or (isinstance(plain, float) and math.isfinite(plain)):
        return plain
    return str(plain)
