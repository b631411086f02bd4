"""A store with a history lends it to every comparison on the same machine, and says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from holobench_mcp.model import Measurement, RunVariance
from holobench_mcp.store.contents import SAMPLES
from holobench_mcp.workspace import Workspace
from stored_runs import A, B, C, D, record_runs, timing, workspace_in


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def measured(space: Workspace, at: int, *, sd: float = 0.02, rounds: int = 3, revisions=(A, B), **options) -> list[str]:
    """The ids of rounds of two codes that are alike, whose runs differ by so much."""
    rng = np.random.default_rng(at)
    ids = []
    for run in range(rounds):
        for position, side in enumerate(("base", "head")):
            role = Measurement(
                id=f"m-{at}", benchmark="tiny", run=run, runs=2 * rounds, side=side, sweep=0, measured_by="server"
            )
            level = 100 * np.exp(sd * rng.standard_normal())
            second = at + 2 * run + position
            made = timing(level, second, revision=revisions[side == "head"], measurement=role, **options)
            ids.append(space.record(made))
    return ids


def of(space: Workspace, base: str, head: str) -> RunVariance:
    evidence = space.compare(base, head).metrics[0].evidence
    assert evidence is not None and evidence.run_variance is not None
    return evidence.run_variance


def test_rounds_are_judged_with_the_noise_of_measurements_before_them_and_of_no_later_one(space: Workspace) -> None:
    for k in range(4):
        measured(space, 100 * k)
    base, head, *_ = measured(space, 1000, revisions=(C, D))
    assert of(space, base, head).measurements == 4
    reason = space.compare(base, head).reason
    measured(space, 2000)
    assert (of(space, base, head).measurements, space.compare(base, head).reason) == (4, reason)
    # A workspace that never saw the looks judges by the same past.
    assert workspace_in(Path(space.config.root)).compare(base, head).reason == reason


def test_what_was_measured_on_another_machine_or_of_another_bench_is_of_no_past(space: Workspace) -> None:
    measured(space, 0, environment={"hostname_hash": "elsewhere"})
    measured(space, 200, bench="other")
    base, head, *_ = measured(space, 1000, revisions=(C, D))
    assert of(space, base, head).measurements is None


def test_runs_that_were_recorded_one_by_one_lend_their_noise_too(space: Workspace) -> None:
    rng = np.random.default_rng(2)
    for i, revision in enumerate((A, B)):
        for j in range(4):
            space.record(timing(100 * np.exp(0.02 * rng.standard_normal()), 10 * i + j, revision=revision))
    for i, revision in enumerate((C, D)):
        for j in range(3):
            space.record(timing(100 * np.exp(0.02 * rng.standard_normal()), 100 + 10 * i + j, revision=revision))
    found = of(space, f"sort@{C}", f"sort@{D}")
    assert found.measurements == 2 and not found.unlike_past


def test_noise_that_is_not_what_it_was_is_said_where_an_agent_looks(space: Workspace) -> None:
    for k in range(4):
        measured(space, 100 * k, sd=0.005)
    base, head, *_ = measured(space, 1000, sd=0.3, revisions=(C, D))
    document = space.compare(base, head)
    assert of(space, base, head).unlike_past
    assert [limit.what for limit in document.metrics[0].evidence.limits if limit.what == "unlike_the_past"]


def test_a_damaged_result_of_the_past_costs_no_answer(space: Workspace) -> None:
    ids = measured(space, 0)
    measured(space, 100)
    blob = space.library.store.manifest(ids[0]).blobs[SAMPLES]
    for path in Path(space.config.root).rglob(blob.sha256):
        path.write_bytes(b"no samples")
    base, head, *_ = measured(space, 1000, revisions=(C, D))
    assert of(space, base, head).measurements == 2  # its other rounds are whole


def test_the_past_is_read_once_and_no_more_of_it_than_thirty_results(space: Workspace, monkeypatch) -> None:
    for k in range(12):
        measured(space, 100 * k)
    base, head, *_ = measured(space, 5000, revisions=(C, D))
    read: list[str] = []
    whole = space.library.store.snapshot
    monkeypatch.setattr(space.library.store, "snapshot", lambda m: (read.append(m.result_id), whole(m))[1])
    of(space, base, head)
    assert 20 < len(read) == len(set(read)) <= 30
    read.clear()
    record_runs(space, 100, 7000)
    of(space, base, head)
    assert read == []
