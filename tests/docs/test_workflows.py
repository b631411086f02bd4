"""The workflows that pages show are ones that a host would take, and nothing in them is what attacks look for."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from holobench_mcp._version import __version__
from holobench_mcp.cli import app

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
OURS = f"holobench-mcp/holobench-mcp@v{__version__}"


def blocks(page: str) -> list[str]:
    text = (ROOT / "docs" / "ci" / page).read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def steps(block: str) -> list[dict[str, Any]]:
    document = yaml.safe_load(block)
    return document if isinstance(document, list) else document["jobs"]["benchmarks"]["steps"]


def test_the_workflow_of_github_is_ten_lines_and_asks_for_what_it_needs() -> None:
    workflow, *_ = blocks("github.md")
    assert len(workflow.splitlines()) == 10
    document = yaml.safe_load(workflow)
    assert document[True] == "pull_request"  # YAML reads `on` so
    assert document["permissions"] == {"contents": "read", "pull-requests": "write"}


@pytest.mark.parametrize("block", blocks("github.md"))
def test_a_step_gives_inputs_that_the_action_has_and_reads_outputs_that_it_gives(block: str) -> None:
    ours = [step for step in steps(block) if step.get("uses", "").startswith("holobench-mcp/")]
    assert ours
    for step in ours:
        assert step["uses"] == OURS
        assert step["with"].keys() <= ACTION["inputs"].keys()
        assert ("command" in step["with"]) != ("benchmark" in step["with"])
    assert set(re.findall(r"outputs\.(\w+)", block)) <= ACTION["outputs"].keys()


def test_nothing_in_the_workflow_is_what_attacks_look_for(tmp_path: Path) -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    if not zizmor.exists():
        pytest.skip("zizmor is not installed")
    whole, part = blocks("github.md")
    file = tmp_path / ".github" / "workflows" / "benchmarks.yml"
    file.parent.mkdir(parents=True)
    # This action's own commit is known only once there is one.
    pinned = (whole + part).replace(OURS, f"holobench-mcp/holobench-mcp@{'1' * 40} # v{__version__}")
    file.write_text(pinned)
    environ = {name: value for name, value in os.environ.items() if name != "GH_TOKEN"}
    done = subprocess.run([zizmor, "--offline", file], capture_output=True, text=True, env=environ, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_release_gives_each_job_only_what_it_needs() -> None:
    file = ROOT / ".github" / "workflows" / "release.yml"
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "build": {"contents": "read"},
        "publish": {"id-token": "write"},
    }
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert re.search(r"@[0-9a-f]{40}$", step["uses"]) if "uses" in step else step["run"]
    zizmor = Path(sys.executable).parent / "zizmor"
    if zizmor.exists():
        environ = {name: value for name, value in os.environ.items() if name != "GH_TOKEN"}
        done = subprocess.run([zizmor, "--offline", file], capture_output=True, text=True, env=environ)
        assert done.returncode == 0, done.stdout


def test_the_job_of_gitlab_is_ten_lines_of_our_commands() -> None:
    [job] = blocks("gitlab.md")
    assert len(job.splitlines()) <= 10
    benchmarks = yaml.safe_load(job)["benchmarks"]
    assert benchmarks["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}]
    assert benchmarks["before_script"] == [f"pip install holobench-mcp=={__version__}"]
    group: Any = typer.main.get_command(app)
    for [line] in (benchmarks["script"], benchmarks["after_script"]):
        program, name, sub, *rest = shlex.split(line)
        assert (program, name) == ("holobench-mcp", "ci")
        command = group.commands["ci"].commands[sub]
        command.make_context(sub, list(rest))
        folder = next(p.default for p in command.params if p.name == "report")
    artifacts = benchmarks["artifacts"]
    assert artifacts["when"] == "always" and str(folder) in artifacts["paths"]
    assert artifacts["reports"]["junit"] == f"{folder}/junit.xml"


def site_command(line: str) -> str:
    """The folder that a line writes a site to, as the command line reads it."""
    program, name, *rest = shlex.split(line)
    assert (program, name) == ("holobench-mcp", "report")
    group: Any = typer.main.get_command(app)
    return str(group.commands["report"].make_context("report", list(rest)).params["site"])


def test_the_jobs_that_publish_pages_write_them_where_they_are_taken_from(tmp_path: Path) -> None:
    github, gitlab = blocks("pages.md")
    document = yaml.safe_load(github)
    assert document["permissions"] == {}
    job = document["jobs"]["pages"]
    assert job["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
    checkout, install, write, upload, deploy = job["steps"]
    assert install["run"] == f"pip install holobench-mcp=={__version__}"
    assert site_command(write["run"]) == upload["with"]["path"]
    assert f"steps.{deploy['id']}.outputs.page_url" in job["environment"]["url"]
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in (checkout, upload, deploy))
    pages = yaml.safe_load(gitlab)["pages"]
    assert pages["before_script"] == [install["run"]]
    assert [site_command(line) for line in pages["script"]] == pages["artifacts"]["paths"] == ["public"]
    zizmor = Path(sys.executable).parent / "zizmor"
    if zizmor.exists():
        file = tmp_path / ".github" / "workflows" / "pages.yml"
        file.parent.mkdir(parents=True)
        file.write_text(github)
        environ = {name: value for name, value in os.environ.items() if name != "GH_TOKEN"}
        done = subprocess.run([zizmor, "--offline", file], capture_output=True, text=True, env=environ, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
