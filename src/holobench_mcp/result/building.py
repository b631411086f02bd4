"""A result from plain arrays, checked: the way in for numbers that something else has measured."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from holobench_mcp.model import Environment, Input, InvalidArgument, JsonScalar, Kind, Measurement, Metric, fault_in
from holobench_mcp.result import upstream
from holobench_mcp.result.coordinates import kind_of, plain_array
from holobench_mcp.result.snapshot import FloatArray, Snapshot

_Declaration = TypeVar("_Declaration", Input, Metric, Environment)

#: Dimensions that every result has, or may have, beside its inputs.
_OWN_DIMENSIONS = ("repeat", "over_time")


def from_arrays(
    *,
    bench_name: str,
    inputs: Mapping[str, Sequence[Any] | Mapping[str, Any]],
    metrics: Mapping[str, Mapping[str, Any]],
    samples: Mapping[str, npt.ArrayLike],
    constants: Mapping[str, JsonScalar],
    source_revision: str | None,
    label: str | None,
    environment: Environment | Mapping[str, Any],
    executed_at: datetime | str | None,
    measurement: Measurement | None,
) -> Snapshot:
    """`Snapshot.build`: see there. Raises InvalidArgument, naming the argument."""
    import xarray as xr

    _check_name("bench_name", bench_name)
    declared_inputs, coords = _inputs(inputs)
    declared, arrays = _metrics(metrics, samples, tuple(len(c) for c in coords.values()))
    clash = {m.variable for m in declared} & set(coords)
    if clash:
        raise InvalidArgument(f"metrics: {sorted(clash)} are names of inputs too.")
    dims = (*coords, "repeat")
    repeats = next(iter(arrays.values())).shape[-1]
    dataset = xr.Dataset(
        {name: (dims, array) for name, array in arrays.items()},
        coords={**coords, "repeat": np.arange(1, repeats + 1)},
    )
    return Snapshot(
        bench_name=bench_name,
        provenance=_provenance(_utc(executed_at), source_revision, label),
        inputs=declared_inputs,
        metrics=declared,
        dataset=dataset,
        constants=dict(constants),
        environment=environment
        if isinstance(environment, Environment)
        else _parsed(Environment, environment, "environment"),
        measurement=measurement,
    )


def _inputs(
    inputs: Mapping[str, Sequence[Any] | Mapping[str, Any]],
) -> tuple[tuple[Input, ...], dict[str, npt.NDArray[Any]]]:
    coords: dict[str, npt.NDArray[Any]] = {}
    declared: list[Input] = []
    for name, given in inputs.items():
        _check_name("inputs", name)
        if name in _OWN_DIMENSIONS:
            raise InvalidArgument(f"inputs: {name!r} is the name of a dimension that every result has.")
        spec = dict(given) if isinstance(given, Mapping) else {"values": given}
        if "values" not in spec or set(spec) - {"values", "units"}:
            raise InvalidArgument(
                f"inputs: {name!r} is declared by a list of values, or by the keys 'values' and 'units'."
            )
        coords[name] = _coordinate(name, spec["values"])
        declaration = {"name": name, "units": spec.get("units"), "kind": kind_of(coords[name])}
        declared.append(_parsed(Input, declaration, f"inputs: {name!r}"))
    return tuple(declared), coords


def _metrics(
    metrics: Mapping[str, Mapping[str, Any]], samples: Mapping[str, npt.ArrayLike], shape: tuple[int, ...]
) -> tuple[tuple[Metric, ...], dict[str, FloatArray]]:
    if not metrics:
        raise InvalidArgument("metrics: a result has at least one metric.")
    if set(metrics) != set(samples):
        lone = sorted(set(metrics) ^ set(samples))
        raise InvalidArgument(f"samples: metrics and samples must name the same variables; only one has {lone}.")
    declared = tuple(_metric(name, spec) for name, spec in metrics.items())
    arrays = {m.variable: _sample_array(m, samples[m.variable], shape) for m in declared}
    repeats = {a.shape[-1] for a in arrays.values()}
    if len(repeats) != 1:
        raise InvalidArgument(f"samples: every metric must have the same number of repeats, not {sorted(repeats)}.")
    return declared, arrays


def _metric(name: str, spec: Mapping[str, Any]) -> Metric:
    _check_name("metrics", name)
    metric = _parsed(Metric, {"variable": name, **spec}, f"metrics: {name!r}")
    if metric.claim is not None:
        try:
            upstream.check_claim(metric.claim)
        except ValueError as problem:
            raise InvalidArgument(f"metrics: {name!r}: {problem}") from problem
    return metric


def _sample_array(metric: Metric, given: npt.ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise InvalidArgument(f"samples: {metric.variable!r} is not an array of numbers ({problem}).") from problem
    if array.shape[:-1] != shape or array.ndim != len(shape) + 1 or array.shape[-1] == 0:
        want = ", ".join([*map(str, shape), "repeats"])
        raise InvalidArgument(f"samples: {metric.variable!r} has the shape {array.shape}, not ({want}).")
    if metric.kind is Kind.bool and not np.isin(array[np.isfinite(array)], (0.0, 1.0)).all():
        raise InvalidArgument(f"samples: {metric.variable!r} is declared bool, so its samples are 0, 1 or NaN.")
    return array


def _coordinate(name: str, values: Sequence[Any]) -> npt.NDArray[Any]:
    array = plain_array(np.asarray(values))
    if array.ndim != 1 or array.size == 0:
        raise InvalidArgument(f"inputs: {name!r} must be a list of at least one value.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InvalidArgument(f"inputs: {name!r} has values that are not finite.")
    if len(np.unique(array)) != len(array):
        raise InvalidArgument(f"inputs: {name!r} has the same value twice.")
    return array


def _check_name(argument: str, name: object) -> None:
    if not isinstance(name, str) or not name.strip() or len(name) > 200 or not name.isprintable():
        raise InvalidArgument(f"{argument}: a name is 1 to 200 printable characters, not {name!r:.60}.")


def _parsed(model: type[_Declaration], given: Mapping[str, Any], argument: str) -> _Declaration:
    try:
        return model.model_validate(given)
    except ValidationError as problem:
        raise InvalidArgument(f"{argument}: {fault_in(problem, model, given)}") from problem


def _provenance(when: datetime, source_revision: str | None, label: str | None) -> dict[str, str | None]:
    return {
        "uuid": str(uuid.uuid4()),
        "executed_at": when.isoformat(),
        "display_label": label or when.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "source_revision": source_revision,
        "workflow": None,
        "workflow_run": None,
        "lane": None,
        "attempt": None,
    }


def _utc(when: datetime | str | None) -> datetime:
    if when is None:
        return datetime.now(UTC)
    try:
        parsed = datetime.fromisoformat(when) if isinstance(when, str) else when
    except ValueError as problem:
        raise InvalidArgument(f"executed_at: {when!r} is not an ISO 8601 time.") from problem
    if parsed.tzinfo is None:
        raise InvalidArgument(f"executed_at: {when} has no time zone; write it as UTC, with +00:00.")
    if not 1970 <= parsed.year < 9999:
        raise InvalidArgument(f"executed_at: {when} is not from 1970 to 9998.")
    return parsed.astimezone(UTC)
