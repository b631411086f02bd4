"""The journal tells every reader what was recorded, whoever writes at once; the cache's disk takes no answer away."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from conftest import snapshot
from holobench_mcp.store import Store, journal, layout, open_store


@pytest.fixture(params=["folder", "bucket"])
def url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    return f"{tmp_path}/store" if request.param == "folder" else f"memory://{uuid4().hex}"


def test_writers_at_once_take_one_place_each_and_leave_no_gap(url: str) -> None:
    def record(i: int) -> str:
        return open_store(url).record(snapshot([[float(i), 1.0, 2.0]], at=i % 60))

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(record, range(24)))
    backend = open_store(url).backend
    news = journal.news(backend, 0)
    assert (set(news.recorded), news.end, news.damaged) == (ids, 24, False)
    assert journal.end(backend) == 24
    assert journal.end(backend, at_least=7) == 24
    assert journal.news(backend, 24).end == 24
    assert {layout.journal_place(key) for key, _ in backend.keys(layout.JOURNAL)} == set(range(24))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 8, 9, 33])
def test_the_end_of_a_journal_is_found_however_long_it_is(url: str, n: int) -> None:
    backend = open_store(url).backend
    for _ in range(n):
        journal.append(backend, removed=["sort-20260301T120000Z-0123456789"])
    assert [journal.end(backend, at_least=least) for least in range(n + 1)] == [n] * (n + 1)


def test_what_is_recorded_together_is_one_entry(url: str) -> None:
    store = open_store(url)
    with store.together():
        ids = [store.record(snapshot(at=i)) for i in range(5)]
    assert journal.news(store.backend, 0).recorded == tuple(ids)
    assert journal.end(store.backend) == 1


def test_what_was_recorded_before_an_import_broke_off_is_in_the_journal(url: str) -> None:
    store = open_store(url)
    with pytest.raises(KeyboardInterrupt), store.together():
        recorded = store.record(snapshot())
        raise KeyboardInterrupt
    assert journal.news(store.backend, 0).recorded == (recorded,)


@pytest.mark.parametrize("pragma", ["query_only = 1", "max_page_count = 1"])
def test_a_cache_disk_that_fills_up_or_turns_read_only_takes_no_answer_away(
    store: Store, pragma: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = store.record(snapshot())
    assert store.manifests().ids() == [first]
    assert store.index._db is not None
    store.index._db.execute(f"PRAGMA {pragma}")
    more = {store.record(snapshot([[float(i), 1.0, 2.0]], bench=f"{i:02d} {'x' * 150}", at=i)) for i in range(40)}
    with caplog.at_level(logging.WARNING, "holobench_mcp"):
        for _ in range(3):
            assert set(store.manifests().ids()) == {first, *more}
    assert len([r for r in caplog.records if "can't be used" in r.message]) == 1
    assert open_store(store.location.url).manifests().count() == 41
