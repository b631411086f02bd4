"""JSON lines that the importer reads back: one object an input point and run, with every metric there."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holobench_mcp.exporters.runs import (
    Bench,
    Exported,
    Mean,
    Point,
    benches_of,
    left_behind,
    one_code,
    one_mean,
    points,
)
from holobench_mcp.model import Kind, Metric
from holobench_mcp.result.snapshot import Snapshot

NAME = "jsonl"


def write(snapshots: Sequence[Snapshot]) -> Exported:
    """One measurement. Raises InvalidArgument for results of several codes."""
    benches = benches_of(snapshots)
    code = one_code(benches)
    lines = [line for bench in benches for point in points(bench) for line in _lines(bench, point, code)]
    text = "".join(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in lines)
    return Exported(text.encode(), tuple(left_behind(benches)))


def _lines(bench: Bench, point: Point, code: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    by_run: dict[int, dict[str, Any]] = {}
    for metric in bench.metrics:
        at = point.metrics.get(metric.variable, [])
        one_mean(bench, metric.variable, at)
        for samples in at:
            held = _mean(samples.mean) if samples.mean is not None else {"values": _values(metric, samples.values)}
            units = {"units": metric.units} if metric.units else {}
            by_run.setdefault(samples.run, {})[metric.variable] = {
                **held,
                **units,
                "direction": metric.direction.value,
            }
    for run, metrics in sorted(by_run.items()):
        yield {"bench": bench.name, "inputs": point.inputs, "metrics": metrics, "run": run, **code}


def _values(metric: Metric, values: Sequence[float]) -> list[float | bool | None]:
    known = [value if math.isfinite(value) else None for value in values]
    return [bool(v) if v is not None else None for v in known] if metric.kind is Kind.bool else list(known)


def _mean(mean: Mean) -> dict[str, Any]:
    return {"n": mean.n, "mean": mean.mean, **({} if math.isnan(mean.sd) else {"sd": mean.sd})}
