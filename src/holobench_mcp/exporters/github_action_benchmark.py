"""github-action-benchmark's `customSmallerIsBetter` and `customBiggerIsBetter`: one entry an input point and metric.

That action takes one direction a file, so a file holds the metrics of one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from holobench_mcp.exporters.runs import Bench, Exported, Samples, benches_of, one_mean, points
from holobench_mcp.model import Direction, InvalidArgument
from holobench_mcp.result.snapshot import Snapshot

NAME = "github-action-benchmark"
#: Its `tool` for each direction.
TOOLS = {Direction.minimize: "customSmallerIsBetter", Direction.maximize: "customBiggerIsBetter"}
_DIRECTIONS = {"smaller": Direction.minimize, "bigger": Direction.maximize}
_WORDS = {direction: word for word, direction in _DIRECTIONS.items()}


def write(snapshots: Sequence[Snapshot], better: Literal["smaller", "bigger"] | None = None) -> Exported:
    """The metrics of one direction; the notes say which `tool` that is, and what is left out.

    Raises InvalidArgument where there are metrics of both and nobody says which are meant.
    """
    benches = benches_of(snapshots)
    metrics = [(bench.name, m) for bench in benches for m in bench.metrics]
    there = [direction for direction in TOOLS if any(m.direction is direction for _, m in metrics)]
    if better is None and len(there) != 1:
        if not there:
            raise InvalidArgument("results: none of their metrics has a direction, which this format needs.")
        raise InvalidArgument(
            "better: the results have metrics of both directions and a file of this format is of one; "
            "choose smaller (customSmallerIsBetter) or bigger (customBiggerIsBetter)."
        )
    direction = _DIRECTIONS[better] if better is not None else there[0]
    entries, empty = [], 0
    for bench in benches:
        for entry in _entries(bench, direction):
            entries.append(entry)
            empty += entry["value"] is None
    entries = [entry for entry in entries if entry["value"] is not None]
    if not entries:
        raise InvalidArgument(f"results: they have no samples of a metric of which {_WORDS[direction]} is better.")
    others = sorted({m.variable for _, m in metrics if m.direction is not direction})
    notes = [f"set tool: {TOOLS[direction]}"]
    notes += [f"{', '.join(others)[:200]} left out, of another direction"] if others else []
    notes += [f"{empty} points left out, without samples"] if empty else []
    return Exported(f"{json.dumps(entries, ensure_ascii=False, indent=2)}\n".encode(), tuple(notes))


def _entries(bench: Bench, direction: Direction) -> Iterator[dict[str, Any]]:
    for point in points(bench):
        where = ",".join(f"{name}={value}" for name, value in point.inputs.items())
        for metric in bench.metrics:
            at = point.metrics.get(metric.variable)
            if metric.direction is not direction or at is None:
                continue
            n, value, sd = _figures(bench, metric.variable, at)
            spread = {} if sd is None else {"range": f"± {sd:.4g}"}
            name = f"{bench.name}[{where}] {metric.variable}" if where else f"{bench.name} {metric.variable}"
            runs = len({samples.run for samples in at})
            extra = f"{n} samples in {runs} run{'' if runs == 1 else 's'}"
            yield {"name": name, "unit": metric.units or "", "value": value, **spread, "extra": extra}


def _figures(bench: Bench, variable: str, at: Sequence[Samples]) -> tuple[int, float | None, float | None]:
    """How many samples there are, their mean and standard deviation, as far as these are known."""
    if (mean := one_mean(bench, variable, at)) is not None:
        return mean.n, mean.mean, mean.sd if np.isfinite(mean.sd) else None
    values = np.array([value for samples in at for value in samples.values])
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0, None, None
    return int(finite.size), float(finite.mean()), float(finite.std(ddof=1)) if finite.size > 1 else None
