"""Google Benchmark: `--benchmark_out=FILE --benchmark_out_format=json` of a C++ (or Python) benchmark.

Arguments stand in a row's name, every row has its own time unit, counters are further keys. Repetitions share one
process: they are repeats. Aggregate rows stand among them, and are read only where there is nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import Aggregate, Extract, Point, Reading, hostname_hash, moment
from holobench_mcp.model import Direction

NAME = "google-benchmark"
WORDS = "./bench --benchmark_out=FILE --benchmark_out_format=json"
_TIMES = ("real_time", "cpu_time")
#: Keys of a row that are no counters.
_OWN_KEYS = frozenset({
    "name", "run_name", "run_type", "family_index", "per_family_instance_index", "repetitions", "repetition_index",
    "threads", "iterations", "time_unit", "aggregate_name", "aggregate_unit", "label", "error_occurred",
    "error_message", "skipped", "skip_message", "big_o", "rms", "cpu_coefficient", "real_coefficient", *_TIMES,
})  # fmt: skip
#: Parts of a name that say how it was measured, not at which point.
_OPTIONS = re.compile(r"(?:min_time|min_warmup_time|iterations|repeats):.*|real_time|process_time|manual_time")
_ARGUMENT = re.compile(r"(?:(?P<name>[^:]+):)?(?P<value>-?\d+)")
_AGGREGATES = re.compile(r"(?P<name>.*)_(?P<what>mean|median|stddev|cv|BigO|RMS|min|max)")
_UNITS = {"bytes_per_second": "B/s", "items_per_second": "items/s"}


def recognises(content: Content) -> bool:
    """Whether it has a context and benchmarks with names."""
    return content.has(context=dict, benchmarks=list)


def read(content: Content) -> list[Extract]:
    """One measurement."""
    document = content.node
    if document is None:
        raise Malformed("it is no JSON document")
    rows = [_Row(node) for node in document["benchmarks"].items()]
    measured = {row.run_name for row in rows if not row.aggregate}
    points = [row.point() for row in rows if not row.aggregate]
    points += _aggregates([row for row in rows if row.aggregate and row.run_name not in measured])
    left_out = [f"{row.run_name} failed: {row.failure}" for row in rows if row.failure and not row.aggregate]
    labels = sum(1 for row in rows if row.node.text_at("label"))
    left_out += [f"labels of {labels} rows are left out"] if labels else []
    complexity = sum(1 for row in rows if row.aggregate in ("BigO", "RMS"))
    left_out += ["fits of complexity (BigO, RMS) are left out"] if complexity else []
    context = document["context"]
    if context.text_at("library_build_type") == "debug":
        left_out.append("the benchmark library was built for debugging")
    return [
        Extract(
            tool=" ".join(filter(None, ("google-benchmark", context.text_at("library_version")))),
            points=points,
            identity=content.identity,
            environment=_environment(context),
            executed_at=moment(context.text_at("date")),
            left_out=list(dict.fromkeys(left_out)),
        )
    ]


class _Row:
    """One row: a repetition, or an aggregate of some."""

    def __init__(self, node: Node) -> None:
        name = node["name"].text()
        match = _AGGREGATES.fullmatch(name)
        kind = node.text_at("run_type")
        is_aggregate = kind == "aggregate" or (kind is None and match is not None)
        self.node = node
        self.aggregate = (node.text_at("aggregate_name") or (match["what"] if match else "?")) if is_aggregate else None
        self.run_name = node.text_at("run_name") or (match["name"] if is_aggregate and match else name)
        failed = node.get("error_occurred") or node.get("skipped")
        self.failure = None
        if failed is not None and failed.value:
            self.failure = node.text_at("error_message", "skip_message") or "it does not say why"

    def point(self) -> Point:
        """A repetition at its point. One that failed gave no time."""
        readings = [Reading(n, u, d, [[math.nan if self.failure else v]]) for n, u, d, v in self.values()]
        bench, inputs = _name_and_inputs(self.run_name)
        return Point(bench, inputs, readings)

    def values(self) -> Iterator[tuple[str, str | None, Direction, float]]:
        """Each metric with its unit, direction and value."""
        unit = self.node.text_at("time_unit") or "ns"
        for name in _TIMES:
            if (time := self.node.get(name)) is not None:
                yield name, unit, Direction.minimize, time.sample()
        for name, value in self.node.members():
            if name not in _OWN_KEYS and isinstance(value.value, int | float) and not isinstance(value.value, bool):
                rate = Direction.maximize if name.endswith("_per_second") else Direction.none
                yield name, _UNITS.get(name), rate, value.sample()


def _aggregates(rows: list[_Row]) -> Iterator[Point]:
    """Of a file that has no repetitions: their means, with their number and spread."""
    by_run: dict[str, dict[str, _Row]] = {}
    for row in rows:
        by_run.setdefault(row.run_name, {})[str(row.aggregate)] = row
    for run_name, aggregates in by_run.items():
        if "mean" not in aggregates:
            continue
        mean, spreads = aggregates["mean"], aggregates.get("stddev")
        sds = {name: value for name, _, _, value in spreads.values()} if spreads is not None else {}
        number = mean.node.get("repetitions") or mean.node.get("iterations")
        n = number.whole(least=1) if number is not None else 1
        readings = [
            Reading(name, unit, direction, aggregate=Aggregate(n, value, sds.get(name, math.nan)))
            for name, unit, direction, value in mean.values()
        ]
        bench, inputs = _name_and_inputs(run_name)
        yield Point(bench, inputs, readings)


def _name_and_inputs(run_name: str) -> tuple[str, dict[str, object]]:
    """The family, and its arguments: by their names, else arg0, arg1 …"""
    family, *parts = run_name.split("/")
    inputs: dict[str, object] = {}
    for part in parts:
        if _OPTIONS.fullmatch(part):
            continue
        match = _ARGUMENT.fullmatch(part)
        if match is None:
            family = f"{family}/{part}"
        else:
            inputs[match["name"] or f"arg{sum(key.startswith('arg') for key in inputs)}"] = int(match["value"])
    return family, inputs


def _environment(context: Node) -> dict[str, object]:
    count = context.get("num_cpus")
    facts = {
        "cpu_count": count.whole() if count is not None else None,
        "hostname_hash": hostname_hash(context.text_at("host_name")),
    }
    return {key: value for key, value in facts.items() if value is not None}
