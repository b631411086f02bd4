"""A script of package.json is the command that it is, where that is plain; nothing of it is run to find out."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from tests.conftest import need

from holobench_mcp.capture.tools import ToolCommand, tool_command
from holobench_mcp.capture.tools.started import started
from holobench_mcp.model import InvalidArgument

SCRIPTS = {
    "bench": "vitest bench --run",
    "test": "hyperfine ls",
    "start": "node server.js",
    "env": "NODE_ENV=production A='b c' vitest bench --run src",
    "cross": "cross-env NODE_ENV=production nice -n 5 npx vitest bench",
    "inner": "npm run bench",
    "deeper": "pnpm inner -- --x",
    "quoted": "hyperfine 'sleep 0 && ls' \"a | b\"",
    "chain": "tsc -p . && vitest bench --run",
    "pipe": "vitest bench --run | tee out.txt",
    "redirect": "vitest bench --run > out.txt",
    "background": "vitest bench &",
    "substitution": "vitest bench $(cat files)",
    "ticks": "vitest bench `cat files`",
    "plain-chain": "tsc && node bench.js",
    "unclosed": "vitest bench 'x",
    "behind": "hyperfine -- ls",
    "circle": "npm run circle",
    "given": "vitest bench --run --outputJson=mine.json",
    "py": "python bench.py",
    "command": "pyperf command ls -l",
    "go": "go test -bench=. ./...",
    "cargo": "cargo bench",
    "empty": "",
    "number": 3,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A package with scripts, installed as version 4 of vitest, and one in a folder of it."""
    folder = tmp_path / "project"
    (folder / "src" / "deep").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"scripts": SCRIPTS}))
    modules = folder / "node_modules" / "vitest"
    modules.mkdir(parents=True)
    (modules / "package.json").write_text(json.dumps({"version": "4.1.0"}))
    (folder / "other").mkdir()
    (folder / "other" / "package.json").write_text(json.dumps({"scripts": {"bench": "hyperfine -w 1 ls"}}))
    (folder / "broken").mkdir()
    (folder / "broken" / "package.json").write_text('{"scripts": {"bench": "vitest bench"')
    (folder / "bench.py").write_text("import pyperf\npyperf.Runner()\n")
    return folder


def asked(line: str, project: Path, tool: str = "auto") -> ToolCommand | None:
    return tool_command(shlex.split(line), project.parent / "private", cwd=project, tool=tool)


@pytest.mark.parametrize(
    ("line", "tool", "command"),
    [
        ("npm run bench", "vitest", "npm run bench -- --outputJson={}/vitest.json"),
        ("npm run bench -- src", "vitest", "npm run bench -- src --outputJson={}/vitest.json"),
        ("npm --silent run-script bench", "vitest", "npm --silent run-script bench -- --outputJson={}/vitest.json"),
        ("npm run --loglevel error bench", "vitest", "npm run --loglevel error bench -- --outputJson={}/vitest.json"),
        ("nice -n 5 npm run bench", "vitest", "nice -n 5 npm run bench -- --outputJson={}/vitest.json"),
        ("pnpm run bench", "vitest", "pnpm run bench --outputJson={}/vitest.json"),
        ("pnpm bench", "vitest", "pnpm bench --outputJson={}/vitest.json"),
        ("yarn bench", "vitest", "yarn bench --outputJson={}/vitest.json"),
        ("yarn run bench src", "vitest", "yarn run bench src --outputJson={}/vitest.json"),
        ("bun run bench", "vitest", "bun run bench --outputJson={}/vitest.json"),
        ("npm test", "hyperfine", "npm test -- --export-json {}/hyperfine.json"),
        ("npm t", "hyperfine", "npm t -- --export-json {}/hyperfine.json"),
        ("pnpm test", "hyperfine", "pnpm test --export-json {}/hyperfine.json"),
        ("npm --prefix other run bench", "hyperfine", "npm --prefix other run bench -- --export-json {}/hyperfine.json"),
        ("npm run env", "vitest", "npm run env -- --outputJson={}/vitest.json"),
        ("npm run cross", "vitest", "npm run cross -- --outputJson={}/vitest.json"),
        ("npm run quoted", "hyperfine", "npm run quoted -- --export-json {}/hyperfine.json"),
        ("npm run inner", "vitest", "npm run inner -- -- --outputJson={}/vitest.json"),
        ("npm run given", "vitest", "npm run given"),
        ("npm run go", "go-test", "npm run go"),
        ("npm run cargo", "criterion", "npm run cargo"),
        ("yarn vitest bench", "vitest", "yarn vitest bench --outputJson={}/vitest.json"),
    ],
)  # fmt: skip
def test_a_known_tool_is_found_in_a_script_and_asked_behind_its_words(
    line: str, tool: str, command: str, project: Path
) -> None:
    found = asked(line, project)
    assert found is not None
    assert found.tool == tool
    assert list(found.command) == shlex.split(command.replace("{}", str(project.parent / "private")))
    assert asked(line, project, tool) == found
    if "run" in line:
        assert any("of package.json" in note for note in found.notes)


def test_a_script_is_that_of_the_nearest_package(project: Path) -> None:
    assert asked("npm run bench", project / "src" / "deep").outputs[0].name == "vitest.json"  # type: ignore[union-attr]
    assert asked("npm run bench", project / "other").tool == "hyperfine"  # type: ignore[union-attr]
    assert asked("npm run bench", project / "broken") is None
    assert asked("npm run given", project / "src").outputs == (project / "mine.json",)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["chain", "pipe", "redirect", "background", "substitution", "ticks"])
def test_a_script_that_chains_commands_is_refused_with_what_to_do(name: str, project: Path) -> None:
    found = asked(f"npm run {name}", project)
    assert found is not None
    assert found.reason is not None
    assert found.command == ("npm", "run", name)
    assert found.tool == "vitest"
    assert f"'{name}'" in found.reason
    assert "measure vitest's own in its place" in found.reason
    with pytest.raises(InvalidArgument, match="more than one plain command"):
        asked(f"npm run {name}", project, "vitest")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("npm run behind", "takes no more"),
        ("yarn run bench -- src", "takes no more"),
        ("npm run command", "those of the command"),
    ],
)  # fmt: skip
def test_words_that_a_tool_would_not_get_are_not_added(line: str, reason: str, project: Path) -> None:
    found = asked(line, project)
    assert found is not None
    assert reason in (found.reason or "")
    assert list(found.command) == shlex.split(line)


@pytest.mark.parametrize(
    "line",
    [
        "npm run", "npm run nothing", "npm run circle", "npm run start", "npm run plain-chain", "npm run unclosed",
        "npm run empty", "npm run number", "npm install bench", "npm bench", "npm -w other run bench",
        "npm run bench --workspaces", "pnpm -r run bench", "pnpm --filter x bench", "yarn add bench", "bun bench",
        "bun test",
    ],
)  # fmt: skip
def test_what_is_no_script_of_a_known_tool_is_measured_as_it_is(line: str, project: Path) -> None:
    assert asked(line, project) is None


def test_python_in_a_script_is_seen(project: Path) -> None:
    found = started(["npm", "run", "py"], project)
    assert found is not None
    assert (found.kind, found.path) == ("script", project / "bench.py")


@pytest.mark.parametrize("line", ["npm run twice", "npm --prefix sub run list -- more"])
def test_npm_hands_on_what_was_added(line: str, project: Path) -> None:
    need("npm", "npm")
    scripts = {"list": "npx hyperfine -w 1", "twice": "npm run list"}
    for folder in (project, project / "sub"):
        program = folder / "node_modules" / ".bin" / "hyperfine"
        program.parent.mkdir(parents=True)
        program.write_text('#!/bin/sh\necho "got:$*"\n')
        program.chmod(0o755)
        (folder / "package.json").write_text(json.dumps({"scripts": scripts}))
    found = asked(line, project)
    assert found is not None
    done = subprocess.run(found.command, cwd=project, capture_output=True, text=True, timeout=60, check=True)
    more = "more " if "more" in line else ""
    assert f"got:-w 1 {more}--export-json {project.parent}/private/hyperfine.json" in done.stdout
