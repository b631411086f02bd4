"""What `rounds="auto"` decides of real processes: identical code, and code that is slower by a known part, in turn.

    python benchmarks/decisions_real.py [--times 4] [--effect 0.05] [--max-seconds 90]

The benchmark is the fast one of time_to_decision.py, with 0.2 s of own work a process. Leave the machine alone meanwhile:
up to --max-seconds and a few more a decision.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from time_to_decision import BENCHMARKS, ask_holobench, write_project


def decide(effect: float, max_seconds: float) -> tuple[str, int, float]:
    """The decision of a head that is slower by `effect`, after how many rounds, and the seconds that it took."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        folder.mkdir()
        write_project(folder, BENCHMARKS[0], effect)
        seconds, answer, problem = ask_holobench(folder, "auto", "--max-seconds", str(max_seconds))
    if answer is None or "decision" not in answer:
        sys.exit(f"no answer: {problem}")
    return answer["decision"], answer["rounds"], seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=4, help="decisions of each kind")
    parser.add_argument("--effect", type=float, default=0.05, help="how much slower the other head is")
    parser.add_argument("--max-seconds", type=float, default=90.0)
    arguments = parser.parse_args()
    print("| head | decision | rounds | seconds |\n| --- | --- | ---: | ---: |")
    for _ in range(arguments.times):
        for effect in (0.0, arguments.effect):
            decision, rounds, seconds = decide(effect, arguments.max_seconds)
            what = f"{100 * effect:g} % slower" if effect else "identical"
            print(f"| {what} | {decision} | {rounds} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
