"""How often an interleaved A/B of identical code alarms, and how often it finds a change, in five rounds.

    python benchmarks/rounds_calibration.py [--quick]

The rule of `compare_revisions` with `rounds=5`, its look after three included, beside a paired t-test on the geometric means of the runs at 5 %,
as one would write it in an afternoon, looking once. Seeded: the same table each time.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from scipy import stats

from holobench_mcp import Snapshot
from looks_calibration import fixed

SEED, POINTS, REPEATS, ROUNDS = 20261124, 4, 5, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute's worth")
    draws = 300 if parser.parse_args().quick else 1500
    rng = np.random.default_rng(SEED)
    print("## Interleaved rounds: the rule of compare_revisions with rounds=5, its early look included\n")
    print(f"Seed {SEED}, {draws} draws, {ROUNDS} rounds, {POINTS} points × {REPEATS} repeats, 5 % noise within a run\n")
    print("| noise between runs | change | compare_revisions | stopped early | paired t at 5 % |")
    print("| --- | --- | --- | --- | --- |")
    for name, sd, drift, busy in (
        ("1 %", 0.01, 0.0, False),
        ("3 %", 0.03, 0.0, False),
        ("5 %", 0.05, 0.0, False),
        ("3 % and a drift of 5 %", 0.03, 0.05, False),
        ("2 %, others keep the machine busy", 0.02, 0.0, True),
    ):
        for change in (0.0, 0.10):
            ours = early = theirs = 0
            for _ in range(draws):
                base, head = pairs(rng, sd, drift, change, busy=busy)
                moved, at = decide(base, head)
                ours += moved
                early += at < ROUNDS
                theirs += peer(base, head)
            shown = "none" if change == 0 else f"{100 * change:.0f} % slower"
            print(
                f"| {name} | {shown} | {100 * ours / draws:.1f} % | {100 * early / draws:.1f} % | {100 * theirs / draws:.1f} % |"
            )


def pairs(
    rng: np.random.Generator, sd: float, drift: float, change: float, *, busy: bool = False
) -> tuple[list[Snapshot], list[Snapshot]]:
    """Both sides' runs, measured in ABBA order on a machine that drifts; busy: others slow some samples of a run down."""
    sides: tuple[list[Snapshot], list[Snapshot]] = ([], [])
    shape = (POINTS, REPEATS)
    for i in range(ROUNDS):
        for position, side in enumerate((0, 1) if i % 2 == 0 else (1, 0)):
            at = (2 * i + position) / (2 * ROUNDS)
            logs = (
                sd * rng.standard_normal() + drift * at + side * math.log1p(change) + 0.05 * rng.standard_normal(shape)
            )
            if busy:
                logs += np.where(rng.random(shape) < rng.random(), rng.exponential(0.5, shape), 0.0)
            sides[side].append(run(100 * np.exp(logs)))
    return sides


def run(values: np.ndarray) -> Snapshot:
    return Snapshot.build(
        bench_name="rounds",
        inputs={"size": list(range(POINTS))},
        metrics={"time_ms": {"units": "ms"}, "right": {"kind": "bool", "direction": "maximize"}},
        samples={"time_ms": values, "right": np.ones((POINTS, REPEATS))},
        executed_at="2026-01-01T00:00:00+00:00",
    )


def decide(base: list[Snapshot], head: list[Snapshot]) -> tuple[bool, int]:
    """Whether the rule calls a change, and after how many rounds."""
    decision, rounds = fixed(base, head, ROUNDS)
    return decision in ("regressed", "improved"), rounds


def peer(base: list[Snapshot], head: list[Snapshot]) -> bool:
    numbers = [[np.log(s.samples["time_ms"]).mean() for s in side] for side in (base, head)]
    return bool(stats.ttest_rel(*numbers).pvalue <= 0.05)


if __name__ == "__main__":
    main()
