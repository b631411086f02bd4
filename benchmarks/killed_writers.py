"""Writers that are killed at random, at any of their writes: is all there that was acknowledged, and nothing damaged?

python benchmarks/killed_writers.py [KILLS] [--seed SEED] [--writers WRITERS] [--chain]

Several processes at once record results that share blobs, set baselines, go on with measurements and the log of
comparisons, read the index and collect garbage. Each writes down what a call has given back, and is killed some
milliseconds after its start. Then everything that was written down is looked for in the store. Exits 1 where
something is lost or damaged. --chain: the journal is chained.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray  # noqa: F401 - what every writer needs is loaded once, before they part

from holobench_mcp.model import ComparisonEntry, HolobenchMcpError, MeasurementDocument, RunRole
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.store import comparisons, layout, open_store
from holobench_mcp.store.bundle import Store
from holobench_mcp.store.gc import gc

WHEN = "2026-03-01T12:00:00+00:00"
#: Longer than a writer lives: what it has begun is not taken from it.
GRACE_S = 3.0
LONGEST_LIFE_S = 0.08


@dataclass
class Outcome:
    """What came of it. lost: what had been acknowledged and is not there."""

    kills: int = 0
    acknowledged: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    seconds: float = 0.0


def result(number: int) -> Snapshot:
    """One of many results: every tenth has the same samples, so that they share a blob."""
    samples = np.random.default_rng(number % 10).random((4, 3))
    return Snapshot.build(
        bench_name=f"sort{number % 3}",
        inputs={"size": [1, 2, 3, 4]},
        metrics={"time": {"units": "ms"}},
        samples={"time": samples},
        executed_at=WHEN,
        source_revision=f"{number % 7:040x}",
        label=f"number {number}",
    )


def write(store: Store, number: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    """What a writer does, call by call; what each has given back."""
    result_id = store.record(result(rng.randrange(10**6)))
    yield {"record": result_id}
    bench = store.manifest(result_id).bench_name
    match rng.randrange(5):
        case 0:
            entry = store.set_ref(bench, "baseline", result_id, reason=f"by {number}")
            yield {"ref": [bench, entry.result_id, entry.reason]}
        case 1:
            name = f"m{number % 5}-20260301T120000Z-{rng.getrandbits(24):06x}"
            for rounds in range(1, 4):
                role = RunRole(result_id=result_id, bench_name=bench, run=0)
                store.put_measurement(
                    MeasurementDocument(id=name, kind="benchmark", started_at=WHEN, rounds=rounds, roles=(role,))
                )
                yield {"measurement": [name, rounds]}
        case 2:
            other = store.record(result(rng.randrange(10**6)))
            yield {"record": other}
            key = comparisons.entry_key("a" * 12, f"{rng.randrange(4):012x}", "search")
            logged = ComparisonEntry(baseline=result_id, candidate=other, compared_at=WHEN)
            (comparisons.create if rng.random() < 0.5 else comparisons.rewrite)(store.backend, key, logged)
        case 3:
            store.manifests().count()
        case 4 if rng.random() < 0.3:
            gc(store, dry_run=False, grace_s=GRACE_S)


def writer(store: Store, log: int, begun: int, number: int, seed: int) -> None:
    """Write until it is killed, and write down what was acknowledged. begun: a pipe that hears of the first time."""
    rng, parent = random.Random(seed), os.getppid()
    while os.getppid() == parent:  # nobody is left behind by a parent that was killed
        for said in write(store, number, rng):
            os.write(log, json.dumps(said).encode() + b"\n")
            os.write(begun, b".")


def opened(url: str, *, chain: bool) -> Store:
    store = open_store(url)
    store.wants_chain = chain
    return store


def kill_writers(folder: Path, kills: int, seed: int, writers: int, *, chain: bool) -> Outcome:
    """Start and kill so many writers, some at a time, and look through what they leave."""
    began, rng, outcome = time.monotonic(), random.Random(seed), Outcome()
    url = str(folder / "store")
    log = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    alive: list[tuple[float, int]] = []
    for number in range(kills):
        first, begun = os.pipe()
        if (child := os.fork()) == 0:
            try:
                writer(opened(url, chain=chain), log, begun, number, seed * 1_000_003 + number)
            except BaseException as problem:
                os.write(log, json.dumps({"failed": repr(problem)}).encode() + b"\n")
            finally:
                os._exit(1)
        os.close(begun)
        if number % 2:  # every other one is killed at work, also where the machine is busy
            select.select([first], [], [], 10)
        os.close(first)
        alive.append((time.monotonic() + rng.uniform(0.001, LONGEST_LIFE_S), child))
        while len(alive) >= (writers if number < kills - 1 else 1):
            due, child = alive.pop(alive.index(min(alive)))
            time.sleep(max(0.0, due - time.monotonic()))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            outcome.kills += 1
    os.close(log)
    _look_through(open_store(url), folder / "acknowledged", outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


def _look_through(store: Store, log: Path, outcome: Outcome) -> None:
    said = [json.loads(line) for line in log.read_text().splitlines()]
    records = {i for one in said if (i := one.get("record"))}
    entries = {tuple(one["ref"]) for one in said if "ref" in one}
    rounds: dict[str, int] = {}
    for name, done in (one["measurement"] for one in said if "measurement" in one):
        rounds[name] = max(done, rounds.get(name, 0))
    outcome.acknowledged = {"results": len(records), "baselines": len(entries), "measurements": len(rounds)}
    outcome.damaged = [*store.verify(), *(one["failed"] for one in said if "failed" in one)]
    for result_id in records:
        try:
            store.snapshot(store.manifest(result_id))
        except HolobenchMcpError as problem:
            outcome.lost.append(str(problem))
    logged = {(e.bench_name, e.result_id, e.reason) for i in range(3) for e in store.ref_log(f"sort{i}", "baseline")}
    outcome.lost += [f"baseline {entry}" for entry in entries - logged]
    for name, done in rounds.items():
        document = store.measurement(name)
        if document is None or document.rounds < done:
            outcome.lost.append(f"{name}: round {done}")
    stored = {key.removeprefix(layout.RESULTS).removesuffix(".json") for key, _ in store.backend.keys(layout.RESULTS)}
    outcome.lost += [f"not in the index: {i}" for i in stored ^ set(store.manifests().ids())]
    gc(store, dry_run=False, grace_s=0)
    outcome.damaged += store.verify()
    left = {layout.sha256_of(key) for key, _ in store.backend.keys(layout.BLOBS)}
    named = {blob.sha256 for m in store.manifests().select() for blob in m.blobs.values()}
    outcome.damaged += [f"left behind: {digest}" for digest in left - named]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--chain", action="store_true")
    asked = parser.parse_args()
    chained = ", chained" if asked.chain else ""
    print(f"seed {asked.seed}, {asked.writers} writers at a time{chained}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOLOBENCH_MCP_CACHE"] = str(Path(folder, "cache"))
        outcome = kill_writers(Path(folder), asked.kills, asked.seed, asked.writers, chain=asked.chain)
    counted = ", ".join(f"{n:,} {what}" for what, n in outcome.acknowledged.items())
    print(f"{outcome.kills:,} writers killed in {outcome.seconds:.0f} s; acknowledged before: {counted}")
    print(f"lost: {len(outcome.lost)}; damaged: {len(outcome.damaged)}")
    for one in [*outcome.lost, *outcome.damaged][:20]:
        print(f"  {one}")
    sys.exit(1 if outcome.lost or outcome.damaged or not outcome.acknowledged["results"] else 0)


if __name__ == "__main__":
    main()
