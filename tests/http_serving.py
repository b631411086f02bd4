"""The server over HTTP in a process of its own, as somebody starts it who serves a team."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

READER, WRITER = "r" * 32, "w" * 32


@dataclass
class Serving:
    """A running server."""

    port: int
    process: subprocess.Popen[str]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, token: str | None = None, **options: Any) -> Client:
        """The SDK's client. Its transport closes the connections."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        http = httpx2.AsyncClient(headers=headers, timeout=30)
        return Client(streamable_http_client(f"{self.url}/mcp", http_client=http), **options)

    def post(self, body: object = None, *, path: str = "/mcp", **headers: str) -> httpx2.Response:
        sent = {k.replace("_", "-"): v for k, v in headers.items()}
        known = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
        content = body if isinstance(body, bytes) else None
        return httpx2.post(
            self.url + path, headers={**known, **sent}, content=content, json=None if content else body, timeout=30
        )


@contextmanager
def serving(project: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[Serving]:
    log = project / f"http-{os.getpid()}.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "holobench_mcp", "serve", "--http", "--port", "0", *options],
            cwd=project, env={**os.environ, **(env or {})}, stderr=stderr, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip
    try:
        yield Serving(_port(process, log), process, log)
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[str], log: Path) -> int:
    from conftest import until

    until(lambda: "serving MCP at" in log.read_text() or process.poll() is not None)
    found = re.search(r"serving MCP at http://\S+:(\d+)/mcp", log.read_text())
    assert found, log.read_text()
    return int(found[1])
