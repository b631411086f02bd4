"""Results for the tests of histories: levels of one metric, at the revisions of a repository or of none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from holobench_mcp import Snapshot
from holobench_mcp.answers import History
from holobench_mcp.config import load_config
from holobench_mcp.workspace import Workspace

MACHINE: dict[str, object] = {
    "hostname_hash": "0011223344556677", "cpu_model": "Fast CPU", "cpu_count": 8, "os": "Linux", "python": "3.12.1",
    "holobench": "1.148.0", "numpy": "2.1.0", "command": ["python", "bench.py"], "benchmark_sha256": "f" * 64,
}  # fmt: skip


def opened(folder: Path) -> Workspace:
    return Workspace(load_config(project=folder, store=str(folder / "store"), environ={}))


def measured(
    level: float | Sequence[float],
    second: int,
    revision: str | None,
    *,
    sizes: Sequence[object] = (1,),
    noise: float = 0.001,
    kind: str = "float",
    constants: dict[str, object] | None = None,
    label: str | None = None,
    samples: object = None,
    units: str = "ms",
    metric: str = "time",
    measurement: object = None,
    **environment: object,
) -> Snapshot:
    """A run of three repeats at each size, of the level there; `samples` in place of it."""
    if samples is None:
        levels = np.broadcast_to(level, len(sizes))[:, None]
        samples = levels * (1 + noise * np.random.default_rng(second).standard_normal((len(sizes), 3)))
    return Snapshot.build(
        bench_name="sort",
        inputs={"size": list(sizes)},
        metrics={metric: {"units": units, "kind": kind}},
        samples={metric: samples},
        constants=constants,
        source_revision=revision,
        label=label,
        environment={**MACHINE, "git_dirty": False, **environment},
        executed_at=f"2026-01-01T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z",
        measurement=measurement,
    )


def history_of(space: Workspace, snapshots: Sequence[Snapshot], **options: object) -> History:
    for one in snapshots:
        space.record(one)
    return space.metric_history("sort", "time", **options)  # type: ignore[arg-type]


def estimates(history: History) -> list[float | None]:
    return [None if p.estimate is None else round(p.estimate) for p in history.series]


def limits(history: History) -> dict[str, str]:
    return {limit.what: limit.detail for limit in history.limits}


def commits(commit: Callable[..., str], n: int) -> list[str]:
    return [commit(str(i)) for i in range(n)]
