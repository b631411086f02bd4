"""What measuring a command adds to its own figures, and what it costs beside them: of a program of 5 ms, by hyperfine too.

Run with `python benchmarks/command_overhead.py`, on a quiet machine. The figures of both are to be equal: hyperfine
starts a program from a smaller process, and waits for it as we do. What a run costs beside the program's own time is
what a decision of many rounds takes.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from holobench_mcp.capture.measured_command import Wanted, measure_command
from holobench_mcp.capture.runner import RunOutcome, run_command

RUNS = 60
PROGRAM = """
#include <stdlib.h>
int main(int n, char **a) {
    volatile double x = 0;
    for (long i = 0; i < atol(a[1]); i++) x += i;
    return 0;
}
"""
#: Loops that take no time, 5 ms and 50 ms on a machine of today, about.
LOOPS = (1, 1_000_000, 10_000_000)


def ours(command: list[str], folder: Path) -> tuple[RunOutcome, float]:
    """One run as a measurement makes it, and how long all of it took."""
    began = time.perf_counter()
    outcome = measure_command(
        command,
        Wanted("program"),
        lambda words, extra, written_as, keep: run_command(
            words, cwd=folder, extra_env=extra, written_as=written_as, keep=keep, on_output=lambda _: None
        ),
        folder=folder,
    )
    return outcome, time.perf_counter() - began


def hyperfine(command: list[str], folder: Path) -> list[float]:
    """Its timings, in seconds; none where it is not installed."""
    if shutil.which("hyperfine") is None:
        return []
    export = folder / "hyperfine.json"
    runs = ("--shell=none", "--runs", str(RUNS), "--export-json", str(export), " ".join(command))
    subprocess.run(["hyperfine", *runs], cwd=folder, check=True, capture_output=True)
    times: list[float] = json.loads(export.read_text())["results"][0]["times"]
    return times


def main() -> None:
    """Print medians, in milliseconds."""
    print(f"{'loops':>12}{'wall_s':>10}{'cpu_s':>10}{'hyperfine':>12}{'spread %':>10}{'beside it':>12}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.c").write_text(PROGRAM)
        subprocess.run(["gcc", "-O0", "program.c", "-o", "program"], cwd=folder, check=True)
        for loops in LOOPS:
            command = [str(folder / "program"), str(loops)]
            runs = [ours(command, folder) for _ in range(RUNS)]
            used = [outcome.usage for outcome, _ in runs if outcome.usage is not None]
            walls = [usage.wall_s for usage in used]
            theirs = hyperfine(command, folder)
            beside = statistics.median(
                took - outcome.usage.wall_s for outcome, took in runs if outcome.usage is not None
            )
            print(
                f"{loops:>12,}{1e3 * statistics.median(walls):>10.2f}"
                f"{1e3 * statistics.median(usage.cpu_s for usage in used):>10.2f}"
                f"{1e3 * statistics.median(theirs) if theirs else float('nan'):>12.2f}"
                f"{100 * statistics.stdev(walls) / statistics.mean(walls):>10.1f}{1e3 * beside:>12.1f}"
            )


if __name__ == "__main__":
    main()
