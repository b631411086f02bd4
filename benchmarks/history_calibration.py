"""How often a metric's history cries wolf, and how much of what happened it finds, beside PELT as it is usually used.

    python benchmarks/history_calibration.py [--quick]

Seeded. Both searches see the same series in the same run. PELT (Killick, Fearnhead & Eckley 2012) is ruptures' own,
with a squared-error cost, the noise estimated from first differences, and the BIC penalty of 2·log n.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import ruptures

from holobench_mcp.evidence.change_points import detectable_steps, find_change_points
from holobench_mcp.evidence.drift import explain

Series = npt.NDArray[np.float64]
SEED = 20261101
#: A step counts as found this near to where it was.
NEAR = 2


def autocorrelated(rng: np.random.Generator, n: int, phi: float) -> Series:
    """An AR(1) series of unit variance, with a start that is forgotten."""
    fresh = rng.standard_normal(n + 50)
    series = np.empty(n + 50)
    series[0] = fresh[0]
    for i in range(1, n + 50):
        series[i] = phi * series[i - 1] + fresh[i]
    return np.asarray(series[50:] * math.sqrt(1 - phi * phi))


def contaminated(rng: np.random.Generator, n: int) -> Series:
    """Normal noise of which one value in twenty is ten times as far out."""
    return np.asarray(rng.standard_normal(n) * np.where(rng.random(n) < 0.05, 10.0, 1.0))


def two_modes(rng: np.random.Generator, n: int) -> Series:
    """Two modes far apart, one of five in the second."""
    return np.asarray(0.1 * rng.standard_normal(n) + 4 * (rng.random(n) < 0.2))


FAMILIES: dict[str, Callable[[np.random.Generator, int], Series]] = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "t₃": lambda rng, n: rng.standard_t(3, n),
    "contaminated": contaminated,
    "two modes": two_modes,
    "rounded to 1 sd": lambda rng, n: np.round(rng.standard_normal(n)),
    "AR(1) 0.3": lambda rng, n: autocorrelated(rng, n, 0.3),
    "AR(1) 0.5": lambda rng, n: autocorrelated(rng, n, 0.5),
    "constant": lambda _, n: np.full(n, 3.0),
}


def ours(values: Series) -> list[int]:
    """Where this project says that a series stepped."""
    return [step.index for step in explain(values)[0]]


def pelt(values: Series) -> list[int]:
    """Where PELT says so, alone."""
    if np.ptp(values) == 0:
        return []
    differences = np.diff(values)
    sd = float(np.median(np.abs(differences - np.median(differences)))) * 1.4826 / math.sqrt(2)
    scaled = (values / (sd or float(values.std()))).reshape(-1, 1)
    found = ruptures.Pelt(model="l2", min_size=2, jump=1).fit(scaled).predict(pen=2 * math.log(values.size))
    return [int(i) for i in found[:-1]]


def near(found: Sequence[int], places: Sequence[int]) -> bool:
    """Whether every place has something found near it."""
    return all(any(abs(i - place) <= NEAR for i in found) for place in places)


def percent(count: float, of: int) -> str:
    """A rate with its standard error."""
    rate = count / of
    return f"{100 * rate:.1f} ± {100 * math.sqrt(rate * (1 - rate) / of):.1f}"


def false_alarms(lengths: Sequence[int], series: int) -> None:
    """Series in which nothing happened: how many of them any step, or a drift, is told of."""
    print(f"### Nothing happened: percent of {series} series with any alarm\n")
    print("| noise | results | steps | drift | either | PELT + BIC |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for family, draw in FAMILIES.items():
        for n in lengths:
            rng = np.random.default_rng([SEED, n, *family.encode()])
            stepped = drifted = either = theirs = 0
            for _ in range(series):
                values = draw(rng, n)
                steps, drift = explain(values)
                stepped += bool(find_change_points(values))
                drifted += drift is not None
                either += bool(steps) or drift is not None
                theirs += bool(pelt(values))
            rates = " | ".join(percent(count, series) for count in (stepped, drifted, either, theirs))
            print(f"| {family} | {n} | {rates} |", flush=True)
    print()


#: What happened: its name, the series' length, and where it moved by how many between-run standard deviations.
EVENTS: tuple[tuple[str, int, tuple[tuple[float, float], ...]], ...] = (
    ("one step of 1 sd", 100, ((0.5, 1.0),)),
    ("one step of 2 sd", 100, ((0.5, 2.0),)),
    ("one step of 2 sd, near the end", 100, ((0.9, 2.0),)),
    ("one step of 3 sd", 100, ((0.5, 3.0),)),
    ("one step of 2 sd", 20, ((0.5, 2.0),)),
    ("one step of 3 sd", 20, ((0.5, 3.0),)),
    ("one step of 2 sd", 300, ((0.5, 2.0),)),
    ("5 sd in the newest 2", 20, ((0.9, 5.0),)),
    ("10 sd (30 % at 3 % noise) in the newest 2", 20, ((0.9, 10.0),)),
    ("10 sd in the newest 3", 6, ((0.5, 10.0),)),
    ("two steps up, 3 sd each", 100, ((0.33, 3.0), (0.66, 3.0))),
    ("up 3 sd, fixed 50 results later", 100, ((0.25, 3.0), (0.75, -3.0))),
    ("up 3 sd, fixed 20 results later", 100, ((0.4, 3.0), (0.6, -3.0))),
    ("up 5 sd, fixed 20 results later", 100, ((0.4, 5.0), (0.6, -5.0))),
)


def power(series: int) -> None:
    """Series that stepped: how often every step is found near its place, and how often a false one is told as well."""
    print(f"### Steps: percent of {series} series in which each was found within ± {NEAR} results\n")
    print("| what happened | results | found | and false ones | PELT + BIC found | and false ones |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for number, (name, n, moves) in enumerate(EVENTS):
        rng = np.random.default_rng([SEED, 1, number])
        counts = [0, 0, 0, 0]
        for _ in range(series):
            values = rng.standard_normal(n)
            # A little apart each time, so that no search gains by a round number.
            apart = 0 if name.endswith(("newest 2", "newest 3")) else n // 20
            places = [round(n * where) + int(rng.integers(-apart, apart + 1)) for where, _ in moves]
            for place, (_, by) in zip(places, moves, strict=True):
                values[place:] += by
            for i, found in enumerate((ours(values), pelt(values))):
                counts[2 * i] += near(found, places)
                counts[2 * i + 1] += any(all(abs(f - place) > NEAR for place in places) for f in found)
        print(f"| {name} | {n} | {' | '.join(percent(c, series) for c in counts)} |", flush=True)
    print()


def drifts(series: int) -> None:
    """Slow drifts: how often one is told, as a drift or as a step."""
    print(f"### Slow drifts: percent of {series} series\n")
    print("| what happened | run-to-run sd | told as a drift | as a drift or a step | PELT + BIC, as steps |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, ramp in (
        ("ten times 1 %", np.arange(10) * math.log(1.01)),
        ("ten times 1 %, flat before and after", np.interp(np.arange(40), [15, 25], [0.0, 10 * math.log(1.01)])),
    ):
        for sd in (0.01, 0.02, 0.03):
            rng = np.random.default_rng([SEED, 2, round(1000 * sd), ramp.size])
            drifted = changed = theirs = 0
            for _ in range(series):
                values = ramp + sd * rng.standard_normal(ramp.size)
                steps, drift = explain(values)
                drifted += drift is not None
                changed += drift is not None or bool(steps)
                theirs += bool(pelt(values))
            counts = " | ".join(percent(c, series) for c in (drifted, changed, theirs))
            print(f"| {name} | {100 * sd:.0f} % | {counts} |", flush=True)
    print()


def detectable(lengths: Sequence[int], series: int) -> None:
    """Steps as large as `detectable_steps` calls detectable in the same noise: how often they are told."""
    print(f"### Steps as large as is called detectable: percent of {series} series in which a change is told\n")
    print("| results | in the middle, sd | told | newest | sd | told |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for n in lengths:
        rng = np.random.default_rng([SEED, 4, n])
        sizes: dict[str, list[float]] = {"middle": [], "newest": []}
        found = dict.fromkeys(sizes, 0)
        for _ in range(series):
            flat = rng.standard_normal(n)
            least = detectable_steps(flat)
            assert least is not None
            for where, after in (("middle", n // 2), ("newest", least.n_newest)):
                step = getattr(least, where)
                sizes[where].append(step)
                found[where] += any(explain(np.where(np.arange(n) >= n - after, flat + step, flat)))
        middle, newest = (f"{np.mean(sizes[w]):.1f} | {percent(found[w], series)}" for w in ("middle", "newest"))
        print(f"| {n} | {middle} | {least.n_newest} | {newest} |", flush=True)
    print()


def speed(lengths: Sequence[int]) -> None:
    """Milliseconds for one series with a step: the first call simulates the null of each length, later ones have it."""
    print("### Time for one series with one step, ms\n")
    print("| results | first call | warm | PELT + BIC |")
    print("| ---: | ---: | ---: | ---: |")
    for n in lengths:
        rng = np.random.default_rng([SEED, 3, n])
        values = rng.standard_normal(n)
        values[n // 2 :] += 2
        took = []
        for search in (ours, ours, pelt):
            start = time.perf_counter()
            search(values)
            took.append(f"{1000 * (time.perf_counter() - start):.1f}")
        print(f"| {n} | {' | '.join(took)} |", flush=True)


def main() -> None:
    """Print every table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer series and shorter ones")
    quick = parser.parse_args().quick
    print("## History: change points and drift\n")
    false_alarms((6, 20) if quick else (6, 10, 20, 50, 100), 40 if quick else 600)
    power(30 if quick else 300)
    drifts(60 if quick else 300)
    detectable((6, 20) if quick else (6, 8, 10, 20, 50, 100), 40 if quick else 300)
    speed((20, 100, 300) if quick else (20, 100, 300, 1000))


if __name__ == "__main__":
    main()
