"""What each guard of the evidence rule is worth: the noise that made it necessary, judged with it and without it.

    python benchmarks/ablation.py [--draws 1500] [--guard resolution] [--write-docs]

Prints a Markdown table, one line a guard. Both columns are of the same draws, so that a difference is the guard's own.
*alarm*: identical code is called changed, which may happen in 5 %. *found*: a change is. *false unchanged*: a change
beyond the margin is called none, which may happen in 5 %. A guard whose two columns don't differ has to go.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from calibration_noise import FAMILIES, Rng, is_alarm, run
from holobench_mcp import Snapshot, judge
from holobench_mcp.evidence.guards import GUARDS, Guards
from holobench_mcp.evidence.past_noise import Groups, PastNoise, past_noise
from holobench_mcp.model import Judgement

SEED = 20261125
DOCS = Path(__file__).parents[1] / "docs" / "evidence.md"
BEGIN, END = "<!-- ablation: begin -->\n", "<!-- ablation: end -->\n"
Sides = tuple[list[Snapshot], list[Snapshot]]


@dataclass(frozen=True)
class Case:
    """A guard, what goes wrong without it, and the draws that show it."""

    guard: str
    wrong: str
    noise: str
    draw: Callable[[Rng], Sides]
    counts: str = "alarm"
    options: tuple[tuple[str, object], ...] = ()

    def counted(self, judgement: Judgement) -> bool:
        match self.counts:
            case "alarm":
                return is_alarm(judgement)
            case "found":
                return judgement.decision == "regressed"
            case "point found":
                return any(p.inputs.get("x") == 37 for p in judgement.metrics[0].points)
            case _:
                return judgement.decision == "unchanged"


def sides(n: tuple[int, int], one: Callable[[], Snapshot]) -> Sides:
    base, cand = ([one() for _ in range(count)] for count in n)
    return base, cand


def noise(
    family: str, shape: tuple[int, int], n: tuple[int, int] = (1, 1), *, sd: float = 0.0, units: str = ""
) -> Callable[[Rng], Sides]:
    """Runs of a family of noise, each with a shift of its own."""
    kind = "bool" if family.startswith("boolean") else "float"
    return lambda rng: sides(
        n, lambda: run(FAMILIES[family](rng, shape) * np.exp(sd * rng.standard_normal()), units=units, kind=kind)
    )


def unequal(family: str, points: int, n: tuple[int, int], units: str = "") -> Callable[[Rng], Sides]:
    """One run a side, of unequal repeats."""
    return lambda rng: tuple([run(FAMILIES[family](rng, (points, k)), units=units)] for k in n)  # type: ignore[return-value]


def metrics(family: str, shape: tuple[int, int], count: int) -> Callable[[Rng], Sides]:
    return lambda rng: sides((1, 1), lambda: run(*(FAMILIES[family](rng, shape) for _ in range(count))))


def rounds(
    n: int,
    *,
    sd: float = 0.03,
    change: float = 0.0,
    busy: bool = False,
    flag: bool = False,
    disturbed: tuple[float, float] = (0.0, 0.0),
) -> Callable[[Rng], Sides]:
    """Interleaved rounds of 4 points × 5 repeats; busy: others slow some repeats down; flag: beside a flag always true.

    disturbed: the share of each side's runs that are slow by 10 to 50 %.
    """

    def draw(rng: Rng) -> Sides:
        made: Sides = ([], [])
        for _ in range(n):
            for side in (0, 1):
                logs = sd * rng.standard_normal() + 0.05 * rng.standard_normal((4, 5)) + side * np.log1p(change)
                if rng.random() < disturbed[side]:
                    logs += np.log1p(rng.uniform(0.1, 0.5))
                if busy:
                    logs += np.where(rng.random((4, 5)) < rng.random(), rng.exponential(0.5, (4, 5)), 0.0)
                times = 100 * np.exp(logs)
                made[side].append(run(times, *([np.ones((4, 5))] * 4 if flag else []), units="ms"))
        return made

    return draw


def rare_mode(rng: Rng) -> Sides:
    shape = (100, 3)
    return sides(
        (1, 1), lambda: run(100 * np.exp(0.002 * rng.standard_normal(shape) + 0.3 * (rng.random(shape) < 0.1)))
    )


def two_steps(rng: Rng) -> Sides:
    return sides((1, 1), lambda: run(np.round(10.5 + 0.2 * rng.standard_normal((100, 5)))))


def flaky(rng: Rng) -> Sides:
    """Booleans whose rate differs from run to run."""
    return sides((5, 5), lambda: run((rng.random((1, 20)) < rng.beta(4, 1)).astype(float), kind="bool"))


def rarely_failing(rng: Rng) -> Sides:
    """Fails never before, and 3 times in 100 now: a change of the margin, which may be called none in 5 %."""
    made = [[run((rng.random((1, 100)) < rate).astype(float), kind="bool")] for rate in (1.0, 0.97)]
    return made[0], made[1]


def copied(rng: Rng) -> Sides:
    one = lambda: run(FAMILIES["normal 5 %"](rng, (10, 5)) * np.exp(0.03 * rng.standard_normal()), units="ms")  # noqa: E731
    return [one()] * 3, [one()] * 3


def coarse_clock(rng: Rng) -> Sides:
    """A clock of steps of 5 %, on a machine whose runs differ by 3 %."""
    return sides(
        (1, 1),
        lambda: run(
            np.round(20.5 * np.exp(0.03 * rng.standard_normal()) + 0.02 * rng.standard_normal((1, 5))), units="ms"
        ),
    )


def one_slow_point(rng: Rng) -> Sides:
    sd = np.sqrt(0.02 / rng.chisquare(4, (100, 1)))
    base, cand = (100 * np.exp(sd * rng.standard_normal((100, 5))) for _ in range(2))
    cand[37] *= 1.3
    return [run(base, units="ms")], [run(cand, units="ms")]


def unsteady(rng: Rng) -> Sides:
    """Code that has become slow at times: its best repeats are as they were."""
    quiet = [run(100 * np.exp(0.02 * rng.standard_normal((4, 5))), units="ms") for _ in range(5)]
    at_times = [np.where(rng.random((4, 5)) < 0.5, 1.3, 1.0) for _ in range(5)]
    return quiet, [run(100 * s * np.exp(0.02 * rng.standard_normal((4, 5))), units="ms") for s in at_times]


def slowed_runs(rng: Rng) -> Sides:
    """One run a side on a busy machine: others take turns with it, more or less often in each run."""

    def one() -> Snapshot:
        slow = rng.random((1, 10)) < rng.beta(1, 2)
        return run(100 * np.exp(0.01 * rng.standard_normal((1, 10)) + 0.4 * slow), units="ms")

    return sides((1, 1), one)


def earlier(sd: float) -> dict[str, PastNoise]:
    """What eight earlier measurements of five rounds, whose runs differed by so much, tell."""
    rng = np.random.default_rng(SEED)
    rounds = [(sd * rng.standard_normal(5), sd * rng.standard_normal(5)) for _ in range(8)]
    past = past_noise(Groups(rounds=rounds))
    assert past is not None
    return {"m0": past}


PAIRED = (("paired", True),)
CASES = (
    Case(
        "assumed_run_spread",
        "one run's luck is taken for a change",
        "normal 5 %, 10 × 5 in ms, runs differ by 3 %",
        noise("normal 5 %", (10, 5), sd=0.03, units="ms"),
    ),
    Case("slowed_runs", "one run was disturbed more than the other", "busy, 1 × 10 in ms", slowed_runs),
    Case(
        "past_noise",
        "three rounds know little of their noise",
        "10 % slower, 3 rounds of 3 %, as eight measurements before",
        rounds(3, change=0.1),
        "found",
        (*PAIRED, ("run_variance", earlier(0.03)), ("alpha", 0.01)),
    ),
    Case(
        "unlike_the_past",
        "a machine that became quieter is judged by its past",
        "5 % slower, 3 rounds of 1 %, and 6 % in eight measurements before",
        rounds(3, sd=0.01, change=0.05),
        "found",
        (*PAIRED, ("run_variance", earlier(0.06))),
    ),
    Case(
        "repeats_of_few_runs",
        "two modes part two runs from two",
        "bimodal, 1 × 2 in ms, 2 runs a side",
        noise("bimodal", (1, 2), (2, 2), units="ms"),
    ),
    Case(
        "repeats_of_a_lone_run",
        "an outlier in a lone run",
        "contaminated, 1 × 3 in ms, 1 run and 15",
        noise("contaminated", (1, 3), (1, 15), units="ms"),
    ),
    Case(
        "own_variance",
        "outliers on the side with fewer samples",
        "contaminated, 100 points, 5 and 30 repeats",
        unequal("contaminated", 100, (5, 30)),
    ),
    Case("usual_variance", "a rare mode that few repeats hide", "a mode of one in ten, 100 × 3", rare_mode),
    Case("far_quieter", "all repeats on one step of a clock", "rounded to two steps, 100 × 5", two_steps),
    Case(
        "boolean_runs", "runs that differ in their rate", "booleans of 20 trials, rate Beta(4, 1), 5 runs a side", flaky
    ),
    Case(
        "plus_two",
        "few failures give too narrow an interval",
        "100 % before, 97 % now, 1 × 100, margin 3 pp",
        rarely_failing,
        "false unchanged",
    ),
    Case(
        "distinct_runs",
        "a result that was recorded three times",
        "normal 5 %, 10 × 5 in ms, three copies a side",
        copied,
    ),
    Case("resolution", "two modes part few samples", "bimodal, 1 × 2", noise("bimodal", (1, 2))),
    Case("resolution", "and in ten metrics at once", "bimodal, 10 metrics of 1 × 3", metrics("bimodal", (1, 3), 10)),
    Case(
        "rounding_step",
        "constants on an edge of rounding",
        "on an edge of rounding, 1 × 2",
        noise("on an edge of rounding", (1, 2)),
    ),
    Case(
        "coarse_clock",
        "a run's luck on a coarse clock looks exact",
        "a clock of 5 %, 1 × 5 in ms, runs differ by 3 %",
        coarse_clock,
    ),
    Case(
        "worst_model",
        "the few happen to agree",
        "log-normal 15 %, one point, 3 and 30 repeats",
        unequal("log-normal 15 %", 1, (3, 30)),
    ),
    Case(
        "worst_model",
        "and so do runs",
        "normal 5 %, 10 × 5 in ms, 2 and 5 runs of 3 %",
        noise("normal 5 %", (10, 5), (2, 5), sd=0.03, units="ms"),
    ),
    Case(
        "beside_the_others",
        "a slow point drowns in a lone run's luck",
        "one of 100 × 5 in ms slower by 30 %",
        one_slow_point,
        "point found",
    ),
    Case(
        "pooled_rounds",
        "pairs of five rounds have four degrees of freedom",
        "10 % slower, 5 rounds of 3 %",
        rounds(5, change=0.1),
        "found",
        PAIRED,
    ),
    Case("price_of_pooling", "choosing the quieter of two is too sure", "5 rounds of 3 %", rounds(5), options=PAIRED),
    Case(
        "best_repeats",
        "others keep the machine busy",
        "10 % slower, 5 rounds on a busy machine",
        rounds(5, sd=0.02, change=0.1, busy=True),
        "found",
        PAIRED,
    ),
    Case(
        "best_on_both_sides",
        "code that became unsteady is excused",
        "1.3 times slower half of the time, 5 runs a side",
        unsteady,
        "found",
    ),
    Case(
        "trimmed_runs",
        "single runs are disturbed",
        "10 % slower, 12 rounds of 3 %, one run in ten slow by 10 to 50 %",
        rounds(12, change=0.1, disturbed=(0.1, 0.1)),
        "found",
        PAIRED,
    ),
    Case(
        "far_on_one_side",
        "code that is slow at times is excused",
        "one head's run in five slow by 10 to 50 %, 27 rounds of 1 %",
        rounds(27, sd=0.01, disturbed=(0.0, 0.2)),
        "false unchanged",
        PAIRED,
    ),
    Case(
        "equal_metrics_are_free",
        "flags that are always true cost power",
        "5 % slower beside four flags, 5 rounds of 3 %",
        rounds(5, change=0.05, flag=True),
        "found",
        PAIRED,
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1500)
    parser.add_argument("--guard", help="only this one")
    parser.add_argument("--write-docs", action="store_true", help="write the table into docs/evidence.md")
    arguments = parser.parse_args()
    unknown = {f.name for f in fields(Guards)} ^ {case.guard for case in CASES}
    if unknown:
        raise SystemExit(f"guards without a case, or cases without a guard: {', '.join(sorted(unknown))}")
    lines = [
        f"| guard | what goes wrong without it | noise, {arguments.draws} draws each | counted | with, % | without, % |",
        "| --- | --- | --- | --- | ---: | ---: |",
    ]
    for case in CASES:
        if arguments.guard in (None, case.guard):
            on, off = rates(case, arguments.draws)
            lines.append(f"| `{case.guard}` | {case.wrong} | {case.noise} | {case.counts} | {on:.1f} | {off:.1f} |")
            print("\n".join(lines[-1:] if len(lines) > 3 else lines), flush=True)
    if arguments.write_docs:
        before, rest = DOCS.read_text(encoding="utf-8").split(BEGIN)
        _, after = rest.split(END)
        DOCS.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + after, encoding="utf-8")


def rates(case: Case, draws: int) -> tuple[float, float]:
    """Percent counted, with the guard and without it, on the same draws."""
    rng = np.random.default_rng(SEED)
    without = replace(GUARDS, **{case.guard: False})
    counted = np.zeros(2)
    for _ in range(draws):
        drawn = case.draw(rng)
        options = dict(case.options)
        counted += [case.counted(judge(*drawn, guards=g, **options)) for g in (GUARDS, without)]  # type: ignore[arg-type]
    on, off = 100 * counted / draws
    return float(on), float(off)


if __name__ == "__main__":
    main()
