"""A result from plain arrays, checked: the way in for numbers that something else has measured."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping, Set
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from holobench_mcp.model import Environment, Input, InvalidArgument, JsonScalar, Kind, Measurement, Metric, fault_in
from holobench_mcp.result import upstream
from holobench_mcp.result.coordinates import as_index, kind_of, of_enum, plain_array, without_objects
from holobench_mcp.result.replication import Replication
from holobench_mcp.result.sample_arrays import SampleArrays
from holobench_mcp.result.snapshot import FloatArray, Snapshot

_Declaration = TypeVar("_Declaration", Input, Metric, Environment, Measurement)

#: What a value of an input may be, beside an enum's member, which counts as its value.
_VALUES = (str, int, float, np.bool_, np.number, date, np.datetime64, PurePath)
#: Dimensions that every result has, or may have, beside its inputs.
_OWN_DIMENSIONS = ("repeat", "over_time")


def from_arrays(
    *,
    bench_name: str,
    inputs: object,
    metrics: object,
    samples: object,
    constants: object,
    source_revision: str | None,
    label: str | None,
    environment: object,
    executed_at: object,
    measurement: object,
    counts: object = (),
    sds: object = (),
) -> Snapshot:
    """`Snapshot.build`: see there. Nothing is taken for what its type promises. Raises InvalidArgument."""
    _check_name("bench_name", bench_name)
    declared_inputs, coords = _inputs(inputs)
    declared, arrays = _metrics(metrics, samples, tuple(len(c) for c in coords.values()))
    clash = {m.variable for m in declared} & set(coords)
    if clash:
        raise InvalidArgument(f"metrics: {sorted(clash)} are names of inputs too.")
    repeats = next(iter(arrays.values())).shape[-1]
    coordinates = {**{name: as_index(values) for name, values in coords.items()}, "repeat": np.arange(1, repeats + 1)}
    replication = _replication(_mapping("counts", counts or {}), _mapping("sds", sds or {}), arrays)
    return Snapshot.of_arrays(
        SampleArrays((*coords, "repeat"), coordinates, arrays, replication),
        bench_name=bench_name,
        provenance=_provenance(_utc(executed_at), source_revision, label),
        inputs=declared_inputs,
        metrics=declared,
        constants=_constants(constants),
        environment=_parsed(Environment, environment, "environment"),
        measurement=None if measurement is None else _parsed(Measurement, measurement, "measurement"),
    )


def _inputs(inputs: object) -> tuple[tuple[Input, ...], dict[str, npt.NDArray[Any]]]:
    coords: dict[str, npt.NDArray[Any]] = {}
    declared: list[Input] = []
    for name, given in _mapping("inputs", inputs).items():
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
    metrics: object, samples: object, shape: tuple[int, ...]
) -> tuple[tuple[Metric, ...], dict[str, FloatArray]]:
    specs, arrays_given = _mapping("metrics", metrics), _mapping("samples", samples)
    if not specs:
        raise InvalidArgument("metrics: a result has at least one metric.")
    declared = tuple(_metric(name, spec) for name, spec in specs.items())
    if set(specs) != set(arrays_given):
        lone = sorted(map(str, set(specs) ^ set(arrays_given)))
        raise InvalidArgument(f"samples: metrics and samples must name the same variables; only one has {lone}.")
    arrays = {m.variable: _sample_array(m, arrays_given[m.variable], shape) for m in declared}
    repeats = {a.shape[-1] for a in arrays.values()}
    if len(repeats) != 1:
        raise InvalidArgument(f"samples: every metric must have the same number of repeats, not {sorted(repeats)}.")
    return declared, arrays


def _metric(name: object, spec: object) -> Metric:
    _check_name("metrics", name)
    if name in _OWN_DIMENSIONS:
        raise InvalidArgument(f"metrics: {name!r} is the name of a dimension that every result has.")
    keys = _mapping(f"metrics: {name!r}", spec)
    if keys.get("variable", name) != name:
        raise InvalidArgument(f"metrics: {name!r}: variable is its name, not {keys['variable']!r:.60}.")
    metric = _parsed(Metric, {**keys, "variable": name}, f"metrics: {name!r}")
    if metric.claim is not None:
        try:
            upstream.check_claim(metric.claim)
        except ValueError as problem:
            raise InvalidArgument(f"metrics: {name!r}: {problem}") from problem
    return metric


def _sample_array(metric: Metric, given: object, shape: tuple[int, ...]) -> FloatArray:
    """Shape (points of each input …, repeats), NaN where a sample is None or masked."""
    where = f"samples: {metric.variable!r}"
    try:
        array = np.ma.filled(given, np.nan) if isinstance(given, np.ma.MaskedArray) else np.asarray(given)
        if array.dtype.kind not in "fiubO":  # texts, times and complex numbers would be turned into floats
            raise TypeError(f"it is of {array.dtype}")
        array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as problem:
        raise InvalidArgument(f"{where} is not an array of numbers ({problem}).") from problem
    if array.shape[:-1] != shape or array.ndim != len(shape) + 1 or array.shape[-1] == 0:
        want = ", ".join([*map(str, shape), "repeats"])
        raise InvalidArgument(f"{where} has the shape {array.shape}, not ({want}).")
    if metric.kind is Kind.bool and not np.isin(array[~np.isnan(array)], (0.0, 1.0)).all():
        raise InvalidArgument(f"{where} is declared bool, so its samples are 0, 1 or NaN.")
    return np.ascontiguousarray(array)


def _coordinate(name: str, values: object) -> npt.NDArray[Any]:
    """Shape (values,). Values of one kind stay what they are, others become texts."""
    where = f"inputs: {name!r}"
    if isinstance(values, str | bytes | Set | Mapping) or not isinstance(values, Iterable):
        raise InvalidArgument(f"{where} must be a list of at least one value, not {values!r:.60}.")
    try:
        listed = list(values)
    except TypeError as problem:  # an array of no dimensions
        raise InvalidArgument(f"{where} must be a list of at least one value ({problem}).") from problem
    if not listed:
        raise InvalidArgument(f"{where} must be a list of at least one value.")
    for value in map(of_enum, listed):
        if isinstance(value, float | np.floating) and not np.isfinite(value):
            raise InvalidArgument(f"{where} has values that are not finite.")
        if not isinstance(value, _VALUES) or isinstance(value, np.complexfloating):
            raise InvalidArgument(
                f"{where} has the value {value!r:.60}; values are numbers, true or false, texts and times."
            )
        if isinstance(value, str):
            _check_text(where, value)
    if isinstance(values, np.ndarray) or all(isinstance(v, np.datetime64) for v in listed):
        array = plain_array(np.asarray(values))
    else:
        # numpy alone would make 1 of True, and round an int beside a float.
        array = without_objects(map(of_enum, listed))
    if array.dtype.kind == "M" and np.isnat(array).any():
        raise InvalidArgument(f"{where} has a time that is none.")
    if len(np.unique(array)) != len(array):
        raise InvalidArgument(f"{where} has the same value twice.")
    return array


def _replication(
    counts: Mapping[str, Any], sds: Mapping[str, Any], arrays: Mapping[str, FloatArray]
) -> dict[str, Replication]:
    declared: dict[str, Replication] = {}
    for argument, given in (("counts", counts), ("sds", sds)):
        for name in given:
            if name not in arrays or (argument == "sds" and name not in counts):
                known = ", ".join(counts if argument == "sds" else arrays) or "none"
                raise InvalidArgument(f"{argument}: {name!r:.60} is none of {known}.")
    for name, given in counts.items():
        try:
            count = np.asarray(given)
            sd = np.asarray(sds[name], dtype=np.float64) if name in sds else None
            if count.dtype.kind not in "iu":
                raise ValueError("its counts are no whole numbers")
            declared[name] = Replication(count.astype(np.int64), sd)
            declared[name].check(arrays[name])
        except (TypeError, ValueError, OverflowError) as problem:
            raise InvalidArgument(f"counts: {name!r}: {problem}.") from problem
    return declared


def _constants(constants: object) -> dict[str, JsonScalar]:
    plain: dict[str, JsonScalar] = {}
    for name, given in _mapping("constants", constants).items():
        _check_name("constants", name)
        value = of_enum(given.item() if isinstance(given, np.generic) else given)
        if not isinstance(value, str | int | float | None) or (isinstance(value, float) and not math.isfinite(value)):
            raise InvalidArgument(
                f"constants: {name!r} is {given!r:.60}; a constant is a text, a finite number, true, false or null."
            )
        _check_text(f"constants: {name!r}", value if isinstance(value, str) else None)
        plain[name] = value
    return plain


def _mapping(argument: str, given: object) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidArgument(f"{argument}: a mapping of names is needed, not {given!r:.60}.")
    return given


def _check_name(argument: str, name: object) -> None:
    if not isinstance(name, str) or not name.strip() or len(name) > 200 or not name.isprintable():
        raise InvalidArgument(f"{argument}: a name is 1 to 200 printable characters, not {name!r:.60}.")


def _check_text(argument: str, text: object) -> None:
    """Raise InvalidArgument for what is neither null nor a text that can be stored and read back as it is."""
    if text is None:
        return
    if not isinstance(text, str):
        raise InvalidArgument(f"{argument}: a text is needed, not {text!r:.60}.")
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise InvalidArgument(f"{argument}: {text!r:.60} has a NUL or half of a surrogate pair in it.")


def _parsed(model: type[_Declaration], given: object, argument: str) -> _Declaration:
    try:
        parsed = model.model_validate(given)
        parsed.model_dump_json()  # keys that are not declared may hold anything
    except ValidationError as problem:
        raise InvalidArgument(f"{argument}: {fault_in(problem, model, given)}") from problem
    except (PydanticSerializationError, ValueError, RecursionError) as problem:
        raise InvalidArgument(f"{argument}: it can't be written as JSON ({str(problem)[:100]}).") from problem
    return parsed


def _provenance(when: datetime, source_revision: str | None, label: str | None) -> dict[str, str | None]:
    _check_text("source_revision", source_revision)
    _check_text("label", label)
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


def _utc(when: object) -> datetime:
    if when is None:
        return datetime.now(UTC)
    try:
        parsed = datetime.fromisoformat(when) if isinstance(when, str) else when
    except ValueError as problem:
        raise InvalidArgument(f"executed_at: {when!r:.60} is not an ISO 8601 time.") from problem
    if not isinstance(parsed, datetime):
        raise InvalidArgument(f"executed_at: a datetime or its ISO 8601 text is needed, not {when!r:.60}.")
    if parsed.tzinfo is None:
        raise InvalidArgument(f"executed_at: {when} has no time zone; write it as UTC, with +00:00.")
    if not 1970 <= parsed.year < 9999 or parsed.astimezone(UTC).year < 1970:
        raise InvalidArgument(f"executed_at: {when} is not from 1970 to 9998.")
    return parsed.astimezone(UTC)
