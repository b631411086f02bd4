"""pytest-benchmark: `pytest --benchmark-json=FILE`, and the files of `--benchmark-autosave`, which have no samples.

A datum is a round's mean over its iterations, always in seconds. All rounds share one process: they are repeats.
"""

from __future__ import annotations

import math

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import Aggregate, Extract, Point, Reading, hostname_hash, moment
from holobench_mcp.model import Direction

NAME = "pytest-benchmark"
WORDS = "pytest --benchmark-json=FILE"
_UNVERSIONED = ("unversioned", "unknown")


def recognises(content: Content) -> bool:
    """Whether it has the three parts that every such file has."""
    return content.has(benchmarks=list, machine_info=dict, commit_info=dict)


def read(content: Content) -> list[Extract]:
    """One measurement."""
    document = content.node
    if document is None:
        raise Malformed("it is no JSON document")
    benchmarks = list(document["benchmarks"].items())
    left_out = []
    extra = sum(1 for b in benchmarks if isinstance(b.value, dict) and b.value.get("extra_info"))
    if extra:
        left_out.append(f"extra_info of {extra} benchmark{'s' if extra > 1 else ''} is left out")
    machine, commit = document.get("machine_info"), document.get("commit_info")
    revision = commit.text_at("id") if commit else None
    known = revision is not None and revision not in _UNVERSIONED
    version = document.text_at("version")
    return [
        Extract(
            tool=f"pytest-benchmark {version}" if version else "pytest-benchmark",
            points=[_point(b) for b in benchmarks],
            identity=content.identity,
            environment={
                **(_environment(machine) if machine else {}),
                **({"git_commit": revision, "git_dirty": _dirty(commit)} if known else {}),
            },
            executed_at=moment(document.text_at("datetime")),
            revision=revision if known else None,
            left_out=left_out,
        )
    ]


def _point(benchmark: Node) -> Point:
    stats = benchmark["stats"]
    data = stats.get("data")
    runs: list[list[float]] = []
    aggregate = None
    if data is not None and (samples := data.numbers()):
        runs = [samples]
    else:
        n = stats["rounds"].whole(least=1)
        spread = stats.get("stddev")
        sd = spread.number() if spread is not None and n > 1 else math.nan
        aggregate = Aggregate(n, stats["mean"].number(), sd)
    name, inputs = _name_and_inputs(benchmark)
    return Point(name, inputs, [Reading("time", "s", Direction.minimize, runs, aggregate)])


def _name_and_inputs(benchmark: Node) -> tuple[str, dict[str, object]]:
    full, ident = benchmark.text_at("fullname", "name"), benchmark.get("param")
    if full is None:
        raise benchmark.wrong("an object with a fullname")
    params = benchmark.get("params")
    if ident is None and params is None:
        return full, {}
    if ident is not None:
        full = full.removesuffix(f"[{ident.value}]")
    if params is None:
        return full, {"param": str(ident.value if ident else "")}
    return full, {key: value.value for key, value in params.members()}


def _dirty(commit: Node | None) -> bool | None:
    dirty = commit.value.get("dirty") if commit is not None and isinstance(commit.value, dict) else None
    return dirty if isinstance(dirty, bool) else None


def _environment(machine: Node) -> dict[str, object]:
    """What it says of the machine, in the words that this server's own measurements have."""
    cpu = machine.get("cpu") if isinstance(machine.value, dict) else None
    node = machine.text_at("node")
    os = " ".join(filter(None, (machine.text_at("system"), machine.text_at("release"), machine.text_at("machine"))))
    count = cpu.value.get("count") if cpu is not None and isinstance(cpu.value, dict) else None
    facts = {
        "python": machine.text_at("python_version"),
        "os": os or None,
        "cpu_model": cpu.text_at("brand_raw", "brand") if cpu is not None else None,
        "cpu_count": count if isinstance(count, int) and not isinstance(count, bool) else None,
        "hostname_hash": hostname_hash(node),
    }
    return {key: value for key, value in facts.items() if value is not None}
