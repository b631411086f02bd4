"""Exit codes that a script can trust: the gate, mistakes, faults, a damaged store, a reader that has gone."""

from __future__ import annotations

import json
import os
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


def test_a_gate_exits_one(project: Path) -> None:
    assert cli("compare", "--fail-on", "regressed,inconclusive", cwd=project).returncode == 1
    assert cli("compare", "--fail-on", "improved", cwd=project).returncode == 0
    # Each --fail-on adds to the gate; the last one does not replace the others.
    assert cli("compare", "--fail-on", "Regressed", "--fail-on", "improved", cwd=project).returncode == 1


@pytest.mark.parametrize(
    "words", ["", " ", ",", " , ", "regressed,", "regressed,,improved", "slower", "regressed improved"]
)
@pytest.mark.parametrize("command", [["compare"], ["ab", "--", "true"]])
def test_a_gate_without_a_decision_is_a_mistake_before_anything_is_compared(
    project: Path, command: list[str], words: str
) -> None:
    finished = CliRunner().invoke(app, ["--project", str(project), command[0], "--fail-on", words, *command[1:]])
    assert isinstance(finished.exception, InvalidArgument) and finished.stdout == ""
    assert "--fail-on: " in str(finished.exception) and "name one or more of regressed" in str(finished.exception)
    assert not list((project / ".holobench").glob("comparisons/**/*.json"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "nothing"], "Nearest"),
        (["compare", "--fail-on", ""], "--fail-on: a decision is empty"),
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
        (["ab", "--rounds", "many", "--", "true"], "--rounds: auto, or a number from 2 to 50, not 'many'."),
        (["ab", "--rounds", "51", "--", "true"], "rounds: from 2 to 50, not 51."),
        (["ab", "--protect", "../data", "--", "true"], "--protect: "),
    ],
)
def test_a_mistake_exits_two_with_one_sentence(project: Path, arguments: list[str], says: str) -> None:
    (project / "loop").symlink_to("loop")
    finished = cli(*arguments, cwd=project)
    assert finished.returncode == 2, finished.stderr
    assert says in finished.stderr and "Traceback" not in finished.stderr
    assert finished.stdout == ""


def test_an_exit_status_outlives_the_reader_of_the_output(project: Path) -> None:
    def shell(line: str) -> subprocess.CompletedProcess[str]:
        command = f"PATH=/usr/bin:/bin; {PYTHON} -m holobench_mcp {line}"
        return subprocess.run(["bash", "-c", command], cwd=project, capture_output=True, text=True, check=False)

    for line, status in (("list", 0), ("compare --json", 0), ("compare --fail-on regressed", 1)):
        finished = shell(f"{line} | head -c 0; exit ${{PIPESTATUS[0]}}")
        assert (finished.returncode, finished.stderr) == (status, "")
    assert shell("list >&-").returncode == 0
    full = shell("compare --fail-on regressed > /dev/full")
    assert full.returncode == 2 and "can't be written: No space left on device" in full.stderr
    assert "Traceback" not in full.stderr and "Exception ignored" not in full.stderr


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
    finished = cli("verify", cwd=project)
    assert finished.returncode == 3 and "samples.npz" in finished.stdout
    assert cli("compare", cwd=project).returncode == 3


@pytest.mark.parametrize(
    ("words", "code"), [("regressed", 1), ("improved", 0), ("unchanged,inconclusive,improved", 1), ("incomparable", 0)]
)
def test_the_gate_looks_at_every_bench_of_the_newest_code(tmp_path: Path, words: str, code: int) -> None:
    """The newest sweep is unchanged; the other one of the same code is slower, and the gate fails on either's word."""
    store = open_store(tmp_path / ".holobench")
    for i, (bench, factor) in enumerate([("words", 1.0), ("lines", 1.0), ("words", 1.5), ("lines", 1.0)]):
        values = factor * 100 * np.exp(0.002 * np.random.default_rng(i).standard_normal((6, 9)))
        revision = ("a" if i < 2 else "b") * 40
        store.record(snapshot(values, at=i, bench=bench, units="items", revision=revision))
    finished = cli("compare", "--json", "--fail-on", words, cwd=tmp_path)
    document = json.loads(finished.stdout)
    assert (document["decision"], document["candidate"]["bench_name"]) == ("regressed", "words")
    assert [other["bench_name"] for other in document["also"]] == ["lines"]
    assert document["also"][0]["decision"] in ("unchanged", "inconclusive")
    assert finished.returncode == code
