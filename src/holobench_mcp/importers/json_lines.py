"""Any numbers, as JSON lines: one object a line, `{"bench": …, "inputs": {…}, "metrics": {…}, "run": …}`.

A metric is `{"value": 1.5}`, `{"values": [1.5, 1.6]}` or `{"n": 100, "mean": 1.5, "sd": 0.1}`, with "units" and
"direction" ("minimize", "maximize", "none"). Lines of equal bench, inputs and run are further repeats.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed, Node, is_missing
from holobench_mcp.importers.points import Aggregate, Extract, Point, Reading, direction_of, moment
from holobench_mcp.model import Direction, JsonScalar, Kind

NAME = "jsonl"
WORDS = 'lines of {"bench": …, "inputs": {…}, "metrics": {"time": {"value": 1.5, "units": "s"}}, "run": 0}'
_KEYS = frozenset({"bench", "inputs", "metrics", "run", "executed_at", "revision", "dirty"})
_METRIC_KEYS = frozenset({"value", "values", "units", "direction", "n", "mean", "sd"})


@dataclass
class Series:
    """A metric at one input point, while its lines are read."""

    units: str | None
    direction: Direction
    kind: Kind | None
    runs: dict[JsonScalar, list[float]] = field(default_factory=dict)
    aggregate: Aggregate | None = None

    def reading(self, name: str, kind: Kind) -> Reading:
        """The series as what every format gives. kind: of the metric elsewhere, for one that has no sample here."""
        return Reading(name, self.units, self.direction, list(self.runs.values()), self.aggregate, self.kind or kind)


#: What lines come to: by bench and inputs, each metric's series.
Table = dict[tuple[str, tuple[tuple[str, JsonScalar], ...]], dict[str, Series]]


def recognises(content: Content) -> bool:
    """Whether its first line has a bench and metrics."""
    first = content.objects[0].value if content.objects else None
    return isinstance(first, dict) and {"bench", "metrics"} <= set(first)


def read(content: Content) -> list[Extract]:
    """One measurement."""
    lines = content.objects
    if not lines:
        raise Malformed("it has no JSON object a line")
    table: Table = {}
    for line in lines:
        if unknown := sorted({key for key, _ in line.members()} - _KEYS):
            raise Malformed(f"{line.place}: {unknown[0]!r:.60} is none of the keys {', '.join(sorted(_KEYS))}")
        inputs, metrics = line.get("inputs"), line["metrics"]
        point = tuple((k, v.scalar()) for k, v in inputs.members()) if inputs is not None else ()
        key = line["bench"].text(), point
        run = line.get("run")
        for name, metric in metrics.members():
            _take(table.setdefault(key, {}), name, metric, run.scalar() if run is not None else 0)
    dirty = common(lines, "dirty")
    return [
        Extract(
            tool="jsonl",
            points=points_of(table),
            identity=content.identity,
            environment={"git_dirty": dirty} if isinstance(dirty, bool) else {},
            executed_at=time_of(lines),
            revision=_text(common(lines, "revision")),
        )
    ]


def points_of(table: Table) -> list[Point]:
    """The points of a table, each run's samples in the order of its lines."""
    kinds = {(bench, name): s.kind for (bench, _), metrics in table.items() for name, s in metrics.items() if s.kind}
    return [
        Point(
            bench, dict(inputs), [s.reading(name, kinds.get((bench, name), Kind.float)) for name, s in metrics.items()]
        )
        for (bench, inputs), metrics in table.items()
    ]


def series_of(
    metrics: dict[str, Series], name: str, place: str, units: str | None, direction: str | None, kind: Kind | None
) -> Series:
    """A metric's series, made where there is none. Raises Malformed where it was declared otherwise before.

    kind: None where what is read says nothing of it, as missing samples do.
    """
    try:
        better = Direction(direction) if direction else direction_of(units)
    except ValueError as problem:
        raise Malformed(f"{place}: {direction!r:.40} is no direction: minimize, maximize or none") from problem
    found = metrics.setdefault(name, Series(units, better, kind))
    found.kind = found.kind or kind
    if (found.units, found.direction, found.kind) != (units, better, kind or found.kind):
        raise Malformed(f"{place}: {name} has another unit, direction or kind than on a line before")
    return found


def aggregate_of(node: Node, place: str) -> Aggregate:
    """`n`, `mean` and, where it is known, `sd`."""
    sd = node.get("sd")
    spread = math.nan if sd is None else sd.number()
    if spread < 0:
        raise Malformed(f"{place}: a standard deviation is not below 0")
    return Aggregate(node["n"].whole(least=1), node["mean"].number(), spread)


def common(lines: Iterable[Node], key: str) -> object:
    """What lines say of the whole measurement: they may not disagree."""
    found = {repr(v.value): v.value for line in lines if (v := line.get(key)) is not None}
    if len(found) > 1:
        raise Malformed(f"{key}: its lines disagree: {' and '.join(list(found)[:2])}; a file is one measurement")
    return next(iter(found.values()), None)


def time_of(lines: Iterable[Node]) -> datetime | None:
    """When it was measured, where its lines say so."""
    given = common(lines, "executed_at")
    when = moment(given) if isinstance(given, str) else None
    if given is not None and when is None:
        raise Malformed(f"executed_at: {given!r:.60} is no ISO 8601 time")
    return when


def _take(metrics: dict[str, Series], name: str, metric: Node, run: JsonScalar) -> None:
    if unknown := sorted({key for key, _ in metric.members()} - _METRIC_KEYS):
        raise Malformed(f"{metric.place}: {unknown[0]!r:.60} is none of the keys {', '.join(sorted(_METRIC_KEYS))}")
    members: Mapping[str, object] = metric.value if isinstance(metric.value, dict) else {}
    forms = [form for form in ("value", "values", "mean") if form in members]
    if len(forms) != 1:
        raise Malformed(f"{metric.place}: it needs one of 'value', 'values', and 'mean' with 'n'")
    units, direction = metric.text_at("units"), metric.text_at("direction")
    if forms == ["mean"]:
        held = series_of(metrics, name, metric.place, units, direction, Kind.float)
        if held.aggregate is not None or held.runs:
            raise Malformed(f"{metric.place}: {name} has samples or a mean at this point already")
        held.aggregate = aggregate_of(metric, metric.place)
        return
    values = list(metric["values"].items()) if forms == ["values"] else [metric["value"]]
    known = [v.value for v in values if not is_missing(v.value)]
    truths = bool(known) and all(isinstance(v, bool) for v in known)
    held = series_of(
        metrics, name, metric.place, units, direction, Kind.bool if truths else Kind.float if known else None
    )
    if held.aggregate is not None:
        raise Malformed(f"{metric.place}: {name} has a mean at this point already")
    samples = [float(v.value) if isinstance(v.value, bool) and truths else v.sample() for v in values]
    held.runs.setdefault(run, []).extend(samples)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
