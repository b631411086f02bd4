"""What every format of samples is written from: benches, each with its runs, and what each has at every input point."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holobench_mcp.model import InvalidArgument, JsonScalar, Metric
from holobench_mcp.result.coordinates import plain_values
from holobench_mcp.result.identity import is_time_label
from holobench_mcp.result.snapshot import Snapshot


@dataclass(frozen=True)
class Exported:
    """A file's bytes, and what of the results is not in them, as phrases."""

    data: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bench:
    """Runs of one benchmark: with the same inputs, metrics and constants."""

    name: str
    runs: tuple[Snapshot, ...]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What every run of it measured."""
        return self.runs[0].metrics


@dataclass(frozen=True)
class Mean:
    """What is known of samples that nobody has. sd: NaN where their spread is not known."""

    n: int
    mean: float
    sd: float


@dataclass(frozen=True)
class Samples:
    """A metric of one run at one input point: its samples, NaN where one is missing; or a mean in their place."""

    run: int
    values: tuple[float, ...] = ()
    mean: Mean | None = None


@dataclass(frozen=True)
class Point:
    """An input point of a bench: by metric, what each run has there; without metrics that no run was to measure."""

    inputs: dict[str, JsonScalar]
    metrics: dict[str, list[Samples]] = field(default_factory=dict)


def benches_of(snapshots: Sequence[Snapshot]) -> list[Bench]:
    """The benches in the order of their names. Raises InvalidArgument for runs that are not of one benchmark."""
    grouped: dict[str, list[Snapshot]] = {}
    for snapshot in snapshots:
        if snapshot.dataset is None:
            raise InvalidArgument(
                f"results: {snapshot.result_id or snapshot.bench_name} is contract-only: its samples were never "
                "recorded. Export it as result.json."
            )
        grouped.setdefault(snapshot.bench_name, []).append(snapshot)
    for name, runs in grouped.items():
        if len({run.definition() for run in runs}) > 1:
            raise InvalidArgument(
                f"results: results of {name} differ in inputs, metrics or constants; export each to a file of its own."
            )
    return [Bench(name, tuple(runs)) for name, runs in grouped.items()]


def one_code(benches: Sequence[Bench]) -> dict[str, Any]:
    """What a file of one measurement says of it: `executed_at` of the first run, and `revision` and `dirty` of all.

    Raises InvalidArgument where results are of several codes.
    """
    runs = [run for bench in benches for run in bench.runs]
    codes = dict.fromkeys(_code(run) for run in runs)
    if len(codes) > 1:
        shown = ", ".join(dict.fromkeys(_words(*code) for code in codes))[:200]
        raise InvalidArgument(f"results: a file of this format is of one code, and these are of {shown}.")
    [(revision, dirty, _)] = codes
    times = [run.executed_at for run in runs if run.provenance.get("executed_at") is not None]
    known = {"executed_at": min(times).isoformat() if times else None, "revision": revision, "dirty": dirty}
    return {key: value for key, value in known.items() if value is not None}


def _code(run: Snapshot) -> tuple[str | None, bool | None, str | None]:
    """Revision and dirtiness; of uncommitted or unknown code the digest of its changes too, or else its label."""
    revision, dirty = run.source_revision, run.environment.git_dirty
    if revision is not None and not dirty:
        return revision, dirty, None
    changes = (run.environment.model_extra or {}).get("git_diff_sha256")
    if revision is not None and isinstance(changes, str):
        return revision, dirty, changes
    label = run.provenance.get("display_label")
    return revision, dirty, label if isinstance(label, str) and not is_time_label(label) else None


def _words(revision: str | None, dirty: bool | None, mark: str | None) -> str:
    code = f"{revision or 'an unknown revision'}{'+dirty' if dirty else ''}"
    return f"{code} ({mark})" if mark else code


def left_behind(benches: Sequence[Bench]) -> list[str]:
    """What a table of numbers has no place for, as phrases."""
    runs = [bench.runs[0] for bench in benches]
    notes = [
        f"infinite samples of {name} are written as missing"
        for bench in benches
        for name in (m.variable for m in bench.metrics)
        if any(np.isinf(run.samples[name]).any() for run in bench.runs)
    ]
    parts = [
        ("units of inputs", any(i.units for run in runs for i in run.inputs)),
        ("constants", any(run.constants for run in runs)),
        ("claims", any(m.claim for run in runs for m in run.metrics)),
    ]
    missing = [name for name, there in parts if there]
    return notes + ([f"{', '.join(missing)} are not in it"] if missing else [])


def points(bench: Bench) -> Iterator[Point]:
    """Every input point that any run has anything at, in order of the inputs."""
    coordinates = {name: plain_values(values) for name, values in bench.runs[0].coordinates.items()}
    for place in np.ndindex(*(len(values) for values in coordinates.values())):
        inputs: dict[str, JsonScalar] = {
            name: values[i] for i, (name, values) in zip(place, coordinates.items(), strict=True)
        }
        metrics = {m.variable: at for m in bench.metrics if (at := _at(bench, m.variable, place))}
        if metrics:
            yield Point(inputs, metrics)


def _at(bench: Bench, variable: str, place: tuple[int, ...]) -> list[Samples]:
    found = [_samples(number, run, variable, place) for number, run in enumerate(bench.runs)]
    if any(samples.mean is not None for samples in found):
        return [samples for samples in found if samples.mean is not None]
    return found if any(samples.values for samples in found) else []


def _samples(number: int, run: Snapshot, variable: str, place: tuple[int, ...]) -> Samples:
    values = run.samples[variable][place]
    held = run.replication.get(variable)
    if held is None:
        return Samples(number, tuple(values.tolist()))
    count = int(held.count[place])
    if held.sd is None:
        return Samples(number, tuple(values[:count].tolist()))
    mean = float(values[0])
    return Samples(number, mean=Mean(count, mean, float(held.sd[place])) if count and math.isfinite(mean) else None)


def one_mean(bench: Bench, variable: str, at: Sequence[Samples]) -> Mean | None:
    """The mean that stands for a point's samples, if it is one. Raises InvalidArgument for means of several runs."""
    means = [samples.mean for samples in at if samples.mean is not None]
    if len(means) > 1:
        raise InvalidArgument(
            f"results: of {bench.name} several results have only means of {variable}; export each to a file of its own."
        )
    return means[0] if means else None
