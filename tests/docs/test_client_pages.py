"""Each client has a page, and what the page shows is what the command it names would write."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conftest import PYTHON, cli
from holobench_mcp.clients import CLIENTS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "clients"
PROGRAM = str(Path(PYTHON).parent / "holobench-mcp")


def blocks(client: str) -> list[tuple[str, str]]:
    text = (FOLDER / f"{client}.md").read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def parsed(language: str, text: str) -> Any:
    return tomllib.loads(text) if language == "toml" else json.loads(text)


@pytest.mark.parametrize("client", list(CLIENTS))
def test_a_page_shows_what_its_command_writes(client: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (command, line), (language, shown) = blocks(client)[:2]
    assert command == "console"
    words = shlex.split(line.replace("/path/to/project", str(tmp_path)))
    assert words[:4] == ["holobench-mcp", "install", "--client", client]
    printed = cli(*words[1:], "--print", cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    text = printed.stdout.replace(PROGRAM, "/path/to/.venv/bin/holobench-mcp").replace(
        str(tmp_path), "/path/to/project"
    )
    assert text == shown
    assert parsed(language, shown)


def test_every_client_has_its_page_and_its_rows() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {*CLIENTS, "other"}
    overview = (ROOT / "docs" / "attach.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for client in CLIENTS.values():
        [row] = [line for line in overview.splitlines() if line.startswith(f"| `{client.name}`")]
        assert row.split("|")[2].strip() == ", ".join(client.scopes) and f"(clients/{client.name}.md)" in row
        assert client.name in readme
        page = (FOLDER / f"{client.name}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# Attach it to {client.title}\n")
        assert "**To see that it works**" in page and "**Time limits**" in page
        [limits] = [line for line in overview.splitlines() if line.startswith(f"| {client.title} |")]
        # What is set, and nothing else, is said to be set.
        said = set(re.findall(r"`(\w+)`", limits.removesuffix(" |").rpartition(" | ")[2]))
        assert said == {key for key in client.extra if "timeout" in key}


def test_options_that_the_overview_names_are_those_of_the_command() -> None:
    import typer

    from holobench_mcp.cli import app

    command: Any = typer.main.get_command(app)
    known = {option for parameter in command.commands["install"].params for option in parameter.opts}
    overview = (ROOT / "docs" / "attach.md").read_text(encoding="utf-8")
    table = overview.split("| option | does |")[1].split("\n\n")[0]
    named = set(re.findall(r"`(--[\w-]+)", table))
    assert named == {option for option in known if option.startswith("--")} - {"--client", "--help"}
