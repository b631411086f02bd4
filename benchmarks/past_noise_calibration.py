"""What a store's history is worth: alarms and power where the noise is as it was, and where it is not.

    python benchmarks/past_noise_calibration.py [--draws 700] [--quick]

Interleaved rounds of one metric at one point, by the test of rounds and the looks of compare_revisions, without a history
and with some earlier measurements of five rounds. Beside them the BCa interval of the median of paired log ratios, which
is another tool's rule for a few blocks. Seeded: the same tables each time.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from calibration_noise import table
from holobench_mcp.evidence.assumptions import rounds as test_of_rounds
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.looks import ROUNDS_OF_LOOKS
from holobench_mcp.evidence.past_noise import Groups, PastNoise, past_noise
from holobench_mcp.evidence.question import Question, Samples
from holobench_mcp.model import Metric, MetricSettings
from looks_calibration import alphas, extension_looks, rate

SEED, REPEATS, ROUNDS_BEFORE = 20261127, 5, 5
WITHIN = 0.01
METRIC = Metric(variable="time", units="ms", direction="minimize", kind="float")
Rng = np.random.Generator
Sides = tuple[FloatArray, FloatArray]


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
    parser.add_argument("--draws", type=int, default=700)
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    arguments = parser.parse_args()
    draws = 70 if arguments.quick else arguments.draws
    rng = np.random.default_rng(SEED)
    print("## History: what earlier measurements are worth, and what they cost where the noise has changed\n")
    print(
        f"Seed {SEED}, one point × {REPEATS} repeats, {100 * WITHIN:.0f} % noise within a run; {draws} draws a cell of"
    )
    print("identical code, a third of slower code. Percent that is called changed, ± one standard error.\n")
    print(table(["noise between runs", "earlier measurements", *_columns(3), *_columns(5)], [*_fixed_rows(rng, draws)]))
    print("BCa: the 95 % bootstrap interval of the median of the paired log ratios, at its last round.\n", flush=True)
    print('### `rounds="auto"`, and five rounds that are extended by five to 50: ever called changed\n')
    header = ["noise between runs", "earlier measurements", "auto, identical", "auto, 5 % slower by 8", "by 27"]
    print(table([*header, "extended, identical"], [*_looks_rows(rng, draws // 3)]))


def _columns(rounds: int) -> list[str]:
    kinds = ("identical", "5 % slower", "10 % slower", "BCa, identical", "BCa, 10 % slower")
    return [f"{rounds} rounds, {kind}" for kind in kinds]


def _fixed_rows(rng: Rng, draws: int) -> Iterable[list[object]]:
    for scenario in SCENARIOS:
        for measurements in (0, 3, 8):
            row: list[object] = [scenario.name, measurements or "none"]
            for rounds in (3, 5):
                peer = []
                for change in (0.0, 0.05, 0.1):
                    drawn = []
                    for _ in range(draws if change == 0 else draws // 3):
                        past = history(rng, scenario, measurements)
                        drawn.append((sides(rng, scenario.now(rng), change, rounds), past))
                    row.append(rate(first_change(pair, alphas(rounds), past) for pair, past in drawn))
                    if change in (0.0, 0.1):
                        peer.append("" if measurements else rate(bca_of_the_median([p for p, _ in drawn])))
                row += peer
            yield row


def _looks_rows(rng: Rng, draws: int) -> Iterable[list[object]]:
    automatic = alphas(ROUNDS_OF_LOOKS[-1], automatic=True)
    extended = [(look.round, look.alpha) for look in extension_looks()]
    for scenario in SCENARIOS:
        for measurements in (0, 8):
            row: list[object] = [scenario.name, measurements or "none"]
            for change, by, plan in ((0.0, (50,), automatic), (0.05, (8, 27), automatic), (0.0, (50,), extended)):
                first = []
                for _ in range(draws):
                    past = history(rng, scenario, measurements)
                    first.append(first_change(sides(rng, scenario.now(rng), change, max(by)), plan, past))
                row += [rate(0 < at <= n for at in first) for n in by]
            yield row


def history(rng: Rng, scenario: Scenario, measurements: int) -> PastNoise | None:
    """What so many earlier measurements of five rounds tell."""
    rounds = []
    for k in range(measurements):
        sd = math.hypot(scenario.before(rng, k), WITHIN / REPEATS**0.5)
        rounds.append((sd * rng.standard_normal(ROUNDS_BEFORE), sd * rng.standard_normal(ROUNDS_BEFORE)))
    return past_noise(Groups(rounds=rounds))


def sides(rng: Rng, sd: float, change: float, rounds: int) -> Sides:
    """The logarithms of both sides' samples, (rounds, 1, repeats); the head is slower by the change."""
    logs = sd * rng.standard_normal((2, rounds, 1, 1)) + WITHIN * rng.standard_normal((2, rounds, 1, REPEATS))
    return logs[0], logs[1] + math.log1p(change)


def first_change(pair: Sides, plan: Sequence[tuple[int, float]], past: PastNoise | None) -> int:
    """After how many rounds a look first calls it changed; 0 where none does. plan: rounds of looks, and their α."""
    base, head = pair
    question = Question(METRIC, MetricSettings(), None, past, paired=True)
    for rounds, alpha in plan:
        if rounds > len(base):
            break
        samples = Samples(question, "log", tuple(base[:rounds]), tuple(head[:rounds]), np.ones(1, dtype=np.bool_))
        tested = test_of_rounds.test(samples)
        overall, p = tested.overall, tested.p
        if overall is not None and p is not None and p <= alpha and abs(overall.effect) >= samples.margin:
            return rounds
    return 0


def bca_of_the_median(pairs: Sequence[Sides], resamples: int = 999) -> FloatArray:
    """Of each measurement whether the 95 % BCa interval of the median paired log ratio leaves zero out (Efron 1987)."""
    ratios = np.array([(head - base).mean(axis=(1, 2)) for base, head in pairs])
    n = ratios.shape[1]
    drawn = np.random.default_rng(SEED).integers(n, size=(resamples, n))
    medians = np.sort(np.median(ratios[:, drawn], axis=2), axis=1)
    middle = np.median(ratios, axis=1)
    below = ((medians < middle[:, None]).sum(axis=1) + (medians <= middle[:, None]).sum(axis=1)) / (2 * resamples)
    bias = special.ndtri(below)
    left_out = np.stack([np.median(np.delete(ratios, i, axis=1), axis=1) for i in range(n)], axis=1)
    away = left_out.mean(axis=1, keepdims=True) - left_out
    spread = np.square(away).sum(axis=1) ** 1.5
    skew = np.divide((away**3).sum(axis=1), 6 * spread, out=np.zeros(len(ratios)), where=spread > 0)
    ends = []
    for z in stats.norm.ppf([0.025, 0.975]):
        share = special.ndtr(bias + (bias + z) / (1 - skew * (bias + z)))
        at = np.clip((share * resamples).astype(int), 0, resamples - 1)
        ends.append(np.take_along_axis(medians, at[:, None], axis=1)[:, 0])
    return (ends[0] > 0) | (ends[1] < 0)


if __name__ == "__main__":
    main()
