"""Real noise: three workloads, each sampled in many child processes of identical code.

python benchmarks/calibration_real.py --child     # what a child does: one JSON line of seconds
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
_TABLE = 1 << 20


def collect(processes: int) -> dict[str, np.ndarray]:
    """Seconds of every workload: arrays of shape (processes, samples). One process at a time, as users measure."""
    lines = []
    for _ in range(processes):
        child = subprocess.run(
            [sys.executable, str(Path(__file__)), "--child"], capture_output=True, text=True, check=True, timeout=120
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


if __name__ == "__main__" and "--child" in sys.argv:
    _child()
