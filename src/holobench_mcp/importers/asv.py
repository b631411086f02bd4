"""asv (airspeed velocity): a results folder with its benchmarks.json, or one results file of a commit on a machine.

A file's arrays are named by its `result_columns`, and trailing ones may be gone. Parameters are texts of Python values,
their results stand in Cartesian order. null failed; NaN was skipped, and is no point. The date is the commit's. Without
samples only a median and its quartiles are known: their spread is that of a normal with such quartiles.
"""

from __future__ import annotations

import math
import re
from ast import literal_eval
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from holobench_mcp.importers.content import Content, parsed
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import (
    Aggregate,
    Extract,
    Point,
    Reading,
    hostname_hash,
    number_or_text,
    numbers_where_all_are,
    short_unit,
)
from holobench_mcp.model import Direction

NAME = "asv"
WORDS = "the results folder of asv run, with benchmarks.json"
_INDEXES = ("benchmarks.json", "results/benchmarks.json", ".asv/results/benchmarks.json")
#: A benchmark's kind by its type, else by how its name begins: the metric, its unit and which way is better.
_KINDS = {
    "time": ("time", "s", Direction.minimize),
    "timeraw": ("time", "s", Direction.minimize),
    "mem": ("mem", "B", Direction.minimize),
    "peakmem": ("peakmem", "B", Direction.minimize),
    "track": ("track", None, Direction.none),
}
_TYPES = {"memory": "mem", "peakmemory": "peakmem"}
#: Of a normal distribution: standard deviations between the quartiles, and how much less a median is sure than a mean.
_QUARTILES, _MEDIAN = 1.349, 1.2533
_VERSION = re.compile(r"\d+(?:\.\d+)+\S*")
#: A benchmark's parameters make so many points at most.
_MOST_POINTS = 200_000


def recognises(content: Content) -> bool:
    """Whether it is a folder with an index of benchmarks, or has results of a commit."""
    if content.folder is not None:
        return any(True for pattern in _INDEXES for _ in content.files(pattern))
    return content.has(results=dict, commit_hash=str)


def read(content: Content) -> list[Extract]:
    """One measurement a results file."""
    if content.folder is None:
        if content.node is None:
            raise Malformed("it is no JSON document")
        return [_measurement(content.node, content.identity, {})]
    index = next((path for pattern in _INDEXES for path in content.files(pattern)), None)
    if index is None:
        raise Malformed("it has no benchmarks.json")
    declared = _document(content, index)
    extracts = []
    for path in content.files(f"{index.parent.relative_to(content.folder).as_posix()}/*/*.json"):
        if path.name == "machine.json":
            continue
        file = content.file(path)
        place = path.relative_to(content.folder).as_posix()
        try:
            if file.node is None:
                raise Malformed("it is no JSON document")
            extracts.append(_measurement(file.node, file.identity, dict(declared.members())))
        except Malformed as problem:
            raise Malformed(f"{place}: {problem}") from problem
    return extracts


def _document(content: Content, path: Path) -> Node:
    return Node(parsed(content.file(path).text or "", path.name), path.name)


def _measurement(document: Node, identity: str, declared: dict[str, Node]) -> Extract:
    columns = document.get("result_columns")
    names = [column.text() for column in columns.items()] if columns is not None else []
    points: list[Point] = []
    started: list[float] = []
    failed, medians = 0, 0
    for name, result in document["results"].members():
        row = _row(result, names)
        own = declared.get(name)
        found = list(_points(name, row, own, result.place))
        points += found
        failed += sum(1 for p in found for r in p.readings if r.runs and all(math.isnan(v) for v in r.runs[0]))
        medians += any(r.aggregate is not None for p in found for r in p.readings)
        if "started_at" in row and isinstance(row["started_at"].value, int | float):
            started.append(row["started_at"].number() / 1000)
    left_out = [f"points that failed, and have no sample: {failed}"] if failed else []
    if medians:
        left_out.append(f"{medians} benchmarks have no samples: their medians and quartiles are taken")
    return Extract(
        tool="asv",
        points=points,
        identity=identity,
        environment=_environment(document),
        executed_at=_time(min(started)) if started else None,
        revision=document.text_at("commit_hash"),
        left_out=left_out,
    )


def _row(result: Node, columns: Sequence[str]) -> dict[str, Node]:
    """What is known of one benchmark, by column; of older files the result alone, or an object of such."""
    if isinstance(result.value, list) and columns:
        return dict(zip(columns, result.items(), strict=False))
    if isinstance(result.value, dict):
        return dict(result.members())
    return {"result": result}


def _points(name: str, row: dict[str, Node], declared: Node | None, place: str) -> Iterator[Point]:
    metric, units, direction = _kind(name, declared)
    params = [[v.text() for v in values.items()] for values in row["params"].items()] if _is_list(row, "params") else []
    if math.prod(len(values) for values in params) > _MOST_POINTS:
        raise Malformed(f"{place}: its parameters make more than {_MOST_POINTS:,} points")
    names = _parameter_names(declared, len(params))
    inputs = [dict(zip(names, map(_plain, values), strict=True)) for values in product(*params)]
    numbers = numbers_where_all_are(inputs)
    results = row.get("result")
    if results is None or results.value is None:
        values: list[Node] = [Node(None, place)] * len(inputs)
    elif isinstance(results.value, list):
        values = list(results.items())
    else:
        values = [results]
    if len(values) != len(inputs):
        raise Malformed(f"{place}: it has {len(values)} results at {len(inputs)} points")
    samples = list(row["samples"].items()) if _is_list(row, "samples") else []
    for i, (point, value) in enumerate(zip(numbers, values, strict=True)):
        if isinstance(value.value, float) and math.isnan(value.value):
            continue  # skipped: it is none of the benchmark's points
        if i < len(samples) and samples[i].value:
            yield Point(name, point, [Reading(metric, units, direction, [samples[i].samples()])])
        elif value.value is None:
            yield Point(name, point, [Reading(metric, units, direction, [[math.nan]])])
        else:
            n = _at(row, "stats_repeat", i)
            if n is None or n < 2:
                yield Point(name, point, [Reading(metric, units, direction, [[value.number()]])])
                continue
            low, high = _at(row, "stats_q_25", i), _at(row, "stats_q_75", i)
            known = low is not None and high is not None and high >= low
            sd = _MEDIAN * (high - low) / _QUARTILES if known and low is not None and high is not None else math.nan
            aggregate = Aggregate(int(n), value.number(), sd)
            yield Point(name, point, [Reading(metric, units, direction, aggregate=aggregate)])


def _kind(name: str, declared: Node | None) -> tuple[str, str | None, Direction]:
    kind = declared.text_at("type") if declared is not None else None
    kind = _TYPES.get(kind or "", kind) or name.rpartition(".")[2].partition("_")[0]
    metric, units, direction = _KINDS.get(kind, ("value", None, Direction.none))
    unit = declared.text_at("unit") if declared is not None else None
    return metric, units if unit is None else short_unit(unit), direction


def _parameter_names(declared: Node | None, n: int) -> list[str]:
    given = declared.get("param_names") if declared is not None else None
    names = [v.text() for v in given.items()] if given is not None else []
    return names if len(names) == n else [f"param{i + 1}" for i in range(n)]


def _plain(text: str) -> str:
    """A parameter as asv shows it: the text of a Python text is that text."""
    if text[:1] in "'\"":
        try:
            value = literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
        return value if isinstance(value, str) else text
    return text


def _is_list(row: dict[str, Node], key: str) -> bool:
    return key in row and isinstance(row[key].value, list)


def _at(row: dict[str, Node], column: str, i: int) -> float | None:
    """A finite number of a column at a point."""
    if not _is_list(row, column):
        return None
    values = list(row[column].items())
    value = values[i].value if i < len(values) else None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _environment(document: Node) -> dict[str, object]:
    params = document.get("params")
    python, machine = document.text_at("python"), params.text_at("machine") if params is not None else None
    count = number_or_text(params.text_at("num_cpu") or "") if params is not None else ""
    facts = {
        "python": python if python and _VERSION.fullmatch(python) else None,
        "os": params.text_at("os") if params is not None else None,
        "cpu_model": params.text_at("cpu") if params is not None else None,
        "cpu_count": count if isinstance(count, int) else None,
        "hostname_hash": hostname_hash(machine),
        "git_commit": document.text_at("commit_hash"),
        "git_dirty": False,
    }
    return {key: value for key, value in facts.items() if value is not None}
