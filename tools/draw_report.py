"""Draw docs/report.svg, the main picture of a report, of a made-up change: samples by a fixed seed.

python tools/draw_report.py

A test holds the committed picture against a fresh one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from holobench_mcp import Snapshot, report
from holobench_mcp.config import load_config
from holobench_mcp.workspace import Workspace

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "report.svg"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: By metric: its unit, which way is better, its level, the factor of the change, and the noise of a run.
METRICS = {
    "time_ms": ("ms", "minimize", 8.0, 1.12, 0.008),
    "throughput": ("items/s", "maximize", 1250.0, 1.31, 0.01),
    "peak_memory": ("MB", "minimize", 96.0, 1.001, 0.002),
    "startup_ms": ("ms", "minimize", 40.0, 1.01, 0.04),
}
SIZES = (100, 400, 1600, 6400)


def run(candidate: bool, seed: int) -> Snapshot:
    """One run: every metric at four sizes, five repeats each."""
    rng = np.random.default_rng(seed)
    samples = {}
    for name, (_, _, level, factor, noise) in METRICS.items():
        levels = level * np.sqrt(SIZES)[:, None] / 20 * (factor if candidate else 1)
        samples[name] = levels * np.exp(noise * (rng.standard_normal() + 0.5 * rng.standard_normal((len(SIZES), 5))))
    return Snapshot.build(
        bench_name="sorting",
        inputs={"size": list(SIZES)},
        metrics={name: {"units": m[0], "direction": m[1]} for name, m in METRICS.items()},
        samples=samples,
        source_revision=("c12b8ee40c" if candidate else "a79681ed91") + "0" * 30,
        environment={"hostname_hash": "here", "git_dirty": False, "command": ["python", "bench_sorting.py"]},
        executed_at=START + timedelta(seconds=seed),
    )


def draw() -> str:
    """The picture."""
    with TemporaryDirectory() as folder:
        space = Workspace(load_config(project=folder, store=str(Path(folder) / "store"), environ={}))
        for seed in range(10):
            space.record(run(seed >= 5, seed))
        return report.comparison_picture(space.compare())


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
    print(f"{PICTURE.relative_to(PICTURE.parents[1])}: written")
