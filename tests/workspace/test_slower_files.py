"""Real files of every tool: the same code imported twice is not called changed, and one that is 38 % slower is."""

from __future__ import annotations

import json
import re
import shutil
import statistics
from pathlib import Path
from typing import Any

import pytest

from holobench_mcp.model import Decision
from imported_files import FIXTURES
from stored_runs import workspace_in

MOVED = {Decision.regressed, Decision.improved}
SIDES = (("before", 1.0), ("copy", 1.0), ("slower", 1.38))
#: What is left of the spread of each file's samples: most were made on a machine that others kept busy.
STEADY = 0.05
#: By file, the keys of its JSON that hold times, and those that hold how far they lie apart.
TIMES = {
    "pytest_benchmark.json": {"mean", "data"},
    "pyperf.json": {"values"},
    "hyperfine.json": {"mean", "times"},
    "google_benchmark.json": {"real_time", "cpu_time"},
    "criterion": {"times"},
}
SPREADS = {"stddev", "sd", "standard_error", "moe", "sem", "rme"}
JMH = [
    {
        "benchmark": "org.Sorting.small",
        "mode": "avgt",
        "threads": 1,
        "forks": 3,
        "primaryMetric": {
            "score": 1.05, "scoreError": 0.1, "scoreConfidence": [0.9, 1.2], "scoreUnit": "us/op",
            "scorePercentiles": {}, "rawData": [[1.01, 1.05, 1.04], [1.06, 1.02, 1.07], [1.03, 1.08, 1.04]],
        },
        "secondaryMetrics": {},
    }
]  # fmt: skip


def times(node: Any, keys: set[str], factor: float, *, inside: bool = False) -> Any:
    """A document with every time multiplied, and lists of them steadied."""
    if isinstance(node, dict):
        return {
            k: v * factor * STEADY if k in SPREADS and v else times(v, keys, factor, inside=k in keys)
            for k, v in node.items()
        }
    if isinstance(node, list) and inside and all(isinstance(v, int | float) for v in node):
        middle = statistics.median(node)
        return [factor * middle * (v / middle) ** STEADY for v in node]
    if isinstance(node, list):
        return [times(v, keys, factor, inside=inside) for v in node]
    return node * factor if inside and isinstance(node, int | float) else node


def copied(name: str, folder: Path, factor: float) -> Path:
    """A file or folder of results, with its times multiplied."""
    source, target = FIXTURES / name, folder / name
    folder.mkdir()
    shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    if name.endswith(".txt"):
        target.write_text(steady_lines(target.read_text(), factor))
        return target
    for path in [target] if target.is_file() else target.rglob("*.json"):
        if path.name not in ("benchmark.json", "benchmarks.json", "machine.json"):
            path.write_text(json.dumps(times(json.loads(path.read_text()), TIMES[name], factor)))
    return target


def steady_lines(text: str, factor: float) -> str:
    """The same of Go's lines: each a time of a benchmark, which comes again."""
    first: dict[str, float] = {}

    def line(m: re.Match[str]) -> str:
        middle = first.setdefault(m[1], float(m[3]))
        return f"{m[1]}{m[2]}{factor * middle * (float(m[3]) / middle) ** STEADY:.4f} ns/op"

    return re.sub(r"(?m)^(Benchmark\S+)(\s+\d+\s+)([\d.]+) ns/op", line, text)


def decisions(folder: Path, before: Path, *after: Path) -> list[set[Decision | None]]:
    """What every bench of a file comes to beside others, by name: copies of one file are of one time."""
    folder.mkdir()
    space = workspace_in(folder)
    named: list[dict[str, str]] = []
    for number, path in enumerate((before, *after)):
        [report] = space.import_paths([path], label=f"file {number}")
        named.append({space.find(i).bench_name: i for i in reversed(report.result_ids)})
    first, *others = named
    return [{space.compare(first[bench], other[bench]).decision for bench in first} for other in others]


@pytest.mark.parametrize("name", [*TIMES, "go.txt"])
def test_a_real_file_of_slower_code_is_called_regressed_and_a_copy_is_not(name: str, tmp_path: Path) -> None:
    same, slower = decisions(tmp_path / "store", *(copied(name, tmp_path / side, factor) for side, factor in SIDES))
    assert not MOVED & same
    assert MOVED & slower == {Decision.regressed}


def test_files_that_are_written_by_hand_are_too(tmp_path: Path) -> None:
    rows = [{"bench": "words", "metrics": {"time": {"values": [1.0, 1.02, 0.99, 1.01], "units": "s"}}}]
    for name, text in (
        ("jmh.json", lambda f: json.dumps(times(JMH, {"score", "rawData"}, f))),
        ("rows.jsonl", lambda f: "\n".join(json.dumps(times(row, {"values"}, f)) for row in rows)),
    ):
        paths = [tmp_path / name / side / name for side, _ in SIDES]
        for path, (_, factor) in zip(paths, SIDES, strict=True):
            path.parent.mkdir(parents=True)
            path.write_text(text(factor))
        same, slower = decisions(tmp_path / name / "store", *paths)
        assert not MOVED & same
        assert MOVED & slower == {Decision.regressed}
