"""hyperfine: `--export-json FILE`, of version 1 (always seconds) and of version 2 (a value with its unit each).

Every timing is a process of its own, so that each is a run. Version 1 tells user and system time only as means. Another
default shell makes the times of version 2 others: its metrics have names of their own, so that nobody compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import (
    Aggregate,
    Extract,
    Point,
    Reading,
    direction_of,
    moment,
    numbers_where_all_are,
    short_unit,
)
from holobench_mcp.model import Direction

NAME = "hyperfine"
WORDS = "hyperfine --export-json FILE"
#: In so many places at most a parameter's value is looked for in a command.
_MOST_PLACES = 8


def recognises(content: Content) -> bool:
    """Whether it has results of commands."""
    if not content.has(results=list) or content.node is None:
        return False
    first = next(content.node["results"].items(), None)
    return first is not None and isinstance(first.value, dict) and "command" in first.value


def read(content: Content) -> list[Extract]:
    """One measurement."""
    document = content.node
    if document is None:
        raise Malformed("it is no JSON document")
    version = document.get("schema_version")
    if version is not None and version.whole() != 2:
        raise Malformed(f"it is of schema_version {version.value}; known are 2, and 1.x, which has none")
    results = list(document["results"].items())
    parameters = [_parameters(result) for result in results]
    benches = _benches(results, parameters)
    inputs = numbers_where_all_are(parameters)
    left_out: list[str] = []
    points = []
    for result, bench, point in zip(results, benches, inputs, strict=True):
        readings = _readings(result) if version is None else _measurements(result)
        points.append(Point(bench, point, readings))
        left_out += _failures(result, bench)
    metadata = document.get("metadata")
    platform = metadata.get("platform") if metadata is not None else None
    name = metadata.text_at("hyperfine_version") if metadata is not None else None
    os = " ".join(filter(None, (platform.text_at("os"), platform.text_at("architecture")))) if platform else ""
    return [
        Extract(
            tool=f"hyperfine {name}" if name else "hyperfine" if version is not None else "hyperfine 1",
            points=points,
            identity=content.identity,
            environment={"os": os} if os else {},
            executed_at=moment(metadata.text_at("start_time")) if metadata is not None else None,
            left_out=left_out,
        )
    ]


def _parameters(result: Node) -> dict[str, str]:
    found = result.get("parameters")
    if found is None:
        return {}
    return {key: str((v["value"] if isinstance(v.value, dict) else v).scalar()) for key, v in found.members()}


def _readings(result: Node) -> list[Reading]:
    """Of version 1: a time a process; user and system time as means."""
    times = result["times"].numbers() if result.get("times") is not None else []
    if not times:
        raise Malformed(f"{result.place}.times: it has no timings")
    readings = [Reading("time", "s", Direction.minimize, [[t] for t in times])]
    for name in ("user", "system"):
        if (mean := result.get(name)) is not None:
            readings.append(Reading(name, "s", Direction.minimize, aggregate=Aggregate(len(times), mean.number())))
    if (memory := result.get("memory_usage_byte")) is not None:
        readings.append(Reading("memory", "B", Direction.minimize, [[v] for v in memory.numbers()]))
    return readings


def _measurements(result: Node) -> list[Reading]:
    """Of version 2: every metric at every process."""
    runs: dict[str, list[list[float]]] = {}
    units: dict[str, str | None] = {}
    for process in result["measurements"].items():
        for key, metric in process.members():
            if not isinstance(metric.value, dict):
                continue
            unit = metric.text_at("unit")
            if units.setdefault(key, unit) != unit:
                raise metric.wrong(f"the unit {units[key]!r} of the measurements before it")
            runs.setdefault(key, []).append([metric["value"].sample()])
    if not runs:
        raise Malformed(f"{result.place}.measurements: it has no timings")
    return [Reading(key, short_unit(units[key]), direction_of(units[key]), samples) for key, samples in runs.items()]


def _failures(result: Node, bench: str) -> list[str]:
    """That commands failed is no part of a time, and has to be said."""
    codes = result.get("exit_codes")
    if codes is not None:
        found = [code.value for code in codes.items()]
    else:
        processes = result["measurements"].items() if result.get("measurements") is not None else ()
        found = [p.value.get("exit_code", 0) for p in processes if isinstance(p.value, dict)]
    failed = [code for code in found if code != 0]
    if not failed:
        return []
    return [f"{len(failed)} of {len(found)} timings of {bench[:80]} ended with the exit status {failed[0]}"]


# ---------------------------------------------------------------------- one bench of a command with parameters


def _benches(results: Sequence[Node], parameters: Sequence[Mapping[str, str]]) -> list[str]:
    """Each result's bench: its name, or its command, with parameters as `{name}` where all results agree on where."""
    texts = [result.text_at("name", "command") for result in results]
    if None in texts:
        raise results[texts.index(None)]["command"].wrong("a command")
    by_names: dict[tuple[str, ...], list[int]] = {}
    for i, given in enumerate(parameters):
        by_names.setdefault(tuple(given), []).append(i)
    benches = [str(text) for text in texts]
    for names, members in by_names.items():
        if not names:
            continue
        candidates = [dict.fromkeys(_templates(benches[i], parameters[i])) for i in members]
        for i, own in zip(members, candidates, strict=True):
            # The template that most results share is the one that was written.
            benches[i] = max(own, key=lambda template: sum(template in other for other in candidates))
    return benches


def _templates(text: str, parameters: Mapping[str, str]) -> Iterator[str]:
    """What a command may have been written as, most places first: a value may stand in it by chance as well."""
    places = [
        (match.start(), match.end(), name)
        for name, value in parameters.items()
        if value
        for match in re.finditer(rf"(?<![\w.]){re.escape(value)}(?![\w.])", text)
    ] or [
        (match.start(), match.end(), name)
        for name, value in parameters.items()
        if value
        for match in re.finditer(re.escape(value), text)
    ]
    places = places[:_MOST_PLACES]
    choices = sorted(product((True, False), repeat=len(places)), key=lambda taken: -sum(taken))
    for taken in choices:
        template, end = [], 0
        for start, stop, name in sorted(p for p, some in zip(places, taken, strict=True) if some):
            if start < end:
                break
            template += [text[end:start], f"{{{name}}}"]
            end = stop
        else:
            yield "".join([*template, text[end:]])
