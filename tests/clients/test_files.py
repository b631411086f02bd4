"""A person's file is read as it is, and replaced as a whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from holobench_mcp.clients import CLIENTS, Place, attach, detach, files
from holobench_mcp.model import ConfigError

COMMAND = ["/opt/bin/holobench-mcp"]
CURSOR, CODEX = CLIENTS["cursor"], CLIENTS["codex"]
OTHERS = (
    '{\n  // mine\n  "mcpServers": {\n    "other": { "command": "x", "env": { "TOKEN": "secret" } } // theirs\n  }\n}\n'
)


def at(file: Path) -> Place:
    return Place(file, ("mcpServers",))


def test_a_copy_of_what_was_there_stands_beside_it_with_the_same_rights(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text(OTHERS)
    file.chmod(0o600)
    backup = attach(CURSOR, at(file), "holobench", COMMAND).write()
    assert backup is not None and backup.parent == tmp_path and backup.suffix == ".bak"
    assert backup.read_text() == OTHERS
    assert {path.stat().st_mode & 0o777 for path in (file, backup)} == {0o600}
    assert "// mine" in file.read_text() and "// theirs" in file.read_text()
    second = detach(at(file), "holobench").write()
    assert second is not None and second != backup and backup.read_text() == OTHERS
    assert file.read_text() == OTHERS


def test_nothing_is_written_where_nothing_changes(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text(OTHERS)
    attach(CURSOR, at(file), "holobench", COMMAND).write()
    before = sorted(tmp_path.iterdir()), file.stat().st_mtime_ns
    assert attach(CURSOR, at(file), "holobench", COMMAND).write() is None
    assert detach(at(file), "another").write() is None
    assert (sorted(tmp_path.iterdir()), file.stat().st_mtime_ns) == before


def test_a_new_file_has_the_folders_it_needs_and_goes_when_it_held_only_ours(tmp_path: Path) -> None:
    file = tmp_path / "a" / ".cursor" / "mcp.json"
    assert attach(CURSOR, at(file), "holobench", COMMAND).write() is None
    mask = os.umask(0)
    os.umask(mask)
    assert file.stat().st_mode & 0o777 == 0o666 & ~mask
    detach(at(file), "holobench").write()
    assert list(file.parent.iterdir()) == []
    for command in (["holobench-mcp"], COMMAND):
        attach(CURSOR, at(file), "holobench", command).write()
    detach(at(file), "holobench").write()
    assert [path.suffix for path in file.parent.iterdir()] == [".bak"]


@pytest.mark.parametrize(
    "rest",
    [
        "{}",
        "{ }",
        '{"mcpServers": {}}',
        '{"mcpServers": {}, "a": 1}',
        '{"a": 1}',
        "{ /* why */ }",
        '{"mcpServers": {"x": {"command": "y"}}}',
    ],
)
def test_a_file_that_holds_anything_else_stays(tmp_path: Path, rest: str) -> None:
    file = tmp_path / "mcp.json"
    file.write_text(rest)
    attach(CURSOR, at(file), "holobench", ["holobench-mcp"]).write()
    attach(CURSOR, at(file), "holobench", COMMAND).write()
    detach(at(file), "holobench").write()
    assert file.exists() and "".join(file.read_text().split()) == "".join(rest.split())


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "cursor.json"
    real.parent.mkdir()
    real.write_text(OTHERS)
    link = tmp_path / "mcp.json"
    link.symlink_to(Path("dotfiles") / "cursor.json")
    backup = attach(CURSOR, at(link), "holobench", COMMAND).write()
    assert link.is_symlink() and "holobench" in real.read_text() and backup is not None
    assert backup.parent == real.parent


def test_a_link_to_a_file_that_is_not_yet_there_makes_it(tmp_path: Path) -> None:
    link = tmp_path / "mcp.json"
    link.symlink_to(tmp_path / "elsewhere" / "mcp.json")
    attach(CURSOR, at(link), "holobench", COMMAND).write()
    assert link.is_symlink() and "holobench" in link.resolve().read_text()


def test_a_mark_at_the_beginning_and_the_kind_of_line_ends_stay(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_bytes(b"\xef\xbb\xbf" + OTHERS.replace("\n", "\r\n").encode())
    attach(CURSOR, at(file), "holobench", COMMAND).write()
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf{") and content.count(b"\n") == content.count(b"\r\n") > 9


def refused(file: Path, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        attach(CURSOR, at(file), "holobench", COMMAND).write()
    assert not list(file.parent.glob("*.bak")) and not list(file.parent.glob(".*"))


def test_what_may_not_be_written_is_not(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text(OTHERS)
    file.chmod(0o444)
    refused(file, "read-only")
    assert file.read_text() == OTHERS


@pytest.mark.parametrize("content", [b"\xff\xfe{\x00}\x00", b'{"mcpServers": "\xe9"}'])
def test_what_is_no_text_is_untouched(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "mcp.json"
    file.write_bytes(content)
    refused(file, "not UTF-8")
    assert file.read_bytes() == content


def test_what_is_no_file_is_untouched(tmp_path: Path) -> None:
    for number, make in enumerate((Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path))):
        file = tmp_path / f"odd-{number}"
        make(file)
        refused(file, "is not a file|can't be read")
    (tmp_path / "plain").write_text("x")
    refused(tmp_path / "plain" / "mcp.json", "can't be written")


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    with pytest.raises(ConfigError, match="a path in it is no text"):
        attach(CURSOR, at(file), "holobench", ["/opt/\udcff/holobench-mcp"]).write()
    assert not file.exists() and not list(tmp_path.iterdir())


def test_what_somebody_else_writes_meanwhile_stays(tmp_path: Path) -> None:
    """The edit is made again, of what is there when it is written."""
    file = tmp_path / "mcp.json"
    file.write_text(OTHERS)
    planned = attach(CURSOR, at(file), "holobench", COMMAND)
    file.write_text('{"mcpServers": {"new": {"command": "z"}}}')
    planned.write()
    assert json.loads(file.read_text())["mcpServers"].keys() == {"new", "holobench"}
    interrupted: list[str] = []

    def edit(text: str) -> str:
        interrupted.append(text)
        if len(interrupted) == 1:
            file.write_text('{"late": 1}')
        return text.replace("}", ', "ours": 2}', 1) if len(interrupted) > 1 else "{}"

    files.rewrite(file, edit)
    assert json.loads(file.read_text()) == {"late": 1, "ours": 2} and len(interrupted) == 2


@pytest.mark.parametrize(
    ("place", "content"),
    [
        (("mcpServers",), '{"mcpServers": {"holobench": {"command": "npx", "args": ["something"]}}}'),
        (("mcpServers",), '{"mcpServers": {"holobench": {"url": "https://holobench-mcp.example"}}}'),
        (("mcpServers",), '{"mcpServers": {"holobench": "holobench-mcp"}}'),
        (("mcpServers",), '{"mcpServers": []}'),
        (("mcpServers",), "[]"),
    ],
)
def test_what_is_not_ours_is_neither_replaced_nor_taken_away(
    tmp_path: Path, place: tuple[str, ...], content: str
) -> None:
    file = tmp_path / "mcp.json"
    file.write_text(content)
    refused(file, "so (it|the file) was not touched")
    with pytest.raises(ConfigError, match="not touched"):
        detach(Place(file, place), "holobench").write()
    assert file.read_text() == content


@pytest.mark.parametrize(
    "content",
    [
        "mcp_servers = { other = { command = 'x' } }\n",
        "[mcp_servers]\nholobench = { command = 'holobench-mcp' }\n",
        "[mcp_servers]\nholobench.command = 'holobench-mcp'\n",
    ],
)
def test_toml_in_a_form_that_cannot_be_edited_safely_is_untouched(tmp_path: Path, content: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(content)
    with pytest.raises(ConfigError, match="can't be edited safely"):
        attach(CODEX, Place(file, ("mcp_servers",), toml=True), "holobench", COMMAND).write()
    assert file.read_text() == content


@pytest.mark.parametrize(
    "content",
    [
        "[mcp_servers]\n",
        "# mine\n[mcp_servers] # all\n\n[a]\nb = 1\n",
        "mcp_servers.a.command = 'x'\n",
        "# only this\n",
    ],
)
def test_toml_without_other_tables_of_servers_is_given_back(tmp_path: Path, content: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(content)
    place = Place(file, ("mcp_servers",), toml=True)
    attach(CODEX, place, "holobench", COMMAND).write()
    detach(place, "holobench").write()
    assert file.read_text() == content


def test_an_entry_that_is_there_is_brought_up_to_date_and_what_a_person_put_in_it_stays(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '# top\n[mcp_servers.holobench] # ours\ncommand = "/old/holobench-mcp" # was\ntool_timeout_sec = 9\n'
        'enabled = false\n\n[mcp_servers.holobench.env]\nA = "b"\n\n[x]\ny = 1\n'
    )
    attach(CODEX, Place(file, ("mcp_servers",), toml=True), "holobench", [*COMMAND, "--store", "s"]).write()
    assert file.read_text() == (
        '# top\n[mcp_servers.holobench] # ours\ncommand = "/opt/bin/holobench-mcp" # was\ntool_timeout_sec = 9\n'
        'enabled = false\nargs = ["--store", "s"]\nstartup_timeout_sec = 30\n\n[mcp_servers.holobench.env]\nA = "b"\n\n'
        "[x]\ny = 1\n"
    )
    detach(Place(file, ("mcp_servers",), toml=True), "holobench").write()
    assert file.read_text() == "# top\n\n[x]\ny = 1\n"
    old = tmp_path / "mcp.json"
    old.write_text('{"mcpServers": {"holobench": {"command": "holobench-mcp", "env": {"A": "b"} /* c */}}}')
    attach(CURSOR, at(old), "holobench", COMMAND).write()
    assert old.read_text() == (
        '{"mcpServers": {"holobench": {"command": "/opt/bin/holobench-mcp", "env": {"A": "b"}, "type": "stdio", '
        '"args": [] /* c */}}}'
    )


def test_a_shown_change_holds_no_secret_of_others(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text(
        json.dumps(json.loads('{"mcpServers": {"other": {"command": "x", "env": {"TOKEN": "secret"}}}}'), indent=2)
    )
    diff = attach(CURSOR, at(file), "holobench", COMMAND).diff()
    assert "holobench-mcp" in diff and "secret" not in diff
