"""Tokens of an authorization server: it is asked what each is worth, and only what was issued for here counts."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from http_serving import Serving, serving

RESOURCE, ISSUER = "https://bench.example.com/mcp", "https://auth.example.com"
GOOD = {"active": True, "scope": "read", "aud": RESOURCE, "iss": ISSUER, "client_id": "ide", "exp": time.time() + 3600}
#: What the authorization server says of each token.
ANSWERS: dict[str, Any] = {
    "reader": GOOD,
    "writer": {**GOOD, "scope": "openid write"},
    "several-audiences": {**GOOD, "aud": ["https://other.example.com", f"{RESOURCE}/"]},
    "inactive": {**GOOD, "active": False},
    "active-as-text": {**GOOD, "active": "true"},
    "expired": {**GOOD, "exp": time.time() - 10},
    "of-another-server": {**GOOD, "aud": "https://other.example.com/mcp"},
    "of-another-issuer": {**GOOD, "iss": "https://evil.example.com"},
    "of-nobody": {key: value for key, value in GOOD.items() if key != "aud"},
    "without-scope": {**GOOD, "scope": "openid"},
    "no-object": ["active"],
    "broken": None,
}
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}  # fmt: skip


class Authorization(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        token = form["token"][0]
        client = b64decode(self.headers["authorization"].removeprefix("Basic ")).decode()
        self.asked.append(token)
        answer = ANSWERS.get(token, {"active": False})
        self.send_response(200 if client == "bench:secret" and answer is not None else 500)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    authorization = ThreadingHTTPServer(("127.0.0.1", 0), Authorization)
    threading.Thread(target=authorization.serve_forever, daemon=True).start()
    project: Path = tmp_path_factory.mktemp("oauth")
    (project / "pyproject.toml").write_text(
        f'[tool.holobench-mcp.http.oauth]\nissuer = "{ISSUER}"\nresource = "{RESOURCE}"\n'
        f'introspection_url = "http://127.0.0.1:{authorization.server_port}/introspect"\n'
    )
    client = {"HOLOBENCH_MCP_OAUTH_CLIENT_ID": "bench", "HOLOBENCH_MCP_OAUTH_CLIENT_SECRET": "secret"}
    with serving(project, env=client) as running:
        yield running
    authorization.shutdown()


@pytest.mark.parametrize("token", ANSWERS)
def test_only_tokens_for_this_server_that_hold_get_in(server: Serving, token: str) -> None:
    status = server.post(INITIALIZE, authorization=f"Bearer {token}").status_code
    expected = {"reader": 200, "writer": 200, "several-audiences": 200, "without-scope": 403}
    assert status == expected.get(token, 401)


def test_whoever_has_no_token_learns_where_to_get_one(server: Serving) -> None:
    refused = server.post(INITIALIZE)
    assert refused.status_code == 401
    assert "resource_metadata=" in refused.headers["www-authenticate"]
    found = httpx2.get(f"{server.url}/.well-known/oauth-protected-resource/mcp")
    document = found.json()
    assert document["resource"].rstrip("/") == RESOURCE
    assert [url.rstrip("/") for url in document["authorization_servers"]] == [ISSUER]
    assert set(document["scopes_supported"]) == {"read", "write"}


def test_a_token_is_asked_about_once_in_a_while(server: Serving) -> None:
    Authorization.asked.clear()
    ANSWERS["again"] = GOOD
    for _ in range(5):
        assert server.post(INITIALIZE, authorization="Bearer again").status_code == 200
    assert Authorization.asked == ["again"]
