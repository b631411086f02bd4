"""JMH: `java -jar benchmarks.jar -rf json -rff FILE`.

A fork is a process, and a run; its iterations are repeats. Of throughput more is better, of time less. Some scores are
"NaN" as a text; what is sampled has a histogram in place of its data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import Aggregate, Extract, Point, Reading, direction_of, numbers_where_all_are
from holobench_mcp.model import Direction

NAME = "jmh"
WORDS = "java -jar benchmarks.jar -rf json -rff FILE"


def recognises(content: Content) -> bool:
    """Whether it is a list of benchmarks with a mode and a primary metric."""
    node = content.node
    first = node.value[0] if node is not None and isinstance(node.value, list) and node.value else None
    return isinstance(first, dict) and {"benchmark", "mode", "primaryMetric"} <= set(first)


def read(content: Content) -> list[Extract]:
    """One measurement."""
    if content.node is None:
        raise Malformed("it is no JSON document")
    rows = list(content.node.items())
    given = [_parameters(row) for row in rows]
    inputs = numbers_where_all_are(given)
    modes: dict[str, set[str]] = {}
    for row in rows:
        modes.setdefault(row["benchmark"].text(), set()).add(row["mode"].text())
    left_out: dict[str, None] = {}
    points = []
    for row, point in zip(rows, inputs, strict=True):
        bench, mode = row["benchmark"].text(), row["mode"].text()
        name = "score" if len(modes[bench]) == 1 else f"score_{mode}"
        points.append(Point(bench, point, list(_readings(row, name, mode, left_out))))
    first = rows[0] if rows else Node({})
    version, java = first.text_at("jmhVersion"), first.text_at("jdkVersion")
    return [
        Extract(
            tool=f"jmh {version}" if version else "jmh",
            points=points,
            identity=content.identity,
            environment={"java": java} if java else {},
            left_out=list(left_out),
        )
    ]


def _parameters(row: Node) -> dict[str, str]:
    params = row.get("params")
    return {} if params is None else {key: str(value.scalar()) for key, value in params.members()}


def _readings(row: Node, name: str, mode: str, left_out: dict[str, None]) -> Iterator[Reading]:
    better = Direction.maximize if mode == "thrpt" else Direction.minimize
    primary = row["primaryMetric"]
    unit = primary.text_at("scoreUnit")
    yield _reading(primary, name, unit, better)
    others = row.get("secondaryMetrics")
    for key, metric in others.members() if others is not None else ():
        own = metric.text_at("scoreUnit")
        plain = key.lstrip("·+ ")
        if plain.endswith("rate") and own != unit:
            left_out[f"{plain} is left out: it follows the speed, and is neither better nor worse for itself"] = None
            continue
        direction = better if own == unit else direction_of(own)
        yield _reading(metric, plain, own, Direction.minimize if own == "counts" else direction)


def _reading(metric: Node, name: str, unit: str | None, direction: Direction) -> Reading:
    data = metric.get("rawData")
    if data is not None:
        forks = [fork.samples() for fork in data.items()]
        if any(forks):
            return Reading(name, unit, direction, [fork for fork in forks if fork])
    histogram = metric.get("rawDataHistogram")
    if histogram is not None:
        return Reading(name, unit, direction, aggregate=_of_histogram(histogram))
    return Reading(name, unit, direction, [[metric["score"].sample()]])


def _of_histogram(histogram: Node) -> Aggregate:
    """Number, mean and spread of values that are counted: [fork][iteration][value, count]."""
    pairs = [
        (pair[0].number(), pair[1].whole())
        for fork in histogram.items() for iteration in fork.items() for pair in iteration.items()
    ]  # fmt: skip
    n = sum(count for _, count in pairs)
    if n == 0:
        raise Malformed(f"{histogram.place}: it counts no value")
    mean = sum(value * count for value, count in pairs) / n
    squares = sum(count * (value - mean) ** 2 for value, count in pairs)
    return Aggregate(n, mean, math.sqrt(squares / (n - 1)) if n > 1 else math.nan)
