"""A result is recorded whole, once, or not at all, whoever writes and whatever breaks."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp.model import InvalidArgument
from holobench_mcp.result.contract import result_to_dict
from holobench_mcp.store import Store, layout, open_store
from holobench_mcp.store.backend import Backend


def test_what_is_recorded_comes_back_bit_for_bit(store: Store) -> None:
    recorded = snapshot([[0.1 + 0.2, np.nan], [1e-310, -0.0]], claim="< 3", revision="abc123", label="x")
    back = store.snapshot(store.manifest(store.record(recorded)))
    assert back.dataset is not None
    assert back.samples["time_ms"].tobytes() == recorded.samples["time_ms"].tobytes()
    assert (back.inputs, back.metrics, back.provenance) == (recorded.inputs, recorded.metrics, recorded.provenance)
    assert result_to_dict(back) == result_to_dict(recorded)


def test_recording_twice_is_recording_once(store: Store) -> None:
    result = snapshot()
    assert store.record(result) == store.record(result)
    assert store.manifests().count() == 1
    assert len(list(store.backend.keys(layout.RESULTS))) == 1


def test_an_id_is_readable_and_follows_the_content(store: Store) -> None:
    one = store.record(snapshot(bench="Sort it!"))
    other = store.record(snapshot([[1.0, 1.1, 0.9], [2.0, 2.1, 1.8]], bench="Sort it!"))
    assert one.startswith("sort-it-20260301T120000Z-")
    assert one != other


@pytest.mark.parametrize("dies_before", range(4))
def test_a_crash_between_any_two_writes_leaves_a_whole_result_or_none(
    store: Store, monkeypatch: pytest.MonkeyPatch, dies_before: int
) -> None:
    put, written = Backend._put, []

    def dying(self: Backend, key: str, data: bytes, mode: str) -> bool:
        if len(written) == dies_before:
            raise KeyboardInterrupt
        written.append(key)
        return put(self, key, data, mode)

    result = snapshot()
    monkeypatch.setattr(Backend, "_put", dying)
    with pytest.raises(KeyboardInterrupt):
        store.record(result)
    monkeypatch.setattr(Backend, "_put", put)
    assert open_store(store.location.url).manifests().count() == 0
    assert list(store.verify()) == []
    assert store.manifest(store.record(result)).bench_name == "sort"


def _record_some(url: str, start: int) -> None:
    store = open_store(url)
    for i in range(20):
        store.record(snapshot([[1.0 + i % 10, 1.0], [2.0, start % 10]], at=i))
        store.set_ref("sort", "baseline", store.manifests().select(limit=1)[0].result_id)


def test_two_processes_recording_at_once_lose_nothing(store: Store) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_record_some, args=(store.location.url, start)) for start in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [w.exitcode for w in writers] == [0, 0]
    assert store.manifests().count() == 40
    assert len(store.ref_log("sort", "baseline")) == 40
    assert list(store.verify()) == []


@pytest.mark.parametrize(
    "provenance",
    [
        {"source_revision": 5},
        {"display_label": ["x"]},
        {"executed_at": 5},
        {"executed_at": "tomorrow"},
        {"executed_at": "0001-01-01T00:00:00+14:00"},
        {"executed_at": "0001-01-01T00:00:00+00:00"},
        {"executed_at": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_a_provenance_that_listings_would_stumble_over_is_not_recorded(store: Store, provenance: dict) -> None:
    result = snapshot()
    with pytest.raises(InvalidArgument, match=f"provenance.{next(iter(provenance))}"):
        store.record(result.with_(provenance={**result.provenance, **provenance}))
    assert not Path(store.location.url).exists()


@pytest.mark.parametrize("claim", ["<1234567.25", " 0 .. 5e0", ">= 0.1", "< 1e-300"])
def test_a_claim_is_the_same_however_it_is_written(store: Store, claim: str) -> None:
    store.record(snapshot(claim=claim))
    store.record(snapshot(((float("nan"),),), claim=claim, at=1))
    assert not list(store.verify())
