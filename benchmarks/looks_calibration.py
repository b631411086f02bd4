"""What `rounds="auto"` and extensions come to: false alarms, false *unchanged*, power, and rounds until it is settled.

    python benchmarks/looks_calibration.py [--quick] [--draws 250]

The rule of `compare_revisions` with its looks, as `workspace/rounds.py` makes them: each at the α that the spending
function leaves it, until every metric is settled or 50 rounds are measured. Seeded: the same tables each time.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from calibration_noise import run, table
from holobench_mcp import Snapshot, judge
from holobench_mcp.evidence.looks import ROUNDS_OF_LOOKS, alpha_of_look, is_look
from holobench_mcp.model import Decision, Judgement, Look

SEED, POINTS, REPEATS, MARGIN = 20261126, 4, 5, 0.03
MOST = ROUNDS_OF_LOOKS[-1]
Rng = np.random.Generator
Sides = tuple[list[Snapshot], list[Snapshot]]


@dataclass(frozen=True)
class Noise:
    """How runs of one code differ: by a standard deviation, by a drift over 50 rounds, and one in ten by a disturbance."""

    sd: float
    drift: float = 0.0
    disturbed: float = 0.0

    def __str__(self) -> str:
        drift = f", drift {100 * self.drift:.0f} %" if self.drift else ""
        disturbed = f", {100 * self.disturbed:.0f} % of runs + 10 to 50 %" if self.disturbed else ""
        return f"{100 * self.sd:g} %{drift}{disturbed}"


NOISES = (
    *(Noise(sd) for sd in (0.01, 0.02, 0.03, 0.06, 0.12)),
    Noise(0.03, drift=0.10),
    *(Noise(sd, disturbed=0.10) for sd in (0.01, 0.03)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="half a minute's worth")
    parser.add_argument("--draws", type=int, default=250)
    arguments = parser.parse_args()
    draws = 40 if arguments.quick else arguments.draws
    rng = np.random.default_rng(SEED)
    print("## Rounds until all is settled, and measurements that are extended\n")
    print(f"Seed {SEED}, {draws} draws a cell, {POINTS} points × {REPEATS} repeats, 1 % noise within a run. Errors are")
    print("standard errors; a figure of 0 or 100 has one of less than 1.\n")
    print('### `rounds="auto"`: looks after 3, 5, 8, 12, 18, 27, 40 and 50 rounds\n')
    header = ["runs differ by", "metrics", "A/A alarms", "*unchanged* though 3 % slower"]
    header += [
        "identical: *unchanged* by 27",
        "by 50",
        "median rounds",
        "5 % slower found by 27",
        "by 50",
        "median rounds",
    ]
    print(
        table([*header, "10 % slower found by 12", "by 50", "median rounds"], [*_automatic_rows(rng, draws)]),
        flush=True,
    )
    print("### Ten extensions: 5 rounds, then 10, 15 and so on to 50, looked at each time and never stopped\n")
    print(
        table(
            ["runs differ by", "change", "found by", *map(str, range(5, 55, 5)), "ever"], [*_extended_rows(rng, draws)]
        )
    )
    print("*alone*: one measurement of so many rounds, in place of one that was extended to them.\n")


def _automatic_rows(rng: Rng, draws: int) -> Iterable[list[object]]:
    for noise in NOISES:
        for metrics in (1, 3):
            none, margin, five, ten = (
                [automatic(*sides(rng, noise, change, metrics)) for _ in range(draws)]
                for change in (0, MARGIN, 0.05, 0.1)
            )
            alarms = [d in (Decision.regressed, Decision.improved) for d, _ in none]
            row: list[object] = [str(noise), metrics, rate(alarms), rate(d is Decision.unchanged for d, _ in margin)]
            for drawn, word, by in (
                (none, Decision.unchanged, 27),
                (five, Decision.regressed, 27),
                (ten, Decision.regressed, 12),
            ):
                row += [rate(d is word and n <= by for d, n in drawn), rate(d is word for d, _ in drawn)]
                row += [str(int(np.median([n for _, n in drawn])))]
            yield row


def _extended_rows(rng: Rng, draws: int) -> Iterable[list[object]]:
    for noise in (Noise(0.03), Noise(0.06), Noise(0.03, disturbed=0.1)):
        for change in (0.0, 0.05, 0.1):
            drawn = [sides(rng, noise, change, 1) for _ in range(draws)]
            moved = np.array([[_moved(j) for j in extended(*pair)] for pair in drawn])
            shown = "none" if not change else f"{100 * change:.0f} %"
            yield [str(noise), shown, "extensions", *(rate(m) for m in moved.T), rate(moved.any(axis=1))]
            alone = np.array([[_moved(look_alone(*pair, n)) for n in range(5, 55, 5)] for pair in drawn])
            yield [str(noise), shown, "alone", *(rate(m) for m in alone.T), "–"]


# ---------------------------------------------------------------------- measurements


def sides(rng: Rng, noise: Noise, change: float, metrics: int) -> Sides:
    """Both sides' runs in ABBA order, as many as there may be. Metrics differ independently of each other."""
    made: Sides = ([], [])
    for i in range(MOST):
        for position, side in enumerate((0, 1) if i % 2 == 0 else (1, 0)):
            at = (2 * i + position) / (2 * MOST)
            arrays = []
            for _ in range(metrics):
                level = noise.sd * rng.standard_normal() + noise.drift * at + side * math.log1p(change)
                if rng.random() < noise.disturbed:
                    level += math.log1p(rng.uniform(0.1, 0.5))
                arrays.append(100 * np.exp(level + 0.01 * rng.standard_normal((POINTS, REPEATS))))
            made[side].append(run(*arrays, units="ms"))
    return made


def automatic(base: Sequence[Snapshot], head: Sequence[Snapshot]) -> tuple[Decision, int]:
    """What `rounds="auto"` decides, and after how many rounds."""
    return _looked_at(base, head, ROUNDS_OF_LOOKS, last=MOST, automatic=True)


def fixed(base: Sequence[Snapshot], head: Sequence[Snapshot], rounds: int) -> tuple[Decision, int]:
    """What a number of rounds that was asked for decides, and after how many of them."""
    looked_at = [done for done in range(1, rounds + 1) if is_look(done) or done == rounds]
    return _looked_at(base, head, looked_at, last=rounds, automatic=False)


def _looked_at(
    base: Sequence[Snapshot], head: Sequence[Snapshot], rounds_of_looks: Sequence[int], *, last: int, automatic: bool
) -> tuple[Decision, int]:
    """What the looks after so many rounds decide, which end when all is settled."""
    looks: list[Look] = []
    for rounds in rounds_of_looks:
        alpha = alpha_of_look(looks, rounds, last=last, automatic=automatic)
        judged = judge_rounds(base, head, rounds, alpha)
        settled = all(m.decision is not Decision.inconclusive for m in judged.metrics)
        looks.append(Look(round=rounds, alpha=alpha, settled=settled))
        if settled:
            break
    return judged.decision, rounds


def extended(base: Sequence[Snapshot], head: Sequence[Snapshot]) -> list[Judgement]:
    """Five rounds, extended by five again and again whatever they showed, and what is decided each time."""
    ends = {look.round: look.alpha for look in extension_looks()}
    return [judge_rounds(base, head, last, ends[last]) for last in range(5, 55, 5)]


def extension_looks() -> list[Look]:
    """The looks at five rounds that are extended by five, nine times."""
    looks: list[Look] = []
    for last in range(5, 55, 5):
        for rounds in range((looks[-1].round if looks else 0) + 1, last + 1):
            if is_look(rounds) or rounds == last:
                alpha = alpha_of_look(looks, rounds, last=last, automatic=False)
                looks.append(Look(round=rounds, alpha=alpha, settled=False))
    return looks


def alphas(last: int, *, automatic: bool = False) -> list[tuple[int, float]]:
    """The rounds of the looks of a plan, and the α of each."""
    looks: list[Look] = []
    for done in range(1, last + 1):
        if is_look(done) or done == last:
            alpha = alpha_of_look(looks, done, last=last, automatic=automatic)
            looks.append(Look(round=done, alpha=alpha, settled=False))
    return [(look.round, look.alpha) for look in looks]


def look_alone(base: Sequence[Snapshot], head: Sequence[Snapshot], rounds: int) -> Judgement:
    """One measurement of so many rounds, judged at its end."""
    return judge_rounds(base, head, rounds, alphas(rounds)[-1][1])


def judge_rounds(base: Sequence[Snapshot], head: Sequence[Snapshot], rounds: int, alpha: float) -> Judgement:
    """The first rounds of both sides, judged at a look's α."""
    return judge(base[:rounds], head[:rounds], paired=True, alpha=alpha, alpha_unchanged=alpha)


def rate(counted: Iterable[object]) -> str:
    """Percent, with its standard error."""
    some = np.array([bool(c) for c in counted])
    share = float(some.mean())
    return f"{100 * share:.1f} ± {100 * (share * (1 - share) / some.size) ** 0.5:.1f}"


def _moved(judged: Judgement) -> bool:
    return judged.decision in (Decision.regressed, Decision.improved)


if __name__ == "__main__":
    main()
