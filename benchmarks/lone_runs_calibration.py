"""One run a side on real noise: alarms on identical code, and what is found, replayed from recorded processes.

    python benchmarks/lone_runs_calibration.py [--draws 400] [--quick]

Pairs of processes are drawn from the recordings under benchmarks/noise (noise_recording.py makes them), and judged as
somebody's first two runs are. Beside today's rule stands a fixed spread of 3 %, what was assumed before. Seeded.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from calibration_noise import run, table
from holobench_mcp import judge
from holobench_mcp.evidence.past_noise import PastNoise, Prior
from looks_calibration import rate

SEED, UNIT_MS = 20261127, 1e-4
NOISE = Path(__file__).parent / "noise"
KINDS = ("quiet", "shared", "busy")
FIXED = {"m0": PastNoise(0, lone=Prior(0.03**2, 1e9))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--quick", action="store_true", help="a quarter of it")
    arguments = parser.parse_args()
    draws = arguments.draws // (4 if arguments.quick else 1)
    rng = np.random.default_rng(SEED)
    print("## One run a side, on recorded noise\n")
    print(f"Seed {SEED}, {draws} pairs of processes a cell, percent called changed ± one standard error.\n")
    header = ["machine, workload, repeats", "runs differ by", "identical", "20 % slower", "50 % slower"]
    print(table([*header, "3 %, identical", "20 % slower", "50 % slower"], [*_rows(rng, draws)]))


def recorded(kind: str) -> dict[str, np.ndarray]:
    """The repeats of each process in ms, (processes, repeats), by workload."""
    with (NOISE / f"{kind}.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    workloads = dict.fromkeys(row[0] for row in rows)
    return {name: UNIT_MS * np.array([[float(t) for t in r[2:]] for r in rows if r[0] == name]) for name in workloads}


def _rows(rng: np.random.Generator, draws: int) -> Iterable[list[object]]:
    for kind in KINDS:
        for workload, times in recorded(kind).items():
            between = 100 * np.log(np.median(times, axis=1)).std(ddof=1)
            for repeats in (5, 30):
                row: list[object] = [f"{kind}, {workload}, {repeats}", f"{between:.0f} %"]
                for known in ("auto", FIXED):
                    for factor in (1.0, 1.2, 1.5):
                        pairs = [times[rng.choice(len(times), 2, replace=False), :repeats] for _ in range(draws)]
                        row.append(rate(_changed(base, factor * head, known) for base, head in pairs))
                yield row


def _changed(base: np.ndarray, head: np.ndarray, known: object) -> bool:
    sides = ([run(a[None, :], units="ms")] for a in (base, head))
    return judge(*sides, run_variance=known).decision in ("regressed", "improved")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
