"""Results for the tests of the use cases: runs of a bench at a revision, as somebody would have recorded them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from conftest import snapshot
from holobench_mcp.config import load_config
from holobench_mcp.model import Measurement
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace import Workspace

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)
#: What is known of where all of them ran.
HERE = {"python": "3.12", "cpu_model": "x", "os": "y", "hostname_hash": "here"}
BENCH_PY = ("python", "bench.py")


def workspace_in(folder: Path) -> Workspace:
    return Workspace(load_config(project=folder, store=str(folder / "store"), environ={}))


def timing(
    level: float,
    at: int,
    *,
    bench: str = "sort",
    revision: str | None = A,
    dirty: bool = False,
    diff: str | None = None,
    label: str | None = None,
    command: Sequence[str] | None = BENCH_PY,
    sizes: Sequence[int] = (10, 20, 30, 40),
    measurement: Measurement | None = None,
    metric: str = "time_ms",
    environment: Mapping[str, object] | None = None,
) -> Snapshot:
    """One run: four points × five repeats around a level, at second `at`. Its noise is 1 %, the same for one `at`."""
    noise = np.exp(0.01 * np.random.default_rng(at).standard_normal((len(sizes), 5)))
    known = {**HERE, "git_dirty": dirty, **({"git_diff_sha256": diff} if diff else {}), **(environment or {})}
    if command is not None:
        known["command"] = list(command)
    return Snapshot.build(
        bench_name=bench,
        inputs={"size": list(sizes)},
        metrics={metric: {"units": "ms"}},
        samples={metric: level * noise},
        source_revision=revision,
        label=label,
        environment=known,
        executed_at=START + timedelta(seconds=at),
        measurement=measurement,
    )


def noisy(factor: float, seed: int, **options: object) -> Snapshot:
    """One run of six points × five repeats with 2 % noise, around `factor` times 100."""
    rng = np.random.default_rng(seed)
    values = factor * 100 * np.exp(0.02 * rng.standard_normal((6, 5)))
    known = {"git_dirty": False, **HERE, **options.pop("environment", {})}  # type: ignore[dict-item]
    return snapshot(values, at=seed % 60, environment=known, **options)  # type: ignore[arg-type]


def record_runs(space: Workspace, level: float, at: int, *, runs: int = 3, **options: object) -> list[str]:
    """Several runs, one a second. Returns their ids."""
    return [space.record(timing(level, at + i, **options)) for i in range(runs)]  # type: ignore[arg-type]


def record_rounds(
    space: Workspace,
    base: float,
    head: float,
    at: int,
    *,
    measurement: str = "tiny-20260301T120000Z-abcdef",
    revisions: tuple[str, str] = (A, B),
    rounds: int = 4,
    sweeps: int = 1,
    base_last: bool = True,
    **options: object,
) -> dict[tuple[str, int], list[str]]:
    """An interleaved measurement of two revisions, as the server records it: ids by side and sweep."""
    ids: dict[tuple[str, int], list[str]] = {}
    for run in range(rounds):
        # base, head, head, base: with an even number of rounds the base runs last.
        first_base = (run % 2 == 0) == (rounds % 2 == 0) if base_last else (run % 2 == 0) != (rounds % 2 == 0)
        for side in ("base", "head") if first_base else ("head", "base"):
            for sweep in range(sweeps):
                role = Measurement(
                    id=measurement, benchmark="tiny", run=run, runs=2 * rounds, side=side, sweep=sweep,
                    measured_by="server",
                )  # fmt: skip
                made = timing(
                    base if side == "base" else head, at, revision=revisions[side == "head"], measurement=role,
                    sizes=[10 * sweep + i + 1 for i in range(4)], **options,  # type: ignore[arg-type]
                )  # fmt: skip
                ids.setdefault((side, sweep), []).append(space.record(made))
                at += 1
    return ids
