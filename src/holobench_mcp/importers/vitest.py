"""vitest: `vitest bench --run --outputJson FILE`. Times are milliseconds; mostly there are no samples, only means."""

from __future__ import annotations

import math

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import Aggregate, Extract, Point, Reading
from holobench_mcp.model import Direction

NAME = "vitest"
WORDS = "vitest bench --run --outputJson FILE"


def recognises(content: Content) -> bool:
    """Whether it has files of groups."""
    if not content.has(files=list) or content.node is None:
        return False
    first = next(content.node["files"].items(), None)
    return first is not None and isinstance(first.value, dict) and "groups" in first.value


def read(content: Content) -> list[Extract]:
    """One measurement."""
    if content.node is None:
        raise Malformed("it is no JSON document")
    points, unmeasured = [], 0
    for file in content.node["files"].items():
        for group in file["groups"].items():
            for benchmark in group["benchmarks"].items():
                name = " > ".join(filter(None, (group.text_at("fullName"), benchmark["name"].text())))
                reading = _reading(benchmark)
                if reading is None:
                    unmeasured += 1
                else:
                    points.append(Point(name, {}, [reading]))
    return [
        Extract(
            tool="vitest",
            points=points,
            identity=content.identity,
            left_out=[f"benchmarks that gave no time are left out: {unmeasured}"] if unmeasured else [],
        )
    ]


def _reading(benchmark: Node) -> Reading | None:
    samples = benchmark.get("samples")
    values = samples.numbers() if samples is not None else []
    if values:
        return Reading("time", "ms", Direction.minimize, [values])
    if benchmark.get("mean") is None:
        return None  # it failed: its place has a name and nothing else
    count, spread = benchmark.get("sampleCount"), benchmark.get("sd")
    n = count.whole(least=1) if count is not None else int(benchmark["df"].whole()) + 1
    sd = spread.number() if spread is not None and n > 1 else math.nan
    return Reading("time", "ms", Direction.minimize, aggregate=Aggregate(n, benchmark["mean"].number(), sd))
