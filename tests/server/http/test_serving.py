"""A real server over HTTP: who gets in, what a hostile client can take of it, and how it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client

from clients import text_of
from conftest import cli, until
from holobench_mcp.model import ConfigError
from holobench_mcp.server.http.run import listen
from http_serving import READER, WRITER, Serving, serving

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


@pytest.fixture
def guarded(project: Path) -> Iterator[Serving]:
    (project / "tokens").write_text(f"read {READER} reader\nwrite {WRITER} writer\n")
    with serving(project, "--token-file", "tokens") as server:
        yield server


async def asked(client: Client) -> dict[str, Any]:
    async with client:
        return {
            "tools": {tool.name for tool in (await client.list_tools()).tools},
            "compared": (await client.call_tool("compare_results", {})).structured_content["decision"],
            "resources": len((await client.list_resources()).resources),
            "pinned": await client.call_tool("set_baseline", {"result": "latest~1"}),
        }


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_token_may_what_its_scope_says(guarded: Serving, mode: str) -> None:
    reads, writes = (asyncio.run(asked(guarded.client(token, mode=mode))) for token in (READER, WRITER))
    assert reads["compared"] == writes["compared"] == "regressed"
    assert reads["resources"] == writes["resources"] == 3
    assert "set_baseline" in writes["tools"]
    assert reads["tools"] == writes["tools"] - {"set_baseline", "import_results"}
    assert reads["pinned"].is_error
    assert "scope 'write'" in text_of(reads["pinned"])
    assert not writes["pinned"].is_error, text_of(writes["pinned"])


def test_who_has_no_token_is_refused_and_told_how_to_ask(guarded: Serving) -> None:
    for headers in ({}, {"authorization": "Bearer " + "x" * 32}, {"authorization": f"Basic {READER}"}):
        refused = guarded.post(INITIALIZE, **headers)
        assert refused.status_code == 401, headers
        assert refused.headers["www-authenticate"].startswith("Bearer ")
    assert guarded.post(INITIALIZE, authorization=f"bearer {READER}").status_code == 200
    assert httpx2.get(f"{guarded.url}/healthz").json() == {"status": "ok"}
    assert httpx2.get(f"{guarded.url}/readyz").json() == {"status": "ready"}
    log = guarded.log.read_text()
    assert READER not in log
    assert '"user": "reader"' in log


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"host": "localhost.evil.example:80"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost.evil.example:1"}, 403),
    ],
)
def test_other_addresses_and_pages_of_others_are_refused(
    open_server: Serving, headers: dict[str, str], status: int
) -> None:
    assert open_server.post(INITIALIZE, **headers).status_code == status
    assert open_server.post(INITIALIZE, path="/", **headers).status_code == status, "whatever the path"
    assert open_server.post(INITIALIZE, origin=open_server.url).status_code == 200


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("open")) as server:
        yield server


def test_without_a_token_loopback_may_read_and_nothing_else(open_server: Serving) -> None:
    async def ask() -> tuple[set[str], Any]:
        async with open_server.client() as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            return tools, await client.call_tool("import_results", {"paths": ["/etc/passwd"]})

    tools, refused = asyncio.run(ask())
    assert "compare_results" in tools
    assert not tools & {"set_baseline", "import_results", "run_benchmark"}
    assert refused.is_error


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "bench.example"])
def test_another_address_needs_a_token_to_start(tmp_path: Path, host: str) -> None:
    refused = cli("serve", "--http", "--host", host, "--port", "0", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--token-file" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_http_options_belong_to_http(tmp_path: Path) -> None:
    for options in (["--port", "1"], ["--host", "::1"], ["--token-file", "x"]):
        refused = cli("serve", *options, cwd=tmp_path)
        assert refused.returncode == 2
        assert f"{options[0]} is for --http" in refused.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = cli("serve", "--http", "--port", str(taken.getsockname()[1]), cwd=tmp_path)
    assert refused.returncode == 2
    assert "can't be listened on" in refused.stderr


def test_a_hundred_megabytes_are_refused_unread(open_server: Serving) -> None:
    body = b"[" + b" " * 100_000_000
    began = time.monotonic()
    with suppress(httpx2.TransportError):  # it may also close the connection in the middle
        assert open_server.post(body).status_code == 413
    assert time.monotonic() - began < 100
    assert memory_mb(open_server.process.pid) < 400
    assert open_server.post(INITIALIZE).status_code == 200


def memory_mb(pid: int) -> float:
    import psutil

    return psutil.Process(pid).memory_info().rss / 2**20


HALF_A_HEAD = b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "
HALF_A_BODY = (
    b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Accept: application/json, text/event-stream\r\nContent-Length: 1000\r\n\r\n{"
)


def test_two_hundred_slow_connections_shut_nobody_out_and_are_closed(open_server: Serving) -> None:
    slow = [socket.create_connection(("127.0.0.1", open_server.port)) for _ in range(200)]
    try:
        for i, connection in enumerate(slow):
            connection.sendall((b"", HALF_A_HEAD, HALF_A_BODY)[i % 3])
        assert open_server.post(INITIALIZE).status_code == 200
        # The head of a request has ten seconds: whoever sends a byte now and then is not waited for longer.
        ended = time.monotonic() + 100
        waiting = [c for i, c in enumerate(slow) if i % 3 == 1]
        while waiting and time.monotonic() < ended:
            time.sleep(0.5)
            waiting = [c for c in waiting if not closed(c)]
        assert not waiting
        assert open_server.post(INITIALIZE).status_code == 200
    finally:
        for connection in slow:
            connection.close()


def closed(connection: socket.socket) -> bool:
    """Whether the other end is gone, after one more byte."""
    connection.settimeout(0.01)
    try:
        connection.sendall(b"x")
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00" * 4096,
        b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_the_server_lives(open_server: Serving, bytes_sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", open_server.port)) as connection:
        connection.settimeout(15)
        try:
            connection.sendall(bytes_sent)
            status = connection.recv(200).split(b" ")[1:2]
        except OSError:
            status = []
    assert not status or status[0][:1] == b"4", status
    assert httpx2.get(f"{open_server.url}/healthz").status_code == 200


def test_tokens_are_rotated_without_a_restart(guarded: Serving, project: Path) -> None:
    (project / "tokens").write_text(f"read {'n' * 32}\n")
    assert guarded.post(INITIALIZE, authorization=f"Bearer {READER}").status_code == 401
    assert guarded.post(INITIALIZE, authorization=f"Bearer {'n' * 32}").status_code == 200


def test_measuring_is_there_only_where_the_configuration_allows_it(tmp_path: Path) -> None:
    bench = '[tool.holobench-mcp.benchmarks.quick]\ncommand = ["python", "-c", "pass"]\n'
    for allowed, there in (("", False), ("[tool.holobench-mcp.http]\nmeasure = true\n", True)):
        (tmp_path / "pyproject.toml").write_text(bench + allowed)
        with serving(tmp_path, env={"HOLOBENCH_MCP_WRITE_TOKEN": WRITER}) as server:

            async def names(server: Serving = server) -> set[str]:
                async with server.client(WRITER) as client:
                    return {tool.name for tool in (await client.list_tools()).tools}

            assert ("compare_revisions" in asyncio.run(names())) is there


def test_it_ends_in_order(project: Path) -> None:
    """Told to end, it answers what was asked, closes what streams, and goes."""
    with serving(project) as server:
        stream = httpx2.stream("GET", f"{server.url}/mcp", headers={"accept": "text/event-stream"}, timeout=60)
        with stream as response:
            assert response.status_code == 200
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(30) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
        assert "Traceback" not in server.log.read_text()


def test_who_waits_for_a_measurement_is_answered_when_the_server_is_told_to_end(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.holobench-mcp.http]\nmeasure = true\n[tool.holobench-mcp.benchmarks.slow]\n"
        """command = ["python", "-c", "open('began', 'w').close(); import time; time.sleep(100)"]\n"""
    )
    call = {**INITIALIZE, "method": "tools/call", "params": {"name": "run_benchmark", "arguments": {"name": "slow"}}}
    with serving(tmp_path, env={"HOLOBENCH_MCP_WRITE_TOKEN": WRITER}) as server, ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(server.post, call, authorization=f"Bearer {WRITER}")
        until((tmp_path / "began").exists)
        server.process.send_signal(signal.SIGTERM)
        assert "The measurement of slow ended" in answer.result().text
        assert server.process.wait(30) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
        assert "Traceback" not in server.log.read_text()


def test_every_request_is_a_line_of_json(open_server: Serving) -> None:
    open_server.post(INITIALIZE, path="/nothing%1b[31m?token=secret")
    until(lambda: "/nothing" in open_server.log.read_text())
    lines = [json.loads(line) for line in open_server.log.read_text().splitlines() if line.startswith("{")]
    line = next(found for found in lines if found["path"].startswith("/nothing"))
    assert (line["status"], line["method"], line["client"]) == (404, "POST", "127.0.0.1")
    assert "secret" not in open_server.log.read_text()
    assert "\x1b" not in open_server.log.read_text()


def test_fifty_clients_at_once_are_all_answered(project: Path) -> None:
    async def one(server: Serving) -> list[float]:
        seconds = []
        async with server.client() as client:
            for _ in range(4):
                began = time.monotonic()
                found = await client.call_tool("list_results", {})
                seconds.append(time.monotonic() - began)
                assert not found.is_error
        return seconds

    async def all_of_them(server: Serving) -> list[list[float]]:
        return list(await asyncio.gather(*(one(server) for _ in range(50))))

    with serving(project) as server:
        assert len(asyncio.run(all_of_them(server))) == 50


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_no_part_of_an_answer_waits_for_the_others_acknowledgement(host: str) -> None:
    try:
        listening = listen(host, 0)
    except ConfigError as problem:
        pytest.skip(f"this machine has no {host}: {problem}")
    with listening, socket.create_connection(listening.getsockname()[:2]):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
