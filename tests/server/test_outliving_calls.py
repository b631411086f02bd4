"""Measurements that outlive calls and servers, over stdio: an agent that follows next_step alone gets its decision."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from mcp import Client

from clients import server_of, text_of
from conftest import PYTHON, need, until
from holobench_mcp.store import open_store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")
BENCH = Path(__file__).parents[1] / "benches" / "tiny.py"


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str]) -> Path:
    """A benchmark that takes longer than a call of its client, whose head is slower."""
    shutil.copy(BENCH, tmp_path / "tiny.py")
    (tmp_path / "product.py").write_text("import time\ndef work(size):\n    time.sleep(0.004)\n    return size\n")
    (tmp_path / "pyproject.toml").write_text(
        "[tool.holobench-mcp]\npatience_s = 1\n"
        f'[tool.holobench-mcp.benchmarks.tiny]\ncommand = ["{PYTHON}", "tiny.py"]\nruns = 1\n'
    )
    repository("the benchmark")
    (tmp_path / "product.py").write_text("import time\ndef work(size):\n    time.sleep(0.1)\n    return size\n")
    return tmp_path


def call_of(next_step: str) -> tuple[str, dict[str, Any]]:
    """A literal call as an agent takes it: the tool and its arguments."""
    call = ast.parse(next_step, mode="eval").body
    assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    return call.func.id, {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in call.keywords}


def servers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if "holobench_mcp" in " ".join(p.cmdline())]


async def followed(client: Client, tool: str, arguments: dict[str, Any], until_rounds: int | None = None) -> Any:
    """Call, and follow next_step alone, until there is a decision; or until some rounds are done."""
    for _ in range(200):
        result = await client.call_tool(tool, arguments, read_timeout_seconds=200)
        assert not result.is_error, text_of(result)
        structure = result.structured_content
        if "decision" in structure or (until_rounds is not None and structure["rounds_done"] >= until_rounds):
            return result
        assert structure["status"] in ("running", "waiting") and list(structure)[:3] == [
            "status",
            "reason",
            "next_step",
        ]
        assert structure["next_step"] in text_of(result), "who sees the text alone can follow it too"
        tool, arguments = call_of(structure["next_step"])
    raise AssertionError("no decision")


def test_a_server_that_is_killed_halfway_and_restarted_ends_what_it_began(project: Path) -> None:
    async def first() -> dict[str, Any]:
        async with Client(server_of(project)) as client:
            result = await followed(client, "compare_revisions", {"benchmark": "tiny", "rounds": 3}, until_rounds=1)
            [server] = servers()
            os.kill(server.pid, signal.SIGKILL)
            return dict(result.structured_content)

    async def second(step: str) -> Any:
        async with Client(server_of(project)) as client:
            return await followed(client, *call_of(step))

    broken_off = anyio.run(first)
    store = open_store(project / ".holobench")
    [document] = store.measurements()
    assert document.status == "running" and document.rounds >= 1
    result = anyio.run(second, broken_off["next_step"])
    assert text_of(result).startswith("REGRESSED")
    [after] = store.measurements()
    assert after.id == document.id == broken_off["measurement"]
    assert (after.status, after.rounds) == ("finished", 3) or after.looks
    assert {role.result_id for role in document.roles} <= {role.result_id for role in after.roles}
    whose = [(role.side, role.run, role.sweep) for role in after.roles]
    assert len(whose) == len(set(whose)), "no run is counted twice"
    assert any("goes on from" in note for note in after.notes)
    assert not left_over(project)


def test_asking_again_joins_what_runs_and_is_given_what_is_finished(project: Path) -> None:
    async def session() -> list[Any]:
        arguments = {"benchmark": "tiny", "runs": 2}
        async with Client(server_of(project)) as client:
            begun = await client.call_tool("run_benchmark", {**arguments, "wait_seconds": 0})
            joined = await client.call_tool("run_benchmark", {**arguments, "wait_seconds": 0})
            newest = await client.call_tool("wait_measurement", {"wait_seconds": 60})
            again = await client.call_tool("run_benchmark", {**arguments, "wait_seconds": 60})
            more = await client.call_tool("run_benchmark", {**arguments, "runs": 3, "wait_seconds": 60})
            return [begun, joined, newest, again, more]

    begun, joined, newest, again, more = (result.structured_content for result in anyio.run(session))
    assert begun["status"] == joined["status"] == "running"
    assert len({answer["measurement"] for answer in (begun, joined, newest, again, more)}) == 1
    assert newest["result_ids"] == again["result_ids"] and len(newest["result_ids"]) == 2
    assert "not measured again" in " ".join(again["notes"])
    assert len(more["result_ids"]) == 3 and more["result_ids"][:2] == newest["result_ids"]


def test_what_is_cancelled_ends_at_once_and_the_same_call_goes_on(project: Path) -> None:
    async def session() -> list[Any]:
        arguments = {"benchmark": "tiny", "rounds": 2}
        async with Client(server_of(project)) as client:
            begun = await followed(client, "compare_revisions", arguments, until_rounds=1)
            name = begun.structured_content["measurement"]
            ended = await client.call_tool("cancel_measurement", {"measurement": name})
            after = await client.call_tool("wait_measurement", {"measurement": name})
            assert not left_over(project)
            decided = await followed(client, *call_of(ended.structured_content["next_step"]))
            unknown = await client.call_tool("wait_measurement", {"measurement": name.replace("tiny", "tinny")})
            return [ended, after, decided, unknown]

    ended, after, decided, unknown = anyio.run(session)
    assert ended.structured_content["status"] == after.structured_content["status"] == "cancelled"
    assert "2 results are recorded" in text_of(ended)
    assert decided.structured_content["decision"] == "regressed"
    assert decided.structured_content["measurement"] == ended.structured_content["measurement"]
    assert unknown.is_error and ended.structured_content["measurement"] in text_of(unknown)


def test_code_that_changed_meanwhile_is_not_mixed_into_a_measurement(project: Path) -> None:
    async def begun() -> dict[str, Any]:
        async with Client(server_of(project)) as client:
            result = await followed(client, "compare_revisions", {"benchmark": "tiny", "rounds": 3}, until_rounds=1)
            for server in servers():
                os.kill(server.pid, signal.SIGKILL)
            return dict(result.structured_content)

    async def waited(step: str) -> Any:
        async with Client(server_of(project)) as client:
            return await client.call_tool(*call_of(step))

    step = anyio.run(begun)["next_step"]
    (project / "product.py").write_text("import time\ndef work(size):\n    time.sleep(0.2)\n    return size\n")
    answer = anyio.run(waited, step)
    structure = answer.structured_content
    assert structure["status"] == "interrupted" and "The code has changed since" in structure["reason"]
    assert structure["next_step"].startswith("compare_revisions(benchmark='tiny'")
    assert call_of(structure["next_step"])[0] == "compare_revisions"


def test_a_client_that_closes_stdin_leaves_no_process_and_a_document_that_says_so(project: Path) -> None:
    parameters = server_of(project)
    server = subprocess.Popen(
        [parameters.command, *parameters.args],
        cwd=project, env={**os.environ, **(parameters.env or {})}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdin is not None
    for message in (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
        '"clientInfo":{"name":"t","version":"1"}}}',
        '{"jsonrpc":"2.0","method":"notifications/initialized"}',
        '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"run_benchmark","arguments":{"benchmark":"tiny",'
        '"runs":20}}}',
    ):
        server.stdin.write(message.encode() + b"\n")
        server.stdin.flush()
    store = open_store(project / ".holobench")
    until(lambda: store.exists() and any(d.rounds for d in store.measurements()))
    server.stdin.close()
    assert server.wait(60) == 0
    assert not left_over(project)
    [document] = store.measurements()
    assert document.status == "interrupted" and document.stopped is not None and "client is gone" in document.stopped
    assert document.rounds == len(document.roles) == len(store.manifests().select()) >= 1


def left_over(project: Path) -> list[int]:
    """Processes of the project's benchmark that still run."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if "tiny.py" in (process.info["cmdline"] or []):
            try:
                folder = Path(process.cwd())
            except psutil.Error:
                continue
            if folder.is_relative_to(project):  # its worktrees too: the cache of a test is in its folder
                found.append(process.pid)
    return found


def test_the_typescript_sdks_client_gets_its_decision_with_its_default_limits(project: Path, tmp_path: Path) -> None:
    """It is killed halfway, and restarted; benchmarks that take minutes differ from this one in nothing else."""
    node, npm = need("node", "nodejs npm"), need("npm", "nodejs npm")
    folder = tmp_path / "cache" / "client"
    folder.mkdir(parents=True)
    script = shutil.copy(Path(__file__).with_name("follow_next_step.mjs"), folder)
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", "@modelcontextprotocol/client@2.4.0"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=200)
    finished = subprocess.run(
        [node, script, sys.executable, "compare_revisions", '{"benchmark": "tiny", "rounds": 3}', "1"],
        cwd=project, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    answer = json.loads(finished.stdout)
    assert answer["killed"] and answer["decision"] == "regressed" and answer["calls"] > 1
    [document] = open_store(project / ".holobench").measurements()
    assert document.id == answer["measurement"] and document.rounds == 3
