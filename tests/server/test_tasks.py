"""The tasks extension: a client that declares it gets a task, and no other ever does."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import anyio
import psutil
import pytest
from mcp import Client
from mcp.client.extension import ClientExtension, ResultClaim
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, MISSING_REQUIRED_CLIENT_CAPABILITY, Request, RequestParams, Result
from pydantic import ConfigDict

from clients import server_of, text_of
from conftest import PYTHON, need
from holobench_mcp.server.app import create_server
from holobench_mcp.server.tasks import EXTENSION

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")
HERE = Path(__file__).parent
BENCH = HERE.parent / "benches" / "tiny.py"
#: Of the conformance suite's scenarios those that our tools can pass: none of ours asks for input in mid-task, and none
#: is refused to clients without tasks, so that tasks-mrtr-input, tasks-mrtr-composition and tasks-required-task-error
#: have nothing to run against; tasks-status-notifications is skipped by the suite itself.
SCENARIOS = {
    "tasks-lifecycle": 9,
    "tasks-capability-negotiation": 5,
    "tasks-dispatch-and-envelope": 9,
    "tasks-wire-fields": 4,
    "tasks-request-state-removal": 3,
    "tasks-request-headers": 5,
}


class Created(Result):
    model_config = ConfigDict(extra="allow")
    result_type: Literal["task"] = "task"


class TasksClient(ClientExtension):
    """Declares the extension; the tests ask after the tasks themselves."""

    identifier = EXTENSION

    def claims(self) -> list[ResultClaim[Any]]:
        async def resolve(*_: Any) -> Any:
            raise AssertionError("the test asks with allow_claimed")

        return [ResultClaim(result_type="task", model=Created, resolve=resolve)]


class Answer(Result):
    model_config = ConfigDict(extra="allow")


class TaskParams(RequestParams):
    task_id: str


class TaskRequest(Request[TaskParams, str]):
    params: TaskParams


async def asked(client: Client, method: str, task_id: str) -> dict[str, Any]:
    answer = await client.session.send_request(TaskRequest(method=method, params=TaskParams(task_id=task_id)), Answer)
    return dict(answer.model_extra or {})


async def created(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await client.session.call_tool(tool, arguments, allow_claimed=True)
    assert isinstance(result, Created), result
    return dict(result.model_extra or {})


async def ended(client: Client, task_id: str) -> dict[str, Any]:
    with anyio.fail_after(120):
        while (task := await asked(client, "tasks/get", task_id))["status"] == "working":
            await anyio.sleep(0.2)
    return task


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str]) -> Path:
    shutil.copy(BENCH, tmp_path / "tiny.py")
    (tmp_path / "product.py").write_text("import time\ndef work(size):\n    time.sleep(0.004)\n    return size\n")
    table = "[tool.holobench-mcp.benchmarks"
    (tmp_path / "pyproject.toml").write_text(
        f'{table}.tiny]\ncommand = ["{PYTHON}", "tiny.py"]\nruns = 1\n'
        f'{table}.broken]\ncommand = ["{PYTHON}", "-c", "raise SystemExit(3)"]\nruns = 1\n'
        f'{table}.slow]\ncommand = ["{PYTHON}", "-c", "import time; time.sleep(300)"]\nruns = 1\n'
    )
    repository("the benchmark")
    return tmp_path


def test_a_measurement_is_a_task_that_ends_with_the_tools_own_answer(project: Path) -> None:
    async def session() -> tuple[Any, ...]:
        async with Client(server_of(project), extensions=[TasksClient()]) as client:
            task = await created(client, "run_benchmark", {"benchmark": "tiny"})
            assert task["status"] == "working" and "result" not in task
            done = await ended(client, task["taskId"])
            listed = await client.call_tool("list_results", {})
            assert (await asked(client, "tasks/update", task["taskId"])).get("status") is None
            await asked(client, "tasks/cancel", task["taskId"])
            return task, done, await asked(client, "tasks/get", task["taskId"]), text_of(listed)

    task, done, after, listed = anyio.run(session)
    assert isinstance(task["ttlMs"], int) and isinstance(task["pollIntervalMs"], int) and task["statusMessage"]
    assert done["status"] == after["status"] == "completed", "what is over can't be cancelled"
    structure = done["result"]["structuredContent"]
    assert structure["measurement"] == done["taskId"] == task["taskId"]
    assert structure["result_ids"][0] in listed and structure["result_ids"][0] in done["result"]["content"][0]["text"]


def test_a_task_is_found_again_after_the_server_was_killed(project: Path) -> None:
    async def begun() -> str:
        async with Client(server_of(project), extensions=[TasksClient()]) as client:
            task = await created(client, "run_benchmark", {"benchmark": "tiny", "runs": 2})
            for child in psutil.Process().children():
                if "holobench_mcp" in " ".join(child.cmdline()):
                    os.kill(child.pid, signal.SIGKILL)
            return str(task["taskId"])

    async def waited(name: str) -> dict[str, Any]:
        async with Client(server_of(project), extensions=[TasksClient()]) as client:
            return await ended(client, name)

    done = anyio.run(waited, anyio.run(begun))
    assert done["status"] == "completed" and len(done["result"]["structuredContent"]["result_ids"]) == 2


def test_a_task_is_cancelled_and_one_that_fails_says_why(project: Path) -> None:
    async def session() -> tuple[Any, ...]:
        async with Client(create_server(project=str(project)), extensions=[TasksClient()]) as client:
            slow = await created(client, "run_benchmark", {"benchmark": "slow"})
            await asked(client, "tasks/cancel", slow["taskId"])
            cancelled = await ended(client, slow["taskId"])
            broken = await created(client, "run_benchmark", {"benchmark": "broken"})
            failed = await ended(client, broken["taskId"])
            with pytest.raises(MCPError) as unknown:
                await asked(client, "tasks/get", "tiny-20200101T000000Z-000000")
            return cancelled, failed, unknown.value.error.code

    cancelled, failed, code = anyio.run(session)
    assert cancelled["status"] == "cancelled" and "result" not in cancelled
    assert failed["status"] == "completed" and failed["result"]["isError"] and "error" not in failed
    assert "exit status 3" in failed["result"]["content"][0]["text"]
    assert code == INVALID_PARAMS


@pytest.mark.parametrize("options", [{}, {"mode": "legacy"}, {"mode": "legacy", "extensions": [TasksClient()]}])
def test_a_client_that_did_not_declare_tasks_never_sees_one(project: Path, options: dict[str, Any]) -> None:
    async def session() -> tuple[Any, Any]:
        async with Client(create_server(project=str(project)), **options) as client:
            arguments = {"benchmark": "tiny", "wait_seconds": 0}
            result = await client.session.call_tool("run_benchmark", arguments, allow_claimed=True)
            with pytest.raises(MCPError) as refused:
                await asked(client, "tasks/get", result.structured_content["measurement"])
            return result, refused.value.error.code

    result, code = anyio.run(session)
    assert result.structured_content["status"] == "running" and result.structured_content["next_step"]
    assert code == (MISSING_REQUIRED_CLIENT_CAPABILITY if not options else -32601)


@pytest.fixture(scope="module")
def fixture_server() -> Iterator[str]:
    """Our extension over the conformance suite's tools, on a port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([PYTHON, str(HERE / "tasks_fixture.py"), str(port)])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}/mcp"
    server.kill()
    server.wait()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_conformance_suites_scenarios_pass(fixture_server: str, scenario: str) -> None:
    npx = need("npx", "nodejs npm")
    command = [
        npx, "-y", "-p", "node@22", "-p", "@modelcontextprotocol/conformance@0.2.0-alpha.12",
        "conformance", "server", "--url", fixture_server, "--scenario", scenario,
    ]  # fmt: skip
    finished = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    checks = SCENARIOS[scenario]
    assert f"Passed: {checks}/{checks}, 0 failed" in finished.stdout, finished.stdout + finished.stderr
