"""Every snippet of README and docs is run, or parsed by what will read it: console lines, Python, TOML, JSON."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp import Client

from clients import talk
from conftest import PYTHON, cli
from holobench_mcp.server.app import create_server

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "plugin").rglob("*.md")])
README = ROOT / "README.md"
#: The page that shows how a benchmark is written and recorded.
RECORD = ROOT / "docs" / "record.md"


def blocks(page: Path) -> list[tuple[str, str]]:
    """Every code block of a page, with its language."""
    return re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def console() -> list[tuple[str, str]]:
    """Every line that a page tells to type, with the page's name."""
    return sorted(
        {
            (page.name, line.split("  #")[0].strip())
            for page in PAGES
            for language, block in blocks(page)
            if language == "console"
            for line in block.splitlines()
            if line.strip() and not line.startswith("#")
        }
    )


def test_every_block_is_of_a_kind_that_a_test_reads() -> None:
    assert {language for page in PAGES for language, _ in blocks(page)} <= {
        "console",
        "python",
        "toml",
        "json",
        "yaml",
        "ini",
        "text",
        "",
    }
    assert all(
        block.startswith(".holobench/") or page.name != "README.md"
        for page in PAGES
        for lang, block in blocks(page)
        if not lang
    )


@pytest.mark.parametrize(("page", "line"), console())
def test_a_line_to_type_names_what_there_is(page: str, line: str) -> None:
    """Lines of our own command are parsed by it in test_docs; here the others' targets and packages are looked up."""
    words = shlex.split(line)
    match words[0]:
        case "holobench-mcp":
            pass
        case "make":
            targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            assert set(words[1:]) <= set(targets), line
        case "git":
            assert words[1] in ("init", "add", "commit") or words[1:] == ["fetch", "--unshallow"], line
        case "echo":
            assert line == "echo .holobench/ > .gitignore"
        case "npx":
            assert words[1] == "@modelcontextprotocol/inspector" and words[2] == "holobench-mcp", line
        case "mcp":
            assert words[1] == "dev" and (ROOT / words[2]).is_file() and words[3:] == ["--with-editable", "."], line
        case "rm":  # what `config` and `What is where` say that there is
            assert words[1:] == ["-r", ".holobench", "~/.cache/holobench-mcp"], line
        case "pip":
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
                "optional-dependencies"
            ]
            ours = ["holobench-mcp", "/path/to/checkout", *(f"holobench-mcp[{extra}]" for extra in extras)]
            lines = [*(["install", package] for package in ours), ["install", "--upgrade", ours[0]]]
            assert words[1:] in [*lines, ["uninstall", ours[0]]], line
        case "export":
            assert all(re.fullmatch(r"(AWS|HOLOBENCH_MCP)_[A-Z_]+=\S+", word) for word in words[1:]), line
        case "docker":
            assert words[1:] == ["compose", "up", "--build"], line
            assert (ROOT / "compose.yaml").exists() and (ROOT / "Dockerfile").exists()
        case "claude" if words[1:5] == ["mcp", "add", "--transport", "http"]:
            assert words[6].endswith("/mcp") and words[7:] == ["--header", "Authorization: Bearer $TOKEN"], line
        case "claude" if words[1] == "plugin":
            market = json.loads((ROOT / ".claude-plugin" / "marketplace.json").read_text(encoding="utf-8"))
            plugin = f"{market['plugins'][0]['name']}@{market['name']}"
            assert words[2:] in (["marketplace", "add", "/path/to/checkout"], ["install", plugin]), line
        case _:
            pytest.fail(f"{page}: no test knows what {line!r} should do")


def test_a_service_that_a_page_shows_starts_the_server() -> None:
    shown = [block for page in PAGES for language, block in blocks(page) if language == "ini"]
    assert shown
    for block in shown:
        unit = ConfigParser(interpolation=None, strict=False)
        unit.optionxform = str  # type: ignore[assignment]
        unit.read_string(block)
        command = shlex.split(unit["Service"]["ExecStart"])
        assert command[0].endswith("/holobench-mcp")
        help_text = cli(command[1], "--help", cwd=ROOT).stdout
        assert all(word in help_text for word in command if word.startswith("--")), command
        assert unit["Service"]["DynamicUser"] == "yes"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the benchmark of the docs and what it measures."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "examples" / "sorting" / "sorter.py", folder)
    [bench, *_] = [block for language, block in blocks(RECORD) if language == "python"]
    assert bench.startswith("# bench.py\n")
    (folder / "bench.py").write_text(bench, encoding="utf-8")
    return folder


def test_the_python_of_the_docs_runs_and_records(project: Path) -> None:
    for number, (language, block) in enumerate(blocks(RECORD)):
        if language == "python" and not block.startswith("# bench.py"):
            script = project / f"snippet_{number}.py"
            script.write_text(block, encoding="utf-8")
            finished = subprocess.run(
                [PYTHON, script.name], cwd=project, capture_output=True, text=True, timeout=200, check=False
            )
            assert finished.returncode == 0, finished.stderr[-2000:]
    listed = json.loads(cli("list", "--json", cwd=project).stdout)
    assert {row["bench_name"] for row in listed["results"]} == {"Sort", "parse"}


def test_the_loop_of_the_docs_gives_a_decision(project: Path) -> None:
    """The lines of the loop, each once a side, with this Python in place of the reader's."""
    for line in (line for page, line in console() if page == "record.md" and " run --label " in line):
        words = [PYTHON if word == "python" else word for word in shlex.split(line)[1:]]
        finished = cli(*words, cwd=project)
        assert finished.returncode == 0, finished.stderr
    for line in (
        "compare --bench sort",
        "history sort time_ms",
        'baseline set sort@latest --reason "release 2"',
        "show latest --json",
    ):
        finished = cli(*shlex.split(line), cwd=project)
        assert finished.returncode == 0, finished.stderr
    assert " time_ms: " in cli("compare", "--bench", "sort", cwd=project).stdout


def test_the_loop_of_an_agent_runs_and_ends_in_a_sentence(tmp_path: Path) -> None:
    """As far as it costs no measurement: a server is started and asked, and what it refuses is said and not polled for."""
    [(_, loop)] = [block for block in blocks(ROOT / "docs" / "agents.md") if block[0] == "python"]
    (tmp_path / "loop.py").write_text(
        loop.replace('"holobench-mcp"', repr(str(Path(PYTHON).with_name("holobench-mcp"))))
    )
    (tmp_path / "pyproject.toml").write_text("[tool.holobench-mcp.benchmarks.other]\ncommand = ['true']\n")
    done = subprocess.run([PYTHON, "loop.py"], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1 and "benchmark: the configuration has no 'sort'; it has other." in done.stderr


def test_the_lines_and_the_rows_that_a_page_shows_can_be_imported(tmp_path: Path) -> None:
    page = ROOT / "docs" / "tools" / "json-lines.md"
    shown = [block for language, block in blocks(page) if language == "text" and block.startswith(("{", "bench,"))]
    assert len(shown) == 2
    for name, block in zip(("lines", "rows"), shown, strict=True):
        (tmp_path / name).write_text(block, encoding="utf-8")
        done = cli("import", name, "--label", name, "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert "length: 300" in cli("metrics", "label:rows", cwd=tmp_path).stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_of_its_language(page: Path) -> None:
    for language, block in blocks(page):
        match language:
            case "python":
                compile(block, page.name, "exec")
            case "json":
                json.loads(block)
            case "yaml":
                yaml.safe_load(block)


def test_inline_python_of_the_readme_compiles() -> None:
    """A call that stands in a line of prose."""
    calls = re.findall(r"`((?:bn\.|record\(|Snapshot\.)[^`]*)`", README.read_text(encoding="utf-8"))
    for call in calls:
        compile(call.replace("…", "..."), "README.md", "eval")


def test_a_tool_call_in_prose_can_be_made(tmp_path: Path) -> None:
    """The arguments that a page shows are the tool's, and none that it needs is left out."""
    (tmp_path / "pyproject.toml").write_text("[tool.holobench-mcp.benchmarks.b]\ncommand = ['python', 'bench.py']\n")

    async def tools(client: Client) -> list[Any]:
        return (await client.list_tools()).tools

    schemas = {tool.name: tool.input_schema for tool in talk(create_server(project=str(tmp_path)), tools)}
    shown = 0
    for page in PAGES:
        for text in re.findall(r"`([a-z_]+\([^`]*\))`", page.read_text(encoding="utf-8")):
            call = ast.parse(text.replace("…", "..."), mode="eval").body
            assert isinstance(call, ast.Call)
            schema = schemas.get(call.func.id) if isinstance(call.func, ast.Name) else None
            if schema is None or not (call.args or call.keywords):
                continue
            shown += 1
            given = {keyword.arg for keyword in call.keywords} | {a.id for a in call.args if isinstance(a, ast.Name)}
            assert set(schema.get("required", ())) <= given <= set(schema["properties"]), f"{page.name}: {text}"
    assert shown >= 2
