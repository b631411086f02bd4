"""Snapshot: one result at one moment, as declarations and a labelled dataset, with nothing to execute in it.

A saved holobench result is a pickle of live objects. Everything this project answers from is this instead:
it is built inside the benchmark's own process, or from plain arrays, or from the store, and its samples
travel as an npz archive in which nothing can run.
"""

from __future__ import annotations

import hashlib
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from holobench_mcp.model import (
    CaptureError,
    Environment,
    Input,
    InvalidArgument,
    JsonScalar,
    Kind,
    Measurement,
    Metric,
    MetricStats,
    fault_in,
)
from holobench_mcp.result import upstream
from holobench_mcp.result.bench_result import contract_of, snapshot_dataset
from holobench_mcp.result.coordinates import of_enum, plain_array

if TYPE_CHECKING:
    import xarray as xr

FloatArray = npt.NDArray[np.float64]
InputKind = Literal["float", "int", "bool", "str", "datetime"]

_Declaration = TypeVar("_Declaration", Input, Metric, Environment)

_NO_REGRESSIONS: Mapping[str, Any] = {
    "has_regressions": False,
    "has_blocking_regressions": False,
    "results": [],
}


@dataclass(frozen=True)
class Snapshot:
    """One benchmark result at one moment.

    dataset: dims are the inputs, in declaration order, then `repeat`; one variable a metric. None when only the
    contract of the result is known (an imported `result.json`), so that nothing can be computed from it.
    regressions: what holobench found against the result's own recorded history when it was collected.
    history: for a result collected over time, what the contract says of a metric's whole history:
    `{variable: {"optimal_value", "optimal_inputs", "series"}}`.
    document: the contract as it came in, for a contract-only result.
    """

    bench_name: str
    provenance: Mapping[str, Any]
    inputs: tuple[Input, ...]
    metrics: tuple[Metric, ...]
    dataset: xr.Dataset | None
    constants: Mapping[str, JsonScalar] = field(default_factory=dict)
    environment: Environment = field(default_factory=Environment)
    regressions: Mapping[str, Any] = field(default_factory=lambda: dict(_NO_REGRESSIONS))
    over_time: bool = False
    history: Mapping[str, Any] = field(default_factory=dict)
    measurement: Measurement | None = None
    document: Mapping[str, Any] | None = None
    result_id: str | None = None

    # ------------------------------------------------------------------ ways in

    @classmethod
    def from_result(
        cls,
        bench_res: Any,  # noqa: ANN401 - a bencher.BenchResult, or its quarantined double
        *,
        environment: Environment | None = None,
        measurement: Measurement | None = None,
    ) -> Snapshot:
        """Take a live BenchResult apart, in the process that measured it."""
        cfg = bench_res.bench_cfg
        variables = [rv for rv in cfg.result_vars if isinstance(rv, upstream.scalar_result_types())]
        metrics = tuple(upstream.declaration_of(rv) for rv in variables)
        if not metrics:
            raise CaptureError(f"{cfg.bench_name} has no scalar metric: no ResultFloat and no ResultBool.")
        moment = snapshot_dataset(bench_res)
        dataset = _scalars_only(moment, [iv.name for iv in cfg.input_vars], metrics)
        if 0 in dataset.sizes.values():
            raise CaptureError(f"{cfg.bench_name} has no samples.")
        inputs = tuple(
            Input(name=iv.name, units=getattr(iv, "units", None), kind=_input_kind(dataset[iv.name].values))
            for iv in cfg.input_vars
        )
        written = contract_of(bench_res, include_series=True)
        over_time = bool(written["over_time"]) or "over_time" in bench_res.ds.dims
        history = {
            entry["variable"]: {
                key: entry[key] for key in ("optimal_value", "optimal_inputs", "series") if key in entry
            }
            for entry in (written["metrics"] if over_time else ())
        }
        return cls(
            bench_name=written["bench_name"],
            provenance=written["provenance"],
            inputs=inputs,
            metrics=metrics,
            dataset=dataset,
            constants=_constants(cfg),
            environment=environment or Environment(),
            regressions=written["regressions"],
            over_time=bool(written["over_time"]),
            history=history,
            measurement=measurement,
        )

    @classmethod
    def build(
        cls,
        *,
        bench_name: str,
        inputs: Mapping[str, Sequence[Any] | Mapping[str, Any]] | None = None,
        metrics: Mapping[str, Mapping[str, Any]],
        samples: Mapping[str, npt.ArrayLike],
        constants: Mapping[str, JsonScalar] | None = None,
        source_revision: str | None = None,
        label: str | None = None,
        environment: Environment | Mapping[str, Any] | None = None,
        executed_at: datetime | str | None = None,
        measurement: Measurement | None = None,
    ) -> Snapshot:
        """A result from plain arrays, for numbers that were measured by something else.

        inputs: `{"size": [50, 200]}`, or `{"size": {"values": [50, 200], "units": "items"}}`.
        metrics: `{"time_ms": {"units": "ms", "direction": "minimize"}}`; further keys are those of Metric.
        samples: one array a metric, of shape (points of each input in order …, repeats); NaN is a missing sample.
        executed_at: a time with its zone; now, unless given.

        Raises InvalidArgument, naming the argument, for shapes that disagree, names that repeat, values that are
        no numbers.
        """
        import xarray as xr

        _check_name("bench_name", bench_name)
        coords: dict[str, npt.NDArray[Any]] = {}
        declared_inputs: list[Input] = []
        for name, given in (inputs or {}).items():
            _check_name("inputs", name)
            if name in ("repeat", "over_time"):
                raise InvalidArgument(f"inputs: {name!r} is the name of a dimension that every result has.")
            declared_as = dict(given) if isinstance(given, Mapping) else {"values": given}
            if "values" not in declared_as or set(declared_as) - {"values", "units"}:
                raise InvalidArgument(
                    f"inputs: {name!r} is declared by a list of values, or by the keys 'values' and 'units'."
                )
            coords[name], units = _coordinate(name, declared_as["values"]), declared_as.get("units")
            told = {"name": name, "units": units, "kind": _input_kind(coords[name])}
            declared_inputs.append(_parsed(Input, told, f"inputs: {name!r}"))
        if not metrics:
            raise InvalidArgument("metrics: a result has at least one metric.")
        if set(metrics) != set(samples):
            lone = sorted(set(metrics) ^ set(samples))
            raise InvalidArgument(f"samples: metrics and samples must name the same variables; only one has {lone}.")
        declared = tuple(_metric(name, spec) for name, spec in metrics.items())
        shape = tuple(len(c) for c in coords.values())
        arrays = {m.variable: _sample_array(m, samples[m.variable], shape) for m in declared}
        repeats = {a.shape[-1] for a in arrays.values()}
        if len(repeats) != 1:
            raise InvalidArgument(f"samples: every metric must have the same number of repeats, not {sorted(repeats)}.")
        clash = {m.variable for m in declared} & set(coords)
        if clash:
            raise InvalidArgument(f"metrics: {sorted(clash)} are names of inputs too.")
        dims = (*coords, "repeat")
        dataset = xr.Dataset(
            {name: (dims, array) for name, array in arrays.items()},
            coords={**coords, "repeat": np.arange(1, repeats.pop() + 1)},
        )
        when = _utc(executed_at)
        provenance = {
            "uuid": str(uuid.uuid4()),
            "executed_at": when.isoformat(),
            "display_label": label or when.strftime("%Y-%m-%d %H:%M:%S UTC"),
            "source_revision": source_revision,
            "workflow": None,
            "workflow_run": None,
            "lane": None,
            "attempt": None,
        }
        return cls(
            bench_name=bench_name,
            provenance=provenance,
            inputs=tuple(declared_inputs),
            metrics=declared,
            dataset=dataset,
            constants=dict(constants or {}),
            environment=environment
            if isinstance(environment, Environment)
            else _parsed(Environment, environment or {}, "environment"),
            measurement=measurement,
        )

    # ------------------------------------------------------------------ what it says

    @property
    def executed_at(self) -> datetime:
        """When measurement started, in UTC; the epoch when the result does not say. Raises ValueError for no time."""
        text = self.provenance.get("executed_at")
        if not isinstance(text, str):
            return datetime(1970, 1, 1, tzinfo=UTC)
        try:
            when = datetime.fromisoformat(text)
            when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
        except OverflowError as problem:
            raise ValueError(f"{text} is out of range") from problem
        if when.year < 1970:
            raise ValueError(f"{text} is before 1970")
        return when

    def check_provenance(self) -> None:
        """Raise ValueError, naming the key, for a time, revision or label that a store can't sort or search by."""
        for name in ("executed_at", "source_revision", "display_label"):
            value = self.provenance.get(name)
            if not isinstance(value, str | None):
                raise ValueError(f"provenance.{name}: it is text or null, not {value!r:.60}")
        try:
            _ = self.executed_at
        except ValueError as problem:
            raise ValueError(f"provenance.executed_at: {problem}") from problem

    @property
    def source_revision(self) -> str | None:
        """The revision that was measured: as the launcher said, else as git said."""
        return self.provenance.get("source_revision") or self.environment.git_commit

    @cached_property
    def samples(self) -> Mapping[str, FloatArray]:
        """Every metric's samples: shape (points of each input …, repeats), float64, NaN where missing."""
        if self.dataset is None:
            return {}
        dims = [i.name for i in self.inputs] + ["repeat"]
        return {
            m.variable: np.asarray(self.dataset[m.variable].transpose(*dims).values, dtype=np.float64)
            for m in self.metrics
            if m.variable in self.dataset
        }

    @cached_property
    def coordinates(self) -> Mapping[str, npt.NDArray[Any]]:
        """The values of every input, in declaration order: shape (points,) each."""
        if self.dataset is None:
            return {}
        return {i.name: np.asarray(self.dataset[i.name].values) for i in self.inputs}

    def metric(self, variable: str) -> Metric:
        """A metric's declaration. Raises KeyError."""
        for metric in self.metrics:
            if metric.variable == variable:
                return metric
        raise KeyError(variable)

    def stats(self) -> dict[str, MetricStats]:
        """n, mean, sd, min, median, max of every metric's finite samples."""
        return {name: _stats(array) for name, array in self.samples.items()}

    def definition(self) -> str:
        """A digest of what makes two results replicates of one another: names, inputs, metrics, constants."""
        told = {
            "bench": self.bench_name,
            "inputs": {name: _listed(values) for name, values in self.coordinates.items()},
            "metrics": [m.model_dump(mode="json", exclude={"claim"}) for m in self.metrics],
            "constants": dict(self.constants),
        }
        return hashlib.sha256(canonical_json(told)).hexdigest()[:16]

    def with_(self, **changes: Any) -> Snapshot:  # noqa: ANN401 - the fields of this class
        """The same result with some fields replaced."""
        return replace(self, **changes)


def canonical_json(document: object) -> bytes:
    """Sorted, compact, strict JSON: the form that digests are taken of."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False, default=str).encode()


# ---------------------------------------------------------------------- parts


def _scalars_only(moment: xr.Dataset, inputs: Sequence[str], metrics: Sequence[Metric]) -> xr.Dataset:
    wanted = [m.variable for m in metrics if m.variable in moment]
    dataset = moment[wanted]
    if "repeat" not in dataset.dims:
        dataset = dataset.expand_dims("repeat", axis=-1).assign_coords(repeat=[1])
    dims = [*inputs, "repeat"]
    dataset = dataset.transpose(*[d for d in dims if d in dataset.dims], missing_dims="ignore")
    coords = {d: plain_array(np.asarray(dataset[d].values)) for d in dims if d in dataset.dims}
    kept = dataset.drop_vars([c for c in dataset.coords if c not in coords]).assign_coords(coords)
    return kept.drop_attrs()


def _input_kind(values: npt.NDArray[Any]) -> InputKind:
    kinds: dict[str, InputKind] = {"f": "float", "i": "int", "u": "int", "b": "bool", "M": "datetime"}
    return kinds.get(np.asarray(values).dtype.kind, "str")


def _constants(cfg: Any) -> dict[str, JsonScalar]:  # noqa: ANN401 - a bencher BenchCfg
    """The sweep's constants. bencher holds them as [variable, value] pairs."""
    held: dict[str, JsonScalar] = {}
    for variable, value in cfg.const_vars or ():
        plain = of_enum(value.item() if hasattr(value, "item") else value)
        held[str(getattr(variable, "name", variable))] = (
            plain
            if isinstance(plain, str | int | bool) or (isinstance(plain, float) and math.isfinite(plain))
            else str(plain)
        )
    return held


def _parsed(model: type[_Declaration], given: Mapping[str, Any], argument: str) -> _Declaration:
    try:
        return model.model_validate(given)
    except ValidationError as problem:
        raise InvalidArgument(f"{argument}: {fault_in(problem, model, given)}") from problem


def _metric(name: str, spec: Mapping[str, Any]) -> Metric:
    _check_name("metrics", name)
    metric = _parsed(Metric, {"variable": name, **spec}, f"metrics: {name!r}")
    if metric.claim is not None:
        try:
            upstream.declare(metric)
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


def _listed(values: npt.NDArray[Any]) -> list[Any]:
    return [str(v) for v in values] if values.dtype.kind == "M" else cast("list[Any]", values.tolist())


def _stats(array: FloatArray) -> MetricStats:
    finite = array[np.isfinite(array)]
    if finite.size == 0:
        return MetricStats(n=0, mean=None, sd=None, min=None, median=None, max=None)
    with np.errstate(over="ignore", invalid="ignore"):
        figures = {
            "mean": finite.mean(),
            "sd": finite.std(ddof=1) if finite.size > 1 else None,
            "min": finite.min(),
            "median": np.median(finite),
            "max": finite.max(),
        }
    kept = {k: float(v) if v is not None and np.isfinite(v) else None for k, v in figures.items()}
    return MetricStats(n=int(finite.size), **kept)
