"""Snapshot: one result at one moment, as declarations and a labelled dataset, with nothing to execute in it.

A saved holobench result is a pickle of live objects. Everything this project answers from is this instead:
it is built inside the benchmark's own process, or from plain arrays, or from the store, and its samples
travel as an npz archive in which nothing can run.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from holobench_mcp.model import Environment, Input, JsonScalar, Measurement, Metric, MetricStats, NotComparable
from holobench_mcp.result.plain_dataset import PlainDataset
from holobench_mcp.result.replication import Replication
from holobench_mcp.result.strict_json import canonical_json, finite_value

if TYPE_CHECKING:
    import xarray as xr

    from holobench_mcp.result.sample_arrays import SampleArrays

FloatArray = npt.NDArray[np.float64]

#: Samples from which on those near the middle are looked for, and among how many.
_MANY, _SOME = 2000, 500
NO_REGRESSIONS: Mapping[str, Any] = {
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
    replication: by metric, how many samples stand behind each point, where that is not every repeat at every point.
    """

    bench_name: str
    provenance: Mapping[str, Any]
    inputs: tuple[Input, ...]
    metrics: tuple[Metric, ...]
    dataset: xr.Dataset | None
    constants: Mapping[str, JsonScalar] = field(default_factory=dict)
    environment: Environment = field(default_factory=Environment)
    regressions: Mapping[str, Any] = field(default_factory=lambda: dict(NO_REGRESSIONS))
    over_time: bool = False
    history: Mapping[str, Any] = field(default_factory=dict)
    measurement: Measurement | None = None
    document: Mapping[str, Any] | None = None
    result_id: str | None = None
    replication: Mapping[str, Replication] = field(default_factory=dict)

    # ------------------------------------------------------------------ ways in

    @classmethod
    def from_result(
        cls,
        bench_res: Any,  # noqa: ANN401 - a bencher.BenchResult
        *,
        environment: Environment | None = None,
        measurement: Measurement | None = None,
    ) -> Snapshot:
        """Take a live BenchResult apart, where it was measured. Raises CaptureError for one without samples."""
        from holobench_mcp.result.bench_result import moment_of_result, storable

        return storable(moment_of_result(bench_res), environment, measurement)

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
        counts: Mapping[str, npt.ArrayLike] | None = None,
        sds: Mapping[str, npt.ArrayLike] | None = None,
    ) -> Snapshot:
        """A result from plain arrays, for numbers that were measured by something else.

        inputs: `{"size": [50, 200]}`, or `{"size": {"values": [50, 200], "units": "items"}}`.
        metrics: `{"time_ms": {"units": "ms", "direction": "minimize"}}`; further keys are those of Metric.
        samples: one array a metric, of shape (points of each input in order …, repeats); NaN is a missing sample.
        executed_at: a time with its zone; now, unless given.
        counts: by metric, how many samples each point has, where that differs: of shape (points of each input …). What
        lies beyond them is NaN and no missing sample; 0 is a point that is none of the benchmark's.
        sds: by metric, the standard deviations of samples that nobody has: its first repeat then holds their means.

        Raises InvalidArgument, naming the argument, for shapes that disagree, names that repeat, values that are
        no numbers.
        """
        from holobench_mcp.result.building import from_arrays

        return from_arrays(
            bench_name=bench_name,
            inputs=inputs or {},
            metrics=metrics,
            samples=samples,
            constants=constants or {},
            source_revision=source_revision,
            label=label,
            environment=environment or {},
            executed_at=executed_at,
            measurement=measurement,
            counts=counts or {},
            sds=sds or {},
        )

    @classmethod
    def of_arrays(cls, arrays: SampleArrays, **fields: Any) -> Snapshot:  # noqa: ANN401 - the fields of this class
        """A result from what its archive holds. Its dataset is made when it is first asked for, which it seldom is."""
        made = cls(dataset=None, replication=arrays.replication, **fields)
        object.__delattr__(made, "dataset")
        made.__dict__["_arrays"] = arrays
        names = [m.variable for m in made.metrics if m.variable in arrays.metrics]
        inputs = [i.name for i in made.inputs]
        if arrays.dims == (*inputs, "repeat"):
            made.__dict__["coordinates"] = {name: arrays.coordinates[name] for name in inputs}
            made.__dict__["samples"] = {n: arrays.metrics[n].astype(np.float64, copy=False) for n in names}
        return made

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the dataset, which is made by now
            if name != "dataset" or "_arrays" not in self.__dict__:
                raise AttributeError(f"{type(self).__name__} has no {name}")
            made = self.__dict__["dataset"] = self.__dict__["_arrays"].dataset()
            return made

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

    @property
    def has_samples(self) -> bool:
        """Whether there is a dataset, which is not made to find that out; a contract-only result has none."""
        return "_arrays" in self.__dict__ or self.dataset is not None

    @cached_property
    def arrays(self) -> PlainDataset:
        """The dataset's arrays. Raises NotComparable for a contract-only result."""
        held: SampleArrays | None = self.__dict__.get("_arrays")
        return PlainDataset.of(self.known_dataset) if held is None else held.plain()

    @property
    def known_dataset(self) -> xr.Dataset:
        """The dataset. Raises NotComparable for a contract-only result, from which nothing can be computed."""
        if self.dataset is None:
            raise NotComparable(
                f"{self.result_id or self.bench_name} is contract-only: its samples were never recorded, "
                "so nothing can be computed from it."
            )
        return self.dataset

    @cached_property
    def samples(self) -> Mapping[str, FloatArray]:
        """Every metric's samples: shape (points of each input …, repeats), float64, NaN where missing."""
        if not self.has_samples:
            return {}
        dims = [i.name for i in self.inputs] + ["repeat"]
        return {
            m.variable: in_order(self.arrays, m.variable, dims).astype(np.float64, copy=False)
            for m in self.metrics
            if m.variable in self.arrays.variables
        }

    def missing(self, variable: str) -> npt.NDArray[np.bool_]:
        """Which samples of a metric are missing: NaN where a sample was to be. Shape as in `samples`."""
        samples = self.samples[variable]
        held = self.replication.get(variable)
        return np.isnan(samples) if held is None else np.isnan(samples) & ~held.padding(samples.shape[-1])

    def is_finite(self, variable: str) -> bool:
        """Whether every sample of a metric is a finite number."""
        known: dict[str, bool] = self.__dict__.setdefault("_finite", {})
        if variable not in known:
            known[variable] = bool(np.isfinite(self.samples[variable]).all())
        return known[variable]

    @cached_property
    def coordinates(self) -> Mapping[str, npt.NDArray[Any]]:
        """The values of every input, in declaration order: shape (points,) each."""
        if not self.has_samples:
            return {}
        return {i.name: self.arrays.variables[i.name].values for i in self.inputs}

    @cached_property
    def _metric_by_name(self) -> Mapping[str, Metric]:
        return {m.variable: m for m in self.metrics}

    def metric(self, variable: str) -> Metric:
        """A metric's declaration. Raises KeyError."""
        return self._metric_by_name[variable]

    def stats(self) -> Mapping[str, MetricStats]:
        """n, mean, sd, min, median, max of every metric's finite samples."""
        return self._figures

    @cached_property
    def _figures(self) -> Mapping[str, MetricStats]:
        return {name: _stats(array) for name, array in self.samples.items()}

    def definition(self) -> str:
        """A digest of what makes two results replicates of one another: names, inputs, metrics, constants."""
        parts = {
            "bench": self.bench_name,
            "inputs": {name: _listed(values) for name, values in self.coordinates.items()},
            "metrics": [m.model_dump(mode="json", exclude={"claim"}) for m in self.metrics],
            "constants": dict(self.constants),
        }
        return hashlib.sha256(canonical_json(parts)).hexdigest()[:16]

    def with_(self, **changes: Any) -> Snapshot:  # noqa: ANN401 - the fields of this class
        """The same result with some fields replaced."""
        held: SampleArrays | None = self.__dict__.get("_arrays")
        if held is None or not {"dataset", "replication"}.isdisjoint(changes):
            return replace(self, **changes)
        return self.with_arrays(held, **changes)

    def with_arrays(self, arrays: SampleArrays, **changes: Any) -> Snapshot:  # noqa: ANN401 - the fields of this class
        """The same result with other samples, and some fields replaced."""
        others = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("dataset", "replication")}
        return self.of_arrays(arrays, **{**others, **changes})


def in_order(dataset: xr.Dataset | PlainDataset, variable: str, dims: Sequence[str]) -> npt.NDArray[Any]:
    """A variable's values with its dimensions in an order. By its Variable: a DataArray takes 0.3 ms to make."""
    found = dataset.variables[variable]
    values = np.asarray(found.values)
    return values if list(found.dims) == list(dims) else values.transpose([found.dims.index(d) for d in dims])


def _listed(values: npt.NDArray[Any]) -> list[Any]:
    """An input's values as a digest takes them: times, NaN and infinities as texts."""
    if values.dtype.kind == "M":
        return [str(v) for v in values]
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values.tolist()  # type: ignore[no-any-return]  # a list, as it is of one dimension
    return [str(v) if isinstance(v, float) and not math.isfinite(v) else v for v in values.tolist()]


def _stats(array: FloatArray) -> MetricStats:
    finite = array.ravel() if np.isfinite(array).all() else array[np.isfinite(array)]
    n = finite.size
    if n == 0:
        return MetricStats(n=0, mean=None, sd=None, min=None, median=None, max=None)
    with np.errstate(over="ignore", invalid="ignore"):
        # As numpy's own mean, std and median, which take four times as long for a few samples.
        mean = np.add.reduce(finite) / n
        deviations = finite - mean
        sd = np.sqrt(np.add.reduce(np.multiply(deviations, deviations, out=deviations)) / (n - 1)) if n > 1 else None
        median = _median(finite)
    figures = {"mean": mean, "sd": sd, "min": finite.min(), "median": median, "max": finite.max()}
    return MetricStats(n=n, **{k: None if v is None else finite_value(v) for k, v in figures.items()})


def _median(values: FloatArray) -> float:
    """As numpy's. Of many values only those are sorted that are near the middle of some of them."""
    n, middle, below = values.size, values.size // 2, 0
    ordered = values
    if n > _MANY:
        some = np.sort(values[:: n // _SOME])
        low, high = some[int(0.45 * some.size)], some[int(0.55 * some.size)]
        below, near = int(np.count_nonzero(values < low)), values[(values >= low) & (values <= high)]
        if below < middle and middle < below + near.size:
            ordered = near
        else:  # they are in an order that misleads
            below = 0
    ordered = np.sort(ordered)
    upper = ordered[middle - below]
    return float(upper if n % 2 else (ordered[middle - below - 1] + upper) / 2) + 0.0  # and no -0.0
