"""The clients: in which file each looks for servers, in which form, and how long it lets a call take.

As documented and, for Claude Code, Codex and opencode, tried in November 2026. What a client does not document (a limit
of Cursor or of Claude Desktop) is not written into its file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from holobench_mcp.model import InvalidArgument

#: How long a client shall let one call take, where it can be told: any measurement's call answers long before.
CALL_S = 600
#: How long Codex shall wait for the start; its 10 s can pass on a cold disk.
START_S = 30


@dataclass(frozen=True)
class Surroundings:
    """What decides where a client's files are; a value, so that any system's can be asked for."""

    home: Path = field(default_factory=Path.home)
    platform: str = sys.platform
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


@dataclass(frozen=True)
class Place:
    """A client's file, and the path of the servers in it."""

    file: Path
    path: tuple[str, ...]
    toml: bool = False


@dataclass(frozen=True)
class Client:
    """A client: its scopes (the first is the default), and the form of an entry."""

    name: str
    title: str
    scopes: tuple[str, ...]
    check: str  #: how to see that it works
    #: What it replaces by the open project's folder; None: it starts servers in that folder, or has no project at all.
    project_variable: str | None = None
    has_project: bool = True
    #: Keys of an entry beside the command: those that a person may have changed stay as they are.
    extra: Mapping[str, object] = field(default_factory=dict)
    stdio_type: str | None = None
    one_list: bool = False  #: whether program and arguments are one list
    schema: str | None = None  #: what a new file says that it is

    def entry(self, command: Sequence[str]) -> dict[str, object]:
        """The server's entry, without what a person may change."""
        kind = {} if self.stdio_type is None else {"type": self.stdio_type}
        if self.one_list:
            return {**kind, "command": list(command)}
        return {**kind, "command": command[0], "args": list(command[1:])}

    def place(self, scope: str, project: Path, around: Surroundings | None = None) -> Place:
        """The file for a scope. Raises InvalidArgument for a scope that the client does not have."""
        if scope not in self.scopes:
            raise InvalidArgument(f"scope: {self.title} has {', '.join(self.scopes)}, not {scope!r:.40}.")
        return _PLACES[self.name](scope, project, around or Surroundings())


def _claude_code(scope: str, project: Path, around: Surroundings) -> Place:
    if scope == "project":
        return Place(project / ".mcp.json", ("mcpServers",))
    file = Path(around.environ.get("CLAUDE_CONFIG_DIR") or around.home) / ".claude.json"
    return Place(file, ("mcpServers",) if scope == "user" else ("projects", str(project), "mcpServers"))


def _claude_desktop(scope: str, project: Path, around: Surroundings) -> Place:
    del scope, project
    folder = _application_folder(around) / "Claude"
    if around.platform == "win32":
        local = around.environ.get("LOCALAPPDATA")
        packages = (Path(local) if local else around.home / "AppData" / "Local") / "Packages"
        # The packaged app is shown a folder of its own in place of %APPDATA%, and reads no other.
        packaged = sorted(packages.glob("Claude_*/LocalCache/Roaming/Claude"))
        folder = packaged[0] if packaged else folder
    return Place(folder / "claude_desktop_config.json", ("mcpServers",))


def _cursor(scope: str, project: Path, around: Surroundings) -> Place:
    return Place((project if scope == "project" else around.home) / ".cursor" / "mcp.json", ("mcpServers",))


def _vscode(scope: str, project: Path, around: Surroundings) -> Place:
    user = _application_folder(around) / "Code" / "User"
    return Place((project / ".vscode" if scope == "project" else user) / "mcp.json", ("servers",))


def _codex(scope: str, project: Path, around: Surroundings) -> Place:
    user = Path(around.environ.get("CODEX_HOME") or around.home / ".codex")
    return Place((project / ".codex" if scope == "project" else user) / "config.toml", ("mcp_servers",), toml=True)


def _opencode(scope: str, project: Path, around: Surroundings) -> Place:
    folder = Path(around.environ.get("XDG_CONFIG_HOME") or around.home / ".config") / "opencode"
    folders = (project, project / ".opencode") if scope == "project" else (folder,)
    files = [where / name for where in folders for name in ("opencode.jsonc", "opencode.json")]
    there = next((file for file in files if os.path.lexists(file)), folders[0] / "opencode.json")
    return Place(there, ("mcp",))


def _application_folder(around: Surroundings) -> Path:
    """Where the system keeps what applications remember of a user."""
    if around.platform == "darwin":
        return around.home / "Library" / "Application Support"
    if around.platform == "win32":
        return Path(around.environ.get("APPDATA") or around.home / "AppData" / "Roaming")
    return Path(around.environ.get("XDG_CONFIG_HOME") or around.home / ".config")


_PLACES = {
    "claude-code": _claude_code,
    "claude-desktop": _claude_desktop,
    "cursor": _cursor,
    "vscode": _vscode,
    "codex": _codex,
    "opencode": _opencode,
}
CLIENTS: Mapping[str, Client] = {
    client.name: client
    for client in (
        Client(
            "claude-code",
            "Claude Code",
            ("project", "local", "user"),
            check="start claude in the project, approve the server, and type /mcp: holobench is connected",
            stdio_type="stdio",
            extra={"timeout": CALL_S * 1000},
        ),
        Client(
            "claude-desktop",
            "Claude Desktop",
            ("user",),
            check="quit and start Claude Desktop: Settings, Developer shows holobench running",
            has_project=False,
        ),
        Client(
            "cursor",
            "Cursor",
            ("project", "user"),
            check="open Cursor Settings, MCP: holobench is on and lists its tools",
            project_variable="${workspaceFolder}",
            stdio_type="stdio",
        ),
        Client(
            "vscode",
            "VS Code",
            ("project", "user"),
            check="run “MCP: List Servers” in the command palette, start holobench, and trust it",
            project_variable="${workspaceFolder}",
            stdio_type="stdio",
        ),
        Client(
            "codex",
            "Codex",
            ("user", "project"),
            check="start codex in the project and type /mcp: holobench lists its tools",
            extra={"startup_timeout_sec": START_S, "tool_timeout_sec": CALL_S},
        ),
        Client(
            "opencode",
            "opencode",
            ("project", "user"),
            check="run opencode mcp list in the project: holobench is connected",
            stdio_type="local",
            one_list=True,
            schema="https://opencode.ai/config.json",
            extra={"enabled": True, "timeout": CALL_S * 1000},
        ),
    )
}
