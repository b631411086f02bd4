"""What the README and the docs promise is there: commands and their options, tools, configuration, links, output."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anyio
import pytest
import typer
from mcp import Client

from command_lines import parse
from conftest import PYTHON
from holobench_mcp._version import __version__
from holobench_mcp.cli import app
from holobench_mcp.config import HttpConfig, load_config
from holobench_mcp.server.app import create_server

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "plugin").rglob("*.md")])
#: What other programs' configurations look like is compared with what `install` prints, in test_client_pages.
OURS = [page for page in PAGES if page.name != "codex.md"]
README = (ROOT / "README.md").read_text()
COMMAND: Any = typer.main.get_command(app)


def blocks(language: str) -> list[tuple[str, str]]:
    """Every code block of a language, with its page."""
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [(page.name, block) for page in OURS for block in fence.findall(page.read_text())]


def typed() -> list[str]:
    """Every call of the command line that a page shows."""
    lines = [line for _, block in blocks("console") for line in block.splitlines()]
    return sorted({line.split("  #")[0].strip() for line in lines if line.startswith("holobench-mcp ")})


@pytest.mark.parametrize("line", typed())
def test_a_command_that_a_page_shows_can_be_typed(line: str) -> None:
    parse(line)


def test_every_command_is_documented_and_has_help() -> None:
    for name, command in COMMAND.commands.items():
        assert f"`{name}" in README, name
        assert command.help and command.help.strip().endswith("."), name
        for parameter in command.params:
            assert parameter.help or parameter.name == "help", f"{name} {parameter.name}"


def test_every_tool_and_resource_is_documented(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.holobench-mcp.benchmarks.b]\ncommand = ['{PYTHON}']\n")

    async def listed() -> tuple[set[str], set[str], set[str]]:
        async with Client(create_server(project=str(tmp_path))) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            templates = (await client.list_resource_templates()).resource_templates
        (tmp_path / "pyproject.toml").unlink()
        async with Client(create_server(project=str(tmp_path))) as client:
            plain = {tool.name for tool in (await client.list_tools()).tools}
        return tools, plain, {t.uri_template for t in templates}

    tools, plain, resources = anyio.run(listed)
    assert {name for name in tools if f"`{name}`" in README} == tools
    only = set(
        re.findall(r"^\| `(\w+)` .*\*Only where a person has configured benchmarks\.\* \|$", README, re.MULTILINE)
    )
    assert only == tools - plain
    assert {uri.split("/")[2] for uri in resources} == {"results", "comparisons", "benchmarks", "schema"}
    assert all(f"holobench://{kind}/" in README for kind in ("results", "comparisons", "benchmarks", "schema"))


@pytest.mark.parametrize(("page", "block"), blocks("toml"))
def test_a_configuration_that_a_page_shows_is_one(page: str, block: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(block)
    config = load_config(project=tmp_path, environ={})
    says = config.metrics or config.benchmarks or config.keep or config.chain or config.http != HttpConfig()
    assert config.file is not None and says, page


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            assert target.startswith("https://") or (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_transcript_is_what_the_server_says_today() -> None:
    transcript = README.split("<!-- transcript: make docs -->")[1].split("<!-- end of transcript -->")[0]
    assert re.search(
        r"^REGRESSED: time_ms \+[\d.]+ % \(95 % interval .*, 3 runs a side\), beyond the", transcript, re.M
    )
    assert re.search(
        r"^- time_ms: regressed \+[\d.]+ %; 95 % interval \+[\d.]+ to \+[\d.]+; (at least \+[\d.]+ %; )?means [\d.]+ → ",
        transcript,
        re.M,
    )
    assert re.search(r"^threshold verdict on means: regressed time_ms \(", transcript, re.M)
    assert re.search(
        r"^baseline sorting-\S+ rev \w+ \+2 runs \| candidate sorting-\S+ rev \w+ \+2 runs$", transcript, re.M
    )


def test_what_was_measured_stands_in_the_readme() -> None:
    measured = README.split("<!-- speed -->")[1].split("<!-- end of speed -->")[0]
    assert "ratio, pair by pair: " in measured and "ours over stdio" in measured


def test_this_version_is_in_the_changelog() -> None:
    assert re.search(rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
