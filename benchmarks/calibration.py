"""How often the decision cries wolf, and how often it sees one, beside other tools on the same data.

    python benchmarks/calibration.py [--quick] [--seed 1]

Prints Markdown tables. An alarm is any decision other than unchanged or inconclusive, for a whole comparison of two
sides that are the same. Minutes; `--quick` takes about one.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from calibration_noise import (
    FAMILIES,
    PEERS,
    Rng,
    is_alarm,
    mann_whitney_blocked,
    ours,
    run,
    table,
    welch,
    welch_blocked,
)
from calibration_real import SAMPLES, collect
from holobench_mcp import Snapshot, judge


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few pairs: about a minute")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    pairs = 30 if arguments.quick else 300
    rng = np.random.default_rng(arguments.seed)
    started = time.perf_counter()
    error = 100 * (0.05 * 0.95 / pairs) ** 0.5
    print(f"# Calibration\n\nSeed {arguments.seed}, {pairs} pairs a cell: 5 % has a standard error of {error:.1f}.")
    print("All figures in percent, unless they say otherwise.\n")
    one_run_a_side(rng, pairs)
    beside_others(rng, pairs // 3)
    several_metrics(rng, pairs)
    several_runs(rng, pairs)
    real_noise(rng, pairs, processes=12 if arguments.quick else 40)
    power_everywhere(rng, pairs)
    power_at_one_point(rng, pairs)
    power_of_runs(rng, pairs)
    drift(rng, pairs)
    timings(rng)
    print(f"Took {time.perf_counter() - started:.0f} s.")


def rate(pairs: int, alarms: object) -> float:
    """Percent of pairs for which a call says yes."""
    return 100 * sum(bool(alarms()) for _ in range(pairs)) / pairs  # type: ignore[operator]


def kind_of(family: str) -> str:
    return "bool" if family.startswith("boolean") else "float"


def one_run_a_side(rng: Rng, pairs: int) -> None:
    print("## Alarms on identical code: one run a side, independent repeats\n")
    cells = [(p, n) for p in (1, 10, 100) for n in (2, 3, 5, 10, 30)]
    rows = []
    for name, noise in FAMILIES.items():
        row = [rate(pairs, lambda: ours(noise(rng, c), noise(rng, c), kind=kind_of(name))) for c in cells]  # noqa: B023
        rows.append([name, *row])
    print(table(["points × repeats", *(f"{p} × {n}" for p, n in cells)], rows))
    cells = [(p, n) for p in (1, 10, 100) for n in (2, 5, 30)]
    rows = []
    for name in ("log-normal 15 %", "contaminated", "bimodal", "rounded"):
        noise = FAMILIES[name]
        rows.append([name, *(rate(pairs, lambda: ours(noise(rng, c), noise(rng, c), "ms")) for c in cells)])  # noqa: B023
    print("The same in ms, where a run-to-run sd of 4 % is assumed:\n")
    print(table(["points × repeats", *(f"{p} × {n}" for p, n in cells)], rows))


def beside_others(rng: Rng, pairs: int) -> None:
    print(f"## The same beside others ({pairs} pairs a cell; the bootstraps at most 60, and 10 at 100 points)\n")
    rows = []
    for name in ("normal 5 %", "log-normal 15 %", "log-normal 50 %", "contaminated", "bimodal"):
        noise = FAMILIES[name]
        for cell in ((1, 2), (1, 5), (1, 10), (1, 30), (10, 5), (100, 5)):
            few = min(pairs, 10 if cell[0] == 100 else 60)
            given = [(noise(rng, cell), noise(rng, cell)) for _ in range(pairs)]
            row = []
            for peer, call in PEERS.items():
                slow = peer.startswith(("boot", "`evi"))
                some = given[:few] if slow else given
                row.append(100 * sum(call(b, c) for b, c in some) / len(some))
            rows.append([f"{name}, {cell[0]} × {cell[1]}", *row])
    print(table(["noise, points × repeats", *PEERS], rows))


def several_metrics(rng: Rng, pairs: int) -> None:
    print("## Several metrics: alarms of the whole comparison (5 repeats)\n")
    rows = []
    for name in ("normal 5 %", "log-normal 15 %", "bimodal", "boolean 80 %"):
        noise, row = FAMILIES[name], []
        for metrics in (1, 3, 10):
            for points in (1, 10):
                sides = lambda: [run(*(noise(rng, (points, 5)) for _ in range(metrics)), kind=kind_of(name))]  # noqa: B023, E731
                row.append(rate(pairs // (2 if metrics == 10 else 1), lambda: is_alarm(judge(sides(), sides()))))  # noqa: B023
        rows.append([name, *row])
    print(table(["metrics × points", *(f"{m} × {p}" for m in (1, 3, 10) for p in (1, 10))], rows))


def side(rng: Rng, family: str, runs: int, sd: float, shape: tuple[int, int], factor: float = 1.0) -> list[Snapshot]:
    """Runs that each have a shift of their own, of a log-normal run-to-run sd."""
    noise = FAMILIES[family]
    shifts = factor * np.exp(sd * rng.standard_normal(runs))
    return [run(noise(rng, shape) * shift, units="ms") for shift in shifts]


def several_runs(rng: Rng, pairs: int) -> None:
    print("## Run-to-run noise: alarms on identical code, in ms, 10 points × 5 repeats\n")
    cells = [(r, sd) for r in ((1, 1), (2, 2), (3, 3), (5, 5), (1, 3), (2, 5)) for sd in (0.0, 0.01, 0.03, 0.05)]
    rows = []
    for family in ("normal 5 %", "log-normal 15 %", "contaminated", "bimodal"):
        rates = {}
        for (b, c), sd in cells:
            call = lambda: is_alarm(judge(side(rng, family, b, sd, (10, 5)), side(rng, family, c, sd, (10, 5))))  # noqa: B023, E731
            rates[b, c, sd] = rate(pairs // 2, call)
        for sd in (0.0, 0.01, 0.03, 0.05):
            rows.append([f"{family}, run sd {100 * sd:.0f} %", *(v for k, v in rates.items() if k[2] == sd)])
    print(table(["runs a side", "1, 1", "2, 2", "3, 3", "5, 5", "1, 3", "2, 5"], rows))


def real_noise(rng: Rng, pairs: int, processes: int) -> None:
    print(
        f"## Real noise: {processes} processes of identical code on this machine, {SAMPLES} samples each, one point\n"
    )
    rows = []
    for name, seconds in collect(processes).items():
        logs = np.log(seconds)
        within = 100 * np.median(logs.std(axis=1, ddof=1))
        between = 100 * np.median(logs, axis=1).std(ddof=1)
        row = [f"{name} (within {within:.1f} %, between {between:.1f} %)"]
        for runs, n in ((1, 5), (1, 30), (3, 5), (3, 30), (5, 30)):
            row.append(rate(pairs, lambda: is_alarm(judge(*pick(rng, seconds, runs, n)))))  # noqa: B023
        for n in (5, 30):
            row.append(rate(pairs, lambda: welch(*(s[0].samples["m0"] for s in pick(rng, seconds, 1, n)))))  # noqa: B023
        rows.append(row)
    header = ["workload", *(f"{r} run{'s' * (r > 1)} × {n}" for r, n in ((1, 5), (1, 30), (3, 5), (3, 30), (5, 30)))]
    print(table([*header, "Welch, 1 × 5", "Welch, 1 × 30"], rows))


def pick(rng: Rng, seconds: np.ndarray, runs: int, n: int) -> tuple[list[Snapshot], list[Snapshot]]:
    chosen = rng.choice(len(seconds), 2 * runs, replace=False)
    made = [run(1e3 * seconds[i][None, :n], units="ms") for i in chosen]
    return made[:runs], made[runs:]


def power_everywhere(rng: Rng, pairs: int) -> None:
    print("## Power: slower everywhere, 10 points × 5 repeats, log-normal 15 %\n")
    rows = []
    for shift in (0.05, 0.08, 0.10, 0.15):
        noise = FAMILIES["log-normal 15 %"]
        given = [(noise(rng, (10, 5)), (1 + shift) * noise(rng, (10, 5))) for _ in range(2 * pairs)]
        calls = (ours, lambda b, c: ours(b, c, "ms"), welch_blocked, mann_whitney_blocked)
        rows.append([f"{100 * shift:.0f} %", *(100 * sum(f(b, c) for b, c in given) / len(given) for f in calls)])
    header = ["slowdown", "ours, independent repeats", "ours, ms, one run", "Welch, blocked", "Mann–Whitney, blocked"]
    print(table(header, rows))


def power_at_one_point(rng: Rng, pairs: int) -> None:
    print("## Power: one point of 100 slower by 30 %, heterogeneous noise (sd² = 0.02 / χ²₄, median 7.7 %)\n")
    rows = []
    for units in ("", "ms"):
        for n in (3, 5, 10):
            found = false = 0
            for _ in range(pairs):
                sd = np.sqrt(0.02 / rng.chisquare(4, (100, 1)))
                base, cand = (100 * np.exp(sd * rng.standard_normal((100, n))) for _ in range(2))
                cand[37] *= 1.3
                judged = judge([run(base, units=units)], [run(cand, units=units)])
                moved = {p.inputs["x"] for p in judged.metrics[0].points}
                found += 37 in moved
                false += bool(moved - {37})
            rows.append([f"{n}, {units or 'independent'}", 100 * found / pairs, 100 * false / pairs])
    print(table(["repeats", "found with its coordinates", "comparisons with any false point"], rows))


def power_of_runs(rng: Rng, pairs: int) -> None:
    print("## Power of runs: slower everywhere, 10 points × 5 repeats of normal 5 %, run-to-run sd 3 %, in ms\n")
    rows = []
    for runs in (1, 3, 5, 10):
        row = [f"{runs}"]
        for factor in (1.05, 1.1, 1.2):
            sides = lambda f: side(rng, "normal 5 %", runs, 0.03, (10, 5), f)  # noqa: B023, E731
            row.append(rate(pairs // 2, lambda: judge(sides(1.0), sides(factor)).decision == "regressed"))  # noqa: B023
        rows.append(row)
    print(table(["runs a side", "5 % slower", "10 % slower", "20 % slower"], rows))


def drift(rng: Rng, pairs: int) -> None:
    print("## Interleaved rounds: the machine slows down by 5 % over the measurement, identical code\n")
    rows = []
    for rounds in (3, 5, 10):
        alarms, blind = 0, 0
        for _ in range(pairs // 2):
            shifts = np.exp(np.linspace(0, 0.05, 2 * rounds))
            noise = FAMILIES["normal 5 %"]
            made = [run(noise(rng, (10, 5)) * shift, units="ms") for shift in shifts]
            # Each round measures both sides, and rounds take turns in which goes first.
            base = [made[2 * i + i % 2] for i in range(rounds)]
            cand = [made[2 * i + 1 - i % 2] for i in range(rounds)]
            alarms += is_alarm(judge(base, cand, paired=True))
            blind += is_alarm(judge(made[:rounds], made[rounds:]))
        rows.append([f"{rounds}", 200 * alarms / pairs, 200 * blind / pairs])
    print(table(["rounds", "interleaved, paired", "one side after the other"], rows))


def timings(rng: Rng) -> None:
    print("## Time of the evidence alone, in-process, warm (ms; median of 9)\n")
    rows = []
    for points, repeats, metrics, runs in ((10, 5, 3, 1), (10, 5, 3, 5), (1000, 5, 1, 1), (100_000, 5, 1, 1)):
        noise = FAMILIES["log-normal 15 %"]
        shape = (points, repeats)
        sides = [[run(*(noise(rng, shape) for _ in range(metrics)), units="ms") for _ in range(runs)] for _ in "ab"]
        taken = []
        for _ in range(10):
            started = time.perf_counter()
            judge(*sides)
            taken.append(1e3 * (time.perf_counter() - started))
        rows.append([f"{points:,} × {repeats} × {metrics}, {runs} run{'s' * (runs > 1)} a side", np.median(taken[1:])])
    print(table(["points × repeats × metrics", "ms"], [[a, f"{b:.2f}"] for a, b in rows]))


if __name__ == "__main__":
    main()
