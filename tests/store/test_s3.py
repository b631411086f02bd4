"""A store in a bucket, against a real server of the S3 protocol: as a folder, whatever becomes of the server."""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import cli, snapshot
from holobench_mcp.config import load_config
from holobench_mcp.model import StoreError
from holobench_mcp.store import Store, backend, layout, open_store, remote
from holobench_mcp.store.gc import gc
from holobench_mcp.store.repair import repair
from holobench_mcp.store.sync import sync
from holobench_mcp.store.verify import verify
from holobench_mcp.workspace import Workspace
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
    """Give up a silent server within a second, and ask it again at once."""
    monkeypatch.setenv("AWS_READ_TIMEOUT", "400ms")
    monkeypatch.setitem(remote._RETRY, "max_retries", 0)
    monkeypatch.setattr(backend, "_PAUSE_S", 0.0)
    monkeypatch.setattr("holobench_mcp.store.spool._PAUSE_S", 0.0)


def workspace(bucket: str, folder: Path) -> Workspace:
    return Workspace(load_config(project=folder, store=bucket, environ={}))


def damage_in(store: Store) -> list[str]:
    return [f.sentence for f in verify(store) if f.damage]


def test_a_bucket_holds_what_a_folder_holds(bucket: str, tmp_path: Path) -> None:
    space = workspace(bucket, tmp_path)
    result = timing(1.0, 1)
    ids = [space.record(result), space.record(timing(2.0, 2, revision="b" * 40))]
    assert space.record(result) == ids[0]
    space.store.set_ref("sort", "main", ids[0])
    assert space.compare(ids[0], ids[1]).decision is not None
    assert space.list_results().total == 2 and not damage_in(space.store)
    folder = open_store(tmp_path / "folder")
    assert sync(open_store(bucket), folder).results == 2
    there, here = ({k: b.get(k) for k, _ in b.keys("results/")} for b in (space.store.backend, folder.backend))
    assert there == here
    assert sync(folder, open_store(bucket)).status == "nothing"


def test_an_object_is_created_once(bucket: str) -> None:
    stores = [open_store(bucket) for _ in range(4)]
    outcomes: list[bool] = []
    threads = [
        threading.Thread(target=lambda s=s, i=i: outcomes.append(s.backend.create("results/x", b"%d" % i)))
        for i, s in enumerate(stores)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, False, False, True]


def test_what_is_damaged_in_a_bucket_is_found_repaired_and_collected(bucket: str) -> None:
    store = open_store(bucket)
    manifest = store.manifest(store.record(snapshot()))
    store.backend.put(layout.blob_key(manifest.blobs["result.json"].sha256), b"{}")
    store.backend.put_blob(b"nobody names me")
    assert damage_in(store)
    assert repair(store, dry_run=False).status == "done" and not damage_in(store)
    time.sleep(1.1)  # S3 counts whole seconds
    assert gc(store, dry_run=False, grace_s=0).moved_to_trash == 1
    assert len(list(store.backend.keys(layout.BLOBS))) == 2 and not damage_in(store)


def test_two_servers_see_each_others_results_at_the_next_look(bucket: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = workspace(bucket, tmp_path / "a"), workspace(bucket, tmp_path / "b")
    for i in range(4):
        recorder, reader = (one, other) if i % 2 else (other, one)
        result_id = recorder.record(timing(1.0, i))
        assert reader.list_results().results[0].result_id == result_id
    one.store.set_ref("sort", "main", result_id)
    assert other.find("sort@main").result_id == result_id


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
    space = workspace(bucket, tmp_path)
    ids = [space.record(timing(f, i, revision=r * 40)) for i, (f, r) in enumerate(((1.0, "a"), (1.5, "b")))]
    space.store.set_ref("sort", "main", ids[0])
    before = space.compare(ids[0], ids[1])
    assert space.list_results().reason is None
    s3.hang()
    try:
        page = workspace(bucket, tmp_path).list_results()  # another process, with the same caches
        assert [row.result_id for row in page.results] == ids[::-1]
        assert page.results[1].refs == ("main",)
        assert "This is what was read before" in (page.reason or "") and "does not answer" in (page.reason or "")
        down = workspace(bucket, tmp_path).compare(ids[0], ids[1])
        assert down.decision == before.decision and "This is what was read before" in down.notes[0]
        with pytest.raises(StoreError):
            workspace(bucket, tmp_path).verify()
        with pytest.raises(StoreError):
            workspace(bucket, tmp_path).store.set_ref("sort", "main", ids[1])
    finally:
        s3.go_on()
    assert space.list_results().reason is None


@pytest.mark.usefixtures("soon")
def test_what_could_not_be_stored_waits_and_is_sent_by_the_next_that_can(
    s3: S3Server, bucket: str, tmp_path: Path
) -> None:
    first = workspace(bucket, tmp_path).record(timing(1.0, 0))
    results = [timing(1.0, i) for i in (1, 2)]
    s3.hang()
    try:
        space = workspace(bucket, tmp_path)
        waiting = [space.record(result) for result in results]
        assert space.library.spool.waiting() == 2
        with pytest.raises(StoreError):
            space.store.record(timing(1.0, 3))
    finally:
        s3.go_on()
    page = workspace(bucket, tmp_path).list_results()
    assert {row.result_id for row in page.results} == {first, *waiting} and page.reason is None
    assert space.library.spool.waiting() == 0 and not space.library.spool.folder.exists()
    assert not damage_in(open_store(bucket))
    assert [space.record(result) for result in results] == waiting


@pytest.mark.usefixtures("soon")
def test_two_that_send_at_once_send_everything_once(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    spaces = [workspace(bucket, tmp_path) for _ in range(3)]
    s3.hang()
    try:
        ids = [spaces[0].record(timing(1.0, i)) for i in range(3)]
    finally:
        s3.go_on()
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
    space = workspace(bucket, tmp_path)
    s3.hang()
    try:
        space.record(timing(1.0, 1))
        with pytest.raises(StoreError, match="No more can wait"):
            space.record(timing(1.0, 2))
    finally:
        s3.go_on()


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
