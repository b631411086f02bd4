"""Random results, as holobench itself makes them: what the contract is held against."""

from __future__ import annotations

import enum
import json
import math
from datetime import UTC, datetime
from pathlib import Path

import bencher as bn
import numpy as np
import xarray as xr
from bencher.bench_cfg import BenchCfg
from bencher.execution import Execution
from bencher.regression import detect_regressions
from bencher.results.bench_result import BenchResult
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

RELAXED = settings(max_examples=60, suppress_health_check=list(HealthCheck))
VALUES = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 1e-300, 5.0])


class Colour(enum.Enum):
    RED = "red"
    BLUE = 8


#: Values that an array without objects holds as they are.
COORDINATES = (
    np.array([1, 2, 3]),
    np.array([0.5, 1.25]),
    np.array([0.1, 0.2], dtype=np.float32),
    np.array([-0.0, 2**53], dtype=float),
    np.array([2**53, 2**53 + 1]),
    np.array(["a", "bb"]),
    np.array(["True", "False"]),
    np.array([True, False]),
    np.array(["2026-01-01", "2026-01-02T03:04:05.678901"], dtype="datetime64[ns]"),
    np.array([7]),
)
#: Values that holobench keeps as objects, and a store as text or numbers.
OBJECTS = (
    np.array(list(Colour), dtype=object),
    np.array([1, "one", None], dtype=object),
    np.array([Path("here"), Path("there/too")], dtype=object),
)


@st.composite
def declared(draw: st.DrawFn, name: str) -> bn.ResultFloat:
    direction = draw(st.sampled_from(list(bn.OptDir)))
    claim = draw(st.sampled_from([None, "< 3", ">= 0.1234567891", "-1..1"]))
    if draw(st.booleans()):
        variable = bn.ResultBool(direction=direction, claim=claim)
    else:
        variable = bn.ResultFloat(units=draw(st.sampled_from(["ms", "", "ul"])), direction=direction, claim=claim)
    variable.name = name
    return variable


@st.composite
def results(
    draw: st.DrawFn,
    names: tuple[str, ...] = ("time", "score"),
    moments: int = 1,
    coordinates: tuple[np.ndarray, ...] = COORDINATES,
) -> BenchResult:
    """A BenchResult as holobench makes one: 0 to 3 inputs, repeats, and a history when moments > 1.

    One in three has samples of few different values, so that the best of them stands in many places.
    """
    dims = draw(st.integers(0, 3))
    coords = {f"in{i}": draw(st.sampled_from(coordinates)) for i in range(dims)}
    ties = draw(st.sampled_from([True, False, False]))
    repeats = draw(st.integers(1, 4))
    variables = [draw(declared(name)) for name in names]
    shape = (*[len(c) for c in coords.values()], repeats)
    full = (*shape, moments) if moments > 1 else shape
    names_of_dims = [*coords, "repeat", *(["over_time"] if moments > 1 else [])]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    data = {}
    for variable in variables:
        if isinstance(variable, bn.ResultBool):
            values = rng.integers(0, 2, full).astype(float)
        else:
            values = rng.normal(draw(st.sampled_from([0, 1, -5, 100])), draw(st.sampled_from([0.0, 1.0, 30.0])), full)
            values = values.round(-1) if ties else values
        for _ in range(draw(st.integers(0, 3))):
            values.flat[draw(st.integers(0, values.size - 1))] = draw(VALUES)
        data[variable.name] = (names_of_dims, values)
    all_coords = {**coords, "repeat": np.arange(1, repeats + 1)}
    if moments > 1:
        all_coords["over_time"] = np.array([f"2026-01-0{i + 1}" for i in range(moments)], dtype="datetime64[ns]")
    cfg = BenchCfg(
        bench_name=draw(st.sampled_from(["bench", "Sort it!"])),
        over_time=moments > 1,
        input_vars=[sweep(name, draw(st.sampled_from(["n", "ul"]))) for name in coords],
        result_vars=variables,
    )
    cfg.execution = Execution(
        uuid="00000000-0000-4000-8000-000000000000",
        executed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).isoformat(),
        display_label="label",
        source_revision=draw(st.sampled_from([None, "abc123"])),
    )
    result = BenchResult(cfg)
    result.ds = xr.Dataset(data, coords=all_coords)
    if moments > 1:
        result.regression_report = detect_regressions(result.ds, cfg, bn.BenchRunCfg(regression_method="adaptive"))
    return result


def sweep(name: str, units: str) -> bn.FloatSweep:
    variable = bn.FloatSweep(default=0.0, bounds=(0.0, 1.0), units=units)
    variable.name = name
    return variable


def same(ours: object, theirs: object) -> None:
    assert json.dumps(ours, default=str) == json.dumps(theirs, default=str)
