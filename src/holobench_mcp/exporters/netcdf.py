"""netCDF 3 (64-bit offset) of one bench, as xarray, MATLAB, R and the netCDF tools open it, with its units.

netCDF 3 is what scipy writes, so that nothing further is installed. It has no 64-bit integers, no `/` in names and no
groups: whole numbers beyond 32 bits are floats where these are exact, names are marked in `long_name`, and a file holds
one bench.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from holobench_mcp._version import __version__
from holobench_mcp.exporters.runs import Bench, Exported, benches_of
from holobench_mcp.model import Input, InvalidArgument, Metric
from holobench_mcp.result.snapshot import Snapshot

NAME = "netcdf"
_RESERVED = frozenset(
    ("byte", "char", "short", "ushort", "int", "uint", "int64", "uint64", "float", "real", "double", "bool", "string")
)
#: xarray takes a number with one of these units for a duration, in whole nanoseconds; UDUNITS' symbols mean the same.
_DURATIONS = {
    "days": "d", "hours": "h", "minutes": "min", "seconds": "s", "milliseconds": "ms", "microseconds": "us",
    "nanoseconds": "ns",
}  # fmt: skip
_INT32 = np.iinfo(np.int32)
#: From coarse to fine: the first in which all times of an input are whole 32-bit numbers is theirs.
_TIME_STEPS = (
    ("days", "D"), ("hours", "h"), ("minutes", "m"), ("seconds", "s"), ("milliseconds", "ms"), ("microseconds", "us"),
    ("nanoseconds", "ns"),
)  # fmt: skip

Variable = tuple[tuple[str, ...], npt.NDArray[Any], dict[str, Any]]


def write(snapshots: Sequence[Snapshot]) -> Exported:
    """One bench, with the dimensions run, its inputs, repeat. Raises InvalidArgument for several benches."""
    import xarray as xr

    benches = benches_of(snapshots)
    if len(benches) > 1:
        called = ", ".join(bench.name for bench in benches)[:200]
        raise InvalidArgument(f"results: a netCDF 3 file holds one bench, and these are of {called}.")
    [bench] = benches
    first, names = bench.runs[0], _Names()
    dims = {i.name: names.of(i.name) for i in first.inputs}
    metrics = {m.variable: names.of(m.variable) for m in bench.metrics}
    run, repeat = names.of("run"), names.of("repeat")
    repeats = max(values.shape[-1] for r in bench.runs for values in r.samples.values())
    coords = {dims[i.name]: _coordinate(i, dims[i.name], first.coordinates[i.name]) for i in first.inputs}
    coords[run] = ((run,), np.arange(len(bench.runs), dtype=np.int32), {})
    coords[repeat] = ((repeat,), np.arange(1, repeats + 1, dtype=np.int32), {})
    coords |= _of_runs(bench, names, run)
    variables: dict[str, Variable] = {}
    for metric in bench.metrics:
        variables |= _metric(bench, metric, metrics[metric.variable], names, (run, *dims.values()), repeat, repeats)
    dataset = xr.Dataset(variables, coords=coords, attrs=_attributes(first))
    for name in dataset.variables:
        if name not in variables:
            dataset[name].encoding["_FillValue"] = None  # a coordinate has no missing values
    try:
        data = dataset.to_netcdf(None, engine="scipy", format="NETCDF3_64BIT")
    except (ValueError, OverflowError) as problem:
        raise InvalidArgument(
            f"results: {bench.name} can't be written as netCDF 3 ({str(problem)[:200]})."
        ) from problem
    return Exported(bytes(data))


class _Names:
    """Names as netCDF 3 has them, each once."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def of(self, name: str) -> str:
        """The name itself, where it is one that is free; else the nearest that is."""
        plain = re.sub(r"[^\w.+@-]", "_", unicodedata.normalize("NFC", name))
        plain = plain if plain[:1].isalnum() or plain.startswith("_") else f"_{plain}"
        plain = f"{plain}_" if plain in _RESERVED else plain
        free, number = plain, 1
        while free in self._used:
            number += 1
            free = f"{plain}_{number}"
        self._used.add(free)
        return free


def _attributes(first: Snapshot) -> dict[str, Any]:
    return {
        "Conventions": "CF-1.11",
        "title": first.bench_name,
        "source": f"holobench-mcp {__version__}",
        "constants": json.dumps(dict(first.constants)),
        "environment": first.environment.model_dump_json(exclude_none=True),
    }


def _named(declared: Input | Metric, own: str, name: str) -> dict[str, Any]:
    """long_name, units and kind of what is declared. Units that xarray would decode are written so that it does not."""
    attributes: dict[str, Any] = {"kind": str(declared.kind)} | ({"long_name": own} if own != name else {})
    units = declared.units
    if units and (units in _DURATIONS or " since " in units):
        attributes["declared_units"] = units
        units = _DURATIONS.get(units)
    return attributes | ({"units": units} if units else {})


def _coordinate(declared: Input, name: str, values: npt.NDArray[Any]) -> Variable:
    attributes = _named(declared, declared.name, name)
    match values.dtype.kind:
        case "i" | "u":
            if values.min() >= _INT32.min and values.max() <= _INT32.max:
                values = values.astype(np.int32)
            elif np.abs(values.astype(object)).max() < 2**53:
                values = values.astype(np.float64)
            else:
                values = values.astype(np.str_)
        case "M":
            values, more = _times(values)
            attributes |= more
        case "f":
            values = values.astype(np.float32 if values.dtype == np.float32 else np.float64)
    return (name,), values, attributes


def _times(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], dict[str, Any]]:
    """Times as whole numbers since the first, in the unit in which they are 32-bit ones; else as texts."""
    first = values.min()
    since = values - first
    for unit, step in _TIME_STEPS:
        numbers = since.astype(f"timedelta64[{step}]")
        exact = (numbers.astype(since.dtype) == since).all()
        if exact and numbers.astype(np.int64).max() <= _INT32.max:
            start = str(first).replace("T", " ")
            return numbers.astype(np.int32), {"units": f"{unit} since {start}", "calendar": "proleptic_gregorian"}
    return values.astype(np.str_), {}


def _of_runs(bench: Bench, names: _Names, run: str) -> dict[str, Variable]:
    """What tells the runs apart, along them."""
    rows: dict[str, list[Any]] = {
        "result_id": [r.result_id or "" for r in bench.runs],
        "executed_at": [r.executed_at.isoformat() for r in bench.runs],
        "source_revision": [r.source_revision or "" for r in bench.runs],
        "label": [str(r.provenance.get("display_label") or "") for r in bench.runs],
    }
    texts = {name: np.array(row, dtype=np.str_) for name, row in rows.items() if any(row)}
    return {names.of(name): ((run,), row, {}) for name, row in texts.items()}


def _metric(
    bench: Bench, metric: Metric, name: str, names: _Names, dims: tuple[str, ...], repeat: str, repeats: int
) -> dict[str, Variable]:
    """A metric's samples, NaN where there is none; with the counts and spreads that say why, where they are known."""
    samples = [run.samples[metric.variable] for run in bench.runs]
    padded = [
        np.pad(s, [(0, 0)] * (s.ndim - 1) + [(0, repeats - s.shape[-1])], constant_values=np.nan) for s in samples
    ]
    attributes = _named(metric, metric.variable, name) | {"direction": metric.direction.value}
    held = [run.replication.get(metric.variable) for run in bench.runs]
    further: dict[str, Variable] = {}
    if any(h is not None for h in held) or len({s.shape[-1] for s in samples}) > 1:
        counts = [
            np.full(s.shape[:-1], s.shape[-1]) if h is None else h.count for h, s in zip(held, samples, strict=True)
        ]
        largest = max(int(count.max()) for count in counts)
        kind = np.int32 if largest <= _INT32.max else np.float64
        further[names.of(f"{name}_count")] = dims, np.stack(counts).astype(kind), {"long_name": "number of samples"}
    if any(h is not None and h.sd is not None for h in held):
        sds = [
            np.full(s.shape[:-1], np.nan) if h is None or h.sd is None else h.sd
            for h, s in zip(held, samples, strict=True)
        ]
        units = {"units": attributes["units"]} if "units" in attributes else {}
        further[names.of(f"{name}_sd")] = dims, np.stack(sds), {"long_name": "standard deviation", **units}
    if further:
        attributes["ancillary_variables"] = " ".join(further)
    return {name: ((*dims, repeat), np.stack(padded), attributes), **further}
