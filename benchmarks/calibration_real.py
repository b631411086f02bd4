"""Real noise: workloads sampled in many child processes of identical code.

python benchmarks/calibration_real.py             # how a run's shift splits into what its points share, and the rest
python benchmarks/calibration_real.py --child     # what a child does: one JSON line of seconds
python benchmarks/calibration_real.py --points    # the same, for a benchmark of ten points
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from array import array
from pathlib import Path

import numpy as np

SAMPLES = 30
POINTS, REPEATS = 10, 10
_TABLE = 1 << 20


def collect(processes: int, what: str = "--child") -> dict[str, np.ndarray]:
    """Seconds of every workload: arrays of shape (processes, samples), or (processes, points, repeats) with --points.

    One process at a time, as users measure.
    """
    lines = []
    for _ in range(processes):
        child = subprocess.run(
            [sys.executable, str(Path(__file__)), what], capture_output=True, text=True, check=True, timeout=120
        )
        lines.append(json.loads(child.stdout))
    return {name: np.array([line[name] for line in lines]) for name in lines[0]}


def _cpu() -> int:
    total = 0
    for i in range(30_000):
        total += i * i % 7
    return total


def _memory(table: array[int], order: list[int]) -> int:
    total = 0
    for i in order:
        total += table[i]
    return total


def _allocation() -> int:
    return len([{"i": i, "s": str(i)} for i in range(6_000)])


def _child() -> None:
    table = array("q", range(_TABLE))
    draw = random.Random(1)
    order = [draw.randrange(_TABLE) for _ in range(20_000)]
    workloads = {"cpu loop": _cpu, "random reads": lambda: _memory(table, order), "allocation": _allocation}
    seconds: dict[str, list[float]] = {}
    for name, work in workloads.items():
        work()
        taken = []
        for _ in range(SAMPLES):
            started = time.perf_counter()
            work()
            taken.append(time.perf_counter() - started)
        seconds[name] = taken
    print(json.dumps(seconds))


def _sizes() -> None:
    """Workloads at ten sizes each, ten repeats a size."""
    draw = random.Random(1)
    numbers = [draw.random() for _ in range(700 * POINTS)]
    words = [str(i) for i in range(400 * POINTS)]
    workloads = {
        "cpu loop": lambda k: sum(i * i % 7 for i in range(800 * k)),
        "sorting": lambda k: sorted(numbers[: 700 * k]),
        "allocation": lambda k: [{"i": i, "s": str(i)} for i in range(500 * k)],
        "strings": lambda k: ",".join(words[: 400 * k]).upper().count("2"),
    }
    seconds: dict[str, list[list[float]]] = {}
    for name, work in workloads.items():
        seconds[name] = []
        for k in range(1, POINTS + 1):
            work(k)
            taken = []
            for _ in range(REPEATS):
                started = time.perf_counter()
                work(k)
                taken.append(time.perf_counter() - started)
            seconds[name].append(taken)
    print(json.dumps(seconds))


def split(seconds: np.ndarray) -> tuple[float, float]:
    """Run-to-run sd, in percent, of what a run's points have in common, and of a point apart from it.

    From medians, and less what the repeats of a point explain. seconds: (processes, points, repeats).
    """
    logs = np.log(seconds)
    at = np.median(logs, axis=2)
    at -= at.mean(axis=0)
    common = at.mean(axis=1)
    points = at.shape[1]
    apart = (at - common[:, None]).var(axis=0, ddof=1) * points / (points - 1)
    repeats = np.median(logs.var(axis=2, ddof=1)) * np.pi / 2 / seconds.shape[2]
    own = max(float(np.median(apart) - repeats), 0.0)
    shared = max(float(common.var(ddof=1) - apart.mean() / points), 0.0)
    return 100 * shared**0.5, 100 * own**0.5


def main() -> None:
    print("| workload | common to a run's points | a point's own |\n| --- | ---: | ---: |")
    for name, seconds in collect(40, "--points").items():
        shared, own = split(seconds)
        print(f"| {name} | {shared:.1f} % | {own:.1f} % |")


if __name__ == "__main__":
    {"--child": _child, "--points": _sizes}.get(next(iter(sys.argv[1:]), ""), main)()
