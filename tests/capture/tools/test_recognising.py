"""A known tool is asked for its results by its own argument, where that can do no harm; what a command asks for itself
is used as it is."""

from __future__ import annotations

import json
import os
import shlex
import zipfile
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
    (folder / "bench").write_bytes(b"\x7fELF\2\1\1" + bytes(9000) + b"--benchmark_out_format=<json|console|csv>\0")
    (folder / "linked").write_bytes(b"\x7fELF" + bytes(100) + b"libbenchmark.so.1\0")
    (folder / "fib-1a2b").write_bytes(b"\x7fELF" + bytes(100) + b"CRITERION_HOME\0")
    (folder / "other").write_bytes(b"\x7fELF" + bytes(100) + b"libbench.so\0")
    (folder / "script").write_bytes(b"#!/bin/sh\n./bench --benchmark_out_format=json\n")
    for jar, member in (("benchmarks.jar", "META-INF/BenchmarkList"), ("app.jar", "META-INF/MANIFEST.MF")):
        with zipfile.ZipFile(folder / jar, "w") as archive:
            archive.writestr(member, "x")
    (folder / "cut.jar").write_bytes((folder / "benchmarks.jar").read_bytes()[:-8])
    for version in ("4.1.0", "5.1.1"):
        modules = folder / f"web{version[0]}" / "node_modules" / "vitest"
        modules.mkdir(parents=True)
        (modules / "package.json").write_text(json.dumps({"version": version}))
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
        (
            "./bench --x",
            "google-benchmark",
            "./bench --benchmark_out={}/google-benchmark.json --benchmark_out_format=json --x",
        ),
        (
            "taskset -c 0 ./linked",
            "google-benchmark",
            "taskset -c 0 ./linked --benchmark_out={}/google-benchmark.json --benchmark_out_format=json",
        ),
        (
            "yarn --cwd web4 vitest bench --run",
            "vitest",
            "yarn --cwd web4 vitest bench --outputJson={}/vitest.json --run",
        ),
        ("npx vitest@3 bench", "vitest", "npx vitest@3 bench --outputJson={}/vitest.json"),
        (
            "npx vitest bench",
            "vitest",
            "npx vitest bench --reporter=default --reporter=json --outputFile.json={}/vitest.json",
        ),
        (
            "pnpm -C web5 vitest bench a --reporter=dot",
            "vitest",
            "pnpm -C web5 vitest bench --reporter=json --outputFile.json={}/vitest.json a --reporter=dot",
        ),
        ("java -jar benchmarks.jar Sort -f 2", "jmh", "java -jar benchmarks.jar -rf json -rff {}/jmh.json Sort -f 2"),
        (
            "java -Xmx1g -cp a:b org.openjdk.jmh.Main",
            "jmh",
            "java -Xmx1g -cp a:b org.openjdk.jmh.Main -rf json -rff {}/jmh.json",
        ),
        ("mvn -q jmh:benchmark -Djmh.f=1", "jmh", "mvn -q jmh:benchmark -Djmh.f=1 -Djmh.rf=json -Djmh.rff={}/jmh.json"),
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
        ("./bench --benchmark_out=x.json", "x.json"),
        ("./bench --benchmark_out_format=json --benchmark_out=a/x", "a/x"),
        ("yarn --cwd web4 vitest bench --outputJson x.json", "web4/x.json"),
        ("npx vitest bench --reporter=json --outputFile=x.json", "x.json"),
        ("npx vitest bench --reporter json --reporter=dot --outputFile.json=x.json", "x.json"),
        ("java -jar benchmarks.jar -rf JSON -rff x.json", "x.json"),
        ("java -jar benchmarks.jar -rf json", "jmh-result.json"),
        ("./gradlew --no-daemon :core:jmh", "build/results/jmh/results.json"),
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
        ("./bench --benchmark_out=x.csv --benchmark_out_format=csv", "google-benchmark", "as csv"),
        ("cargo bench -- --baseline main", "criterion", "with --baseline"),
        ("npx vitest bench --outputFile=x --reporter=junit", "vitest", "another reporter"),
        ("java -jar benchmarks.jar -rff x.csv", "jmh", "as csv"),
        ("java -jar benchmarks.jar -rf text", "jmh", "as text"),
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
        "pyperformance list", "./other", "./script", "./nowhere", "cat bench", "cargo build", "cargo bench --no-run",
        "./other --bench", "npx vitest run", "vitest", "vitest bench.ts", "java -jar app.jar", "java -jar cut.jar",
        "java -jar nowhere.jar", "java -version", "java", "java -cp x Main", "mvn test", "gradle test", "go test ./...",
        "go test -run x -args -bench=.", "go test -c -bench=.", "go build -bench=.", "go", "go run . -bench=.", "bench",
    ],
)  # fmt: skip
def test_a_command_that_starts_no_known_tool_is_left_alone(line: str, project: Path) -> None:
    assert asked(line, project) is None
    assert asked(line, project, "command") is None
    assert asked(line, project, "holobench") is None
    with pytest.raises(InvalidArgument, match="does not give results of hyperfine, as far as it can be seen"):
        asked(line, project, "hyperfine")


@pytest.mark.parametrize(
    "line",
    [
        "go test -bench=. ./...", "go test -bench . -count 5", "go test -run='^$' -bench=Sort -benchmem -json",
        "nice go test --bench=.", "./sort.test -test.bench=. -test.count=3",
    ],
)  # fmt: skip
def test_what_go_prints_is_its_results(line: str, project: Path) -> None:
    found = asked(line, project)
    assert found is not None
    assert (found.tool, found.format, list(found.command)) == ("go-test", "go", shlex.split(line))
    assert (found.outputs, found.notes) == ((), ())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "go-build"
    assert dict(found.environment) == {"GOCACHE": str(cache)}


@pytest.mark.parametrize("line", ["cargo bench", "cargo +nightly bench --bench fib -- --quick", "./fib-1a2b --bench"])
def test_criterion_gets_a_folder_in_which_only_this_runs_results_are(line: str, project: Path) -> None:
    found = asked(line, project)
    assert found is not None
    folder = project.parent / "private" / "criterion"
    assert (found.tool, list(found.command), found.outputs) == ("criterion", shlex.split(line), (folder,))
    assert dict(found.environment) == {"CRITERION_HOME": str(folder)}
    assert found.notes


def test_a_tool_that_is_named_is_asked_where_it_can_not_be_seen(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    found = asked("make bench", project, "pytest-benchmark")
    assert found is not None
    file = project.parent / "private" / "pytest-benchmark.json"
    assert dict(found.environment) == {"PYTEST_ADDOPTS": f"--benchmark-json={file}"}
    assert found.outputs == (file,)
    assert asked("python plain.py", project, "pyperf") is not None
    for tool in ("criterion", "google-benchmark", "go-test"):
        found = asked("make bench", project, tool)
        assert found is not None
        assert list(found.command) == ["make", "bench"]


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
