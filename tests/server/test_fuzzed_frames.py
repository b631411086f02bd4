"""Frames of any kind: the server answers what can be answered, says nothing that is no frame, and lives."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

METHODS = [
    "initialize", "ping", "tools/call", "tools/list", "resources/read", "resources/list", "resources/subscribe",
    "prompts/get", "completion/complete", "tasks/get", "notifications/cancelled", "logging/setLevel", "no/such",
]  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["latest", "\ud800"])
)
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=8), v, max_size=4))
PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["list_results", "compare_results", "set_baseline", "judge_change"]) | VALUES,
        "arguments": st.dictionaries(st.sampled_from(["result", "limit", "benchmark", "name", "x"]), VALUES, max_size=3) | VALUES,
        "uri": st.sampled_from(["holobench://benchmarks/sort", "holobench://results/%2e%2e/x", "file:///etc/passwd"]) | VALUES,
        "ref": VALUES, "argument": VALUES, "cursor": VALUES, "_meta": VALUES, "taskId": VALUES, "requestId": VALUES,
    },
)  # fmt: skip
MESSAGES = st.fixed_dictionaries(
    {"jsonrpc": st.sampled_from(["2.0", "2.0", "2.0", "1.0", 2])},
    optional={
        "id": st.integers(0, 10**6) | VALUES,
        "method": st.sampled_from(METHODS) | VALUES,
        "params": PARAMS | VALUES,
        "result": VALUES,
    },
)
LINES = MESSAGES.map(lambda m: json.dumps(m).encode()) | st.binary(max_size=80).map(lambda b: b.replace(b"\n", b" "))
#: What a drawn frame will not think of.
WORST = [
    b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe\x00", b"", b"null", b"[]", b"NaN", b'{"jsonrpc":"2.0","id":1e999,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"list_results","arguments":{"limit":' + b"9" * 5000 + b"}}}",
    b'{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"list_results","arguments":{"label":"' + b"x" * 1_000_000 + b'"}}}',
    b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"compare_results","arguments":' + b'{"a":' * 900 + b"1" + b"}" * 902,
]  # fmt: skip


class Peer:
    """A server in a process of its own, and what it has said."""

    def __init__(self, project: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "holobench_mcp"],
            cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._pings = 0
        meta = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
        self.send({"id": "hello", "method": "initialize", "params": meta})
        self.send({"method": "notifications/initialized"})
        assert self.until("hello")

    def send(self, message: dict[str, Any] | bytes) -> None:
        assert self.process.stdin is not None
        line = message if isinstance(message, bytes) else json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def lives(self) -> None:
        """Raise unless a ping is answered; whatever is said before is a frame."""
        self._pings += 1
        self.send({"id": f"alive {self._pings}", "method": "ping"})
        assert "error" not in self.until(f"alive {self._pings}")

    def until(self, request: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            message = json.loads(line)
            assert message["jsonrpc"] == "2.0"
            assert "Traceback" not in str(message.get("error"))
            if message.get("id") == request:
                return dict(message)
        raise AssertionError(f"the server ended: {self.process.wait(5)}")


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    made = Peer(tmp_path_factory.mktemp("project"))
    yield made
    made.process.kill()
    made.process.wait()


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.lists(LINES, min_size=1, max_size=6))
def test_frames_of_any_kind_leave_the_server_alive(peer: Peer, lines: list[bytes]) -> None:
    for line in lines:
        peer.send(line)
    peer.lives()


@pytest.mark.parametrize("line", WORST, ids=range(len(WORST)))
def test_the_worst_frames_leave_it_alive_too(peer: Peer, line: bytes) -> None:
    peer.send(line)
    peer.lives()
