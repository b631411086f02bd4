"""How often an honest change is cautioned for keeping answers: by its code, in real commits, and by its samples, simulated.

    python benchmarks/cached_answers_calibration.py [--commits N] [--list] [REPOSITORY ...]

REPOSITORY: a git repository, bare or not; its last N commits that touch a Python file are read as one change each.
--list says which were cautioned and for what, to be read by a person.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from holobench_mcp import gitinfo
from holobench_mcp.evidence.cached_answers import SideRuns, cached_answers
from holobench_mcp.measure.cautions import change_cautions
from holobench_mcp.measure.change import read_change
from holobench_mcp.model import Metric


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("repositories", nargs="*", type=Path)
    arguments = parser.parse_args()
    simulate()
    if arguments.repositories:
        print("## Cached answers: cautions of real commits, by their code\n")
        print(
            "| repository | newest commit | commits that touch Python | cautioned | of them, by words | ms a commit |"
        )
        print("| --- | --- | ---: | ---: | ---: | ---: |")
    for repository in arguments.repositories:
        read_commits(repository, arguments.commits, listing=arguments.list)


SEED, DRAWS = 20261126, 400
SHAPES = ((1, 10, 5), (3, 4, 5), (5, 4, 3), (5, 1, 5))
#: What the head's time is of the base's, how much slower first samples are on either side, and what is kept.
HEADS = (
    ("identical, no warm-up", 1.0, 0.0, 0.0, False),
    ("identical, first samples 20 % slower", 1.0, 0.2, 0.2, False),
    ("20 % faster, 10 % on both", 0.8, 0.1, 0.1, False),
    ("20 % faster, 0 and 20 %", 0.8, 0.0, 0.2, False),
    ("20 % faster, 0 and 50 %", 0.8, 0.0, 0.5, False),
    ("2 times as fast, 5 and 40 %", 0.5, 0.05, 0.4, False),
    ("10 times as fast, as long a warm-up", 0.1, 0.2, 2.0, False),
    ("answers kept, 1.5 times as fast", 1 / 1.5, 0.1, 0.0, True),
    ("answers kept, 2 times as fast", 1 / 2, 0.1, 0.0, True),
    ("answers kept, 10 times as fast", 1 / 10, 0.1, 0.0, True),
)
NOISE = (("5 %", 0.05, 0.0), ("20 %", 0.2, 0.0), ("5 %, one sample in ten twice as slow", 0.05, 0.1))


def simulate() -> None:
    """How often samples are cautioned, in percent of draws."""
    print("## Cached answers: cautions of samples, simulated\n")
    print(f"Seed {SEED}, {DRAWS} draws a cell, runs differ by 3 %. Columns: runs a side × points × repeats.\n")
    shapes = [" × ".join(map(str, shape)) for shape in SHAPES]
    print(f"| noise | head | {' | '.join(shapes)} |")
    print(f"| --- | --- |{' ---: |' * len(SHAPES)}")
    rng = np.random.default_rng(SEED)
    for noise, sd, outliers in NOISE:
        for head, speed, before, after, keeps in HEADS:
            shares = []
            for shape in SHAPES:
                pairs = (
                    (
                        side(rng, shape, 1.0, before, sd, outliers),
                        side(rng, shape, speed, after, sd, outliers, keeps=keeps),
                    )
                    for _ in range(DRAWS)
                )
                shares.append(100 * np.mean([bool(cached_answers(*pair)) for pair in pairs]))
            print(f"| {noise} | {head} | {' | '.join(f'{share:.1f}' for share in shares)} |", flush=True)
    print()


def side(rng, shape, level, warm_up, sd, outliers, *, keeps=False) -> SideRuns:
    """One side's runs, its warm-up first. keeps: a first sample takes as long as the base's do."""
    runs, points, repeats = shape
    values = np.exp(
        0.03 * rng.standard_normal((runs + 1, 1, 1)) + sd * rng.standard_normal((runs + 1, points, repeats))
    )
    values *= np.where(rng.random(values.shape) < outliers, 2.0, 1.0) * level
    values[..., 0] *= 1 / level if keeps else 1 + warm_up
    snapshots = [[Samples(run)] for run in values]
    return SideRuns(snapshots[0], snapshots[1:])


class Samples:
    """What the rule asks of a result: one metric in milliseconds. A whole one costs ten times as much to make."""

    METRIC = Metric(variable="t", units="ms", direction="minimize", kind="float")

    def __init__(self, values):
        self.metrics, self.samples = (self.METRIC,), {"t": values}

    def metric(self, _variable):
        return self.METRIC


def read_commits(repository: Path, most: int, *, listing: bool) -> None:
    """One row of the table: how many of a repository's commits are cautioned."""
    log = gitinfo.git(
        repository, "log", "--no-merges", f"--max-count={most}", "--format=%H", "--", "*.py", timeout_s=60
    )
    commits = (log or "").split()
    cautioned: list[tuple[str, str]] = []
    by_words = 0
    start = time.perf_counter()
    for commit in commits:
        if gitinfo.git(repository, "rev-parse", "--verify", "--quiet", f"{commit}~1") is None:
            continue
        change = read_change(repository, f"{commit}~1", commit)
        found = [c for c in change_cautions(change, protected=(), import_folders=()) if c.what == "cached_answers"]
        if found:
            cautioned.append((commit, "; ".join(c.detail for c in found)))
            by_words += all("looks as if" in c.detail for c in found)
    took = 1e3 * (time.perf_counter() - start) / max(len(commits), 1)
    name = (
        "/".join(p for p in repository.resolve().parent.name.split("+"))
        if repository.name == "repo"
        else repository.name
    )
    share = 100 * len(cautioned) / max(len(commits), 1)
    newest = commits[0][:10] if commits else "none"
    print(
        f"| {name} | {newest} | {len(commits)} | {len(cautioned)} ({share:.1f} %) | {by_words} | {took:.0f} |",
        flush=True,
    )
    for commit, detail in cautioned if listing else ():
        subject = gitinfo.git(repository, "log", "-1", "--format=%s", commit)
        print(f"    {commit[:10]} {subject}\n        {detail}")


if __name__ == "__main__":
    main()
