"""A bucket that is down, in whatever way: each tool and command says so within seconds, and what is recorded waits."""

from __future__ import annotations

import asyncio
import http.server
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from typer.testing import CliRunner

from clients import text_of
from conftest import PYTHON, until
from holobench_mcp.cli.program import app
from holobench_mcp.config import load_config
from holobench_mcp.model import StoreError
from holobench_mcp.server.app import create_server
from holobench_mcp.store import backend, open_store, remote
from holobench_mcp.store.verify import verify
from holobench_mcp.workspace import Workspace
from s3_proxy import Proxy
from s3_server import S3Server
from stored_runs import timing

pytest.importorskip("moto", reason="moto[server] is not installed")

_EXPIRED = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
READ_BEFORE = "This is what was read before"
WAYS = ("closed", "hanging", "missing", "expired")
#: Every tool that reads results, and what it is asked.
READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_results", {}),
    ("list_metrics", {}),
    ("export_result", {}),
    ("list_baselines", {}),
    ("list_baselines", {"benchmark": "sort"}),
    ("metric_history", {"benchmark": "sort", "metric": "time_ms"}),
    ("compare_results", {}),
    ("compare_results", {"baseline": "sort@main", "candidate": "latest"}),
)
COMMANDS = (
    ("list",),
    ("show", "latest"),
    ("metrics",),
    ("history", "sort", "time_ms"),
    ("baseline", "list"),
    ("compare",),
    ("export", "--format", "csv", "--output", "out.csv", "--force"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    server = S3Server()
    yield server
    server.end()


@pytest.fixture
def proxy(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    proxy = Proxy(server.port)
    for name, value in {**server.environment(), "AWS_ENDPOINT_URL": proxy.url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(remote._RETRY, "max_retries", 0)
    monkeypatch.setattr(backend, "_PAUSE_S", 0.5)
    monkeypatch.setattr("holobench_mcp.store.spool._PAUSE_S", 0.0)
    yield proxy
    proxy.go_on()
    proxy.shut()


@pytest.fixture
def bucket(server: S3Server) -> str:
    return server.make_bucket(f"down-{secrets.token_hex(4)}")


def workspace(store: str, folder: Path) -> Workspace:
    return Workspace(load_config(project=folder, store=store, environ={}))


def filled(store: str, folder: Path) -> list[str]:
    space = workspace(store, folder)
    ids = [space.record(timing(f, i, revision=r * 40)) for i, (f, r) in enumerate(((1.0, "a"), (1.5, "b")))]
    space.set_baseline(ids[0], "main")
    return ids


@contextmanager
def down(way: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While it lasts, the endpoint is down in a way."""
    if way == "hanging":
        proxy.hang()
        with monkeypatch.context() as patch:
            patch.setenv("AWS_READ_TIMEOUT", "400ms")  # of whatever is opened meanwhile
            yield
        proxy.go_on()
    elif way == "closed":
        proxy.shut()
        yield
        proxy.start()
    else:
        status, body = (403, _EXPIRED) if way == "expired" else (404, b"<Error><Code>NoSuchBucket</Code></Error>")

        class Answer(http.server.BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                if self.raw_requestline is not None or self.rfile.readline():
                    while self.rfile.readline().strip():
                        pass
                    self.wfile.write(
                        b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body))
                    )
                    self.wfile.write(body)
                self.close_connection = True

            raw_requestline = None  # type: ignore[assignment]

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as refusing:
            threading.Thread(target=refusing.serve_forever, daemon=True).start()
            with monkeypatch.context() as patch:
                patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{refusing.server_address[1]}")
                yield
            refusing.shutdown()


def ask(store: str, folder: Path) -> dict[str, tuple[bool, str, float]]:
    """What each tool says: whether it is an error, the text, and how long it took."""

    async def all_of_them() -> dict[str, tuple[bool, str, float]]:
        said = {}
        async with Client(create_server(store=store, project=str(folder))) as client:
            for tool, arguments in READS:
                started = time.monotonic()
                answer = await client.call_tool(tool, arguments)
                said[f"{tool} {arguments}"] = bool(answer.is_error), text_of(answer), time.monotonic() - started
        return said

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("way", WAYS)
def test_every_tool_answers_of_what_was_read_before_and_says_so(
    way: str, proxy: Proxy, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(bucket, tmp_path)
    before = ask(bucket, tmp_path)
    assert not [name for name, (failed, text, _) in before.items() if failed or READ_BEFORE in text]
    with down(way, proxy, monkeypatch):
        for name, (failed, text, seconds) in ask(bucket, tmp_path).items():
            assert not failed and text.find(READ_BEFORE) >= 0, f"{name}: {text}"
            assert seconds < 60, name
    assert not [name for name, (failed, text, _) in ask(bucket, tmp_path).items() if failed or READ_BEFORE in text]


@pytest.mark.parametrize("way", WAYS)
def test_every_tool_of_a_bucket_that_was_never_read_is_an_error_in_seconds(
    way: str, proxy: Proxy, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {
        "closed": "can't be reached",
        "hanging": "does not answer",
        "missing": "there is no bucket",
        "expired": "have expired",
    }
    with down(way, proxy, monkeypatch):
        for name, (failed, text, seconds) in ask(bucket, tmp_path).items():
            assert failed and words[way] in text, f"{name}: {text}"
            assert seconds < 60, name


@pytest.mark.parametrize("way", WAYS)
def test_every_command_says_so_too(
    way: str, proxy: Proxy, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(bucket, tmp_path)
    ask(bucket, tmp_path)
    monkeypatch.chdir(tmp_path)
    options = ["--project", str(tmp_path), "--store", bucket]
    with down(way, proxy, monkeypatch):
        for command in COMMANDS:
            said = CliRunner().invoke(app, [*options, *command])
            assert said.exit_code in (0, 1) and READ_BEFORE in said.output, (command, said.output, said.exception)
        for command in (["verify"], ["gc"], ["repair"], ["sync", bucket, "copy"]):
            started, said = time.monotonic(), CliRunner().invoke(app, [*options, *command])
            assert isinstance(said.exception, StoreError), command
            assert time.monotonic() - started < 60, command


BENCH = """
import json, os, pathlib, sys
print(json.dumps({"bench": "quick", "metrics": {"time": {"values": [1.0, 1.1, 0.9], "units": "s"}}}),
      file=open("out.jsonl", "w"))
with open(os.environ["RUNS"], "a") as runs:
    runs.write("x")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")
@pytest.mark.parametrize("way", ["closed", "hanging"])
def test_a_bucket_that_dies_in_the_middle_of_a_measurement_loses_nothing(
    way: str, proxy: Proxy, bucket: str, tmp_path: Path, repository: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filled(bucket, tmp_path) if way == "closed" else []
    workspace(bucket, tmp_path).list_results()
    (tmp_path / "bench.py").write_text(BENCH)
    (tmp_path / ".gitignore").write_text("cache/\nout.jsonl\nruns\n")
    repository("a benchmark")
    (tmp_path / "bench.py").write_text(BENCH + "# changed\n")
    runs = tmp_path / "runs"
    monkeypatch.setenv("RUNS", str(runs))
    monkeypatch.setenv("AWS_READ_TIMEOUT", "2s")
    command = ["ab", "--rounds", "3", "--results", "out.jsonl", "--env", f"RUNS={runs}", "--", PYTHON, "bench.py"]
    process = subprocess.Popen(
        [PYTHON, "-m", "holobench_mcp", "--store", bucket, *command],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: process.poll() is not None or (runs.exists() and runs.stat().st_size >= 5))  # two warm it up
    with down(way, proxy, monkeypatch):
        said, errors = process.communicate(timeout=120)
        # Of a bucket that was never listed there is no answer now; what was measured waits all the same.
        assert process.returncode in ((0, 1) if before else (2,)), errors
        assert "wait" in errors + said and "to be sent to" in errors + said, errors + said
    page = workspace(bucket, tmp_path).list_results()
    assert page.total - len(before) == 6 and page.reason is None, errors
    store = open_store(bucket)
    (document,) = store.measurements()
    assert len(document.roles) == 6 and (document.status == "finished" or not before)
    assert not [f.sentence for f in verify(store) if f.damage]


def test_a_failed_run_a_baseline_and_a_comparison_wait_too(
    proxy: Proxy, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = filled(bucket, tmp_path)
    space = workspace(bucket, tmp_path)
    space.list_results()
    monkeypatch.chdir(tmp_path)
    with down("closed", proxy, monkeypatch):
        assert "This is what was read before" in (space.set_baseline(ids[1], "pinned", "meant").note or "")
        space.compare(ids[0], ids[1])
        assert space.run([PYTHON, "-c", "raise SystemExit(3)"]).returncode == 3
        assert "documents wait" in (space.library.spool.sentence() or "")
    other = workspace(bucket, tmp_path)
    assert other.list_results().reason is None and other.find("sort@pinned").result_id == ids[1]
    store = open_store(bucket)
    assert [d.status for d in store.measurements()] == ["failed"]
    assert len(list(store.backend.keys("comparisons/"))) == 1
    assert other.library.spool.sentence() is None
    assert not [f.sentence for f in verify(store) if f.damage]
