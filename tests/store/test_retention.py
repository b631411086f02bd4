"""Retention keeps what a rule keeps, whatever a baseline ever named, and what belongs together; what goes can come back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path

import pytest

from conftest import cli
from holobench_mcp.config import Retention, load_config
from holobench_mcp.model import ConfigError, Measurement, MeasurementDocument, RunRole
from holobench_mcp.store import Store, layout, open_store
from holobench_mcp.store.gc import gc
from holobench_mcp.store.retention import retention
from holobench_mcp.workspace import Workspace
from store_steps import Crash, Turns, ending_at, stepped
from stored_runs import START, timing


def run(store: Store, at: int, **options: object) -> str:
    options.setdefault("revision", f"{at:040x}")
    return store.record(timing(1.0, at, **options))  # type: ignore[arg-type]


def measured(store: Store, at: int, n: int, status: str = "finished") -> tuple[str, list[str]]:
    """A measurement with its document, of as many runs."""
    measurement = f"sort-20260301T1200{at:02d}Z-abcdef"
    ids = [
        run(store, at + i, revision="a" * 40, measurement=Measurement(id=measurement, run=i, runs=n)) for i in range(n)
    ]
    roles = tuple(RunRole(result_id=i, bench_name="sort", run=k) for k, i in enumerate(ids))
    store.put_measurement(
        MeasurementDocument(
            id=measurement, kind="benchmark", started_at=START.isoformat(), status=status, roles=roles  # type: ignore[arg-type]
        )
    )  # fmt: skip
    return measurement, ids


def left(store: Store) -> set[str]:
    return set(store.manifests().ids())


def test_without_a_rule_everything_stays(store: Store) -> None:
    run(store, 1)
    assert retention(store, Retention(), dry_run=False).status == "nothing"


def test_the_newest_of_each_bench_stay(store: Store) -> None:
    ids = {bench: [run(store, at, bench=bench) for at in range(at0, at0 + 4)] for bench, at0 in (("a", 0), ("b", 10))}
    planned = retention(store, Retention(results=3))
    assert planned.status == "planned" and set(planned.removed) == {ids["a"][0], ids["b"][0]}
    assert len(left(store)) == 8
    done = retention(store, Retention(results=3), dry_run=False)
    assert done.removed == planned.removed and done.stay == 6
    assert left(store) == {i for each in ids.values() for i in each[1:]}
    assert not list(store.verify())


def test_any_rule_keeps(store: Store) -> None:
    old = [run(store, at) for at in range(4)]
    young = store.record(timing(1.0, int((datetime.now(UTC) - START).total_seconds()), revision="f" * 40))
    assert set(retention(store, Retention(days=30, results=2)).removed) == set(old[:3])
    assert set(retention(store, Retention(days=30)).removed) == set(old)
    assert young in left(store)


def test_what_a_baseline_named_stays_for_ever(store: Store) -> None:
    ids = [run(store, at) for at in range(6)]
    for named in ids[:2]:
        store.set_ref("sort", "main", named)
    assert set(retention(store, Retention(results=1), dry_run=False).removed) == set(ids[2:5])
    assert store.ref_target(store.refs()[0]).result_id == ids[1]
    assert not list(store.verify())


def test_results_of_a_measurement_and_runs_of_one_code_go_together(store: Store) -> None:
    first, gone = measured(store, 0, 3)
    second, stays = measured(store, 10, 4)
    runs = [run(store, at, revision="b" * 40) for at in (20, 21)]
    removed = retention(store, Retention(results=3), dry_run=False)
    assert set(removed.removed) == set(gone) and removed.removed_measurements == (first,)
    assert left(store) == {*stays, *runs} and store.measurement_ids() == [second]
    assert not list(store.verify())


def test_a_measurement_under_way_stays(store: Store) -> None:
    name, ids = measured(store, 0, 2, status="running")
    run(store, 30)
    retention(store, Retention(results=1), dry_run=False)
    assert left(store) >= set(ids) and store.measurement_ids() == [name]


def test_comparisons_of_what_goes_go_too(tmp_path: Path) -> None:
    space = Workspace(load_config(project=tmp_path, store=str(tmp_path / "s"), environ={}))
    ids = [run(space.store, at) for at in range(4)]
    for one, other in pairwise(ids):
        space.compare(one, other)
    assert len(list(space.store.backend.keys(layout.COMPARISONS))) == 3
    assert retention(space.store, Retention(results=2), dry_run=False).removed_comparisons == 2
    assert len(list(space.store.backend.keys(layout.COMPARISONS))) == 1
    assert not list(space.store.verify())


def test_nothing_goes_while_it_is_not_known_what_a_damaged_document_keeps(store: Store) -> None:
    ids = [run(store, at) for at in range(4)]
    store.set_ref("sort", "main", ids[0])
    entry = next((Path(store.location.url) / "refs").rglob("*.json"))
    entry.write_bytes(entry.read_bytes().replace(b"sort", b"tros"))
    refused = retention(store, Retention(results=1), dry_run=False)
    assert (refused.status, refused.next_step) == ("refused", "holobench-mcp repair")
    assert left(store) == set(ids)


def test_what_went_is_destroyed_with_its_blobs_after_the_grace(store: Store) -> None:
    ids = [run(store, at) for at in range(3)]
    retention(store, Retention(results=1), dry_run=False)
    gc(store, dry_run=False, grace_s=0)
    assert left(store) == {ids[2]} and not list(store.backend.keys(layout.TRASH))
    assert len(list(store.backend.keys(layout.BLOBS))) == 2 and not list(store.verify())


@pytest.mark.parametrize("seed", range(40))
def test_a_baseline_that_is_set_meanwhile_keeps_its_result(tmp_path: Path, seed: int) -> None:
    store = open_store(tmp_path / "store")
    ids = [run(store, at) for at in range(2)]
    turns = Turns(seed, 2)
    one, other = (stepped(tmp_path / "store", turns.before(actor)) for actor in (0, 1))
    entry, report = turns.run(
        lambda: one.set_ref("sort", "main", ids[0]), lambda: retention(other, Retention(results=1), dry_run=False)
    )
    assert not isinstance(report, BaseException), report
    if isinstance(entry, BaseException):  # it was gone before anybody named it
        assert "No result" in str(entry) and not store.refs()
    else:
        assert store.ref_target(store.refs()[0]).result_id == ids[0]
    assert not list(store.verify())


def test_a_retention_that_is_ended_anywhere_leaves_a_whole_store(tmp_path: Path) -> None:
    for step in count(step=2):
        store = open_store(tmp_path / str(step))
        _, gone = measured(store, 0, 2)
        stays = run(store, 20)
        ended = False
        with suppress(Crash):
            retention(stepped(tmp_path / str(step), ending_at(step)), Retention(results=1), dry_run=False)
            ended = True
        assert not [f.sentence for f in store.findings() if f.damage], step
        retention(store, Retention(results=1), dry_run=False)
        assert left(store) == {stays} and not set(gone) & left(store)
        if ended:
            break


@pytest.mark.parametrize("written", ["{ days = 0 }", "{ results = 0 }", "{ weeks = 2 }", "{ days = 'x' }", "3"])
def test_a_rule_that_means_nothing_is_refused(tmp_path: Path, written: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.holobench-mcp]\nkeep = {written}\n")
    with pytest.raises(ConfigError, match="keep"):
        load_config(project=tmp_path, environ={})


def test_the_command_removes_only_when_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.holobench-mcp]\nkeep = { days = 30, results = 1 }\n")
    store = open_store(tmp_path / ".holobench")
    ids = [run(store, at) for at in range(3)]
    said = cli("gc", cwd=tmp_path)
    assert said.returncode == 0 and f"would remove {ids[0]}" in said.stdout and "holobench-mcp gc --yes" in said.stderr
    assert left(store) == set(ids)
    done = cli("gc", "--yes", "--json", "--grace", "0", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith('{\n  "status": "done",\n  "reason": "2 results were moved')
    assert left(store) == {ids[2]}
