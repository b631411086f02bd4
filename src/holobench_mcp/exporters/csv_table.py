"""CSV that the importer reads back: one row a sample, with a column an input.

A cell of `inputs.NAME` is read by how it is written; an input whose values would be taken for something else then, such
as the text `1`, has a column `json.NAME` in its place.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from holobench_mcp.exporters.runs import Bench, Exported, Point, benches_of, left_behind, one_code, one_mean, points
from holobench_mcp.model import JsonScalar, Kind, Metric
from holobench_mcp.result.snapshot import Snapshot

NAME = "csv"
_BEFORE = ("bench", "metric")
_AFTER = ("value", "n", "mean", "sd", "units", "direction", "run", "executed_at", "revision", "dirty")


def write(snapshots: Sequence[Snapshot]) -> Exported:
    """One measurement. Raises InvalidArgument for results of several codes."""
    benches = benches_of(snapshots)
    code = {key: str(v).lower() if isinstance(v, bool) else v for key, v in one_code(benches).items()}
    rows = [{**row, **code} for bench in benches for row in _rows(bench)]
    used = dict.fromkeys(name for row in rows for name in row)
    inputs = [name for name in used if name not in (*_BEFORE, *_AFTER)]
    columns = [*_BEFORE, *inputs, *(name for name in _AFTER if name in used)]
    stream = io.StringIO()
    table = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return Exported(stream.getvalue().encode(), tuple(left_behind(benches)))


def _rows(bench: Bench) -> Iterator[dict[str, Any]]:
    every = list(points(bench))
    plain = {name: all(_is_plain(point.inputs[name]) for point in every) for name in bench.runs[0].coordinates}
    for point in every:
        cells = {
            f"inputs.{name}" if plain[name] else f"json.{name}": _cell(value) if plain[name] else json.dumps(value)
            for name, value in point.inputs.items()
        }
        for metric in bench.metrics:
            for held in _held(bench, metric, point):
                units = {"units": metric.units} if metric.units else {}
                row = {"bench": bench.name, "metric": metric.variable, **cells, **held, **units}
                yield {**row, "direction": metric.direction.value}


def _held(bench: Bench, metric: Metric, point: Point) -> Iterator[dict[str, Any]]:
    """What a metric has at a point, row by row: a sample each, a mean, or that a run has none."""
    at = point.metrics.get(metric.variable, [])
    if (mean := one_mean(bench, metric.variable, at)) is not None:
        yield {"n": mean.n, "mean": repr(mean.mean), "sd": "" if math.isnan(mean.sd) else repr(mean.sd)}
        return
    for samples in at:
        for value in samples.values:
            yield {"value": _sample(metric, value), "run": samples.run}
        if not samples.values:
            yield {"value": "", "n": 0, "run": samples.run}


def _sample(metric: Metric, value: float) -> str:
    if not math.isfinite(value):
        return "nan"
    return str(bool(value)).lower() if metric.kind is Kind.bool else repr(value)


def _cell(value: JsonScalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_plain(value: JsonScalar) -> bool:
    """Whether a value that is written as it is is read as it was: a number, or a text that looks like nothing else."""
    if not isinstance(value, str):
        return True
    text = value.strip()
    like_a_number = text.lstrip("+-")[:1].isdigit() or text.lstrip("+-").startswith(".")
    return bool(text) and value.isprintable() and not like_a_number and text.lower() not in ("true", "false")
