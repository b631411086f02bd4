"""The command line, as a person and a script use it: what goes to stdout, and what it exits with."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import PYTHON, cli, snapshot
from holobench_mcp.cli import app
from holobench_mcp.cli import main as command_line
from holobench_mcp.model import InvalidArgument
from holobench_mcp.store import layout, open_store

HERE = {"python": "3.12", "cpu_model": "x", "os": "y", "git_dirty": False}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    store = open_store(tmp_path / ".holobench")
    for i, factor in enumerate((1.0, 1.5)):
        values = factor * 100 * np.exp(0.02 * np.random.default_rng(i).standard_normal((6, 5)))
        store.record(snapshot(values, at=i, environment=HERE, label=f"try {i}"))
    return tmp_path


@pytest.mark.parametrize("arguments", [["list"], ["show"], ["metrics"], ["compare"], ["config"], ["verify"]])
def test_every_command_has_plain_text_and_json(project: Path, arguments: list[str]) -> None:
    plain = cli(*arguments, cwd=project)
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout if arguments != ["verify"] else plain.stderr
    assert "\x1b" not in plain.stdout
    told = cli(*arguments, "--json", cwd=project)
    assert told.returncode == 0 and isinstance(json.loads(told.stdout), dict)


def test_every_command_and_option_has_help() -> None:
    runner = CliRunner()
    from typer.main import get_command

    group = get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert command.help, name
        for parameter in command.params:
            assert parameter.name == "help" or getattr(parameter, "help", None), f"{name} {parameter.name}"
    assert runner.invoke(app, ["--help"]).exit_code == 0


def test_a_gate_exits_one(project: Path) -> None:
    assert cli("compare", "--fail-on", "regressed,inconclusive", cwd=project).returncode == 1
    assert cli("compare", "--fail-on", "improved", cwd=project).returncode == 0
    bad = cli("compare", "--fail-on", "slower", cwd=project)
    assert bad.returncode == 2 and "decisions are" in bad.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "nothing"], "Nearest"),
        (["compare", "--method", "magic"], "--method"),
        (["compare", "--replicates", "some"], "--replicates"),
        (["--store", "ftp://x", "list"], "ftp"),
        (["--project", "/nowhere", "list"], "not a folder"),
        (["import", "missing.pkl"], "not a file"),
        (["import", "~nobody-of-this-name/x.pkl"], "path:"),
        (["import", "loop/x.pkl"], "path:"),
        (["import", "x" * 300], "path:"),
        (["list", "--bench", os.fsdecode(b"\xff")], "is not text"),
        (["--store", "~nobody-of-this-name/x", "list"], "store:"),
        (["--project", "~nobody-of-this-name", "list"], "project:"),
        (["--store", "file://host/x", "list"], "file:///path"),
        (["--store", "s3://", "list"], "store:"),
        (["run"], "name the command"),
        (["run", "--", "no-such-program"], "can't be started"),
        (["ab", "--benchmark", "sort", "--timeout", "5"], "has its own timeout_s"),
        (["ab", "--benchmark", "sort", "--env", "A=1"], "has its own timeout_s"),
        (["ab", "--timeout", "0", "--", "true"], "--timeout: "),
        (["ab", "--protect", "../data", "--", "true"], "--protect: "),
    ],
)
def test_a_mistake_exits_two_with_one_sentence(project: Path, arguments: list[str], says: str) -> None:
    (project / "loop").symlink_to("loop")
    told = cli(*arguments, cwd=project)
    assert told.returncode == 2, told.stderr
    assert says in told.stderr and "Traceback" not in told.stderr
    assert told.stdout == ""


def test_json_is_all_of_stdout_whatever_a_benchmark_prints_and_whichever_file_is_bad(project: Path) -> None:
    told = cli("run", "--json", "--", "sh", "-c", "echo out; exit 5", cwd=project)
    assert (told.returncode, json.loads(told.stdout)["returncode"]) == (5, 5)
    assert "out\n" in told.stderr
    store = open_store(project / ".holobench")
    newest = store.manifests().select(limit=1)[0]
    (project / "result.json").write_bytes(store.document(newest))
    told = cli("import", "result.json", "missing.pkl", "--json", cwd=project)
    assert told.returncode == 2 and "missing.pkl" in told.stderr
    assert [taken["path"] for taken in json.loads(told.stdout)] == ["result.json"]


def test_an_exit_status_outlives_the_reader_of_the_output(project: Path) -> None:
    def shell(line: str) -> subprocess.CompletedProcess[str]:
        command = f"PATH=/usr/bin:/bin; {PYTHON} -m holobench_mcp {line}"
        return subprocess.run(["bash", "-c", command], cwd=project, capture_output=True, text=True, check=False)

    for line, status in (("list", 0), ("compare --json", 0), ("compare --fail-on regressed", 1)):
        told = shell(f"{line} | head -c 0; exit ${{PIPESTATUS[0]}}")
        assert (told.returncode, told.stderr) == (status, "")
    assert shell("list >&-").returncode == 0
    full = shell("compare --fail-on regressed > /dev/full")
    assert full.returncode == 2 and "can't be written: No space left on device" in full.stderr
    assert "Traceback" not in full.stderr and "Exception ignored" not in full.stderr


def test_a_label_is_no_markup_and_no_escape_sequence_on_a_terminal(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from holobench_mcp.cli import tables
    from holobench_mcp.config import load_config
    from holobench_mcp.workspace import Workspace

    label = "[/red] [bold\x1b[2J"
    open_store(project / ".holobench").record(snapshot(at=5, environment=HERE, label=label, units="[/]\x1b[2J"))
    monkeypatch.setattr(tables, "_on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "300")
    space = Workspace(load_config(project=project))
    tables.results(space.list_results())
    tables.metrics(space.list_metrics())
    tables.comparison(space.compare("latest~1", "latest"))
    shown = capsys.readouterr().out
    assert "[/red] [bold\N{REPLACEMENT CHARACTER}[2J" in shown and "\x1b[2J" not in shown


def test_a_fault_of_the_program_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("what")

    monkeypatch.setattr("holobench_mcp.cli.program.load_config", fail)
    monkeypatch.setattr("sys.argv", ["holobench-mcp", "list"])
    with pytest.raises(SystemExit) as ended:
        command_line()
    assert ended.value.code == 2
    assert "failed with KeyError" in capsys.readouterr().err


def test_a_damaged_store_exits_three(project: Path) -> None:
    newest = open_store(project / ".holobench").manifests().select(limit=1)[0]
    (project / ".holobench" / layout.blob_key(newest.blobs["samples.npz"].sha256)).write_bytes(b"")
    told = cli("verify", cwd=project)
    assert told.returncode == 3 and "samples.npz" in told.stdout
    assert cli("compare", cwd=project).returncode == 3


def test_markdown_is_a_comment_that_nothing_breaks_out_of(project: Path) -> None:
    text = cli("compare", "--markdown", cwd=project).stdout
    assert text.startswith("### 🔴 Benchmark: regressed")
    assert "| time\\_ms | 🔴 regressed |" in text


def test_a_terminal_gets_a_table_with_drawn_intervals(project: Path) -> None:
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [PYTHON, "-m", "holobench_mcp", "compare"],
        cwd=project, stdout=follower, stderr=follower, env={**os.environ, "COLUMNS": "160", "TERM": "xterm"},
    )  # fmt: skip
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 4096):
            shown += chunk
    except OSError:
        pass
    assert child.wait(60) == 0
    assert "●" in shown.decode() and "─" in shown.decode()
    os.close(leader)


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

    def compare(_: Measuring, name: str, **told: Any) -> Any:
        asked.append({"name": name, **told})
        raise InvalidArgument("enough")

    monkeypatch.setattr(Measuring, "compare_revisions", compare)
    given = ["--parameter", "repeats=5", "--parameter", "fast=true", "--parameter", "kind=zipf"]
    runner = CliRunner()
    runner.invoke(app, ["--project", str(project), "ab", "--benchmark", "sort", *given])
    assert asked[0]["name"] == "sort" and asked[0]["parameters"] == {"repeats": 5, "fast": True, "kind": "zipf"}
    refused = runner.invoke(app, ["--project", str(project), "ab", "--parameter", "x=1", "--", "python", "bench.py"])
    assert isinstance(refused.exception, InvalidArgument) and "--parameter" in str(refused.exception)
