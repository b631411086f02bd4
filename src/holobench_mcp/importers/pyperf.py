"""pyperf: what `-o FILE` of a benchmark or of `pyperf timeit` writes, one benchmark or a suite; also packed as .gz.

Runs are processes and values are per loop already. A calibration has warm-ups and no values, and is no run.
"""

from __future__ import annotations

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import Extract, Point, Reading, hostname_hash, moment
from holobench_mcp.model import Direction

NAME = "pyperf"
WORDS = "python bench.py -o FILE, with pyperf"
#: A unit as pyperf names it: the metric's name, its unit and which way is better.
_UNITS = {
    "second": ("time", "s", Direction.minimize),
    "byte": ("byte", "B", Direction.minimize),
    "integer": ("integer", None, Direction.none),
}


def recognises(content: Content) -> bool:
    """Whether it has a version and benchmarks of runs."""
    if not content.has(benchmarks=list, version=str) or content.node is None:
        return False
    first = next(content.node["benchmarks"].items(), None)
    return first is not None and isinstance(first.value, dict) and isinstance(first.value.get("runs"), list)


def read(content: Content) -> list[Extract]:
    """One measurement."""
    document = content.node
    if document is None:
        raise Malformed("it is no JSON document")
    version = document["version"].text()
    if not version.startswith("1."):
        raise Malformed(f"it is of version {version:.20}; convert it with pyperf 1 or newer: pyperf convert")
    common = _metadata(document)
    benchmarks = list(document["benchmarks"].items())
    points, calibrations = [], 0
    for benchmark in benchmarks:
        point, skipped = _point(benchmark, common)
        points.append(point)
        calibrations += skipped
    first = {**common, **_metadata(benchmarks[0]), **_metadata(benchmarks[0]["runs"][0])} if benchmarks else {}
    revision = _text(first, "commit_id")
    tool = _text(first, "pyperf_version", "perf_version")
    return [
        Extract(
            tool=f"pyperf {tool}" if tool else "pyperf",
            points=points,
            identity=content.identity,
            environment=_environment(first, revision),
            executed_at=moment(_text(first, "date")),
            revision=revision,
            left_out=[f"runs that only calibrate are left out: {calibrations}"] if calibrations else [],
        )
    ]


def _metadata(node: Node) -> dict[str, object]:
    found = node.get("metadata")
    if found is None:
        return {}
    return {key: member.value for key, member in found.members()}


def _text(metadata: dict[str, object], *keys: str) -> str | None:
    return Node(metadata).text_at(*keys)


def _point(benchmark: Node, common: dict[str, object]) -> tuple[Point, int]:
    """A benchmark, and how many of its runs only calibrate."""
    runs, calibrations = [], 0
    metadata = {**common, **_metadata(benchmark)}
    for run in benchmark["runs"].items():
        values = run.get("values")
        samples = values.numbers() if values is not None else []
        if samples:
            runs.append(samples)
            metadata = {**_metadata(run), **metadata}
        else:
            calibrations += 1
    if not runs:
        raise Malformed(f"{benchmark.place}.runs: not one of them has values")
    unit = _text(metadata, "unit") or "second"
    if unit not in _UNITS:
        raise Malformed(f"{benchmark.place}: its unit is {unit!r:.40}; known are {', '.join(_UNITS)}")
    name = _text(metadata, "name")
    if name is None:
        raise Malformed(f"{benchmark.place}: it has no name in its metadata")
    metric, units, direction = _UNITS[unit]
    return Point(name, {}, [Reading(metric, units, direction, runs)]), calibrations


def _environment(metadata: dict[str, object], revision: str | None) -> dict[str, object]:
    python, count = _text(metadata, "python_version"), metadata.get("cpu_count")
    facts = {
        "python": python.split()[0] if python else None,
        "os": _text(metadata, "platform"),
        "cpu_model": _text(metadata, "cpu_model_name"),
        "cpu_count": count if isinstance(count, int) and not isinstance(count, bool) else None,
        "hostname_hash": hostname_hash(_text(metadata, "hostname")),
        "git_commit": revision,
    }
    return {key: value for key, value in facts.items() if value is not None}
