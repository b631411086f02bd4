"""The tools that measure, as an agent meets them: which there are, what they take, and that a cancelled one ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from clients import text_of
from conftest import PYTHON
from holobench_mcp.answers import MeasurementReport
from holobench_mcp.config import BenchmarkConfig, ParameterConfig
from holobench_mcp.measure.jobs import Job
from holobench_mcp.measure.session import parameter_values
from holobench_mcp.model import InvalidArgument, MeasurementDocument
from holobench_mcp.server.app import create_server
from holobench_mcp.workspace.measuring import Measuring

BENCH = Path(__file__).parents[1] / "benches" / "tiny.py"


@pytest.fixture
def project(tmp_path: Path, repository: Callable[..., str]) -> Path:
    shutil.copy(BENCH, tmp_path / "tiny.py")
    (tmp_path / "product.py").write_text("def work(size):\n    return size\n")
    table = "[tool.holobench-mcp.benchmarks"
    (tmp_path / "pyproject.toml").write_text(
        f'{table}.tiny]\ncommand = ["{PYTHON}", "tiny.py"]\nruns = 1\nenv = {{ REPEATS = "{{repeats}}" }}\n'
        f"{table}.tiny.parameters]\nrepeats = {{ min = 1, max = 9, default = 3 }}\n"
        f'{table}.fixed]\ncommand = ["{PYTHON}", "tiny.py"]\n'
    )
    repository("the benchmark")
    return tmp_path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What run_benchmark is asked for, in place of running it."""
    asked: list[dict[str, Any]] = []

    def start(self: Measuring, name: str, **options: Any) -> Job[Any]:
        asked.append({"name": name, **options})
        report = MeasurementReport(measurement="m", benchmark=name, runs=2, result_ids=(), seconds=1.0, next_step="")
        document = MeasurementDocument(id=f"m{len(asked)}", kind="benchmark", started_at="2026-01-01T00:00:00+00:00")
        return self.jobs.start(document, lambda _: report)

    monkeypatch.setattr(Measuring, "start_benchmark", start)
    return asked


def call(project: Path, tool: str, arguments: dict[str, Any], **options: Any) -> Any:
    async def session() -> Any:
        async with Client(create_server(project=str(project))) as client:
            return await client.call_tool(tool, arguments, **options)

    return anyio.run(session)


def test_what_measures_says_that_it_changes_and_destroys_nothing(project: Path) -> None:
    async def listed() -> dict[str, Any]:
        async with Client(create_server(project=str(project))) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

    tools = anyio.run(listed)
    for name in ("run_benchmark", "compare_revisions"):
        assert "\n" not in tools[name].description
        assert tools[name].annotations.read_only_hint is False
        assert tools[name].annotations.destructive_hint is False
    assert tools["list_benchmarks"].annotations.read_only_hint is True
    assert set(tools["run_benchmark"].input_schema["properties"]) == {
        "benchmark", "label", "runs", "repeats", "parameters", "wait_seconds"
    }  # fmt: skip


def test_repeats_is_a_parameter_by_another_name(project: Path, calls: list[dict[str, Any]]) -> None:
    assert not call(project, "run_benchmark", {"name": "tiny", "repeats": 5}).is_error
    assert not call(project, "run_benchmark", {"name": "tiny", "parameters": {"repeats": 2}}).is_error
    assert not call(project, "run_benchmark", {"name": "tiny"}).is_error
    assert [c["parameters"] for c in calls] == [{"repeats": 5}, {"repeats": 2}, {}]


def test_repeats_are_given_once(project: Path, calls: list[dict[str, Any]]) -> None:
    refused = call(project, "run_benchmark", {"name": "tiny", "repeats": 5, "parameters": {"repeats": 2}})
    assert refused.is_error and "give one of them" in text_of(refused) and calls == []


def test_repeats_are_refused_where_the_benchmark_declares_none(project: Path) -> None:
    refused = call(project, "run_benchmark", {"name": "fixed", "repeats": 5})
    assert refused.is_error and "fixed declares no repeats" in text_of(refused)
    outside = call(project, "run_benchmark", {"name": "tiny", "repeats": 10})
    assert outside.is_error and "must be from 1 to 9" in text_of(outside)


@pytest.mark.parametrize("value", [5, 5.0, "5", " 5 ", "5.0"])
def test_a_parameters_number_is_the_same_however_it_is_written(value: object) -> None:
    repeats = ParameterConfig.model_validate({"min": 1, "max": 9, "default": 3})
    assert parameter_values(
        "b", BenchmarkConfig(command=("x",), parameters={"repeats": repeats}), {"repeats": value}
    ) == {"repeats": "5"}


@pytest.mark.parametrize("value", ["5.5", "five", "true", True, "", None, "[5]"])
def test_what_is_no_number_is_refused_for_a_number(value: object) -> None:
    repeats = ParameterConfig.model_validate({"min": 1, "max": 9, "default": 3})
    with pytest.raises(InvalidArgument, match="must be of type int"):
        parameter_values("b", BenchmarkConfig(command=("x",), parameters={"repeats": repeats}), {"repeats": value})


def test_a_text_parameter_keeps_its_text() -> None:
    kind = ParameterConfig.model_validate({"type": "str", "choices": ["5", "null"], "default": "5"})
    for value in ("5", "null"):
        given = parameter_values("b", BenchmarkConfig(command=("x",), parameters={"kind": kind}), {"kind": value})
        assert given == {"kind": value}
