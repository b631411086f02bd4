"""A known tool is asked for its results by its own argument, where that can do no harm; what a command asks for itself
is used as it is."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from holobench_mcp.capture.tools import TOOLS, ToolCommand, tool_command
from holobench_mcp.model import InvalidArgument

RUNNER = "import pyperf\nrunner = pyperf.Runner()\nrunner.timeit('sum', 'sum(range(10))')\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with scripts of several kinds, and two programs called pytest, of which one has the plugin."""
    folder = tmp_path / "project"
    (folder / "benches").mkdir(parents=True)
    (folder / "bench.py").write_text(RUNNER)
    (folder / "benches" / "sums.py").write_text("from pyperf import Runner\nif __name__ == '__main__':\n    Runner()\n")
    (folder / "plain.py").write_text('"""Not with pyperf.Runner()."""\n# import pyperf; pyperf.Runner()\nprint(1)\n')
    (folder / "broken.py").write_text("import pyperf\npyperf.Runner(\n")
    (folder / "reads.py").write_text("import pyperf\npyperf.Benchmark.load('x.json')\n")
    (folder / "mine").mkdir()
    for name, help_text in (("with", "  --benchmark-json=PATH"), ("without", "usage"), ("fails", "")):
        program = folder / name / "pytest"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\nfor word; do\n[ \"$word\" = --help ] && echo '{help_text}'\ndone\nexit 3\n")
        program.chmod(0o755)
    return folder


def asked(line: str, project: Path, tool: str = "auto") -> ToolCommand | None:
    return tool_command(shlex.split(line), project.parent / "private", cwd=project, tool=tool)


@pytest.mark.parametrize(
    ("line", "tool", "command"),
    [
        ("with/pytest b -- x", "pytest-benchmark", "with/pytest --benchmark-json={}/pytest-benchmark.json b -- x"),
        ("nice with/pytest", "pytest-benchmark", "nice with/pytest --benchmark-json={}/pytest-benchmark.json"),
        ("hyperfine -w 3 ls", "hyperfine", "hyperfine --export-json {}/hyperfine.json -w 3 ls"),
        ("hyperfine -- --export-json", "hyperfine", "hyperfine --export-json {}/hyperfine.json -- --export-json"),
        ("nice hyperfine 'a b' ''", "hyperfine", "nice hyperfine --export-json {}/hyperfine.json 'a b' ''"),
        ("python bench.py --fast", "pyperf", "python bench.py -o {}/pyperf.json {inherit} --fast"),
        ("python -m benches.sums", "pyperf", "python -m benches.sums -o {}/pyperf.json {inherit}"),
        ("uv run bench.py", "pyperf", "uv run bench.py -o {}/pyperf.json {inherit}"),
        (
            "python bench.py --inherit-environ=A",
            "pyperf",
            "python bench.py -o {}/pyperf.json --inherit-environ=A",
        ),
        ("python -m pyperf timeit '1+1'", "pyperf", "python -m pyperf timeit -o {}/pyperf.json {inherit} '1+1'"),
        ("pyperf command -- ls", "pyperf", "pyperf command -o {}/pyperf.json {inherit} -- ls"),
        ("pyperformance run -b x", "pyperf", "pyperformance run -o {}/pyperf.json {inherit} -b x"),
    ],
)
def test_a_tool_is_asked_by_its_argument_and_the_notes_say_so(
    line: str, tool: str, command: str, project: Path
) -> None:
    found = asked(line, project)
    assert found is not None
    inherit = "--inherit-environ=PYTHONPATH,HOLOBENCH_MCP_PROBE,HOLOBENCH_MCP_PROBE_MODE,HOLOBENCH_MCP_IMPORT"
    expected = command.replace("{}", str(project.parent / "private")).replace("{inherit}", inherit)
    assert (found.tool, list(found.command)) == (tool, shlex.split(expected))
    assert found.outputs == (project.parent / "private" / f"{tool}.json",)
    assert found.notes
    assert found.format == TOOLS[tool].FORMAT
    assert asked(line, project, tool) == found


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("with/pytest b --benchmark-json=x.json", "x.json"),
        ("without/pytest --benchmark-json x.json", "x.json"),
        ("hyperfine --export-json /tmp/x.json ls", "/tmp/x.json"),
        ("env -C benches hyperfine --export-json=x.json ls", "benches/x.json"),
        ("python bench.py -ox.json", "x.json"),
        ("python -m pyperf timeit --output=a/x.json 1", "a/x.json"),
    ],
)
def test_what_a_command_asks_for_itself_is_used_and_nothing_added(line: str, output: str, project: Path) -> None:
    found = asked(line, project)
    assert found is not None
    assert list(found.command) == shlex.split(line)
    assert found.outputs == (project / output,)
    assert not found.notes


@pytest.mark.parametrize(
    ("line", "tool", "why"),
    [
        ("without/pytest tests", "pytest-benchmark", "not installed"),
        ("fails/pytest", "pytest-benchmark", "not installed"),
        ("nowhere/pytest", "pytest-benchmark", "not installed"),
        ("with/pytest --benchmark-disable", "pytest-benchmark", "switches"),
        ("hyperfine --export-json - ls", "hyperfine", "terminal"),
        ("python bench.py --append x.json", "pyperf", "appends"),
    ],
)
def test_a_command_that_would_give_no_results_is_left_alone_and_the_reason_is_said(
    line: str, tool: str, why: str, project: Path
) -> None:
    found = asked(line, project)
    assert found is not None
    assert found.reason is not None
    assert why in found.reason
    assert (list(found.command), found.outputs, found.notes, found.environment) == (shlex.split(line), (), (), {})
    with pytest.raises(InvalidArgument, match=why):
        asked(line, project, tool)


@pytest.mark.parametrize(
    "line",
    [
        "python plain.py", "python broken.py", "python reads.py", "python nowhere.py", "python -m nothing.here",
        "python mine", "cat bench.py", "cat pytest", "sh -c 'hyperfine ls'", "./hyperfine.sh", "python -m pyperf show x",
        "pyperf compare_to a b", "pyperf", "python -m pyperf", "echo hyperfine", "make bench", "''", "python -c 'pyperf'",
        "pyperformance list",
    ],
)  # fmt: skip
def test_a_command_that_starts_no_known_tool_is_left_alone(line: str, project: Path) -> None:
    assert asked(line, project) is None
    for tool in ("hyperfine", "holobench", "command"):
        if tool in TOOLS:
            with pytest.raises(InvalidArgument, match="hyperfine"):
                asked(line, project, tool)
        else:
            assert asked(line, project, tool) is None


def test_a_tool_that_is_named_is_asked_where_it_can_not_be_seen(project: Path) -> None:
    found = asked("make bench", project, "pytest-benchmark")
    assert found is not None
    file = project.parent / "private" / "pytest-benchmark.json"
    assert dict(found.environment) == {"PYTEST_ADDOPTS": f"--benchmark-json={file}"}
    assert found.outputs == (file,)
    assert asked("python plain.py", project, "pyperf") is not None


def test_a_tool_that_nobody_knows_is_an_error_that_names_those_that_are_known(project: Path) -> None:
    with pytest.raises(InvalidArgument, match="tool: 'pytest' is none of auto, holobench, command, pytest-benchmark"):
        asked("pytest", project, "pytest")


def test_pytest_is_asked_once_for_many_runs(project: Path) -> None:
    count = project / "count"
    program = project / "with" / "pytest"
    program.write_text(f"#!/bin/sh\necho asked >> {count}\necho --benchmark-json\n")
    for _ in range(3):
        asked("with/pytest once", project)
    assert count.read_text() == "asked\n"
