"""What the probe in a measured Python costs: its start and end, and the work between them.

Run with `python benchmarks/probe_cost.py`. Pairs of processes, with and without it in turn; medians of the differences.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from holobench_mcp.capture.loaded_files import Mode, probe_environment

PAIRS = 20
EMPTY = "pass"
#: Imports what a benchmark does, at the price of a second.
WHOLE = "import numpy, json, email, unittest, xml.dom.minidom, http.server, concurrent.futures"
#: A measured loop that calls, opens files and asks for frames, which an audit hook would be told of.
LOOP = """
import sys, time
def work():
    for _ in range(2000):
        sys._getframe()
        open(__file__ if '__file__' in globals() else sys.executable, 'rb').close()
        sum(range(100))
work()
start = time.perf_counter()
work()
print(time.perf_counter() - start)
"""


def seconds(program: str, mode: Mode | None) -> tuple[float, float]:
    """What one process took, and what it says that its own loop took."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        if mode is not None:
            env |= probe_environment(env, Path(folder), mode)
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
        return time.perf_counter() - start, float(done.stdout or 0)


def main() -> None:
    """Print what each mode adds, in milliseconds, and to a measured loop in percent."""
    print(f"{'program':<10}{'mode':<10}{'plain ms':>10}{'added ms':>10}{'loop %':>10}")
    modes: tuple[Mode, ...] = ("modules", "opened")
    for name, program in (("empty", EMPTY), ("imports", WHOLE), ("loop", LOOP)):
        for mode in modes:
            pairs = [(seconds(program, None), seconds(program, mode)) for _ in range(PAIRS)]
            plain = statistics.median(before[0] for before, _ in pairs)
            added = statistics.median(after[0] - before[0] for before, after in pairs)
            loop = statistics.median(100 * (after[1] / before[1] - 1) if before[1] else 0.0 for before, after in pairs)
            print(f"{name:<10}{mode:<10}{1e3 * plain:>10.1f}{1e3 * added:>10.1f}{loop:>10.1f}")


if __name__ == "__main__":
    main()
