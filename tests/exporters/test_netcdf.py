"""netCDF opens in xarray with its units, types and names, whatever these are."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import numpy as np
import pytest
import xarray as xr

from holobench_mcp import Snapshot
from holobench_mcp.exporters.formats import write
from holobench_mcp.model import InvalidArgument


def opened(*snapshots: Snapshot) -> xr.Dataset:
    data = write("netcdf", snapshots).data
    with xr.open_dataset(io.BytesIO(data), engine="scipy") as dataset:
        return dataset.load()


def result(
    inputs: Any = None, units: str | None = "ms", metric: str = "time", repeats: int = 2, **more: Any
) -> Snapshot:
    inputs = {"size": [10, 20]} if inputs is None else inputs
    shape = tuple(len(v["values"] if isinstance(v, dict) else v) for v in inputs.values())
    samples = np.arange(np.prod((*shape, repeats)), dtype=float).reshape(*shape, repeats) / 3
    given = {"bench_name": "sort", "samples": {metric: samples}, "metrics": {metric: {"units": units}}, **more}
    return Snapshot.build(inputs=inputs, **given)


def test_samples_units_directions_and_runs_are_there() -> None:
    runs = [
        result({"size": {"values": [10, 20], "units": "items"}}, repeats=n, label=f"run {n}", source_revision="abc1234")
        for n in (2, 3)
    ]
    found = opened(*runs)
    assert found.time.dims == ("run", "size", "repeat") and found.time.dtype == np.float64
    assert found.time.attrs["units"] == "ms" and found.time.attrs["direction"] == "minimize"
    assert found["size"].attrs["units"] == "items" and found["size"].values.tolist() == [10, 20]
    np.testing.assert_array_equal(found.time.values[0, :, :2], runs[0].samples["time"])
    np.testing.assert_array_equal(found.time.values[1], runs[1].samples["time"])
    assert np.isnan(found.time.values[0, :, 2]).all() and found.time_count.values.tolist() == [[2, 2], [3, 3]]
    assert found.label.values.tolist() == ["run 2", "run 3"] and found.attrs["title"] == "sort"
    assert set(found.source_revision.values.tolist()) == {"abc1234"}


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        [-(2**31), 2**31 - 1],
        [2**31, 2**40],
        [0.1, 1e300, -2.5],
        [True, False],
        ["a", "größer ☃", ""],
        [""],
        ["with space ", "tab\tand\nline"],
        [datetime(2026, 1, 2), datetime(2026, 1, 3)],
        [datetime(1970, 1, 1, 0, 0, 0, 1), datetime(2026, 3, 4, 5, 6, 7)],
        [datetime(2026, 1, 2, 3, 4, 5, 600001), datetime(2026, 1, 2, 3, 4, 5, 600002)],
    ],
)
def test_values_of_inputs_are_what_they_were(values: list[Any]) -> None:
    snapshot = result({"x": values})
    found = opened(snapshot)["x"].values
    expected = snapshot.coordinates["x"]
    if expected.dtype.kind == "M" and found.dtype.kind != "M":
        found = np.array([np.datetime64(text) for text in found.tolist()])
    assert found.shape == expected.shape and (found == expected).all()


def test_whole_numbers_that_no_float_holds_are_texts() -> None:
    found = opened(result({"x": [2**53 + 1, 2**62]}))
    assert found["x"].values.tolist() == [str(2**53 + 1), str(2**62)] and found["x"].attrs["kind"] == "int"


@pytest.mark.parametrize(
    ("units", "written"),
    [
        ("s", "s"),
        ("seconds", "s"),
        ("days", "d"),
        ("nanoseconds", "ns"),
        ("µs", "µs"),
        ("seconds since start", None),
        (None, None),
    ],
)
def test_no_unit_turns_numbers_into_durations_or_times(units: str | None, written: str | None) -> None:
    found = opened(result(units=units)).time
    assert found.dtype == np.float64 and found.attrs.get("units") == written
    if units != written:
        assert found.attrs["declared_units"] == units


@pytest.mark.parametrize(
    "name", ["B/op", "double", "1st", "größe", "a b", " x", "repeat_count", "µ%", "result_id", "run"]
)
def test_any_name_is_found_again(name: str) -> None:
    found = opened(
        result(metric=name),
    )
    [variable] = [v for v in found.data_vars if found[v].dims[-1] == "repeat"]
    assert found[variable].attrs.get("long_name", variable) == name
    assert "label" in found.coords


def test_an_input_called_run_stands_beside_the_runs() -> None:
    found = opened(result({"run": [1, 2, 3]}))
    assert found.time.dims == ("run_2", "run", "repeat") and found["run"].values.tolist() == [1, 2, 3]


def test_ragged_counts_and_means_are_there() -> None:
    snapshot = result(
        {"size": [1, 2]},
        metric="time",
        repeats=1,
        counts={"time": [100, 0]},
        sds={"time": [0.5, np.nan]},
        samples={"time": [[2.0], [np.nan]]},
    )
    found = opened(snapshot)
    assert found.time_count.values.tolist() == [[100, 0]] and found.time_sd.values[0, 0] == 0.5
    assert found.time_sd.attrs["units"] == "ms" and found.time.attrs["ancillary_variables"] == "time_count time_sd"


def test_several_benches_are_an_error_that_says_so() -> None:
    with pytest.raises(InvalidArgument, match="one bench, and these are of sort, parse"):
        write("netcdf", [result(), result(bench_name="parse")])
    with pytest.raises(InvalidArgument, match="differ in inputs, metrics or constants"):
        write("netcdf", [result(), result({"size": [1]})])
