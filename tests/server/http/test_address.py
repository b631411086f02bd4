"""Which Host and which Origin are this server's: parsed, so that what only begins like one of ours is none."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from starlette.responses import PlainTextResponse

from holobench_mcp.server.http.address import Address, Addresses

HOSTS = (
    "127.0.0.1",
    "127.0.0.1:*",
    "localhost",
    "localhost:*",
    "[::1]",
    "[::1]:*",
    "bench.example.com",
    "X.example:81",
)
ORIGINS = ("http://localhost:*", "http://[::1]:*", "https://bench.example.com")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8765", "LOCALHOST:1", "localhost.:65535", "[::1]", "[::1]:8765", "Bench.Example.com.",
     "x.example:81"],
)  # fmt: skip
def test_ours_are_ours_in_any_spelling(host: str) -> None:
    assert host in Addresses(HOSTS)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1:80@evil.example", "127.0.0.1:80.evil.example", "localhost:evil.example", "localhost:",
     "localhost:*", "localhost:80:80", "localhost:0", "localhost:65536", "localhost:99999", "localhost:²", "localhost:+1",
     "localhost..", "localhost/", "localhost, evil.example", " localhost", "127.1", "2130706433", "0.0.0.0",
     "[::ffff:127.0.0.1]", "[::1]evil", "[::1].evil.example", "::1", "[::1%25lo]", "bench.example.com:8765",
     "x.bench.example.com", "xbench.example.com", "x.example", "xn--localhst-s8a", "localhost\x00", "http://localhost"],
)  # fmt: skip
def test_what_only_looks_like_one_of_ours_is_none(host: str) -> None:
    assert host not in Addresses(HOSTS)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200), ("http://localhost:3000", 200), ("HTTP://LocalHost:3000", 200), ("http://[::1]:3", 200),
        ("https://bench.example.com", 200), ("http://localhost:3@evil.example", 403), ("http://localhost:3.evil.example", 403),
        ("http://localhost:3/", 403), ("https://localhost:3000", 403), ("http://bench.example.com", 403), ("", 403),
        ("null", 403), ("file://", 403), ("http://localhost:x", 403), ("http://user@localhost:3", 403),
    ],
)  # fmt: skip
def test_a_page_of_another_origin_is_refused(origin: str | None, status: int) -> None:
    answer = asked([] if origin is None else [("origin", origin)])
    assert answer.status_code == status


def test_one_right_header_hides_no_wrong_one_and_no_proxy_is_believed() -> None:
    assert asked([("origin", "http://localhost:3"), ("origin", "http://evil.example")]).status_code == 403
    assert (
        asked([("x-forwarded-host", "localhost"), ("forwarded", "host=localhost")], "evil.example").status_code == 421
    )
    assert asked([("x-forwarded-host", "evil.example")]).status_code == 200


def asked(headers: list[tuple[str, str]], host: str = "localhost:8765") -> httpx2.Response:
    app = Address(PlainTextResponse("here"), HOSTS, ORIGINS)

    async def ask() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=f"http://{host}") as client:
            return await client.get("/mcp", headers=headers)

    return asyncio.run(ask())
