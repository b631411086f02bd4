"""What a store's history is worth: alarms and power where the noise is as it was, and where it is not.

    python benchmarks/past_noise_calibration.py [--draws 1000] [--quick]

Interleaved rounds of one metric, judged by the rule of compare_revisions with its looks, without a history and with some
earlier measurements of five rounds. Beside them the BCa interval of the median of paired log ratios, which is
another tool's rule for a few blocks. Seeded: the same tables each time.
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from calibration_noise import run, table
from holobench_mcp import Snapshot, judge
from holobench_mcp.evidence.looks import ROUNDS_OF_LOOKS
from holobench_mcp.evidence.past_noise import Groups, PastNoise, past_noise
from looks_calibration import alphas, rate

SEED, POINTS, REPEATS, ROUNDS_BEFORE = 20261127, 4, 5, 5
Rng = np.random.Generator
Sides = tuple[list[Snapshot], list[Snapshot]]


@dataclass(frozen=True)
class Scenario:
    """The standard deviation between runs of an earlier measurement, and of the present one."""

    name: str
    before: Callable[[Rng, int], float]  #: the how manieth it was, the last is 0
    now: Callable[[Rng], float]


def differing(sd: float, by: float) -> Callable[..., float]:
    """Another standard deviation each day, log-normal."""
    return lambda rng, *_: sd * math.exp(by * rng.standard_normal())


SCENARIOS = (
    Scenario("steady, 3 %", lambda *_: 0.03, lambda _: 0.03),
    Scenario("3 %, and now 4.5 %", lambda *_: 0.03, lambda _: 0.045),
    Scenario("doubles: 3 %, and now 6 %", lambda *_: 0.03, lambda _: 0.06),
    Scenario("doubled two measurements ago", lambda _, k: 0.06 if k < 2 else 0.03, lambda _: 0.06),
    Scenario("halves: 6 %, and now 3 %", lambda *_: 0.06, lambda _: 0.03),
    Scenario("differs from day to day by a factor of 1.6", differing(0.03, 0.5), differing(0.03, 0.5)),
    Scenario("and of 2.5", differing(0.03, 0.9), differing(0.03, 0.9)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="half a minute's worth")
    arguments = parser.parse_args()
    draws = 100 if arguments.quick else arguments.draws
    rng = np.random.default_rng(SEED)
    print("## History: what earlier measurements are worth, and what they cost where the noise has changed\n")
    print(
        f"Seed {SEED}, {draws} draws a cell, {POINTS} points × {REPEATS} repeats, 1 % noise within a run, percent found"
    )
    print("changed. Errors are standard errors; a figure of 0 or 100 has one of less than 1.\n")
    header = ["noise between runs", "earlier measurements of 5 rounds", *FIXED_HEADER]
    print(table(header, [*_fixed_rows(rng, draws)]), flush=True)
    print('### `rounds="auto"`, and five rounds that are extended by five to 50: ever called changed\n')
    header = ["noise between runs", "earlier measurements", "auto, identical", "auto, 5 % slower by 8", "by 27"]
    print(table([*header, "extended, identical"], [*_looks_rows(rng, max(draws // 4, 40))]))


FIXED_HEADER = [
    f"{n} rounds, {what}"
    for n in (3, 5)
    for what in ("identical", "5 % slower", "10 % slower", "10 %: BCa of the median")
]


def _fixed_rows(rng: Rng, draws: int) -> Iterable[list[object]]:
    for scenario in SCENARIOS:
        for measurements in (0, 2, 8):
            row: list[object] = [scenario.name, measurements or "none"]
            for rounds in (3, 5):
                for change in (0.0, 0.05, 0.1):
                    found, peer = [], []
                    for _ in range(draws):
                        past = history(rng, scenario, measurements)
                        pair = sides(rng, scenario.now(rng), change, rounds)
                        found.append(changed(pair, alphas(rounds), past))
                        if change == 0.1 and not measurements:
                            peer.append(bca_of_the_median(pair))
                    row.append(rate(found))
                row.append(rate(peer) if peer else "")
            yield row


def _looks_rows(rng: Rng, draws: int) -> Iterable[list[object]]:
    automatic, extended = alphas(ROUNDS_OF_LOOKS[-1], automatic=True), extended_alphas()
    for scenario in SCENARIOS:
        for measurements in (0, 8):
            row: list[object] = [scenario.name, measurements or "none"]
            for change, by, plan in ((0.0, (50,), automatic), (0.05, (8, 27), automatic), (0.0, (50,), extended)):
                first = []
                for _ in range(draws):
                    past = history(rng, scenario, measurements)
                    first.append(first_change(sides(rng, scenario.now(rng), change, max(by)), plan, past))
                row += [rate(at is not None and at <= n for at in first) for n in by]
            yield row


def history(rng: Rng, scenario: Scenario, measurements: int) -> PastNoise | None:
    """What so many earlier measurements tell; they are of code that differed by whatever it did."""
    rounds = []
    for k in range(measurements):
        sd = math.hypot(scenario.before(rng, k), 0.01 / (POINTS * REPEATS) ** 0.5)
        rounds.append((sd * rng.standard_normal(ROUNDS_BEFORE), sd * rng.standard_normal(ROUNDS_BEFORE)))
    return past_noise(Groups(codes=[side for pair in rounds for side in pair], rounds=rounds))


def sides(rng: Rng, sd: float, change: float, rounds: int) -> Sides:
    """Both sides' runs; the head is slower by the change."""
    shape = (2, rounds, 1, 1)
    logs = sd * rng.standard_normal(shape) + 0.01 * rng.standard_normal((2, rounds, POINTS, REPEATS))
    logs[1] += math.log1p(change)
    base, head = ([run(values, units="ms") for values in side] for side in 100 * np.exp(logs))
    return base, head


def changed(pair: Sides, plan: Sequence[tuple[int, float]], past: PastNoise | None) -> bool:
    """Whether any look calls it changed."""
    return first_change(pair, plan, past) is not None


def first_change(pair: Sides, plan: Sequence[tuple[int, float]], past: PastNoise | None) -> int | None:
    """After how many rounds a look first calls it changed. plan: the rounds of the looks, and their α."""
    base, head = pair
    known = {"m0": past} if past is not None else "auto"
    for rounds, alpha in plan:
        if rounds > len(base):
            break
        judged = judge(
            base[:rounds], head[:rounds], paired=True, alpha=alpha, alpha_unchanged=alpha, run_variance=known
        )
        if judged.decision in ("regressed", "improved"):
            return rounds
    return None


def extended_alphas() -> list[tuple[int, float]]:
    """The looks of five rounds that are extended by five, nine times."""
    from looks_calibration import extension_looks

    return [(look.round, look.alpha) for look in extension_looks()]


def bca_of_the_median(pair: Sides) -> bool:
    """Whether the 95 % BCa bootstrap interval of the median of the paired log ratios leaves zero out (Efron 1987)."""
    numbers = [np.array([np.log(s.samples["m0"]).mean() for s in side]) for side in pair]
    ratios = numbers[1] - numbers[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interval = stats.bootstrap((ratios,), np.median, n_resamples=999, method="BCa", rng=1).confidence_interval
    low, high = interval
    if math.isnan(low) or math.isnan(high):  # all medians of the resamples are the same
        low, high = float(ratios.min()), float(ratios.max())
    return low > 0 or high < 0


if __name__ == "__main__":
    main()
