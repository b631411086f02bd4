"""Record how real processes differ: small workloads, many processes, many repeats each, as a CSV.

    python benchmarks/noise_recording.py quiet benchmarks/noise/quiet.csv
    python benchmarks/noise_recording.py busy benchmarks/noise/busy.csv --beside 2

One row a process: its workload, the second it started at, and its repeats in units of 100 ns.
The workloads take turns, so that neighbours in time are neighbours in the file. ``--beside``
starts that many busy loops for as long as it records. The calibration replays these files, so
that its figures of real noise can be had again by a seed.
"""

import argparse
import csv
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

REPEATS = 30
UNIT_NS = 100


def cpu_loop() -> Callable[[], object]:
    """Integer arithmetic that fits into the registers."""

    def work() -> int:
        total = 0
        for number in range(60_000):
            total += number * number & 255
        return total

    return work


def memory_reads() -> Callable[[], object]:
    """Objects read in an order that the caches can't foresee."""
    numbers = [number + 0.5 for number in range(150_000)]
    random.Random(0).shuffle(numbers)
    return lambda: sum(numbers)


def allocation() -> Callable[[], object]:
    """Many small objects made and let go."""
    return lambda: [bytearray(100) for _ in range(25_000)]


WORKLOADS: dict[str, Callable[[], Callable[[], object]]] = {
    "cpu": cpu_loop,
    "memory": memory_reads,
    "allocation": allocation,
}


def one_process(workload: str) -> list[int]:
    """The repeats of this process, in units, after two that warm up."""
    work = WORKLOADS[workload]()
    times = []
    for _ in range(REPEATS + 2):
        start = time.perf_counter_ns()
        work()
        times.append((time.perf_counter_ns() - start) // UNIT_NS)
    return times[2:]


def recorded(processes: int) -> Iterator[list[object]]:
    """Rows of that many processes of each workload, the workloads by turns."""
    began = time.monotonic()
    for _ in range(processes):
        for workload in WORKLOADS:
            second = round(time.monotonic() - began, 1)
            child = subprocess.run(
                [sys.executable, __file__, "one", workload], stdout=subprocess.PIPE, text=True, check=True
            )
            yield [workload, second, *child.stdout.split()]


def record(path: Path, processes: int, beside: int) -> None:
    """Write the recording, with as many busy loops beside it as asked."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(beside)]
    try:
        with path.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["workload", "second", *(f"repeat_{number}" for number in range(REPEATS))])
            for row in recorded(processes):
                writer.writerow(row)
                file.flush()
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def main() -> None:
    """Record a machine, or be one of its processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", help="what kind of machine this is at present, for instance quiet")
    parser.add_argument("path", help="the CSV to write")
    parser.add_argument("--processes", type=int, default=100, help="of each workload")
    parser.add_argument("--beside", type=int, default=0, help="busy loops while it records")
    if sys.argv[1:2] == ["one"]:
        print(*one_process(sys.argv[2]))
        return
    arguments = parser.parse_args()
    record(Path(arguments.path), arguments.processes, arguments.beside)
    print(f"{arguments.kind}: {arguments.processes} processes of each of {len(WORKLOADS)} workloads")


if __name__ == "__main__":
    main()
