"""A store in a bucket, against a real server of the S3 protocol: as a folder, whatever becomes of the server."""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import bucket_promises as promise
from bucket_promises import damage_in, workspace
from conftest import cli, snapshot
from holobench_mcp.model import StoreError
from holobench_mcp.store import backend, open_store, remote
from s3_server import S3Server
from stored_runs import timing

pytest.importorskip("moto", reason="moto[server] is not installed")


@pytest.fixture(scope="module")
def shared() -> Iterator[S3Server]:
    server = S3Server()
    yield server
    server.end()


@pytest.fixture
def s3(shared: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    for name, value in shared.environment().items():
        monkeypatch.setenv(name, value)
    return shared


@pytest.fixture
def bucket(s3: S3Server) -> str:
    return s3.make_bucket(f"results-{secrets.token_hex(4)}")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask once, and ask a server that was silent again at once."""
    monkeypatch.setitem(remote._RETRY, "max_retries", 0)
    monkeypatch.setattr(backend, "_PAUSE_S", 0.0)
    monkeypatch.setattr("holobench_mcp.store.spool._PAUSE_S", 0.0)


@contextmanager
def hanging(server: S3Server) -> Iterator[None]:
    """While it lasts, the server is silent, and what is opened meanwhile gives it up soon."""
    server.hang()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_READ_TIMEOUT", "300ms")
            yield
    finally:
        server.go_on()


def test_a_bucket_holds_what_a_folder_holds(bucket: str, tmp_path: Path) -> None:
    promise.holds_what_a_folder_holds(bucket, tmp_path)


def test_an_object_is_created_once(bucket: str) -> None:
    promise.creates_an_object_once(bucket)


def test_what_is_damaged_in_a_bucket_is_found_repaired_and_collected(bucket: str) -> None:
    promise.is_repaired_and_collected(bucket)


def test_two_servers_see_each_others_results_at_the_next_look(bucket: str, tmp_path: Path) -> None:
    promise.shows_each_server_the_others_results(bucket, tmp_path)


def test_a_server_that_hangs_ends_every_call_in_seconds(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    open_store(bucket).record(snapshot())
    s3.hang()
    try:
        started, errors = time.monotonic(), list[str]()

        def ask() -> None:
            with pytest.raises(StoreError) as problem:
                open_store(bucket).manifests()
            errors.append(str(problem.value))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.monotonic() - started < 15
        assert len(errors) == 3 and all("does not answer" in e and "Nothing in it is damaged" in e for e in errors)
    finally:
        s3.go_on()


@pytest.mark.usefixtures("soon")
def test_what_was_read_stays_readable_while_the_bucket_is_down(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    promise.is_readable_while_it_is_down(bucket, tmp_path, hanging(s3))


@pytest.mark.usefixtures("soon")
def test_what_could_not_be_stored_waits_and_is_sent_by_the_next_that_can(
    s3: S3Server, bucket: str, tmp_path: Path
) -> None:
    promise.gets_what_waited_for_it(bucket, tmp_path, hanging(s3))


@pytest.mark.usefixtures("soon")
def test_two_that_send_at_once_send_everything_once(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    with hanging(s3):
        ids = [workspace(bucket, tmp_path).record(timing(1.0, i)) for i in range(3)]
    spaces = [workspace(bucket, tmp_path) for _ in range(3)]
    threads = [threading.Thread(target=space.list_results) for space in spaces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {row.result_id for row in workspace(bucket, tmp_path).list_results().results} == set(ids)
    assert spaces[0].library.spool.waiting() == 0 and not damage_in(open_store(bucket))


@pytest.mark.usefixtures("soon")
def test_no_more_waits_than_may(s3: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holobench_mcp.store.spool.MAX_RESULTS", 1)
    with hanging(s3):
        space = workspace(bucket, tmp_path)
        space.record(timing(1.0, 1))
        with pytest.raises(StoreError, match="No more can wait"):
            space.record(timing(1.0, 2))


def test_a_run_whose_bucket_is_missing_keeps_its_results_and_says_so(s3: S3Server, tmp_path: Path) -> None:
    name = f"later-{secrets.token_hex(4)}"
    store = f"s3://{name}/store"
    (tmp_path / "bench.py").write_text(
        "import json, sys\n"
        "print(json.dumps({'bench': 'quick', 'metrics': {'time': {'values': [1.0, 1.1, 0.9], 'units': 's'}}}), "
        "file=open('out.jsonl', 'w'))\n"
    )
    ran = cli("--store", store, "run", "--results", "out.jsonl", "--", sys.executable, "bench.py", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "1 result waits" in ran.stderr and f"there is no bucket '{name}'" in ran.stderr
    listed = cli("--store", store, "list", cwd=tmp_path)
    assert listed.returncode == 2 and "there is no bucket" in listed.stderr
    s3.make_bucket(name)
    listed = cli("--store", store, "list", cwd=tmp_path)
    assert listed.returncode == 0 and ran.stdout.strip() in listed.stdout and "wait" not in listed.stdout
