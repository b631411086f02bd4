"""The built server as a process: what a client on stdio gets, and what never reaches the stream."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from clients import server_of, talk, text_of


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
def test_an_agent_gets_a_true_decision_over_stdio(project: Path, mode: str) -> None:
    async def say(client: Client) -> Any:
        return await client.list_tools(), await client.call_tool("compare_results", {})

    tools, result = talk(server_of(project), say, mode=mode)
    assert {"compare_results", "list_results", "list_metrics", "export_result"} <= {t.name for t in tools.tools}
    assert not result.is_error
    assert result.structured_content["decision"] == "regressed"
    assert result.structured_content["metrics"][0]["verdict"] == "regressed"
    assert text_of(result).startswith("REGRESSED: time_ms +")


def test_nothing_but_the_protocol_reaches_stdout(project: Path) -> None:
    """Whatever a library prints while a tool works must not break the stream."""
    noisy = project / "noisy.py"
    noisy.write_text(
        "import os, sys\n"
        "from holobench_mcp import workspace\n"
        "original = workspace.Workspace.list_results\n"
        "def loud(self, **options):\n"
        "    print('printed'); sys.stdout.write('written\\n'); sys.stdout.flush(); os.write(1, b'raw\\n')\n"
        "    return original(self, **options)\n"
        "workspace.Workspace.list_results = loud\n"
        "from holobench_mcp.server.app import serve\n"
        "serve()\n"
    )
    frames = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_results", "arguments": {}}},
    ]  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, str(noisy)], cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert server.stdin is not None and server.stdout is not None
    for frame in frames:
        server.stdin.write(json.dumps(frame).encode() + b"\n")
    server.stdin.flush()
    answers = [json.loads(server.stdout.readline()) for _ in range(2)]
    server.stdin.close()
    rest = server.stdout.read()
    server.wait(100)
    assert [a["id"] for a in answers] == [1, 2] and rest == b""
    assert "2 of 2 results" in answers[1]["result"]["content"][0]["text"]


def test_starting_loads_nothing_heavy(project: Path) -> None:
    program = (
        "import sys; from holobench_mcp.server.app import create_server; create_server(); "
        "print([m for m in ('bencher', 'xarray', 'numpy', 'pandas', 'scipy', 'obstore', 'typer', 'ruptures') if m in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"


def test_the_documented_file_holds_a_server_for_mcp_dev() -> None:
    from mcp.server import MCPServer

    namespace: dict[str, Any] = {}
    source = Path(__file__).parents[2] / "examples" / "dev_server.py"
    exec(compile(source.read_text(), str(source), "exec"), namespace)
    assert isinstance(namespace["mcp"], MCPServer)
