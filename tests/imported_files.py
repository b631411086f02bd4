"""An imported file in a few words, so that a test can say the whole of what it expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from holobench_mcp import Snapshot
from holobench_mcp.importers.file_results import FileResults, read_results

FIXTURES = Path(__file__).parent / "importers" / "fixtures"


def read(name: str, **options: Any) -> FileResults:
    return read_results(FIXTURES / name, name=name, **options)


def benches(results: FileResults) -> dict[str, Snapshot]:
    """The first run of every benchmark."""
    found: dict[str, Snapshot] = {}
    for snapshot in results.snapshots:
        found.setdefault(snapshot.bench_name, snapshot)
    return found


def inputs(snapshot: Snapshot) -> dict[str, list[Any]]:
    return {name: values.tolist() for name, values in snapshot.coordinates.items()}


def metrics(snapshot: Snapshot) -> dict[str, tuple[str | None, str]]:
    return {m.variable: (m.units, m.direction.value) for m in snapshot.metrics}


def runs(results: FileResults) -> dict[str, int]:
    """How many runs each benchmark has, which are numbered from 0."""
    counted: dict[str, list[int]] = {}
    for snapshot in results.snapshots:
        assert snapshot.measurement is not None
        counted.setdefault(snapshot.bench_name, []).append(snapshot.measurement.run)
    for numbers in counted.values():
        assert numbers == list(range(len(numbers)))
    return {name: len(numbers) for name, numbers in counted.items()}


def samples(results: FileResults, bench: str, metric: str, **point: Any) -> list[list[float]]:
    """The samples of every run at one point, without padding."""
    found = []
    for snapshot in results.snapshots:
        if snapshot.bench_name != bench:
            continue
        at = tuple(snapshot.coordinates[name].tolist().index(value) for name, value in point.items())
        values = snapshot.samples[metric][at]
        found.append(values[~np.isnan(values)].tolist())
    return found
