"""A holobench that is absent, too old or otherwise than is known: one sentence says so, and how to mend it."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bencher.claims
import bencher.report_export
import pytest
from mcp import Client

from clients import talk, text_of
from conftest import PYTHON, cli
from holobench_mcp import holobench_versions as versions
from holobench_mcp.capture.measured_command import Wanted, measure_command
from holobench_mcp.capture.runner import RunOutcome, run_command
from holobench_mcp.model import UnsupportedHolobench
from holobench_mcp.result import upstream
from holobench_mcp.server.app import create_server
from stored_runs import record_runs, workspace_in

ROOT = Path(__file__).parents[1]


@pytest.fixture
def unasked() -> Iterator[None]:
    """holobench as if nobody had asked it yet, before and after, whatever other tests of this process asked."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    for found in vars(upstream).values():
        if hasattr(found, "cache_clear"):
            found.cache_clear()


@pytest.fixture
def has(monkeypatch: pytest.MonkeyPatch, unasked: None) -> Callable[[str | None], None]:
    """Makes this Python have another holobench, as far as packages say."""
    return lambda version: monkeypatch.setattr(versions, "installed", lambda: version)


def other_holobench(folder: Path, version: str, **modules: str) -> dict[str, str]:
    """The environment of a process that has another holobench in front of ours: its version, and modules of it."""
    about = folder / f"holobench-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: holobench\nVersion: {version}\n")
    for name, text in modules.items():
        (folder / "bencher").mkdir(exist_ok=True)
        (folder / "bencher" / f"{name}.py").write_text(text)
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize(
    ("version", "older", "newer"),
    [
        ("1.142.0", False, False),
        ("1.142", False, False),
        ("1.142.0rc1", False, False),
        ("1.142.1.post2+local", False, False),
        ("1.141.9", True, False),
        ("1.99", True, False),
        ("0.9", True, False),
        ("1", True, False),
        ("1.143", False, True),
        ("1.1000", False, True),
        ("2", False, True),
        ("a checkout", False, False),
    ],
)
def test_versions_are_told_apart_by_their_numbers(version: str, older: bool, newer: bool) -> None:
    assert (versions.is_older(version, "1.142"), versions.is_newer(version, "1.142")) == (older, newer)


def test_what_is_asked_for_is_what_was_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"holobench>={versions.OLDEST}" in project["dependencies"]
    page = (ROOT / "docs" / "versions.md").read_text(encoding="utf-8")
    tried = dict(re.findall(r"^\| (1\.\d+)\.\d+ \| (agrees|does not) \|", page, re.MULTILINE))
    assert tried[versions.OLDEST] == tried[versions.NEWEST] == "agrees"
    assert max(tried, key=lambda v: int(v.partition(".")[2])) == versions.NEWEST
    assert {v for v, word in tried.items() if word == "does not"} == {
        v for v in tried if versions.is_older(v, versions.OLDEST)
    }


@pytest.mark.parametrize("version", ["1.141.0", "0.3.16", None])
def test_one_that_is_too_old_or_absent_is_said_with_what_mends_it(
    has: Callable[[str | None], None], version: str | None
) -> None:
    has(version)
    with pytest.raises(UnsupportedHolobench) as raised:
        upstream.bencher()
    sentence = str(raised.value)
    assert (f"holobench {version} is installed" if version else "holobench is not installed") in sentence
    assert f"need {versions.OLDEST} or newer" in sentence
    assert f"install --upgrade 'holobench>={versions.OLDEST}'`." in sentence or "uv pip install" in sentence
    assert sys.executable in sentence and "\n" not in sentence


@pytest.mark.parametrize("version", ["1.142.0", "1.148.3", "1.149", "2.0", "0+unknown"])
def test_one_that_will_do_is_taken(has: Callable[[str | None], None], version: str) -> None:
    has(version if version != "0+unknown" else "a checkout")
    assert upstream.bencher() is sys.modules["bencher"]


@pytest.mark.parametrize(
    ("version", "says"),
    [("1.149.0", "newer than 1.148, the newest that this holobench-mcp knows, and"), ("1.148.0", "so it is not whole")],
)
@pytest.mark.parametrize(
    ("module", "part", "value", "difference"),
    [
        (bencher.claims, "parse_claim", None, "has no bencher.claims.parse_claim"),
        (bencher.report_export, "SCHEMA_VERSION", 2, "writes version 2 of its contract"),
        (sys.modules, "bencher.change_stats", None, "can't be imported (ModuleNotFoundError: "),
    ],
)
def test_one_that_is_otherwise_is_said_with_how(
    has: Callable[[str | None], None],
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    says: str,
    module: Any,
    part: str,
    value: int | None,
    difference: str,
) -> None:
    has(version)
    if module is sys.modules:
        monkeypatch.setitem(sys.modules, part, None)
    elif value is None:
        monkeypatch.delattr(module, part)
    else:
        monkeypatch.setattr(module, part, value)
    with pytest.raises(UnsupportedHolobench) as raised:
        upstream.bencher()
    assert difference in str(raised.value) and says in str(raised.value) and version in str(raised.value)
    assert "pip install" in str(raised.value)


def test_a_server_begins_all_the_same_and_answers_what_needs_none_of_it(
    tmp_path: Path, has: Callable[[str | None], None]
) -> None:
    space = workspace_in(tmp_path)
    result, *_ = record_runs(space, 100.0, 0)
    record_runs(space, 120.0, 10)
    has("1.100.0")

    async def ask(client: Client) -> tuple[Any, ...]:
        calls = {
            "list_results": {},
            "list_metrics": {"result": result},
            "export_result": {"result": result},
            "compare_results": {},
        }
        return client.instructions, [await client.call_tool(name, arguments) for name, arguments in calls.items()]

    instructions, answers = talk(create_server(project=str(tmp_path), store=str(space.config.store)), ask)
    assert "Comparisons fail for now: holobench 1.100.0 is installed" in instructions
    assert [answer.is_error for answer in answers] == [False, False, False, True], [text_of(a) for a in answers]
    assert text_of(answers[-1]).endswith(versions.unsupported() or "no sentence")


def test_the_command_line_says_it_once_and_measures_nothing_first(
    tmp_path: Path, repository: Callable[..., str]
) -> None:
    (tmp_path / "bench.py").write_text("print('measured')\n")
    (tmp_path / ".git" / "info" / "exclude").write_text("other/\n")
    repository()
    (tmp_path / "bench.py").write_text("print('measured again')\n")
    old = other_holobench(tmp_path / "other", "1.120.0")
    refused = cli("ab", "--", PYTHON, "bench.py", cwd=tmp_path, env=old)
    assert refused.returncode == 2 and refused.stdout == ""
    [line] = refused.stderr.splitlines()
    assert "holobench 1.120.0 is installed in" in line and f"need {versions.OLDEST} or newer" in line
    shown = json.loads(cli("config", "--json", cwd=tmp_path, env=old).stdout)
    assert shown["status"] == "problems" and shown["holobench"] == "1.120.0"
    assert "holobench 1.120.0 is installed in" in shown["reason"]


# ---------------------------------------------------------------------- that of the measured project


def measured(folder: Path, env: dict[str, str], **wanted: Any) -> RunOutcome:
    """A program that imports a module named bencher, as it is measured."""
    (folder / "bench.py").write_text("import bencher\n")
    return measure_command(
        ["python", "bench.py"],
        Wanted("the command", **wanted),
        lambda words, extra, written_as, keep: run_command(
            words,
            cwd=folder,
            extra_env={**extra, **env, "PATH": f"{Path(PYTHON).parent}{os.pathsep}{os.environ['PATH']}"},
            on_output=lambda _: None,
            code_is_known=True,
        ),
        folder=folder,
    )


@pytest.mark.parametrize("tool", ["auto", "holobench"])
def test_a_measured_holobench_that_hands_nothing_on_is_said_with_its_version(tmp_path: Path, tool: str) -> None:
    old = other_holobench(tmp_path / "other", "1.137.0", __init__="class ParametrizedSweep:\n    pass\n")
    outcome = measured(tmp_path, old, tool=tool)
    assert outcome.snapshots == [], "its own time is no answer to what was asked"
    problem = outcome.problems[0]
    assert problem.startswith("It imports holobench 1.137.0, which hands no sweeps on; 1.140 and newer do: `")
    assert f"{os.path.realpath(PYTHON)}" in os.path.realpath(problem.partition("`")[2].partition(" ")[0])


def test_a_module_of_ones_own_with_that_name_is_measured_as_any_program(tmp_path: Path) -> None:
    outcome = measured(tmp_path, other_holobench(tmp_path / "other", "1.148.0", __init__="BENCHES = []\n"))
    assert outcome.problems == [] and [s.bench_name for s in outcome.snapshots] == ["the command"]


@pytest.mark.parametrize(
    ("version", "says"), [("1.149.0", True), ("9.0", True), ("1.148.2", False), ("1.140.0", False)]
)
def test_what_a_newer_holobench_left_and_nobody_can_read_is_said_with_its_version(version: str, says: bool) -> None:
    sentence = versions.perhaps_too_new(version)
    assert (sentence is not None) == says
    assert sentence is None or (f"measured with holobench {version}, newer than {versions.NEWEST}" in sentence)


def test_unreadable_results_of_a_newer_holobench_are_a_problem_with_its_version(tmp_path: Path) -> None:
    writes = "import os\nopen(os.environ['BENCHER_RESULT_PATH'], 'wb').write(b'not a pickle of today')\n"
    newer = other_holobench(tmp_path / "other", "3.0.0", __init__=writes)
    outcome = measured(tmp_path, newer)
    assert outcome.snapshots == []
    assert "measured with holobench 3.0.0, newer than" in outcome.problems[-1]
