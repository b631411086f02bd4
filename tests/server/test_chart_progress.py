"""The chart's own tool: it looks on at a measurement, and whatever it is asked, nothing is begun by it."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.extension import advertise
from mcp_types import Request, RequestParams, Result
from pydantic import ConfigDict

from clients import SHOWS_CHARTS, chart_of, sent, talk
from conftest import PYTHON
from holobench_mcp.model import MeasuredCode, MeasurementDocument, MeasurementOwner, MeasurementRequest, RunRole
from holobench_mcp.server.app import create_server
from holobench_mcp.server.chart.extension import FOR_THE_PAGE
from holobench_mcp.store import Store, open_store
from holobench_mcp.workspace.measuring import Measuring
from stored_runs import A, B, record_rounds, workspace_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")
NAME = "tiny-20260301T120000Z-abcdef"
TASKS = advertise("io.modelcontextprotocol/tasks")


class TaskParams(RequestParams):
    task_id: str


class TaskRequest(Request[TaskParams, str]):
    params: TaskParams


class Answer(Result):
    model_config = ConfigDict(extra="allow")


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose measurements end with this test: none may begin."""
    command = f"[tool.holobench-mcp.benchmarks.tiny]\ncommand = ['{PYTHON}', 'tiny.py']\n"
    (tmp_path / "pyproject.toml").write_text(command)
    repository("a benchmark")

    def begun(*_: object, **__: object) -> None:
        raise AssertionError("something was measured")

    monkeypatch.setattr(Measuring, "_start", begun)
    return tmp_path


def measured(folder: Path, **changes: Any) -> Store:
    """A store with a measurement of two revisions, the second slower, as its document says it ended."""
    ids = record_rounds(workspace_in(folder), 100, 130, 0, measurement=NAME)
    roles = [
        RunRole(result_id=name, bench_name="sort", side=side, run=run, sweep=sweep)
        for (side, sweep), names in ids.items()
        for run, name in enumerate(names)
    ]  # fmt: skip
    known: dict[str, Any] = {
        "id": NAME, "kind": "revisions", "benchmark": "tiny", "base": MeasuredCode(revision=A), "status": "finished",
        "head": MeasuredCode(revision=B), "started_at": "2026-03-01T12:00:00+00:00", "rounds": 4, "rounds_planned": 8,
        "roles": roles, "request": MeasurementRequest(base="main", head="worktree", rounds=8),
    }  # fmt: skip
    store = open_store(folder / "store")
    store.put_measurement(MeasurementDocument(**{**known, **changes}))
    return store


def with_server(project: Path, session: Callable[[Client], Awaitable[Any]], *more: Any) -> Any:
    server = create_server(project=str(project), store=str(project / "store"))
    return talk(server, session, extensions=[*SHOWS_CHARTS, *more])


def progress(project: Path, measurement: str = NAME, *more: Any) -> dict[str, Any]:
    async def ask(client: Client) -> dict[str, Any]:
        return sent(await client.call_tool(FOR_THE_PAGE, {"measurement": measurement, "wait_seconds": 5}))

    answer: dict[str, Any] = with_server(project, ask, *more)
    return answer


def test_a_measurement_that_is_over_is_answered_with_its_chart(project: Path) -> None:
    measured(project)
    answer = progress(project)
    assert answer["structuredContent"]["decision"] == "regressed", answer
    assert (chart_of(answer) or "").startswith('<section class="hb-comparison')


@pytest.mark.parametrize("status", ["running", "interrupted", "cancelled", "failed"])
def test_one_that_was_broken_off_stays_so(project: Path, status: str) -> None:
    store = measured(project, status=status, stopped="it broke" if status == "failed" else None)
    before = store.measurement(NAME)
    answer = progress(project)
    assert not answer.get("isError"), answer
    structure = answer["structuredContent"]
    assert structure["status"] not in ("running", "waiting") and structure["next_step"]
    assert "4 rounds" in structure["reason"] and chart_of(answer) is None
    assert store.measurement(NAME) == before


@pytest.mark.parametrize("more", [[], [TASKS]], ids=["", "tasks"])
def test_one_that_another_process_measures_is_told_as_far_as_it_is_recorded(project: Path, more: list[Any]) -> None:
    measured(project, status="running", owner=MeasurementOwner(lease="x", cache="another machine's"))
    structure = progress(project, NAME, *more)["structuredContent"]
    assert structure["status"] == "running" and structure["next_step"] == f"wait_measurement(measurement='{NAME}')"
    assert (structure["rounds_done"], structure["rounds_planned"]) == (4, 8)


def test_one_that_there_is_not_is_an_error(project: Path) -> None:
    measured(project)
    answer = progress(project, "nothing-20260301T120000Z-abcdef")
    assert answer["isError"] and "Nearest" in answer["content"][0]["text"]


def test_a_client_of_tasks_gets_the_chart_with_the_tasks_result_and_the_page_no_task(project: Path) -> None:
    measured(project)

    async def get(client: Client) -> dict[str, Any]:
        answer = await client.call_tool(FOR_THE_PAGE, {"measurement": NAME, "wait_seconds": 30})
        assert answer.structured_content and answer.structured_content["decision"] == "regressed"
        request = TaskRequest(method="tasks/get", params=TaskParams(task_id=NAME))
        return dict((await client.session.send_request(request, Answer)).model_extra or {})

    task = with_server(project, get, TASKS)
    assert task["status"] == "completed" and chart_of(task["result"])
