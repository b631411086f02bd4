"""Every command: plain text, JSON, help; and which calls only serve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conftest import cli, snapshot
from holobench_mcp.cli import app
from holobench_mcp.model import InvalidArgument
from holobench_mcp.store import open_store


@pytest.mark.parametrize("arguments", [["list"], ["show"], ["metrics"], ["compare"], ["config"], ["verify"]])
def test_every_command_has_plain_text_and_json(project: Path, arguments: list[str]) -> None:
    plain = cli(*arguments, cwd=project)
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout if arguments != ["verify"] else plain.stderr
    assert "\x1b" not in plain.stdout
    finished = cli(*arguments, "--json", cwd=project)
    first, second, *_ = (key for key in json.loads(finished.stdout) if key != "cause")
    assert finished.returncode == 0 and (first in ("decision", "status"), second) == (True, "reason")


def test_every_command_and_option_has_help() -> None:
    runner = CliRunner()
    from typer.main import get_command

    group = get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert command.help, name
        for parameter in command.params:
            assert parameter.name == "help" or getattr(parameter, "help", None), f"{name} {parameter.name}"
    assert runner.invoke(app, ["--help"]).exit_code == 0


def test_json_is_all_of_stdout_whatever_a_benchmark_prints_and_whichever_file_is_bad(project: Path) -> None:
    finished = cli("run", "--json", "--", "sh", "-c", "echo out; exit 5", cwd=project)
    assert (finished.returncode, json.loads(finished.stdout)["returncode"]) == (5, 5)
    assert "out\n" in finished.stderr
    store = open_store(project / ".holobench")
    newest = store.manifests().select(limit=1)[0]
    (project / "result.json").write_bytes(store.document(newest))
    finished = cli("import", "result.json", "missing.pkl", "--json", cwd=project)
    assert finished.returncode == 2 and "missing.pkl" in finished.stderr
    document = json.loads(finished.stdout)
    assert list(document) == ["status", "reason", "imports"] and document["status"] == "failed"
    assert (
        document["reason"].startswith("1 result of 1 of 2 paths recorded. Then: ")
        and "missing.pkl" in document["reason"]
    )
    assert [taken["path"] for taken in document["imports"]] == ["result.json"]
    assert list(document["imports"][0])[:2] == ["status", "reason"]
    good = json.loads(cli("import", "result.json", "--json", cwd=project).stdout)
    assert (good["status"], good["reason"]) == ("ok", "1 result of 1 of 1 paths recorded.")


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], {}),
        (["serve"], {}),
        (["--project", "/x"], {"project": "/x"}),
        (["--store=s3://b/x", "--project", "/x", "serve"], {"store": "s3://b/x", "project": "/x"}),
        (["serve", "--help"], None),
        (["list"], None),
        (["--project"], None),
        (["--version"], None),
    ],
)
def test_serving_is_told_from_every_other_call(arguments: list[str], options: dict[str, str] | None) -> None:
    from holobench_mcp.__main__ import serving

    assert serving(arguments) == options


def test_a_configured_benchmarks_parameters_can_be_given(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from holobench_mcp.workspace.measuring import Measuring

    asked: list[dict[str, Any]] = []

    def compare(_: Measuring, name: str, **options: Any) -> Any:
        asked.append({"name": name, **options})
        raise InvalidArgument("enough")

    monkeypatch.setattr(Measuring, "start_revisions", compare)
    given = ["--parameter", "repeats=5", "--parameter", "fast=true", "--parameter", "kind=zipf"]
    runner = CliRunner()
    runner.invoke(app, ["--project", str(project), "ab", "--benchmark", "sort", *given])
    assert asked[0]["name"] == "sort" and asked[0]["parameters"] == {"repeats": 5, "fast": True, "kind": "zipf"}
    refused = runner.invoke(app, ["--project", str(project), "ab", "--parameter", "x=1", "--", "python", "bench.py"])
    assert isinstance(refused.exception, InvalidArgument) and "--parameter" in str(refused.exception)


@pytest.mark.parametrize("option", ["--bench", "--benchmark"])
def test_compare_takes_the_results_of_the_benchmark_that_is_named(project: Path, option: str) -> None:
    """Another benchmark's newer result does not stand in the way."""
    store = open_store(project / ".holobench")
    for i in (8, 9):
        store.record(snapshot(at=i, bench="other"))
    first, second = (m.result_id for m in reversed(store.manifests().select(bench_name="sort")))

    def sides(*arguments: str) -> list[str]:
        finished = cli("compare", *arguments, "--json", cwd=project)
        assert finished.returncode == 0, finished.stderr
        document = json.loads(finished.stdout)
        return [document[side]["result_id"] for side in ("baseline", "candidate")]

    assert sides(option, "sort") == [first, second]
    assert sides(option, "sort", "latest~1", "latest") == [first, second]
    assert sides(option, "sort", first, second) == [first, second]
    assert sides(option, "sort", "other@latest~1", "other@latest") != [first, second]
    missing = cli("compare", option, "srot", cwd=project)
    assert missing.returncode == 2 and "sort" in missing.stderr
