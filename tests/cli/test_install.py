"""holobench-mcp install: one command, and a client starts the right server."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client

from conftest import PYTHON, cli
from holobench_mcp import gitinfo
from holobench_mcp.clients import CLIENTS

PROGRAM = str(Path(PYTHON).parent / "holobench-mcp")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, and a project in it."""
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "pyproject.toml").write_text("[tool.holobench-mcp]\n")
    return tmp_path


def entry_of(client: str, text: str, project: Path) -> dict[str, Any]:
    document = tomllib.loads(text) if client == "codex" else json.loads(text)
    for key in CLIENTS[client].place(CLIENTS[client].scopes[0], project).path:
        document = document[key]
    assert list(document) == ["holobench"]
    return document["holobench"]


@pytest.mark.parametrize("client", list(CLIENTS))
def test_what_is_written_starts_the_server_of_the_project(home: Path, client: str) -> None:
    app = home / "app"
    done = cli("install", "--client", client, "--json", cwd=app)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert list(report)[:3] == ["status", "reason", "next_step"] and report["status"] == "installed"
    entry = entry_of(client, Path(report["file"]).read_text(), app)
    assert entry == report["entry"] and "\n+++ " in report["diff"] and "\N{REPLACEMENT CHARACTER}" not in report["diff"]
    words = [*([entry["command"]] if isinstance(entry["command"], str) else entry["command"]), *entry.get("args", ())]
    words = [word.replace("${workspaceFolder}", str(app)) for word in words]
    assert words[0] == PROGRAM
    # As a client does it: in the open project's folder, or, where it has none, anywhere.
    started_in = app if CLIENTS[client].has_project else home

    async def store() -> str:
        parameters = StdioServerParameters(command=words[0], args=words[1:], cwd=str(started_in))
        async with Client(stdio_client(parameters)) as session:
            listed = await session.call_tool("list_results", {})
        return str(listed.content[0].text)  # type: ignore[union-attr]

    assert str(app / ".holobench") in anyio.run(store)
    again = json.loads(cli("install", "--client", client, "--json", cwd=app).stdout)
    assert again["status"] == "unchanged"
    gone = json.loads(cli("install", "--client", client, "--remove", "--json", cwd=app).stdout)
    assert gone["status"] == "removed" and not Path(report["file"]).exists()
    assert json.loads(cli("install", "--client", client, "--remove", "--json", cwd=app).stdout)["status"] == "absent"


def test_an_attached_client_makes_no_tree_dirty(home: Path, repository: Any) -> None:
    """Results of committed code would be taken for uncommitted ones', only because a client was attached."""
    app = home / "app"
    repository("the project")
    for client in CLIENTS:
        for name in ("one", "two"):
            assert (
                cli(
                    "install", "--client", client, "--scope", CLIENTS[client].scopes[0], "--name", name, cwd=app
                ).returncode
                == 0
            )
    written = {path.relative_to(home).as_posix() for path in app.rglob("*") if path.is_file()}
    assert len(written) > 5 and gitinfo.untracked(app) is not None
    assert not {*(gitinfo.untracked(app) or ())} & written
    (app / "new.py").write_text("")
    assert "app/new.py" in (gitinfo.untracked(app) or ())
    places = [client.place("project", app).file for client in CLIENTS.values() if "project" in client.scopes]
    for place in places:
        place.parent.mkdir(exist_ok=True)
        place.write_text("{}")
    assert not {place.relative_to(home).as_posix() for place in places} & {*(gitinfo.untracked(app) or ())}


def test_print_and_dry_run_write_nothing(home: Path) -> None:
    app = home / "app"
    printed = cli("install", "--client", "vscode", "--print", cwd=app)
    assert json.loads(printed.stdout)["servers"]["holobench"]["command"] == PROGRAM
    assert str(app / ".vscode" / "mcp.json") in printed.stderr
    shown = cli("install", "--client", "vscode", "--dry-run", cwd=app)
    assert shown.stdout.startswith("--- /dev/null\n+++ ") and "Nothing was written" in shown.stderr
    asked = json.loads(cli("install", "--client", "vscode", "--print", "--json", cwd=app).stdout)
    assert asked["status"] == "printed" and asked["entry"] == json.loads(printed.stdout)["servers"]["holobench"]
    assert sorted(path.name for path in app.iterdir()) == ["pyproject.toml"]


def test_a_project_and_a_store_that_are_named_are_in_the_command(home: Path) -> None:
    app = home / "app"
    for arguments in (
        ("install", "--client", "cursor", "--scope", "user", "--project", str(app)),
        ("--project", str(app), "install", "--client", "cursor", "--scope", "user"),
    ):
        printed = json.loads(cli("--store", "s3://b/x", *arguments, "--print", cwd=home).stdout)
        assert printed["mcpServers"]["holobench"]["args"] == ["--store", "s3://b/x", "--project", str(app)]
    here = json.loads(cli("install", "--client", "cursor", "--project", str(app), "--json", cwd=home).stdout)
    assert here["file"] == str(app / ".cursor" / "mcp.json") and here["entry"]["args"][-1] == "${workspaceFolder}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--client", "vscodium"), "is none of claude-code, .*Did you mean vscode"),
        (("--client", ""), "is none of"),
        (("--client", "codex", "--scope", "local"), "Codex has user, project"),
        (("--client", "codex", "--name", "a b"), "--name: 'a b' is not"),
        (("--client", "codex", "--print", "--remove"), "give one of them"),
        (("--client", "codex", "--project", "/nowhere"), "is not a folder"),
        ((), "--client"),
    ],
)
def test_a_mistake_is_told_and_exits_2(home: Path, arguments: tuple[str, ...], says: str) -> None:
    import re

    done = cli("install", *arguments, cwd=home / "app")
    assert done.returncode == 2 and not done.stdout
    assert re.search(says, done.stderr), done.stderr
    assert not (home / ".codex").exists()


def test_a_file_that_cannot_be_parsed_exits_2_and_is_untouched(home: Path) -> None:
    file = home / "app" / ".mcp.json"
    file.write_text('{"mcpServers": {')
    for more in ((), ("--remove",), ("--json",)):
        done = cli("install", "--client", "claude-code", *more, cwd=home / "app")
        assert done.returncode == 2 and "can't be parsed, so it was not touched" in done.stderr
    assert file.read_text() == '{"mcpServers": {'


@pytest.mark.parametrize(("answer", "written"), [("n\n", False), ("y\n", True), ("\n", True)])
@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is a pty here")
def test_a_person_at_a_terminal_is_asked(home: Path, answer: str, written: bool) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PYTHON, "-m", "holobench_mcp", "install", "--client", "claude-code"],
        cwd=home / "app", stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "dumb"},
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, answer.encode())
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass
    assert process.wait(60) == 0
    os.close(ours)
    assert b"Write " in shown and (home / "app" / ".mcp.json").exists() is written
