"""Tokens that are taken back, and stores that hang, while the server is asked."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import anyio
import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send

from holobench_mcp.config import HttpConfig
from holobench_mcp.model import StoreError
from holobench_mcp.server.app import http_server
from holobench_mcp.server.http import app as app_module
from holobench_mcp.server.http.app import http_app
from holobench_mcp.server.http.revocation import WhileInForce
from holobench_mcp.server.http.tokens import Tokens
from holobench_mcp.server.services import Services
from http_serving import READER, WRITER


async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for number in range(1000):
        await anyio.sleep(0)
        await send({"type": "http.response.body", "body": b"%d " % number, "more_body": True})
    raise AssertionError("nobody ended it")


@pytest.mark.parametrize("taken_back", [1, 5])
def test_a_stream_ends_with_its_token(tmp_path: Path, taken_back: int) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"read {READER}\nwrite {WRITER}\n")
    app = WhileInForce(stream, Tokens(file), check_s=0)
    scope = {"type": "http", "headers": [(b"authorization", b"Bearer " + READER.encode())]}
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == taken_back + 1:
            file.write_text(f"write {WRITER}\n")

    async def receive() -> Message:
        raise AssertionError("it has no body")

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    *_, last = sent
    assert len(sent) == taken_back + 2
    assert last == {"type": "http.response.body", "body": b"", "more_body": False}, "as an answer ends"


@pytest.mark.parametrize("name", [["set_baseline"], {"set_baseline": 1}, None, 5, True])
def test_what_is_no_name_of_a_tool_is_refused_in_words(project: Path, name: object) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": {}}}
    answer = asyncio.run(ask(project, "POST", "/mcp", json=call))
    assert "Invalid request parameters" in answer.text
    assert "unhashable" not in answer.text


def test_a_store_that_hangs_is_asked_once_however_many_ask(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, hanging = [], threading.Event()

    def answers(_services: Services) -> bool:
        asked.append(1)
        return not hanging.wait(0.2)

    monkeypatch.setattr(app_module, "_answers", answers)
    found = asyncio.run(ask_at_once(project, 30))
    assert ({answer.status_code for answer in found}, len(asked)) == ({200}, 1)


def test_what_was_read_before_makes_no_store_ready(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = Services(project=str(project))
    backend = services.opened.store.backend

    def down(*_: object) -> None:
        raise StoreError("down")

    monkeypatch.setattr(type(backend), "_read", down)
    monkeypatch.setattr(type(backend), "get", lambda *_: b"what was read before")
    assert app_module._answers(services) is False


async def ask(project: Path, method: str, path: str, **options: object) -> httpx2.Response:
    (answer,) = await asked_of(project, 1, method, path, **options)
    return answer


async def ask_at_once(project: Path, times: int) -> list[httpx2.Response]:
    return await asked_of(project, times, "GET", "/readyz")


async def asked_of(project: Path, times: int, method: str, path: str, **options: object) -> list[httpx2.Response]:
    services = Services(project=str(project))
    server = http_server(services)
    app = http_app(server, services, Tokens(None, {}), HttpConfig())
    headers = {"accept": "application/json, text/event-stream"}
    transport = httpx2.ASGITransport(app)
    async with (
        server.session_manager.run(),
        httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        calls = (client.request(method, path, headers=headers, **options) for _ in range(times))  # type: ignore[arg-type]
        return list(await asyncio.gather(*calls))
