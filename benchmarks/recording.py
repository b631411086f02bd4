"""What recording a result costs: `python benchmarks/recording.py` prints milliseconds, on a folder.

A built result and a live one of holobench, of a few sizes, beside a pickle of the live one and beside the floor: the same
bytes in the same files, each digested once and written, with nothing done to make them. A pickle has one file and no
digest. All are means of ten results in a row, and the medians of them, in a store of its own in a temporary folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar
from uuid import uuid4

import bencher as bn
import numpy as np
import xarray as xr
from bencher.bench_cfg import BenchCfg
from bencher.execution import Execution
from bencher.render import save_result
from bencher.result_collector import ResultCollector
from bencher.results.bench_result import BenchResult

from holobench_mcp import Snapshot, open_store, record
from holobench_mcp.store import Store, layout

T = TypeVar("T")

#: Points, repeats and metrics: a usual sweep, a wide one, one of many points, one of many repeats.
SIZES = ((4, 5, 3), (10, 10, 20), (10_000, 5, 3), (1000, 30, 10))
#: Results that are timed together, and how often.
GROUP, TIMES = 10, 5


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


def files_of(result: Snapshot) -> list[bytes]:
    """What a store's files of a result hold."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder)
        record(result, store)
        kinds = (layout.BLOBS, layout.RESULTS, layout.JOURNAL)
        return [store.backend.get(key) or b"" for kind in kinds for key, _ in store.backend.keys(kind)]


def bytes_alone(contents: Sequence[bytes], folder: Path, *, sync: bool) -> None:
    """The floor: digest bytes once, and write each under a name of its own, with nothing to make them of."""
    for content in contents:
        with (folder / f"{hashlib.sha256(content).hexdigest()}-{uuid4()}").open("xb", buffering=0) as file:
            file.write(content)
            if sync:
                os.fsync(file.fileno())


def milliseconds(make: Callable[[int], T], write: Callable[[T], object]) -> float:
    """What writing one takes: the median of groups that are made beforehand, and written in a row."""
    write(make(0))  # imports, and the store's first files
    took = []
    for group in range(TIMES):
        made = [make(1 + group * GROUP + i) for i in range(GROUP)]
        started = time.perf_counter()
        for one in made:
            write(one)
        took.append(time.perf_counter() - started)
    return 1e3 * median(took) / GROUP


def together(store: Store, make: Callable[[int], Snapshot]) -> float:
    """The same of results that are recorded as one entry of the journal."""
    took = []
    for group in range(TIMES):
        made = [make(1_000_000 + group * GROUP + i) for i in range(GROUP)]
        started = time.perf_counter()
        with store.together():
            for one in made:
                store.record(one)
        took.append(time.perf_counter() - started)
    return 1e3 * median(took) / GROUP


def row(size: tuple[int, int, int]) -> list[float]:
    """The columns of a size, in milliseconds: see COLUMNS."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        store, alone = open_store(folder / "store"), folder / "alone"
        alone.mkdir()
        snapshots, results = partial(built, *size), partial(live, *size)
        stored = partial(record, store=store)

        def contents(seed: int) -> list[bytes]:
            return files_of(snapshots(seed))

        return [
            milliseconds(snapshots, stored),
            together(store, snapshots),
            milliseconds(results, stored),
            milliseconds(contents, lambda c: bytes_alone(c, alone, sync=False)),
            milliseconds(results, partial(save_result, path=folder / "x.pkl")),
            milliseconds(results, holobench_cache()),
            milliseconds(contents, lambda c: bytes_alone(c, alone, sync=True)),
            milliseconds(results, partial(synced_pickle, path=folder / "y.pkl")),
        ]


COLUMNS = (
    "ours, a `Snapshot`", "ten as one entry, each", "ours, live", "ours, its bytes alone, digested", "a pickle of it",
    "holobench's cache, live", "its bytes alone, digested and synced to disk", "a pickle, synced to disk",
)  # fmt: skip


def table() -> Iterator[str]:
    """The lines of a table of all sizes."""
    yield f"| recording one result: points × repeats × metrics | {' | '.join(COLUMNS)} |"
    yield "| --- |" + " --- |" * len(COLUMNS)
    for size in SIZES:
        yield f"| {' × '.join(map(str, size))} | {' | '.join(f'{took:.1f} ms' for took in row(size))} |"


def main() -> None:
    logging.disable(logging.WARNING)
    for line in table():
        print(line, flush=True)


if __name__ == "__main__":
    main()
