"""The tools that measure, driven by a client over stdio: progress, cancelling, and that nothing else can be run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from clients import server_of, text_of
from conftest import PYTHON
from holobench_mcp.server.app import create_server
from holobench_mcp.store import open_store

BENCH = Path(__file__).parents[1] / "benches" / "tiny.py"


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str]) -> Path:
    shutil.copy(BENCH, tmp_path / "tiny.py")
    (tmp_path / "product.py").write_text("import time\ndef work(size):\n    time.sleep(0.004)\n    return size\n")
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.holobench-mcp.benchmarks.tiny]\ncommand = ["{PYTHON}", "tiny.py"]\nruns = 1\ndescription = "a moment"\n'
        f'[tool.holobench-mcp.benchmarks.slow]\ncommand = ["{PYTHON}", "-c", "import time; time.sleep(100)"]\nruns = 1\n'
    )
    repository("the benchmark")
    return tmp_path


def test_without_configured_benchmarks_there_is_nothing_to_run(tmp_path: Path) -> None:
    async def names() -> set[str]:
        async with Client(create_server(project=str(tmp_path))) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert not {"run_benchmark", "compare_revisions", "list_benchmarks"} & anyio.run(names)


def test_one_call_settles_a_change_with_progress_and_few_tokens(project: Path) -> None:
    (project / "product.py").write_text("import time\ndef work(size):\n    time.sleep(0.1)\n    return size\n")
    reported: list[tuple[float, float | None, str | None]] = []

    async def show(progress: float, total: float | None, message: str | None) -> None:
        reported.append((progress, total, message))

    async def session() -> Any:
        async with Client(server_of(project)) as client:
            listed = await client.call_tool("list_benchmarks", {})
            arguments = {"benchmark": "tiny", "rounds": 3}
            return listed, await client.call_tool("compare_revisions", arguments, progress_callback=show)

    listed, result = anyio.run(session)
    assert "tiny: a moment" in text_of(listed)
    assert not result.is_error, text_of(result)
    assert text_of(result).startswith("REGRESSED: time_ms")
    assert "interleaved rounds of tiny" in text_of(result)
    assert len(text_of(listed) + text_of(result)) / 4 < 4000
    steps = [progress for progress, _, _ in reported]
    assert steps == sorted(set(steps)) and len(steps) >= 4
    assert any("Measuring tiny (head)" in (message or "") for _, _, message in reported)


def test_what_is_not_configured_is_refused(project: Path) -> None:
    async def session() -> list[str]:
        async with Client(create_server(project=str(project))) as client:
            calls = [
                ("run_benchmark", {"benchmark": "rm"}),
                ("run_benchmark", {"benchmark": "tiny", "parameters": {"x": 1}}),
                ("compare_revisions", {"benchmark": "tiny", "base": "--output=/tmp/x"}),
                ("compare_revisions", {"benchmark": "tiny", "rounds": 2, "head": "nothing"}),
            ]
            results = [await client.call_tool(*call) for call in calls]
            assert all(r.is_error for r in results)
            return [text_of(r) for r in results]

    unknown, parameter, option, head = anyio.run(session)
    assert "it has tiny, slow" in unknown
    assert "declares no x" in parameter
    assert "is no revision" in option and "is no revision" in head


def test_the_server_answers_while_it_measures_and_a_lost_client_ends_the_run(project: Path) -> None:
    async def session() -> str:
        async with Client(server_of(project)) as client, anyio.create_task_group() as tasks:
            started = anyio.Event()

            async def show(_progress: float, _total: float | None, _message: str | None) -> None:
                started.set()

            async def run() -> None:
                await client.call_tool("run_benchmark", {"benchmark": "slow"}, progress_callback=show)

            tasks.start_soon(run)
            await started.wait()
            answered = text_of(await client.call_tool("list_results", {}))
            tasks.cancel_scope.cancel()
        return answered

    answered = anyio.run(session)
    assert "Nothing was recorded yet" in answered
    left = subprocess.run(
        ["pgrep", "-f", "time.sleep\\(100\\)"], capture_output=True, text=True, check=False
    ).stdout.split()
    mine = [pid for pid in left if str(project) in _cwd(pid)]
    assert mine == []
    store = open_store(project / ".holobench")
    assert store.manifests().select() == []
    assert [document.status for document in store.measurements()] == ["interrupted"]


def _cwd(pid: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""
