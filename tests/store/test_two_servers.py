"""Two servers on one bucket see each other's results at the next look, for a handful of requests; neither needs the other."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from clients import text_of
from holobench_mcp.store import open_store
from s3_proxy import Proxy
from s3_server import S3Server
from stored_runs import timing

pytest.importorskip("moto", reason="moto[server] is not installed")
#: What a look may cost, however many results there are; and beside that each new one, which are read ahead.
HANDFUL = 12


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    server = S3Server()
    yield server
    server.end()


def test_two_servers_share_a_bucket_and_outlive_it(server: S3Server, tmp_path: Path) -> None:
    bucket = server.make_bucket(f"two-{secrets.token_hex(4)}")
    proxy = Proxy(server.port)
    environment = {**server.environment(), "AWS_ENDPOINT_URL": proxy.url, "AWS_READ_TIMEOUT": "2s"}

    def one(name: str) -> StdioServerParameters:
        (tmp_path / name).mkdir()
        env = {**environment, "HOLOBENCH_MCP_STORE": bucket, "HOLOBENCH_MCP_CACHE": str(tmp_path / f"cache-{name}")}
        return StdioServerParameters(command=sys.executable, args=["-m", "holobench_mcp"], cwd=tmp_path / name, env=env)

    def document(i: int) -> str:
        return json.dumps({"bench": f"b{i}", "metrics": {"t": {"values": [1.0, 1.1, 0.9], "units": "s"}}})

    async def talk() -> None:
        async with Client(one("a")) as first, Client(one("b")) as second:
            for i, (writer, reader, folder) in enumerate(((first, second, "a"), (second, first, "b")) * 2):
                (tmp_path / folder / f"r{i}.jsonl").write_text(document(i))
                done = await writer.call_tool("import_results", {"path": f"r{i}.jsonl"})
                assert not done.is_error, text_of(done)
                assert f"b{i}" in text_of(await reader.call_tool("list_results", {}))
            proxy.shut()
            for client in (first, second):
                answer = await client.call_tool("list_results", {})
                assert not answer.is_error and "This is what was read before" in text_of(answer)
                assert all(f"b{i}" in text_of(answer) for i in range(4))
            (tmp_path / "a" / "r4.jsonl").write_text(document(4))
            waits = await first.call_tool("import_results", {"path": "r4.jsonl"})
            assert not waits.is_error, text_of(waits)
            proxy.start()
            await asyncio.sleep(5.1)  # as long as a server that was down is not asked again

            async def sees(client: Client) -> bool:
                return "b4" in text_of(await client.call_tool("list_results", {}))

            for _ in range(60):
                if await sees(first) and await sees(second):
                    break
                await asyncio.sleep(0.5)
            assert await sees(second)

    asyncio.run(talk())
    proxy.shut()


def test_a_look_at_a_large_bucket_costs_a_handful_of_requests(
    server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy(server.port)
    for name, value in {**server.environment(), "AWS_ENDPOINT_URL": proxy.url}.items():
        monkeypatch.setenv(name, value)
    store = open_store(server.make_bucket(f"large-{secrets.token_hex(4)}"))
    for i in range(3):
        store.record(timing(1.0, i))
    store.manifests()
    # Results that the index has: a listing of them would take a request for every page.
    monkeypatch.setattr("holobench_mcp.store.index.refresh.LISTING_PAGE", 2)
    for new in (0, 1, 5):
        for i in range(new):
            store.record(timing(1.0, 10 * new + i))
        before = len(proxy.requests)
        reader = open_store(store.location.url)
        reader.manifests()
        assert len(proxy.requests) - before <= HANDFUL + 4 * new, proxy.requests[before:]
    assert reader.manifests().count() == 9
    proxy.shut()
