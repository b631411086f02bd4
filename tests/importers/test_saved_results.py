"""Saved results are taken in whole: the contract that holobench gives, the id that the live result has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holobench_mcp.importers.pickles import read_pickle
from holobench_mcp.model import CaptureError
from holobench_mcp.result.contract import result_to_dict
from holobench_mcp.store import Store
from pickle_kinds import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_an_imported_result_has_the_contract_that_holobench_gives_it(
    kind: str, kinds: Path, upstream_contracts: dict[str, object]
) -> None:
    (snapshot,) = read_pickle(kinds / f"{kind}.pkl")
    assert json.loads(json.dumps(result_to_dict(snapshot), default=str)) == upstream_contracts[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_importing_gives_the_id_that_recording_the_live_result_gave(kind: str, kinds: Path, store: Store) -> None:
    (snapshot,) = read_pickle(kinds / f"{kind}.pkl")
    assert store.record(snapshot) == (kinds / f"{kind}.id").read_text()
    assert not list(store.verify())


def test_all_results_of_a_bundle_are_read_in_order(kinds: Path) -> None:
    assert [s.bench_name for s in read_pickle(kinds / "both.pkl")] == ["first", "second"]


def test_pickles_in_a_row_are_read_one_by_one(kinds: Path) -> None:
    row = (kinds / "dims0.pkl").read_bytes() + (kinds / "repeats.pkl").read_bytes()
    assert [s.bench_name for s in read_pickle(row)] == ["dims0", "repeats"]


def test_a_sweep_without_scalars_is_refused_in_plain_words(kinds: Path) -> None:
    with pytest.raises(CaptureError, match=r"noscalar\.pkl .* measures no scalar"):
        read_pickle(kinds / "noscalar.pkl")


def test_a_recorded_history_keeps_its_regressions(kinds: Path) -> None:
    (snapshot,) = read_pickle(kinds / "adaptive.pkl")
    assert snapshot.over_time
    assert {r["variable"] for r in snapshot.regressions["results"]} >= {"time_ms", "counted"}
    assert [point["time_event"] for point in snapshot.history["time_ms"]["series"]] == ["v0", "v1", "v2", "v3"]
