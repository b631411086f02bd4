"""From points to Snapshots: one bench a benchmark, its parameters as inputs, its processes as runs.

Here alone it is decided how a benchmark that was measured unevenly becomes a rectangle, what its parameters' types are,
and which ids its results get: the same ones for the same content, label and revision, whenever it is imported.
"""

from __future__ import annotations

import hashlib
import json
import math
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from holobench_mcp.importers.nodes import Malformed
from holobench_mcp.importers.points import Aggregate, Extract, Point, Reading
from holobench_mcp.model import Direction, InvalidArgument, JsonScalar, Kind, Measurement
from holobench_mcp.result.snapshot import Snapshot

if TYPE_CHECKING:
    import numpy.typing as npt

#: More runs than this tell no more, and each is a result of its own: further processes count as repeats of a run.
MAX_RUNS = 40
#: A benchmark whose parameters make a grid of more than so many places a point is no grid; small ones may be sparse.
_SPARSE, _SMALL_GRID = 4, 64
MAX_SAMPLES = 20_000_000
#: Places of a benchmark's arrays, which are padded to the most repeats that a point has: half a gigabyte.
MAX_PADDED = 64_000_000
_MAX_NAME = 200
_RESERVED = frozenset({"repeat", "over_time"})
_NAMESPACE = uuid.UUID("6f0c3c52-5d3c-5e0e-9b0e-1d3c6c5a9f11")

Key = tuple[tuple[str, JsonScalar], ...]


@dataclass(frozen=True)
class Attribution:
    """What whoever imports says of a file, which wins over what it says. fallback: the time of a file without one.

    one_run: whether its processes are all one run's, as where runs are made around it; then means without samples are
    left out where another metric has some: a mean of a run tells less, and is never settled where it is mostly noise.
    most_repeats: of more repeats of a run, means of consecutive ones are taken.
    """

    label: str | None = None
    revision: str | None = None
    fallback: datetime | None = None
    executed_at: datetime | None = None
    one_run: bool = False
    most_repeats: int | None = None


@dataclass
class _Bench:
    """One benchmark: its input names, and at each point its metrics' readings."""

    name: str
    inputs: tuple[str, ...]
    points: dict[Key, dict[str, list[Reading]]]


def snapshots_of(extract: Extract, said: Attribution) -> tuple[list[Snapshot], list[str]]:
    """The results of one measurement, and what has to be said of how they were made.

    Raises Malformed for what no result can be: names that are no names, more samples than fit.
    """
    benches = _benches(extract.points)
    notes: list[str] = []
    if not benches:
        raise Malformed("it holds no measured benchmark" + _left_out(extract.left_out))
    if sum(len(v) for p in extract.points for r in p.readings for v in r.runs) > MAX_SAMPLES:
        raise Malformed(f"it holds more than {MAX_SAMPLES:,} samples")
    parts = (extract.identity, said.label or "", said.revision or "")
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
    snapshots: list[Snapshot] = []
    for number, bench in enumerate(benches):
        made, more = _of_bench(bench, extract, said, Measurement(id=f"import-{digest}", sweep=number))
        snapshots += made
        notes += more
    return snapshots, [*dict.fromkeys(notes), *extract.left_out]


def _left_out(phrases: Sequence[str]) -> str:
    return f" ({'; '.join(phrases)})" if phrases else ""


# ---------------------------------------------------------------------- benchmarks and their points


def _benches(points: Sequence[Point]) -> list[_Bench]:
    """The benchmarks in order, each with one set of input names; what is of one name and other inputs is another."""
    grouped: dict[str, dict[tuple[str, ...], list[Point]]] = {}
    for point in points:
        by_inputs = grouped.setdefault(point.bench, {})
        by_inputs.setdefault(tuple(sorted(point.inputs)), []).append(point)
    benches = []
    for bench, by_inputs in grouped.items():
        for names, members in by_inputs.items():
            several = len(by_inputs) > 1 and names
            name = _name(f"{bench} ({', '.join(names)})" if several else bench)
            benches.append(_Bench(name, tuple(members[0].inputs), _merged(members)))
    called = Counter(bench.name for bench in benches)
    if len(called) < len(benches):
        raise Malformed(f"two benchmarks are called {called.most_common(1)[0][0]!r}")
    return benches


def _merged(points: Sequence[Point]) -> dict[Key, dict[str, list[Reading]]]:
    merged: dict[Key, dict[str, list[Reading]]] = {}
    for point in points:
        key = tuple((name, _scalar(point.inputs[name])) for name in points[0].inputs)
        at = merged.setdefault(key, {})
        for reading in point.readings:
            at.setdefault(reading.metric, []).append(reading)
    return merged


def _scalar(value: object) -> JsonScalar:
    """A parameter's value as an input can have it: what is no scalar is its JSON text."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return json.dumps(value, sort_keys=True)


def _name(text: str) -> str:
    """A name as results have them: one line of printable characters, cut where it is too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not line:
        raise Malformed(f"{text!r:.60} is no name")
    if len(line) <= _MAX_NAME:
        return line
    return f"{line[: _MAX_NAME - 10]}…#{hashlib.sha256(text.encode()).hexdigest()[:8]}"


# ---------------------------------------------------------------------- one benchmark


def _of_bench(
    bench: _Bench, extract: Extract, said: Attribution, measurement: Measurement
) -> tuple[list[Snapshot], list[str]]:
    bench, notes = _with_samples(bench) if said.one_run else (bench, [])
    declared = _declared(bench)
    names = _input_names(bench.inputs, declared)
    columns, places, sparse = _grid(bench)
    if sparse:
        names = ["case"]
        notes.append(f"the parameters of {bench.name} make no grid, so that its points are named by 'case'")
    shape = tuple(len(column) for column in columns)
    runs, more = _runs(bench, declared, MAX_RUNS if not said.one_run else 1)
    notes += more if not said.one_run else []
    if said.most_repeats is not None and _most_repeats(bench, runs) > said.most_repeats:
        # The same words for all benchmarks and all runs: a suite has hundreds.
        notes.append(
            f"of more than {said.most_repeats:,} repeats of a run, so many means of consecutive ones are taken"
        )
    snapshots = []
    for run in range(runs):
        arrays, counts, sds = _arrays(bench, declared, shape, places, (run, runs), said.most_repeats)
        try:
            snapshot = Snapshot.build(
                bench_name=bench.name,
                inputs={name: {"values": column} for name, column in zip(names, columns, strict=True)},
                metrics=declared,
                samples=arrays,
                counts=counts,
                sds=sds,
                environment={**extract.environment, "tool": extract.tool},
                executed_at=said.executed_at or extract.executed_at or said.fallback,
                measurement=measurement.model_copy(update={"run": run, "runs": runs}),
                source_revision=said.revision or extract.revision,
                label=said.label,
            )
        except InvalidArgument as problem:
            raise Malformed(f"{bench.name}: {problem}") from problem
        own = uuid.uuid5(_NAMESPACE, f"{measurement.id}/{measurement.sweep}/{run}")
        snapshots.append(snapshot.with_(provenance={**snapshot.provenance, "uuid": str(own)}))
    return snapshots, notes


def _with_samples(bench: _Bench) -> tuple[_Bench, list[str]]:
    """A benchmark without the metrics that have means only, where it has others."""
    sampled = {metric for at in bench.points.values() for metric, held in at.items() if any(r.runs for r in held)}
    means = {metric: None for at in bench.points.values() for metric in at if metric not in sampled}
    if not sampled or not means:
        return bench, []
    points = {key: {m: held for m, held in at.items() if m in sampled} for key, at in bench.points.items()}
    note = f"{', '.join(means)}: means without samples are left out, as {', '.join(sorted(sampled))} has some"
    return _Bench(bench.name, bench.inputs, points), [note]


def _declared(bench: _Bench) -> dict[str, dict[str, Any]]:
    """Every metric with its declaration. Raises Malformed where its points declare it otherwise."""
    declared: dict[str, dict[str, Any]] = {}
    for at in bench.points.values():
        for metric, readings in at.items():
            for r in readings:
                mine = {"units": r.units, "direction": Direction(r.direction).value, "kind": Kind(r.kind).value}
                if declared.setdefault(metric, mine) != mine:
                    raise Malformed(f"{bench.name}: {metric} has another unit or direction at another point")
    return declared


def _input_names(inputs: Sequence[str], declared: Mapping[str, object]) -> list[str]:
    """Inputs by their names; one that has a metric's name, or a dimension's that every result has, is marked."""
    names = [_name(name) for name in inputs]
    return [f"{name} (input)" if name in declared or name in _RESERVED else name for name in names]


def _grid(bench: _Bench) -> tuple[list[list[Any]], list[tuple[int, ...]], bool]:
    """The values of every input, each point's place among them, and whether they are one input of cases instead."""
    keys = list(bench.points)
    columns = [_column([key[i][1] for key in keys]) for i in range(len(bench.inputs))]
    values = [list(dict.fromkeys(column)) for column in columns]
    ordered = [sorted(v) if all(not isinstance(x, str) for x in v) else v for v in values]
    cells = math.prod(len(v) for v in ordered)
    if cells > max(_SPARSE * len(keys), _SMALL_GRID):
        cases = [", ".join(f"{name}={value}" for name, value in key) for key in keys]
        if len(set(cases)) < len(cases):
            cases = [json.dumps(key) for key in keys]
        return [cases], [(i,) for i in range(len(keys))], True
    index = [{value: i for i, value in enumerate(v)} for v in ordered]
    return ordered, [tuple(ix[c[p]] for ix, c in zip(index, columns, strict=True)) for p in range(len(keys))], False


def _column(values: list[JsonScalar]) -> list[Any]:
    """An input's values as one type: numbers where all are, else texts; 1, 1.0 and True stay apart."""
    kinds = {type(v) for v in values}
    if kinds <= {bool} or kinds <= {str} or kinds <= {int}:
        return values
    if kinds <= {int, float} and all(float(v) == v and abs(v) < 2**53 for v in values if isinstance(v, int)):
        return [float(v) for v in values]  # type: ignore[arg-type]  # all are numbers
    texts = [v if isinstance(v, str) else json.dumps(v) for v in values]
    different = len({(type(v), v) for v in values})
    return texts if len(set(texts)) == different else [json.dumps(v) for v in values]


# ---------------------------------------------------------------------- runs and samples


def _runs(bench: _Bench, declared: Mapping[str, object], limit: int) -> tuple[int, list[str]]:
    """How many runs a benchmark has: of its processes at the point that has the fewest, up to a limit."""
    processes = [
        max(len(r.runs) for r in readings)
        for at in bench.points.values()
        for metric, readings in at.items()
        if metric in declared and any(not math.isnan(v) for r in readings for run in r.runs for v in run)
    ]
    most, fewest = max(processes, default=1), min(processes, default=1)
    runs = max(1, min(fewest, limit))
    note = f"{bench.name}: up to {most} processes a point are recorded as {runs} runs, of which each has several"
    return runs, [note] if most > runs else []


def _arrays(
    bench: _Bench,
    declared: Mapping[str, object],
    shape: tuple[int, ...],
    places: Sequence[tuple[int, ...]],
    part: tuple[int, int],
    most_repeats: int | None,
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]:
    """A run's samples, padded to one number of repeats; the counts where they differ, and spreads of aggregates.

    part: which run of how many.
    """
    import numpy as np

    run, runs = part
    at_points = {
        m: [_at_most(most_repeats, _values(at.get(m, ()), run, runs)) for at in bench.points.values()] for m in declared
    }
    means = {m for m in declared if any(r.aggregate for at in bench.points.values() for r in at.get(m, ()))}
    repeats = max((len(v) for m, at in at_points.items() if m not in means for v in at), default=1) or 1
    if math.prod(shape) * repeats * len(declared) > MAX_PADDED:
        raise Malformed(
            f"{bench.name}: {repeats:,} repeats at one of {math.prod(shape):,} points are more than it can hold"
        )
    arrays, counts, sds = {}, {}, {}
    for metric, at in at_points.items():
        array = np.full((*shape, repeats), np.nan)
        count, sd = np.zeros(shape, dtype=np.int64), np.full(shape, np.nan)
        for place, values, readings in zip(places, at, bench.points.values(), strict=True):
            if metric in means:
                held = _aggregate(readings.get(metric, ()), values) if run == 0 else None
                if held is not None:
                    array[place][0], count[place], sd[place] = held.mean, held.n, held.sd
            elif values:
                array[place][: len(values)], count[place] = values, len(values)
        arrays[metric] = array
        if metric in means:
            counts[metric], sds[metric] = count, sd
        elif (count != repeats).any():
            counts[metric] = count
    return arrays, counts, sds


def _values(readings: Sequence[Reading], run: int, runs: int) -> list[float]:
    """The samples of one run at one point: those of its share of the processes, in order."""
    processes = _processes(readings)
    if len(processes) == 1 and runs > 1 and all(math.isnan(v) for v in processes[0]):
        return list(processes[0])  # what failed is missing in every run
    each, rest = divmod(len(processes), runs)
    start = run * each + min(run, rest)
    return [float(v) for process in processes[start : start + each + (run < rest)] for v in process]


def _most_repeats(bench: _Bench, runs: int) -> int:
    """Of the longest run at a point, about."""
    readings = (readings for at in bench.points.values() for readings in at.values())
    return max((sum(len(p) for r in at for p in r.runs) // runs for at in readings), default=0)


def _at_most(most: int | None, values: list[float]) -> list[float]:
    """Means of consecutive repeats, where there are more of these than so many."""
    if most is None or len(values) <= most:
        return values
    import numpy as np

    return [float(part.mean()) for part in np.array_split(np.asarray(values), most)]


def _processes(readings: Sequence[Reading]) -> Sequence[Sequence[float]]:
    """A point's processes; what was read of it more than once are further repeats of each."""
    if len(readings) == 1:
        return readings[0].runs
    together = zip_longest(*(reading.runs for reading in readings), fillvalue=())
    return [[value for part in parts for value in part] for parts in together]


def _aggregate(readings: Sequence[Reading], values: list[float]) -> Aggregate | None:
    """What is known of a point; of one that has samples after all, what these come to."""
    import numpy as np

    known = [reading.aggregate for reading in readings if reading.aggregate is not None]
    if values:
        array = np.asarray(values)
        spread = float(array.std(ddof=1)) if array.size > 1 else math.nan
        known.append(Aggregate(array.size, float(array.mean()), spread))
    if len(known) < 2:
        return known[0] if known else None
    # Parts of one sample: their squares add up about the common mean.
    n = sum(a.n for a in known)
    mean = sum(a.n * a.mean for a in known) / n
    squares = sum((a.n - 1) * a.sd**2 + a.n * (a.mean - mean) ** 2 for a in known)
    return Aggregate(n, mean, math.sqrt(squares / (n - 1)) if n > 1 else math.nan)
