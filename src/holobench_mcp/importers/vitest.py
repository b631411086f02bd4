"""vitest: `vitest bench --outputJson FILE` up to version 4, `--reporter=json --outputFile=FILE` from version 5 on.

Times are milliseconds. Mostly there are no samples: then mean and spread are taken, and the median beside them, as some
pauses of the garbage collector may be most of a mean. From version 5 on benchmarks are in tests, each a row of tasks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import Aggregate, Extract, Point, Reading
from holobench_mcp.model import Direction

NAME = "vitest"
WORDS = "vitest bench --run --outputJson FILE, or --reporter=json --outputFile=FILE from version 5 on"
_BETWEEN = " > "


def recognises(content: Content) -> bool:
    """Whether it has files of groups, or a report of tests of which one has benchmarks."""
    if content.node is None:
        return False
    if content.has(files=list):
        first = next(content.node["files"].items(), None)
        return first is not None and isinstance(first.value, dict) and "groups" in first.value
    if not content.has(testResults=list):
        return False
    tests = (test.value for file in _listed(content.node, "testResults") for test in _listed(file, "assertionResults"))
    return any(isinstance(test, dict) and isinstance(test.get("benchmarks"), list) for test in tests)


def read(content: Content) -> list[Extract]:
    """One measurement."""
    if content.node is None:
        raise Malformed("it is no JSON document")
    is_report = content.has(testResults=list)
    named = list(_of_tests(content.node) if is_report else _of_groups(content.node))
    points, unmeasured, numbers = [], 0, dict[str, int]()
    for name, readings in named:
        numbers[name] = number = numbers.get(name, 0) + 1
        if readings:
            # One report of two projects has each of their benchmarks twice.
            points.append(Point(name if number == 1 else f"{name} #{number}", {}, readings))
        else:
            unmeasured += 1
    started = content.node.get("startTime") if is_report else None
    return [
        Extract(
            tool="vitest",
            points=points,
            identity=content.identity,
            executed_at=None if started is None else _time(started),
            left_out=[f"benchmarks that gave no time are left out: {unmeasured}"] if unmeasured else [],
        )
    ]


def _listed(node: Node, key: str) -> Iterator[Node]:
    value = node.value.get(key) if isinstance(node.value, dict) else None
    return Node(value, key).items() if isinstance(value, list) else iter(())


def _time(started: Node) -> datetime:
    try:
        return datetime.fromtimestamp(started.number() / 1000, UTC)
    except (OverflowError, OSError, ValueError) as problem:
        raise started.wrong("a time in milliseconds") from problem


# ---------------------------------------------------------------------- up to version 4


def _of_groups(document: Node) -> Iterator[tuple[str, list[Reading]]]:
    for file in document["files"].items():
        for group in file["groups"].items():
            for benchmark in group["benchmarks"].items():
                name = _BETWEEN.join(filter(None, (group.text_at("fullName"), benchmark["name"].text())))
                yield name, _readings(benchmark, "sampleCount", "median")


# ---------------------------------------------------------------------- from version 5 on


def _of_tests(document: Node) -> Iterator[tuple[str, list[Reading]]]:
    files = list(document["testResults"].items())
    names = _short_names([file.text_at("name") or "" for file in files])
    for file, file_name in zip(files, names, strict=True):
        for test in file["assertionResults"].items():
            benchmarks = test.get("benchmarks")
            for benchmark in benchmarks.items() if benchmarks is not None else ():
                for task in benchmark["tasks"].items():
                    if isinstance(task.value, dict) and task.value.get("fromStore"):
                        continue  # what it was compared with, measured some other time
                    name = _BETWEEN.join(filter(None, (file_name, benchmark["name"].text(), task["name"].text())))
                    yield name, _readings(task["latency"], "samplesCount", "p50")
            if test.text_at("status") == "failed" and not (benchmarks and benchmarks.value):
                yield _BETWEEN.join(filter(None, (file_name, test.text_at("fullName")))), []


def _short_names(paths: Sequence[str]) -> list[str]:
    """Files by their last parts, as many as tell them apart: where a project lies is no part of a benchmark's name."""
    parts = [PurePosixPath(path.replace("\\", "/")).parts for path in paths]
    for length in range(1, max(map(len, parts), default=1) + 1):
        names = ["/".join(p[-length:]).lstrip("/") for p in parts]
        if len(set(names)) == len(set(parts)):
            return names
    return list(paths)


# ---------------------------------------------------------------------- a benchmark's figures


def _readings(figures: Node, count_key: str, median_key: str) -> list[Reading]:
    """Its samples; else what is known of them; nothing of one that failed, which has a name at most."""
    samples = figures.get("samples")
    values = samples.numbers() if samples is not None else []
    if values:
        return [Reading("time", "ms", Direction.minimize, [values])]
    if figures.get("mean") is None:
        return []
    count, spread = figures.get(count_key), figures.get("sd")
    n = count.whole(least=1) if count is not None else int(figures["df"].whole()) + 1
    sd = spread.number() if spread is not None and n > 1 else math.nan
    readings = [Reading("time", "ms", Direction.minimize, aggregate=Aggregate(n, figures["mean"].number(), sd))]
    if (median := figures.get(median_key)) is not None:
        readings.append(Reading("median", "ms", Direction.minimize, [[median.number()]]))
    return readings
