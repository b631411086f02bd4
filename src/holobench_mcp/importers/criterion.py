"""Criterion.rs: the folder target/criterion that `cargo bench` leaves, of which each benchmark's `new` is read.

A sample is a number of iterations and the time of all of them, in nanoseconds; the number grows from sample to sample
unless the mode is flat. `base` is an older measurement, `change` are ratios. Folder names are not the benchmarks' own.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from holobench_mcp.importers.content import Content, parsed
from holobench_mcp.importers.nodes import Malformed, Node
from holobench_mcp.importers.points import Aggregate, Extract, Point, Reading, numbers_where_all_are
from holobench_mcp.model import Direction

NAME = "criterion"
WORDS = "the folder target/criterion of cargo bench"
_PARAMETER = "parameter"


def recognises(content: Content) -> bool:
    """Whether it is a folder in which a benchmark has a newest measurement."""
    return content.folder is not None and any(True for _ in content.files("**/new/estimates.json"))


def read(content: Content) -> list[Extract]:
    """One measurement."""
    if content.folder is None:
        raise Malformed("it is no folder")
    digest = hashlib.sha256()
    found: list[tuple[str, dict[str, str], Reading]] = []
    for estimates in content.files("**/new/estimates.json"):
        for name in ("benchmark.json", "sample.json", "estimates.json"):
            path = estimates.with_name(name)
            if path.is_file():
                digest.update(f"{path.relative_to(content.folder).as_posix()}\0".encode())
                digest.update(content.file(path).data)
        found.append(_benchmark(content, estimates))
    inputs = numbers_where_all_are([parameters for _, parameters, _ in found])
    points = [Point(bench, given, [reading]) for (bench, _, reading), given in zip(found, inputs, strict=True)]
    return [Extract(tool="criterion", points=points, identity=digest.hexdigest())]


def _benchmark(content: Content, estimates: Path) -> tuple[str, dict[str, str], Reading]:
    folder = estimates.parent.parent.relative_to(content.folder or Path()).as_posix()
    declared = _document(content, estimates.with_name("benchmark.json"))
    bench, parameters = folder, dict[str, str]()
    if declared is not None:
        group, function = declared.text_at("group_id"), declared.text_at("function_id")
        bench = "/".join(filter(None, (group, function))) or declared.text_at("full_id") or folder
        value = declared.text_at("value_str")
        parameters = {_PARAMETER: value} if value is not None else {}
    sample = _document(content, estimates.with_name("sample.json"))
    samples = _samples(sample) if sample is not None else []
    if samples:
        return bench, parameters, Reading("time", "ns", Direction.minimize, [samples])
    found = _document(content, estimates)
    if found is None:
        raise Malformed(f"{folder}: it has neither a sample nor estimates")
    aggregate = _estimates(found)
    return bench, parameters, Reading("time", "ns", Direction.minimize, aggregate=aggregate)


def _samples(sample: Node) -> list[float]:
    """Nanoseconds an iteration. Older versions wrote a list, with or without the mode in front."""
    if isinstance(sample.value, dict):
        iterations, times = sample["iters"].numbers(), sample["times"].numbers()
    else:
        lists = [part for part in sample.items() if isinstance(part.value, list)]
        if len(lists) != 2:
            raise sample.wrong("a list of iterations and one of times")
        iterations, times = lists[0].numbers(), lists[1].numbers()
    if len(iterations) != len(times) or any(n <= 0 for n in iterations):
        raise Malformed(f"{sample.place}: {len(iterations)} numbers of iterations, above 0, for {len(times)} times")
    return [time / n for time, n in zip(times, iterations, strict=True)]


def _estimates(estimates: Node) -> Aggregate:
    """Mean and spread; how many samples they are of, their standard error tells."""
    lower = Node({key.lower(): value.value for key, value in estimates.members()}, estimates.place)
    mean, spread = lower["mean"], lower["std_dev" if "std_dev" in dict(lower.members()) else "stddev"]
    sd, error = spread["point_estimate"].number(), mean["standard_error"].number()
    n = max(2, round((sd / error) ** 2)) if error > 0 and sd > 0 else 1
    return Aggregate(n, mean["point_estimate"].number(), sd if n > 1 else math.nan)


def _document(content: Content, path: Path) -> Node | None:
    if not path.is_file():
        return None
    place = path.relative_to(content.folder or Path()).as_posix()
    return Node(parsed(content.file(path).text or "", place), place)
