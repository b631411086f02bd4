"""Prompts: the loop in words that are enough for an agent which saw no instructions and knows no holobench."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError

from clients import talk
from holobench_mcp.answers import RunningMeasurement
from holobench_mcp.answers.comparison import ComparisonShort, MetricShort
from holobench_mcp.answers.history_short import HistoryShort
from holobench_mcp.server.app import create_server

ARGUMENTS = {
    "judge_change": {"benchmark": "sort"},
    "investigate_regression": {"benchmark": "sort", "metric": "time_ms", "baseline": "sort@release"},
    "write_benchmark": {"code": "parser.parse"},
}


@pytest.fixture(params=[False, True], ids=["recorded by hand", "configured"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param:
        (tmp_path / "pyproject.toml").write_text('[tool.holobench-mcp.benchmarks.sort]\ncommand = ["python", "b.py"]\n')
    return tmp_path


def rendered(project: Path, name: str, arguments: dict[str, Any], mode: str = "auto") -> str:
    async def say(client: Client) -> str:
        [message] = (await client.get_prompt(name, arguments)).messages
        assert message.role == "user"
        return message.content.text

    return talk(create_server(project=str(project)), say, mode=mode)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_every_prompt_is_listed_with_what_it_takes(project: Path, mode: str) -> None:
    async def say(client: Client) -> Any:
        return (await client.list_prompts()).prompts

    prompts = talk(create_server(project=str(project)), say, mode=mode)
    assert {p.name: {a.name: a.required for a in p.arguments} for p in prompts} == {
        "judge_change": {"benchmark": False},
        "investigate_regression": {"benchmark": True, "metric": False, "baseline": False},
        "write_benchmark": {"code": True},
    }
    assert all(p.title and p.description and all(a.description for a in p.arguments) for p in prompts)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_prompt_names_only_tools_that_there_are(project: Path, name: str) -> None:
    """And no tool's argument that it does not have."""

    async def say(client: Client) -> Any:
        return (await client.list_tools()).tools

    tools = {t.name: set(t.input_schema["properties"]) for t in talk(create_server(project=str(project)), say)}
    for arguments in (ARGUMENTS[name], {k: v for k, v in ARGUMENTS[name].items() if k in ("code",) or name[0] == "i"}):
        text = rendered(project, name, arguments)
        for tool in re.findall(r"\b((?:compare|list|run|wait|cancel|metric|set|export)_\w+)\b", text):
            assert tool in tools or tool == "compare_revisions", tool
        for tool, call in re.findall(r"\b(\w+_\w+)\(([^()]*)\)", text):
            names = set(re.findall(r"(\w+)=", call))
            assert tool not in tools or names <= tools[tool], f"{tool}({call})"


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_prompt_names_only_keys_that_an_answer_has(project: Path, name: str) -> None:
    shorts = (ComparisonShort, HistoryShort, MetricShort, RunningMeasurement)
    keys = {key for short in shorts for key in short.model_fields}
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", rendered(project, name, ARGUMENTS[name])))
    assert named <= keys


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_judging_says_what_to_do_with_every_decision(project: Path, mode: str) -> None:
    for arguments in ({}, {"benchmark": "sort"}):
        text = rendered(project, "judge_change", arguments, mode)
        for decision in ("regressed", "improved", "unchanged", "inconclusive", "incomparable"):
            assert f"- {decision}: " in text
        measures = "pyproject.toml" in {p.name for p in project.iterdir()}
        assert ("compare_revisions(benchmark=" in text) == measures
        assert ("holobench-mcp run --label before" in text) != measures
        assert len(text) < 4_000


def test_the_benchmark_that_a_prompt_shows_runs(tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", rendered(tmp_path, "write_benchmark", {"code": "sorted"}), re.S)
    ast.parse(program)
    (tmp_path / "bench.py").write_text(program)
    command = [sys.executable, "-m", "holobench_mcp", "run", "--", sys.executable, "bench.py"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    assert len(list((tmp_path / ".holobench" / "results").iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("judge", {}, "no prompt 'judge'"),
        ("write_benchmark", {}, "code: write_benchmark needs it"),
        ("write_benchmark", {"code": " "}, "code: write_benchmark needs it"),
        ("investigate_regression", {"metric": "time_ms"}, "benchmark: investigate_regression needs it"),
        ("judge_change", {"bench": "sort"}, "'bench': judge_change has no such argument. It takes benchmark."),
    ],
)
def test_what_is_unknown_or_missing_is_named(tmp_path: Path, name: str, arguments: dict[str, str], says: str) -> None:
    async def say(client: Client) -> Any:
        with pytest.raises(MCPError) as failure:
            await client.get_prompt(name, arguments)
        return failure.value.error

    error = talk(create_server(project=str(tmp_path)), say)
    assert error.code == -32602 and says in error.message
