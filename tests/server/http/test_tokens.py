"""Tokens: who may do what, by a file that changes while the server runs, and by the environment."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holobench_mcp.model import ConfigError
from holobench_mcp.server.http.tokens import READ_VARIABLE, WRITE_VARIABLE, Tokens

LONG, OTHER = "a" * 16, "b" * 40


def scopes(tokens: Tokens, token: str) -> list[str] | None:
    found = asyncio.run(tokens.verify_token(token))
    return None if found is None else found.scopes


def written(folder: Path, text: str) -> Path:
    file = folder / "tokens"
    file.write_text(text)
    return file


def test_a_file_says_who_may_read_and_who_may_write_too(tmp_path: Path) -> None:
    digest = hashlib.sha256(OTHER.encode()).hexdigest()
    tokens = Tokens(written(tmp_path, f"# the team\n\nread {LONG} ci\nwrite sha256:{digest} agents\n"))
    assert tokens.any
    assert scopes(tokens, LONG) == ["read"]
    assert scopes(tokens, OTHER) == ["read", "write"]
    assert scopes(tokens, f"sha256:{digest}") is None, "a digest is no token"
    found = asyncio.run(tokens.verify_token(OTHER))
    assert found is not None
    assert (found.client_id, found.token) == ("agents", ""), "a token is not handed on"


def test_the_environment_has_tokens_too(tmp_path: Path) -> None:
    tokens = Tokens(None, {READ_VARIABLE: f"{LONG}, {OTHER}", WRITE_VARIABLE: "c" * 20})
    assert [scopes(tokens, t) for t in (LONG, OTHER, "c" * 20)] == [["read"], ["read"], ["read", "write"]]
    assert not Tokens(None, {}).any
    both = Tokens(written(tmp_path, f"read {LONG}\n"), {WRITE_VARIABLE: LONG})
    assert scopes(both, LONG) == ["read", "write"], "the more it may, wherever it stands"


def test_a_file_that_changes_is_in_force_at_once(tmp_path: Path) -> None:
    file = written(tmp_path, f"read {LONG}\n")
    tokens = Tokens(file)
    file.write_text(f"write {OTHER} rotated\n")
    assert (scopes(tokens, LONG), scopes(tokens, OTHER)) == (None, ["read", "write"])
    file.write_text(f"nonsense\nread {LONG}\n")
    assert (scopes(tokens, LONG), scopes(tokens, OTHER)) == (["read"], None)
    file.unlink()
    assert (scopes(tokens, LONG), tokens.any) == (None, True), "without its file nobody may, rather than everybody"
    file.write_text(f"read {LONG}\n")
    assert scopes(tokens, LONG) == ["read"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("read short", "fewer than 16"),
        (f"admin {LONG}", "must begin with read or write"),
        ("write", "must be a scope, a token"),
        (f"read {LONG} a name", "must be a scope, a token"),
        (f"read sha256:{'0' * 10}", "line 2"),
    ],
)
def test_a_line_that_is_none_stops_the_start_and_is_not_repeated(tmp_path: Path, line: str, fault: str) -> None:
    file = written(tmp_path, f"read {OTHER}\n{line}\n")
    if line.startswith("read sha256:"):  # a digest that is cut is a token of that text
        assert scopes(Tokens(file), f"sha256:{'0' * 10}") == ["read"]
        return
    with pytest.raises(ConfigError, match="line 2") as refused:
        Tokens(file)
    assert fault in str(refused.value)
    assert line.rsplit(maxsplit=1)[-1] not in str(refused.value) or line in ("write",) or line.endswith("name")


def test_a_file_that_is_not_there_or_no_text_stops_the_start(tmp_path: Path) -> None:
    for file in (tmp_path / "nothing", tmp_path):
        with pytest.raises(ConfigError, match="--token-file"):
            Tokens(file)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="can't be read"):
        Tokens(tmp_path / "bytes")
    with pytest.raises(ConfigError, match=READ_VARIABLE):
        Tokens(None, {READ_VARIABLE: "short"})


@given(st.text(max_size=40))
def test_no_other_text_is_a_token(text: str) -> None:
    tokens = Tokens(None, {READ_VARIABLE: LONG})
    assert (scopes(tokens, text) is not None) == (text == LONG)
