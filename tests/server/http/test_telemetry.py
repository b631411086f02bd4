"""Spans are sent where a collector is named, and nothing is loaded for them where none is."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from conftest import until
from http_serving import serving

_SENT: list[tuple[str, bytes]] = []


class Collector(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        _SENT.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


def test_every_call_is_a_span_where_a_collector_is_named(project: Path) -> None:
    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}", "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with serving(project, env=env) as server:

        async def ask() -> None:
            async with server.client() as client:
                await client.call_tool("list_results", {})

        asyncio.run(ask())
        until(lambda: any(b"tools/call list_results" in body for _, body in _SENT))
    assert {path for path, _ in _SENT} == {"/v1/traces"}
    assert any(b"holobench-mcp" in body for _, body in _SENT)
    collector.shutdown()


def test_without_one_nothing_of_it_is_loaded() -> None:
    code = (
        "import sys; from holobench_mcp.server.telemetry import send_spans\n"
        "assert not send_spans({}) and not send_spans({'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://x', 'OTEL_SDK_DISABLED': 'true'})\n"
        "print([m for m in sys.modules if m.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_collector_without_the_extra_is_warned_of_and_harms_nothing() -> None:
    code = (
        "import sys; sys.modules['opentelemetry.sdk'] = None\n"
        "from holobench_mcp.server.telemetry import send_spans\n"
        "print(send_spans({'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:9'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert "holobench-mcp[otel]" in done.stderr
