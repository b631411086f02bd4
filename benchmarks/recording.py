"""What recording a result costs: `python benchmarks/recording.py` prints the median milliseconds, on a folder.

A built result and a live one of holobench, of a few sizes; a store of its own in a temporary folder.
"""

from __future__ import annotations

import os
import pickle
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from uuid import uuid4

import bencher as bn
import numpy as np
import xarray as xr
from bencher.bench_cfg import BenchCfg
from bencher.execution import Execution
from bencher.result_collector import ResultCollector
from bencher.results.bench_result import BenchResult

from holobench_mcp import Snapshot, open_store, record

#: Points, repeats and metrics: a usual sweep, a wide one, a large one.
SIZES = ((4, 5, 3), (10, 10, 20), (10_000, 5, 3))
TIMES = 40


def samples(points: int, repeats: int, metrics: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {f"m{i}": rng.normal(10, 1, (points, repeats)) for i in range(metrics)}


def built(points: int, repeats: int, metrics: int, seed: int) -> Snapshot:
    values = samples(points, repeats, metrics, seed)
    return Snapshot.build(
        bench_name="b",
        inputs={"n": range(points)},
        metrics={name: {"units": "ms", "claim": "< 1000"} for name in values},
        samples=values,
    )


def live(points: int, repeats: int, metrics: int, seed: int) -> BenchResult:
    values = samples(points, repeats, metrics, seed)
    variables = []
    for name in values:
        variable = bn.ResultFloat(units="ms", claim="< 1000")
        variable.name = name
        variables.append(variable)
    swept = bn.IntSweep(default=0, bounds=(0, points))
    swept.name = "n"
    config = BenchCfg(bench_name="b", input_vars=[swept], result_vars=variables)
    config.execution = Execution(uuid=str(uuid4()), executed_at="2026-01-01T00:00:00+00:00", display_label=str(seed))
    result = BenchResult(config)
    coordinates = {"n": np.arange(points), "repeat": np.arange(1, repeats + 1)}
    result.ds = xr.Dataset({k: (("n", "repeat"), v) for k, v in values.items()}, coords=coordinates)
    return result


def holobench_cache() -> Callable[[BenchResult], None]:
    """What holobench itself does with a result that it collected: its cache of the working folder."""
    collector = ResultCollector()
    return lambda result: collector.cache_results(result, result.bench_cfg.execution.uuid, [])


def synced_pickle(result: BenchResult, path: Path) -> None:
    """A pickle that is on the disk when it is done."""
    with path.open("wb") as file:
        pickle.dump(result, file, protocol=pickle.HIGHEST_PROTOCOL)
        file.flush()
        os.fsync(file.fileno())


def milliseconds(make: Callable[[int], object]) -> float:
    """The median of recording new results, made beforehand."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder)
        results = [make(seed) for seed in range(TIMES + 1)]
        record(results[0], store)  # imports, and the store's first files
        took = []
        for result in results[1:]:
            started = time.perf_counter()
            record(result, store)
            took.append(time.perf_counter() - started)
    return 1e3 * median(took)


def main() -> None:
    print("| points × repeats × metrics | `Snapshot` | live `BenchResult` |\n| --- | --- | --- |")
    for size in SIZES:
        ours, theirs = (milliseconds(partial(make, *size)) for make in (built, live))
        print(f"| {' × '.join(map(str, size))} | {ours:.1f} ms | {theirs:.1f} ms |")


if __name__ == "__main__":
    main()
