"""What `rounds="auto"` decides of real processes: identical code, and code that is slower by a known part, in turn.

    python benchmarks/decisions_real.py [--times 5] [--effect 0.05] [--max-seconds 90] [--write-docs]

The benchmark is the fast one of time_to_decision.py, with 0.2 s of own work a process. Leave the machine alone meanwhile:
up to --max-seconds and a few more a decision. --write-docs puts both tables into docs/running.md, between their marks.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from time_to_decision import BENCHMARKS, DOCS, ask_holobench, write_project

BEGIN, END = "<!-- decisions of real processes -->", "<!-- end of decisions of real processes -->"


@dataclass(frozen=True)
class Decided:
    """What a head came to that is slower by `effect`: after how many rounds, and how many seconds."""

    effect: float
    decision: str
    rounds: int
    seconds: float

    @property
    def head(self) -> str:
        """What the head is."""
        return f"{100 * self.effect:g} % slower" if self.effect else "identical"

    def row(self) -> str:
        """Its line of the table."""
        return f"| {self.head} | {self.decision} | {self.rounds} | {self.seconds:.0f} |"


def decide(effect: float, max_seconds: float) -> Decided:
    """The decision of a head that is slower by `effect`."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        folder.mkdir()
        write_project(folder, BENCHMARKS[0], effect)
        seconds, answer, problem = ask_holobench(folder, "auto", "--max-seconds", str(max_seconds))
    if answer is None or "decision" not in answer:
        sys.exit(f"no answer: {problem}")
    return Decided(effect, answer["decision"], answer["rounds"], seconds)


def summary(decided: Sequence[Decided]) -> str:
    """How often each head was decided right, how often wrong, and in which time."""
    lines = ["| head | right | wrong | can't tell | seconds, median (most) |", "| --- | ---: | ---: | ---: | ---: |"]
    for effect in dict.fromkeys(d.effect for d in decided):
        own = [d for d in decided if d.effect == effect]
        right = sum(d.decision == ("regressed" if effect else "unchanged") for d in own)
        open_ = sum(d.decision == "inconclusive" for d in own)
        seconds = [d.seconds for d in own]
        wrong, n = len(own) - right - open_, len(own)
        time = f"{statistics.median(seconds):.0f} ({max(seconds):.0f})"
        lines.append(f"| {own[0].head} | {right} of {n} | {wrong} of {n} | {open_} of {n} | {time} |")
    return "\n".join(lines)


def table(decided: Sequence[Decided]) -> str:
    """Each decision, in the order in which they were made."""
    head = "| head | decision | rounds | seconds |\n| --- | --- | ---: | ---: |"
    return "\n".join([head, *(d.row() for d in decided)])


def written(page: str, decided: Sequence[Decided]) -> str:
    """A page with both tables between its marks."""
    before, found, rest = page.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        sys.exit(f"the page has no {BEGIN} … {END}.")
    return f"{before}{BEGIN}\n{summary(decided)}\n\n{table(decided)}\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5, help="decisions of each kind")
    parser.add_argument("--effect", type=float, default=0.05, help="how much slower the other head is")
    parser.add_argument("--max-seconds", type=float, default=90.0)
    parser.add_argument("--write-docs", action="store_true", help="put the tables into docs/running.md")
    arguments = parser.parse_args()
    decided: list[Decided] = []
    for _ in range(arguments.times):
        for effect in (0.0, arguments.effect):
            decided.append(decide(effect, arguments.max_seconds))
            print(decided[-1].row(), file=sys.stderr, flush=True)
    print(f"{summary(decided)}\n\n{table(decided)}")
    if arguments.write_docs:
        DOCS.write_text(written(DOCS.read_text(encoding="utf-8"), decided), encoding="utf-8")


if __name__ == "__main__":
    main()
