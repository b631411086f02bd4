"""A store in Google's buckets, against a server of their XML API: as a folder, conditional creates included."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import bucket_promises as promise
from gcs_server import GcsServer
from holobench_mcp.model import ConfigError, Measurement, MeasurementDocument, StoreError
from holobench_mcp.store import backend, open_store, remote
from holobench_mcp.store.backend import LISTING_PAGE
from stored_runs import START, timing


@pytest.fixture(scope="module")
def shared() -> Iterator[GcsServer]:
    server = GcsServer()
    yield server
    server.end()


@pytest.fixture
def gcs(shared: GcsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GcsServer:
    for name, value in shared.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    for name, value in (("page", LISTING_PAGE), ("change_every_s", 0.0), ("is_expired", False)):
        monkeypatch.setattr(shared, name, value)
    return shared


@pytest.fixture
def bucket(gcs: GcsServer) -> str:
    return gcs.make_bucket(f"results-{secrets.token_hex(4)}")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask once, and ask a server that was silent again at once."""
    monkeypatch.setattr(remote, "_GOOGLE_RETRIES", 0)
    monkeypatch.setattr(backend, "_PAUSE_S", 0.0)
    monkeypatch.setattr("holobench_mcp.store.spool._PAUSE_S", 0.0)


@contextmanager
def hanging(server: GcsServer) -> Iterator[None]:
    """While it lasts, the server is silent, and what is opened meanwhile gives it up soon."""
    with server.hanging(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_READ_TIMEOUT", "100ms")
        yield


@pytest.mark.parametrize("chain", [False, True])
def test_a_bucket_holds_what_a_folder_holds(bucket: str, tmp_path: Path, chain: bool) -> None:
    promise.holds_what_a_folder_holds(bucket, tmp_path, chain=chain)


def test_an_object_is_created_once(bucket: str) -> None:
    promise.creates_an_object_once(bucket)
    promise.has_every_result_of_writers_at_once(bucket)


def test_what_is_damaged_in_a_bucket_is_found_repaired_and_collected(bucket: str) -> None:
    promise.is_repaired_and_collected(bucket)


def test_two_servers_see_each_others_results_at_the_next_look(bucket: str, tmp_path: Path) -> None:
    promise.shows_each_server_the_others_results(bucket, tmp_path)


@pytest.mark.usefixtures("soon")
def test_what_was_read_stays_readable_while_the_bucket_is_down(gcs: GcsServer, bucket: str, tmp_path: Path) -> None:
    promise.is_readable_while_it_is_down(bucket, tmp_path, hanging(gcs))


@pytest.mark.usefixtures("soon")
def test_what_could_not_be_stored_waits_and_is_sent_by_the_next_that_can(
    gcs: GcsServer, bucket: str, tmp_path: Path
) -> None:
    promise.gets_what_waited_for_it(bucket, tmp_path, hanging(gcs))


@pytest.mark.usefixtures("soon")
def test_results_whose_baselines_were_never_read_are_listed_while_the_bucket_is_down(
    gcs: GcsServer, bucket: str, tmp_path: Path
) -> None:
    space = promise.workspace(bucket, tmp_path)
    result_id = space.record(timing(1.0, 1))
    assert space.find("latest").result_id == result_id
    with hanging(gcs):
        page = promise.workspace(bucket, tmp_path).list_results()
        assert [row.result_id for row in page.results] == [result_id]
        assert "Which of them are baselines is not known" in (page.reason or "")
        with pytest.raises(StoreError, match="does not answer"):
            promise.workspace(bucket, tmp_path).list_baselines()
    assert space.list_results().reason is None


def test_a_listing_goes_on_behind_its_first_page(gcs: GcsServer, bucket: str) -> None:
    store = open_store(bucket)
    keys = [f"results/{name}.json" for name in ("a", "a b", "b&<c>", "b%2F", "ü", "z")]
    for key in keys:
        store.backend.put(key, b"{}")
    store.backend.put("resultsx", b"{}")
    gcs.page = 2
    gcs.requests.clear()
    assert [key for key, size in store.backend.keys("results/") if size == 2] == sorted(keys)
    assert len(gcs.requests) == 3
    assert store.backend.first_keys("results/", after=sorted(keys)[2])[:3] == sorted(keys)[3:]


def test_a_document_that_changes_faster_than_google_lets_it_waits(
    gcs: GcsServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(remote._RETRY["backoff"], "init_backoff", remote._RETRY["backoff"]["init_backoff"] / 2)
    monkeypatch.setitem(remote._RETRY["backoff"], "max_backoff", remote._RETRY["backoff"]["init_backoff"])
    store, gcs.change_every_s = open_store(bucket), 0.3
    name = "sort-20260301T120000Z-abcdef"
    document = MeasurementDocument(id=name, kind="benchmark", started_at=START.isoformat(), status="running")
    for rounds in range(3):
        store.put_measurement(document.changed(rounds=rounds))
    store.record(timing(1.0, 1, measurement=Measurement(id=name, run=0, runs=1)))
    assert store.measurement(name) == document.changed(rounds=2) and not promise.damage_in(store)


@pytest.mark.usefixtures("soon")
def test_what_is_wrong_with_a_bucket_is_said(gcs: GcsServer, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="there is no bucket 'elsewhere'"):
        open_store("gs://elsewhere/store").record(timing(1.0, 1))
    gcs.change_every_s = 60
    store = open_store(bucket)
    store.backend.put("results/x", b"1")
    with pytest.raises(StoreError, match="can't serve requests now"):
        store.backend.put("results/x", b"2")
    gcs.is_expired = True
    with pytest.raises(StoreError, match=r"refused access\. Check GOOGLE_APPLICATION_CREDENTIALS"):
        open_store(bucket).manifests()
    gcs.is_expired = False
    with monkeypatch.context() as patch:
        patch.setenv("GOOGLE_BASE_URL", "http://127.0.0.1:1")
        with pytest.raises(StoreError, match=r"can't be reached or does not answer.*GOOGLE_BASE_URL"):
            open_store(bucket).manifests()
        patch.setenv("GOOGLE_ALLOW_HTTP", "false")
        with pytest.raises(StoreError, match="Set GOOGLE_ALLOW_HTTP=true"):
            open_store(bucket).manifests()
    for account in (
        "",
        "{",
        '{"type": "service_account", "private_key": "no key", "client_email": "x", "private_key_id": "1"}',
    ):
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", account)
        monkeypatch.delenv("GOOGLE_SERVICE_ACCOUNT", raising=False)
        with pytest.raises(ConfigError, match="can't be opened"):
            open_store(bucket).manifests()
