"""How often a suite in which nothing changed alarms, and how often one bench of it that became slower is found.

    python benchmarks/suite_calibration.py [--quick] [--real RUNS]

All benches of a suite share 5 %, by `judge` and its family as a comparison has them. Simulated first: suites of 20, 50
and 200 benches with 1, 3 and 5 runs a side, whose runs differ by 1 or 3 %, in part alike for all benches of a process, or
are disturbed for a moment. Beside it what each bench at 5 % of its own would do, which is what a loop over a table of tests
amounts to. Seeded: the same tables each time.

--real runs a pytest-benchmark suite of 50 tests so often, two seconds each, and compares random sets of its runs through a
store, as imported files. It needs pytest-benchmark, and tells of the machine that it runs on.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from holobench_mcp import Snapshot
from holobench_mcp.config import load_config
from holobench_mcp.evidence.family import Family
from holobench_mcp.evidence.judgement import Examined, examined, judge, p_values
from holobench_mcp.evidence.suite_spread import effects_of, spreads_of
from holobench_mcp.model import Decision
from holobench_mcp.workspace import Workspace
from suites import run_suite, write_suite

SEED, REPEATS = 20261126, 10
MOVED = (Decision.regressed, Decision.improved)


@dataclass(frozen=True)
class Noise:
    """How runs of a suite differ, in logs: of each bench, of all benches of a process alike, and now and then."""

    name: str
    own: float
    common: float = 0.0
    disturbed: float = 0.0  #: the share of a run's benches that others slow down by half meanwhile


NOISES = (
    Noise("1 % between runs", 0.01),
    Noise("3 % between runs", 0.03),
    Noise("1 %, and 3 % of the process", 0.01, common=0.03),
    Noise("2 %, one bench in ten disturbed", 0.02, disturbed=0.1),
    Noise("2 %, one bench in three disturbed", 0.02, disturbed=0.33),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute's worth")
    parser.add_argument("--real", type=int, default=0, metavar="RUNS", help="of a real suite; at least ten")
    arguments = parser.parse_args()
    if arguments.real:
        real(arguments.real, pairs=20 if arguments.quick else 60)
        return
    simulated(draws=8 if arguments.quick else 100)


# ---------------------------------------------------------------------- simulated


def simulated(draws: int) -> None:
    """Print what suites of known noise come to."""
    print("## Suites: how often one in which nothing changed alarms, and how often one slower bench is found\n")
    print(
        f"Seed {SEED}, {draws} suites a row (a quarter of 200 benches), benches of one point × {REPEATS} repeats in ms\n"
    )
    print(
        "| noise | benches | runs a side | alarm, % | each at its own 5 %, % | 20 % slower found, % | 40 % slower found, % |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for noise in NOISES:
        for benches in (20, 50, 200):
            for runs, paired in ((1, False), (3, False), (5, False), (5, True)):
                n = max(draws // 4, 2) if benches == 200 else draws
                shown = f"{runs}{' in rounds' if paired else ''}"
                figures = " | ".join(f"{100 * f:.1f}" for f in rates(noise, benches, runs, n, paired=paired))
                print(f"| {noise.name} | {benches} | {shown} | {figures} |", flush=True)


def rates(noise: Noise, benches: int, runs: int, draws: int, *, paired: bool) -> tuple[float, float, float, float]:
    """Alarms of the suite, of each bench by itself, and how often one is found that is slower by 20 and by 40 %."""
    rng = np.random.default_rng([SEED, benches, runs, paired])
    alarms = alone = 0
    slowed = [0, 0]
    for _ in range(draws):
        shared = noise.common * rng.standard_normal((2, runs))
        suite = [sides(rng, noise, shared, runs) for _ in range(benches)]
        found = [examined(base, head, paired=paired) for base, head in suite]
        alarms += any(word in MOVED for word in decisions(suite, found, paired=paired))
        alone += any(
            judge(*both, paired=paired, found=f).decision in MOVED for both, f in zip(suite, found, strict=True)
        )
        base, head = suite[0]
        for i, factor in enumerate((1.2, 1.4)):
            changed = base, [slower(run, factor) for run in head]
            again = [examined(*changed, paired=paired), *found[1:]]
            slowed[i] += decisions([changed, *suite[1:]], again, paired=paired, only=1)[0] is Decision.regressed
    return alarms / draws, alone / draws, slowed[0] / draws, slowed[1] / draws


def sides(
    rng: np.random.Generator, noise: Noise, shift: np.ndarray, runs: int
) -> tuple[list[Snapshot], list[Snapshot]]:
    """The runs of one bench, before and after."""
    logs = shift + noise.own * rng.standard_normal((2, runs)) + 0.47 * (rng.random((2, runs)) < noise.disturbed)
    made = [[snapshot(100 * np.exp(log + 0.02 * rng.standard_normal((1, REPEATS)))) for log in side] for side in logs]
    return made[0], made[1]


def snapshot(values: np.ndarray) -> Snapshot:
    return Snapshot.build(
        bench_name="suite",
        inputs={"x": [0]},
        metrics={"time": {"units": "ms"}},
        samples={"time": values},
        executed_at="2026-01-01T00:00:00+00:00",
    )


def slower(run: Snapshot, factor: float) -> Snapshot:
    return snapshot(run.samples["time"].reshape(1, -1) * factor)


def decisions(
    suite: Sequence[tuple[list[Snapshot], list[Snapshot]]],
    found: Sequence[Examined],
    *,
    paired: bool,
    only: int | None = None,
) -> list[Decision]:
    """The decision of every bench, or of the first so many, as a comparison of them all comes to it."""
    spreads = spreads_of(effects_of(f.tests) for f in found)
    shares = [p_values(f, spreads) for f in found]
    words = []
    for i, (base, head) in enumerate(suite[:only]):
        others = tuple(p for n, of_bench in enumerate(shares) if n != i for p in of_bench)
        family = Family(others, len(suite), spreads)
        words.append(judge(base, head, paired=paired, found=found[i], family=family).decision)
    return words


# ---------------------------------------------------------------------- real


def real(runs: int, pairs: int) -> None:
    """Print what imported files of a real suite come to: identical code, and one test that is 30 % slower."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suite = write_suite(folder / "suite")
        files = [run_suite(suite, folder / f"run{i:03d}.json") for i in range(runs)]
        tests = ("joining_200", "matching_100", "copying_50", "parsing_300", "sorting_400")
        changed = [
            [run_suite(suite, folder / f"{test}{i}.json", slower=test, by=3) for i in range(3)]
            for test in tests[: max(runs // 10, 1)]
        ]
        print(f"## A real pytest-benchmark suite of 50 tests, {runs} runs of identical code\n")
        print("| runs a side | pairs | alarm, % | one test 30 % slower: found, and nothing else, of |")
        print("| ---: | ---: | ---: | ---: |")
        rng = np.random.default_rng(SEED)
        for k in (1, 3, 5):
            if 2 * k > runs:
                continue
            alarms = 0
            for i in range(pairs):
                drawn = [files[n] for n in rng.permutation(runs)[: 2 * k]]
                alarms += bool(moved(folder / f"store{k}-{i}", drawn[:k], drawn[k:]))
            right = "" if k > 3 else found_alone(folder, rng, files, changed, tests, k)
            print(f"| {k} | {pairs} | {100 * alarms / pairs:.1f} | {right} |", flush=True)


def found_alone(
    folder: Path,
    rng: np.random.Generator,
    files: Sequence[Path],
    changed: Sequence[Sequence[Path]],
    tests: Sequence[str],
    k: int,
) -> str:
    right = clean = 0
    for test, after in zip(tests, changed, strict=False):
        before = [files[n] for n in rng.permutation(len(files))[:k]]
        names = moved(folder / f"slower{k}-{test}", before, after[:k])
        right += any(name.endswith(f"::test_{test}") for name in names)
        clean += len(names) == 1
    return f"{right}, {clean} alone, of {len(changed)}"


def moved(store: Path, before: Sequence[Path], after: Sequence[Path]) -> list[str]:
    """The tests that a comparison of imported files calls changed."""
    store.mkdir()
    space = Workspace(load_config(project=store, store=str(store / "results"), environ={}))
    for label, files in (("before", before), ("after", after)):
        list(space.import_paths(list(files), label=label))
    document = space.compare()
    words = [(document.candidate.bench_name, document.decision), *((o.bench_name, o.decision) for o in document.also)]
    return [name for name, word in words if word in MOVED]


if __name__ == "__main__":
    main()
