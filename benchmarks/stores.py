"""Stores of many results, made in seconds: what benchmarks/scale.py measures on, and what a test of a large store wants.

    python benchmarks/stores.py FOLDER --results 100000
    python benchmarks/stores.py FOLDER --rows 1000000

--results: real results: a few are recorded as any is, and the others are those again at other times and of other code,
with the same samples. --rows: an index of so many rows, of which the newest ten thousand are real results.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np

from holobench_mcp import Snapshot, open_store
from holobench_mcp.model import BlobRef, Environment, Manifest, Measurement
from holobench_mcp.store import Store, journal, layout
from holobench_mcp.store.bundle import RESULT
from holobench_mcp.store.index import file, refresh, rows
from holobench_mcp.store.seal import sealed

BENCHES, COMMITS_A_DAY, START = 50, 40, datetime(2020, 1, 1, tzinfo=UTC)
#: Results of one entry of the journal, as an import writes them.
_ENTRY = 1000
#: Results of an index of many rows that are in the store as well: a listing reads those that it shows.
_REAL = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--results", type=int, default=0)
    parser.add_argument("--rows", type=int, default=0)
    arguments = parser.parse_args()
    started = time.perf_counter()
    if arguments.results:
        with_results(arguments.folder, arguments.results)
    if arguments.rows:
        with_rows(arguments.folder, arguments.rows)
    print(f"{arguments.results or arguments.rows:,} in {time.perf_counter() - started:.1f} s")


def with_results(folder: str | Path, n: int, benches: int = BENCHES) -> Store:
    """A store of n results. Only the first of each bench has samples of its own."""
    store = open_store(folder)
    results, place = generated(store, n, benches), None
    while some := list(islice(results, _ENTRY)):
        for manifest, contract in some:
            put(store, manifest, contract)
        place = journal.append(store.backend, recorded=[m.result_id for m, _ in some], place=place)
    return store


def with_rows(folder: str | Path, n: int, benches: int = BENCHES) -> Store:
    """A store whose index has n rows, as if a store of so many results had been read; the newest ten thousand are real."""
    store = open_store(folder)
    db = file.connect(file.path_of(store.location.url))
    results, written = generated(store, n, benches, n - _REAL), 0
    rows.begin_filling(db)
    while some := list(islice(results, 10_000)):
        batch = []
        for manifest, contract in some:
            written += 1
            if written > n - _REAL:
                put(store, manifest, contract)
            batch.append(rows.as_stored(manifest, document(manifest)))
        with refresh.transaction(db):
            rows.insert(db, batch, bodies=False)
    with refresh.transaction(db):
        rows.end_filling(db)
    for statement in file.INDEXES:
        db.execute(statement)
    stamp = store.backend.listing_stamp(layout.RESULTS)
    # As if a listing took a minute: none is made within the hour, which would find that most rows have no results.
    state = {"journal_end": journal.end(store.backend), "stamp": stamp, "listed_at": time.time(), "cost": 60.0}
    with refresh.transaction(db):
        db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", [*state.items(), ("cursor", "")])
    db.close()
    return store


def generated(store: Store, n: int, benches: int, first_whole: int = 0) -> Iterator[tuple[Manifest, bytes]]:
    """n manifests and contracts, oldest first: every bench at every commit, each tenth with uncommitted changes.

    first_whole: those before it have no contract, which takes longer to write than all the rest.
    """
    patterns = [store.manifest(store.record(result(i))) for i in range(benches)]
    contracts = [store.contract(pattern) for pattern in patterns]
    yield from ((pattern, store.document(pattern)) for pattern in patterns[:n])
    for i in range(benches, n):
        pattern, commit = patterns[i % benches], i // benches
        at = (START + timedelta(days=commit / COMMITS_A_DAY, seconds=i % benches)).isoformat(timespec="seconds")
        label = f"release {commit // 10}" if commit % 10 == 0 else None
        provenance = {**pattern.provenance, "executed_at": at, "display_label": label}
        known = {**contracts[i % benches], "provenance": provenance}
        contract = json.dumps(known, indent=2).encode() if i >= first_whole else b"%d" % i
        blobs = {**pattern.blobs, RESULT: BlobRef(sha256=hashlib.sha256(contract).hexdigest(), size=len(contract))}
        sha256s = {name: blob.sha256 for name, blob in blobs.items()}
        git = {"git_commit": f"{commit * 11400714819323198485 % 2**64:016x}{commit:024x}", "git_dirty": i % 10 == 7}
        changes = {
            "result_id": layout.make_result_id(pattern.bench_name, datetime.fromisoformat(at), sha256s),
            "executed_at": at,
            "provenance": provenance,
            "environment": pattern.environment.model_copy(update=git),
            "measurement": Measurement(id=f"m{commit}", benchmark="all" if i % 2 else "some"),
            "blobs": blobs,
        }
        yield pattern.model_copy(update=changes), contract


def document(manifest: Manifest) -> bytes:
    """A manifest as it is stored."""
    return sealed(manifest.model_dump_json(indent=1).encode())


def put(store: Store, manifest: Manifest, contract: bytes) -> None:
    """Store a generated result, whose samples are stored."""
    for key, data in (
        (layout.blob_key(manifest.blobs[RESULT].sha256), contract),
        (layout.manifest_key(manifest.result_id), document(manifest)),
    ):
        path = Path(store.location.url) / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def result(seed: int) -> Snapshot:
    """Four points × five repeats × three metrics, of a bench of its own."""
    rng = np.random.default_rng(seed)
    return Snapshot.build(
        bench_name=f"bench {seed:02d}",
        inputs={"size": [10, 100, 1000, 10000]},
        metrics={f"time_{m}": {"units": "ms", "direction": "minimize"} for m in range(3)},
        samples={f"time_{m}": 100 * np.exp(0.1 * rng.standard_normal((4, 5))) for m in range(3)},
        executed_at=(START - timedelta(days=1)).isoformat(),
        environment=Environment(python="3.12.1", numpy="2.3.5", os="Linux-6.8", cpu_model="CPU", cpu_count=8),
    )


if __name__ == "__main__":
    main()
