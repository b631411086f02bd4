"""What all benches at a glance cost, in stores of more and more results: the page of `serve --http`, and its questions.

    python benchmarks/overview_cost.py [--quick]

A store of 20 benches each. First: what the first page of a process costs, with all that it loads. Again: the overview when
nothing is new. One more: when a result was recorded. A question: whether anything is new, which an open page asks. Beside
them, what a plain scan of the folder takes that reads every manifest. --quick leaves the largest store out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import stores
from holobench_mcp import Snapshot
from holobench_mcp.config import load_config
from holobench_mcp.report import overview_fragment
from holobench_mcp.store.parsing import parse_manifest
from holobench_mcp.workspace import Workspace
from scale_store import median_of

BENCHES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="without the largest store")
    quick = parser.parse_args().quick
    print("| results | first | again | as HTML | one more | a question | a plain scan |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOLOBENCH_MCP_CACHE"] = f"{folder}/cache"
        for n in (1000, 10_000) if quick else (1000, 10_000, 100_000):
            row(Path(folder) / str(n), n)


def row(folder: Path, n: int) -> None:
    (stores.with_rows if n > 10_000 else stores.with_results)(folder, n, BENCHES)
    space = Workspace(load_config(store=str(folder), project=folder))
    space.store.manifests()
    first = seconds(space.overview)
    overview = space.overview()
    again = median_of(space.overview, 11)
    drawn = median_of(lambda: overview_fragment(overview), 11)
    question = median_of(space.overview_state, 21)
    record_one(space, overview.benches[0].bench_name)
    one_more = seconds(space.overview)
    scan = seconds(lambda: [parse_manifest(p.read_bytes(), p.stem) for p in (folder / "results").iterdir()])
    times = (first, again, drawn, one_more, question, scan)
    print(f"| {n:,} | {' | '.join(f'{1000 * t:,.1f} ms' for t in times)} |", flush=True)


def record_one(space: Workspace, bench_name: str) -> None:
    metrics = {"time_0": {"units": "ms"}}
    space.record(
        Snapshot.build(bench_name=bench_name, inputs={"x": [1]}, metrics=metrics, samples={"time_0": np.ones((1, 3))})
    )


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
