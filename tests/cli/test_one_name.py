"""One thing has one name: in every tool, in every command, and in what they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from clients import talk
from conftest import PYTHON, cli, snapshot
from holobench_mcp.cli import app
from holobench_mcp.server.app import create_server
from holobench_mcp.store import open_store

#: Other words for what has a name, and where a word means something else.
OTHER_WORDS = {"bench", "bench_name", "wait", "margin", "at", "variable", "result_id", "id", "rev", "commit"}
OF_A_BENCHMARK = ["run_benchmark", "compare_revisions", "metric_history", "list_results", "list_baselines"]


def commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_tools_call_one_thing_by_one_name(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.holobench-mcp.benchmarks.b]\ncommand = ['{PYTHON}']\n")

    async def tools(client: Any) -> Any:
        return (await client.list_tools()).tools

    schemas = {t.name: t.input_schema["properties"] for t in talk(create_server(project=str(tmp_path)), tools)}
    for name, properties in schemas.items():
        assert not OTHER_WORDS & properties.keys(), name
        assert "name" not in properties or name == "set_baseline", name
    assert all("benchmark" in schemas[name] for name in OF_A_BENCHMARK)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_commands_have_the_tools_names_first(name: str) -> None:
    for parameter in COMMANDS[name].params:
        first = parameter.opts[0].removeprefix("--").replace("-", "_")
        assert first not in OTHER_WORDS, f"{name} {parameter.opts}"
        if first == "benchmark" and parameter.param_type_name == "option":
            assert "--bench" in parameter.opts, "the old name is an alias"


def test_old_names_of_options_still_work(tmp_path: Path) -> None:
    store = open_store(tmp_path / ".holobench")
    for at in (1, 2):
        store.record(snapshot(at=at, revision=f"{at}" * 40))
    for words in (
        ("history", "sort", "time_ms", "--at", "size=10"),
        ("history", "sort", "time_ms", "--point", "size=10"),
        ("compare", "--bench", "sort", "--margin", "7"),
        ("compare", "--benchmark", "sort", "--margin-percent", "7"),
    ):
        done = cli(*words, "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        json.loads(done.stdout)
    wrong = cli("compare", "--margin", "-1", cwd=tmp_path)
    assert wrong.returncode == 2 and "margin_percent: above 0" in wrong.stderr
