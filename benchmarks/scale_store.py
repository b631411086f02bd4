"""What is asked of a store of many results, in a process of its own: `scale.py` runs it, and prints a row of each.

    python benchmarks/scale_store.py FOLDER RESULTS

RESULTS: how many are in the folder, where it has not been read yet; 0 for one whose index is there.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import stores
from holobench_mcp import Snapshot
from holobench_mcp.config import load_config
from holobench_mcp.store.parsing import parse_manifest
from holobench_mcp.workspace import Workspace

#: What is measured of a store, in the order of the columns.
FOUND = (
    "first index, results a second",
    "a page of 20",
    "a plain scan",
    "of a bench",
    "of a revision",
    "worst of 9 names",
    "with one more result",
    "history of 1,000",
    "again",
    "with one more result, again",
    "MB",
)


def measure_store(folder: str, n: int) -> dict[str, float]:
    """Seconds of what is asked of a store. n: its results, where it has not been read yet."""
    workspace = Workspace(load_config(store=folder, project=folder))
    row: dict[str, float] = {}
    workspace.preload()
    started = time.perf_counter()
    workspace.store.manifests()
    if n:
        row["first index, results a second"] = n / (time.perf_counter() - started)
    page = workspace.list_results(limit=50)
    newest = page.results[-1]
    bench, revision = newest.bench_name, str(newest.source_revision)[:10]
    label = next(r for r in workspace.store.index.distinct("label", bench_name=bench))
    row["a page of 20"] = median_of(workspace.list_results, 21)
    row["of a bench"] = median_of(lambda: workspace.list_results(benchmark=bench), 21)
    row["of a revision"] = median_of(lambda: workspace.list_results(revision=revision), 21)
    names = [
        "latest", "latest~20", f"{bench}@latest", f"{bench}@latest~3", f"{bench}@{revision}", f"{bench}@label:{label}",
        f"{bench.upper()}@latest", newest.result_id, newest.result_id[:-4],
    ]  # fmt: skip
    row["worst of 9 names"] = max(median_of(lambda name=name: workspace.find(name), 21) for name in names)
    more = iter(
        [stores.result(1).with_(provenance={"executed_at": f"2026-06-01T00:00:{i:02d}+00:00"}) for i in range(8)]
    )
    row["with one more result"] = median_of(workspace.list_results, 5, before=lambda: workspace.record(next(more)))
    if n:
        history = partial(workspace.metric_history, "bench 00", "time_0", limit=1000, uncommitted=True)
        row["history of 1,000"] = median_of(history, 1)
        row["again"] = median_of(history, 3)
        newer = iter([_newest(i) for i in range(4)])
        row["with one more result, again"] = median_of(history, 3, before=lambda: workspace.record(next(newer)))
    workspace.compare(*[r.result_id for r in workspace.list_results(benchmark=bench).results[:2]])
    row["MB"] = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
    if n:  # at the end, as all that it parses is none of the server's memory
        row["a plain scan"] = median_of(lambda: plain_scan(Path(folder)), 1)
    return row


def _newest(i: int) -> Snapshot:
    """A result of newer code of the first bench."""
    at = {"executed_at": f"2030-01-01T00:00:{i:02d}+00:00", "source_revision": f"{i:040x}"}
    return stores.result(0).with_(provenance=at)


def plain_scan(folder: Path) -> list[str]:
    """The newest twenty results of a folder, as one finds them without an index."""
    manifests = [parse_manifest(path.read_bytes(), path.stem) for path in (folder / "results").iterdir()]
    return [m.result_id for m in sorted(manifests, key=lambda m: (m.executed_at, m.result_id), reverse=True)[:20]]


def median_of(call: Callable[[], object], n: int, *, before: Callable[[], object] = lambda: None) -> float:
    """Median seconds of a call, after one that is not counted. before: what is done before each, uncounted."""
    times = []
    for i in range(n + 1):
        before()
        started = time.perf_counter()
        call()
        if i or n == 1:
            times.append(time.perf_counter() - started)
        if n == 1:
            break
    return statistics.median(times)


if __name__ == "__main__":
    print(json.dumps(measure_store(sys.argv[1], int(sys.argv[2]))))
