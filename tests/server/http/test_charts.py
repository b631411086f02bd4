"""Charts over HTTP, where no request knows of the one before it: declared with each, or remembered by the client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from clients import SHOWS_CHARTS, chart_of, sent
from http_serving import Serving, serving

UI = {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}}
SESSION = "mcp-session-id"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    from conftest import snapshot
    from holobench_mcp.store import open_store

    project: Path = tmp_path_factory.mktemp("charts")
    store = open_store(project / ".holobench")
    for i, factor in enumerate((1.0, 2.0)):
        values = [[factor * (1 + 0.01 * p * r) for r in range(5)] for p in range(6)]
        store.record(snapshot(values, at=i, revision="ab"[i] * 40))
    with serving(project) as running:
        yield running


def post(server: Serving, method: str, params: dict[str, Any], **headers: str) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return server.post(message, **headers)


def initialize(server: Serving, capabilities: Any) -> Any:
    info = {"name": "t", "version": "1"}
    return post(
        server, "initialize", {"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": info}
    )


def result_of(response: Any) -> dict[str, Any]:
    lines = [line[6:] for line in response.text.splitlines() if line.startswith("data: {")]
    result: dict[str, Any] = json.loads(lines[-1] if lines else response.text)["result"]
    return result


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_that_declares_them_gets_charts_and_no_other_does(server: Serving, mode: str) -> None:
    async def compared(extensions: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        client: Client
        async with server.client(mode=mode, extensions=extensions) as client:
            tools = {tool.name: sent(tool) for tool in (await client.list_tools()).tools}
            return tools["compare_results"], sent(await client.call_tool("compare_results", {}))

    tool, answer = asyncio.run(compared(SHOWS_CHARTS))
    assert tool["_meta"]["ui"]["resourceUri"] == "ui://holobench/chart.html" and chart_of(answer)
    tool, answer = asyncio.run(compared(None))
    assert "_meta" not in tool and chart_of(answer) is None


@pytest.mark.parametrize(
    "capabilities",
    [
        {},
        {"extensions": {}},
        {"extensions": {"io.modelcontextprotocol/ui": {}}},
        {"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html"]}}},
        {"experimental": UI},
    ],
)
def test_who_shows_no_charts_is_given_no_session(server: Serving, capabilities: Any) -> None:
    response = initialize(server, capabilities)
    assert response.status_code == 200 and SESSION not in response.headers


@pytest.mark.parametrize(
    "body",
    [
        b'{"method": "initialize", "params": "io.modelcontextprotocol/ui"}',
        b"[" * 50_000 + b'"io.modelcontextprotocol/ui"',
        b'{"io.modelcontextprotocol/ui": ' + b" " * 100_000 + b"1}",
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"capabilities": {"extensions": UI}}}).encode(),
    ],
    ids=["text for parameters", "deep", "long", "another method"],
)  # fmt: skip
def test_what_only_looks_like_a_declaration_is_none(server: Serving, body: bytes) -> None:
    response = server.post(body)
    assert response.status_code in (200, 400) and SESSION not in response.headers


def test_the_session_is_the_clients_to_remember_so_that_any_server_answers_it(server: Serving) -> None:
    session = initialize(server, {"extensions": UI}).headers[SESSION]
    assert session != initialize(server, {"extensions": UI}).headers[SESSION]
    call = {"name": "compare_results", "arguments": {}}
    version = {"mcp_protocol_version": "2025-11-25"}
    # As another server would, this one knows nothing of it but what it says.
    for name, shown in ((session, True), ("charts-of-another-server", True), ("some-session", False)):
        response = post(server, "tools/call", call, mcp_session_id=name, **version)
        assert bool(chart_of(result_of(response))) is shown, name
    assert chart_of(result_of(post(server, "tools/call", call, **version))) is None
