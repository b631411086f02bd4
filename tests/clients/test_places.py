"""Where each client's file is, on every system."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp.clients import CLIENTS, Place
from holobench_mcp.clients.known import Surroundings
from holobench_mcp.model import InvalidArgument

PROJECT, HOME = Path("/srv/app"), Path("/home/u")


def file_of(client: str, scope: str, platform: str = "linux", **environ: str) -> str:
    around = Surroundings(home=HOME, platform=platform, environ=environ)
    return CLIENTS[client].place(scope, PROJECT, around).file.as_posix()


@pytest.mark.parametrize(
    ("client", "scope", "platform", "file"),
    [
        ("claude-code", "project", "linux", "/srv/app/.mcp.json"),
        ("claude-code", "user", "linux", "/home/u/.claude.json"),
        ("claude-desktop", "user", "darwin", "/home/u/Library/Application Support/Claude/claude_desktop_config.json"),
        ("claude-desktop", "user", "win32", "/home/u/AppData/Roaming/Claude/claude_desktop_config.json"),
        ("claude-desktop", "user", "linux", "/home/u/.config/Claude/claude_desktop_config.json"),
        ("cursor", "project", "linux", "/srv/app/.cursor/mcp.json"),
        ("cursor", "user", "win32", "/home/u/.cursor/mcp.json"),
        ("vscode", "project", "darwin", "/srv/app/.vscode/mcp.json"),
        ("vscode", "user", "darwin", "/home/u/Library/Application Support/Code/User/mcp.json"),
        ("vscode", "user", "linux", "/home/u/.config/Code/User/mcp.json"),
        ("codex", "user", "linux", "/home/u/.codex/config.toml"),
        ("codex", "project", "linux", "/srv/app/.codex/config.toml"),
        ("opencode", "project", "linux", "/srv/app/opencode.json"),
        ("opencode", "user", "darwin", "/home/u/.config/opencode/opencode.json"),
    ],
)
def test_each_client_on_each_system(client: str, scope: str, platform: str, file: str) -> None:
    assert file_of(client, scope, platform) == file


def test_folders_that_a_person_has_moved() -> None:
    assert file_of("claude-code", "user", CLAUDE_CONFIG_DIR="/c") == "/c/.claude.json"
    assert file_of("codex", "user", CODEX_HOME="/c") == "/c/config.toml"
    assert file_of("opencode", "user", XDG_CONFIG_HOME="/c") == "/c/opencode/opencode.json"
    assert file_of("vscode", "user", "win32", APPDATA="/r") == "/r/Code/User/mcp.json"


def test_the_packaged_desktop_app_reads_a_folder_of_its_own(tmp_path: Path) -> None:
    around = Surroundings(home=tmp_path, platform="win32", environ={})
    plain = CLIENTS["claude-desktop"].place("user", PROJECT, around).file
    packaged = tmp_path / "AppData/Local/Packages/Claude_pzs8/LocalCache/Roaming/Claude"
    packaged.mkdir(parents=True)
    assert CLIENTS["claude-desktop"].place("user", PROJECT, around).file == packaged / plain.name != plain


@pytest.mark.parametrize("there", ["opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"])
def test_opencodes_file_is_the_one_that_is_there(tmp_path: Path, there: str) -> None:
    (tmp_path / ".opencode").mkdir()
    (tmp_path / there).write_text("{}")
    assert CLIENTS["opencode"].place("project", tmp_path).file == tmp_path / there


def test_claude_codes_local_scope_is_the_project_in_the_users_file() -> None:
    place = CLIENTS["claude-code"].place("local", PROJECT, Surroundings(home=HOME, platform="linux", environ={}))
    assert place == Place(HOME / ".claude.json", ("projects", "/srv/app", "mcpServers"))


def test_a_scope_that_a_client_does_not_have_is_refused_by_those_it_has() -> None:
    with pytest.raises(InvalidArgument, match="Claude Desktop has user, not 'project'"):
        file_of("claude-desktop", "project")
    with pytest.raises(InvalidArgument, match="Cursor has project, user, not 'local'"):
        file_of("cursor", "local")
