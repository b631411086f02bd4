"""The action's own steps, run as its host runs them, against a repository, an event and an interface of comments."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
from typer.testing import CliRunner

from comments_api import CommentsApi, comments_api
from composite_action import ACTION, ROOT, Runner
from conftest import PYTHON, git
from holobench_mcp.cli import app

INSTALL = "Install holobench-mcp"
#: A benchmark of a moment: each sample is so many milliseconds and some that chance adds.
WORK = """for i in $REPEATS; do
    echo '{{"bench": "work", "metrics": {{"time": {{"value": {}.'$(date +%N | cut -c1-3)', "units": "ms", "direction": "minimize"}}}}}}'
done > out.jsonl
"""


@pytest.fixture
def api() -> Iterator[CommentsApi]:
    with comments_api() as served:
        yield served


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout of a merge that the host made: the request makes the code slower, and main went on meanwhile."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / ".gitignore").write_text(".holobench/\nout.jsonl\n")
    commit(folder, "work.sh", WORK.format(10))
    git(folder, "checkout", "--quiet", "-b", "work")
    head = commit(folder, "work.sh", WORK.format(30))
    git(folder, "checkout", "--quiet", "main")
    commit(folder, "README", "more")
    git(folder, "checkout", "--quiet", "--detach")
    git(folder, "merge", "--quiet", "--no-ff", "--message", "merge", head)
    return folder


def commit(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", name)
    return git(folder, "rev-parse", "HEAD")


def event(folder: Path, api: CommentsApi) -> dict[str, Any]:
    api.head = git(folder, "rev-parse", "work")
    return {"pull_request": {"number": 5, "head": {"sha": api.head}, "base": {"ref": "main"}}}


def command(*words: str) -> Any:
    """One of our commands, with its options."""
    found: Any = typer.main.get_command(app)
    for word in words:
        found = found.commands[word]
    return found


def test_a_slower_pull_request_fails_and_is_told_of_once(project: Path, tmp_path: Path, api: CommentsApi) -> None:
    runner = Runner(tmp_path, project, api.address)
    api.add("<!-- holobench-mcp: benchmarks -->\nnot ours", {"login": "mallory", "type": "User"})
    before = git(project, "rev-parse", "main")
    given = {"command": "sh work.sh", "results": "out.jsonl", "rounds": "3", "env": "REPEATS=1 2 3 4 5\n\nA=b c"}
    first = runner.run(event(project, api), (INSTALL,), **given)
    assert first.failed, first.log
    assert first.ran == ["Measure", "Comment", "Upload the report and the store"]
    assert first.outputs["decision"] == "regressed" and first.outputs["cause"] == "performance"
    report = json.loads(Path(first.outputs["comparison"]).read_text())
    assert report["reason"] == first.outputs["reason"] and report["base_revision"] == before
    assert report["head_revision"] == git(project, "rev-parse", "HEAD")
    [ours] = api.bodies()
    assert "🔴 Benchmark: regressed" in ours and "https://github.com/o/p/actions/runs/9" in ours
    assert first.summary.strip() == ours.partition("\n")[2].strip()
    assert "::error title=Benchmark regressed::" in first.log
    folder = Path(first.outputs["comparison"]).parent
    [uploaded] = first.used.values()
    assert uploaded["path"].split() == [str(folder), str(project / ".holobench")]
    assert ElementTree.parse(folder / "junit.xml").getroot().get("failures") == "1"

    # The next push can't be measured: what the comment said of the one before does not stand.
    second = runner.run(event(project, api), (INSTALL,), command=shlex.join([PYTHON, "gone.py"]))
    assert second.failed and second.outputs["decision"] == ""
    [ours] = api.bodies()
    assert "not measured" in ours and "regressed" not in ours
    assert [c["body"] for c in api.comments if c["user"]["login"] == "mallory"] == [
        "<!-- holobench-mcp: benchmarks -->\nnot ours"
    ]


def test_a_request_from_a_fork_is_judged_and_its_summary_tells(project: Path, tmp_path: Path, api: CommentsApi) -> None:
    """Its token may only read. What it was to say stands on the run's own page; the comment step does not fail."""
    runner = Runner(tmp_path, project, api.address)
    api.refusals["POST"] = 403
    done = runner.run(event(project, api), (INSTALL,), command=shlex.join([PYTHON, "gone.py"]))
    assert done.failed and "Comment" in done.ran
    assert "not measured" in done.summary and api.comments == []
    assert "::notice title=Benchmarks::no comment: the token may not comment here" in done.log


HOLES = (
    "$(touch hole)",
    "; touch hole;",
    "`touch hole`",
    "' touch hole '",
    "--upload-pack=touch hole",
    "${IFS}touch${IFS}hole",
)


@pytest.mark.parametrize("hole", HOLES[:3])
def test_no_shell_reads_an_input(project: Path, tmp_path: Path, api: CommentsApi, hole: str) -> None:
    runner = Runner(tmp_path, project, api.address)
    given = dict.fromkeys(ACTION["inputs"], hole) | {"working-directory": ".", "fail-on": "never"}
    done = runner.run(event(project, api), (INSTALL,), **{**given, "max-seconds": "1", "timeout": "1"})
    assert done.failed and "ci measure: " in done.log
    assert not list(tmp_path.rglob("hole"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        *(({"ROUNDS": hole}, "--rounds: auto, or a number") for hole in ("many", *HOLES)),
        *(({"FAIL_ON": hole}, "--fail-on: ") for hole in ("slower", *HOLES)),
        *(({"BASE": hole}, "is no revision") for hole in HOLES),
        *(({"MAX_SECONDS": hole}, "--max-seconds") for hole in HOLES),
        ({"COMMAND": "'"}, "--command: "),
        ({"COMMAND": ""}, "name a command"),
        ({"BENCHMARK": "b"}, "name a command"),
        ({"ENV": "A"}, "NAME=VALUE"),
        ({"PROTECT": "ok\n\n../x"}, "--protect: "),
        ({"TIMEOUT": "-1"}, "--timeout: "),
        ({"SETUP": " "}, "name a command"),
    ],
)
def test_a_wrong_input_fails_by_its_name(
    project: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], says: str
) -> None:
    monkeypatch.chdir(project)
    variables = {f"HOLOBENCH_MCP_CI_{name}": value for name, value in {"COMMAND": "true", **given}.items()}
    done = CliRunner().invoke(app, ["ci", "measure"], env=variables)
    assert done.exit_code in (1, 2)
    assert says in f"{done.exception} {done.output}"


def test_empty_inputs_are_as_good_as_none(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    names = [name for name in os.environ if name.startswith("HOLOBENCH_MCP_CI")]
    assert not names
    variables = {p.envvar: "" for p in command("ci", "measure").params if p.envvar}
    done = CliRunner().invoke(app, ["ci", "measure", "--", "no-such-program"], env=variables)
    assert "no-such-program" in str(done.exception)


def test_a_step_that_runs_the_requests_code_never_has_the_token() -> None:
    with_token = [step["name"] for step in ACTION["runs"]["steps"] if "inputs.token" in json.dumps(step)]
    assert with_token == ["Comment"]
    for step in ACTION["runs"]["steps"]:
        if "uses" in step:
            assert re.search(r"@[0-9a-f]{40}$", step["uses"]), "a tag can be moved"


def test_the_action_installs_itself_at_the_version_that_was_asked_for(tmp_path: Path, api: CommentsApi) -> None:
    """A Python of another name, which writes down what it is told."""
    fake = tmp_path / "my python"
    fake.write_text(
        f'#!/bin/sh\necho "$@" >> "{tmp_path}/calls"\n'
        f'if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "{fake}" "$3/bin/python"; fi\n'
    )
    fake.chmod(0o755)
    runner = Runner(tmp_path, tmp_path, api.address)
    done = runner.run({}, tuple(s["name"] for s in ACTION["runs"]["steps"] if s["name"] != INSTALL), python=str(fake))
    assert not done.failed, done.log
    venv, install = (tmp_path / "calls").read_text().splitlines()
    assert venv == f"-m venv {runner.temp}/holobench-mcp"
    assert install.startswith("-m pip install ") and install.endswith(f" {ROOT}")


def test_every_option_of_measuring_has_its_input_and_every_input_its_option() -> None:
    options = {p.envvar for name in ("measure", "comment") for p in command("ci", name).params if p.envvar}
    handed = {name for step in ACTION["runs"]["steps"] for name in step.get("env", {}) if name.startswith("HOLO")}
    # What is checked out is what is measured, and the report's folder is the action's own.
    assert options - handed == {"HOLOBENCH_MCP_CI_HEAD"}
    assert handed <= options
    assert set(re.findall(r"inputs\.([\w-]+)", json.dumps(ACTION["runs"]))) == ACTION["inputs"].keys()


def test_measuring_can_all_that_ab_can() -> None:
    ab = {option for p in command("ab").params for option in p.opts}
    measure = {option for p in command("ci", "measure").params for option in p.opts}
    # Its report has both forms, and one parameter a line.
    assert ab - measure == {"--json", "--markdown", "--parameter"}


def test_nothing_in_the_action_is_what_attacks_look_for() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    if not zizmor.exists():
        pytest.skip("zizmor is not installed")
    environ = {name: value for name, value in os.environ.items() if name != "GH_TOKEN"}
    done = subprocess.run(
        [zizmor, "--offline", "--persona=auditor", ROOT / "action.yml"], capture_output=True, text=True, env=environ
    )
    assert done.returncode == 0, done.stdout
