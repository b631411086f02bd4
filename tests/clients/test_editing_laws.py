"""Into any client's file and out of it again: everything else stays as it was."""

from __future__ import annotations

import json
import multiprocessing
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients_documents import json_documents, toml_documents
from holobench_mcp.clients import CLIENTS, Place, attach, detach, jsonc
from holobench_mcp.model import ConfigError

COMMAND = ["/opt/a b/é/bin/holobench-mcp", "--project", 'C:\\x"y']
LAWS = settings(max_examples=150, suppress_health_check=list(HealthCheck))
JSON_CLIENTS = [client for client in CLIENTS.values() if client.name != "codex"]


def same(a: Any, b: Any) -> bool:
    return repr(_sorted(a)) == repr(_sorted(b))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted(((key, _sorted(part)) for key, part in value.items()), key=lambda pair: repr(pair[0]))
    return [_sorted(part) for part in value] if isinstance(value, list) else value


def parsed(file: Path) -> Any:
    return jsonc.parse(file.read_bytes().decode())


def place_in(folder: Path, client: str) -> Place:
    """A client's place, in a folder of its own."""
    known = CLIENTS[client].place(CLIENTS[client].scopes[-1], folder)
    return Place(folder / known.file.name, known.path, known.toml)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clients")


@pytest.mark.parametrize("client", JSON_CLIENTS, ids=lambda client: client.name)
@LAWS
@given(data=st.data())
def test_json_in_and_out_gives_the_document_back(client: Any, data: st.DataObject, folder: Path) -> None:
    place = place_in(folder, client.name)
    _, text = data.draw(json_documents(place.path[-1]))
    place.file.write_bytes(text.encode())
    before = parsed(place.file)
    attach(client, place, "holobench", COMMAND).write()
    attached: Any = parsed(place.file)
    entry = attached[place.path[-1]].pop("holobench")
    assert entry == {**client.entry(COMMAND), **client.extra} and same(attached, before)
    assert not attach(client, place, "holobench", COMMAND).changes
    detach(place, "holobench").write()
    assert same(parsed(place.file), before)


@LAWS
@given(text=toml_documents())
def test_toml_in_and_out_gives_the_document_back(text: str, folder: Path) -> None:
    place = place_in(folder, "codex")
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    place.file.write_bytes(text.encode())
    attach(CLIENTS["codex"], place, "holobench", COMMAND).write()
    attached = tomllib.loads(place.file.read_bytes().decode())
    entry = attached["mcp_servers"].pop("holobench")
    assert entry == {**CLIENTS["codex"].entry(COMMAND), **CLIENTS["codex"].extra} and same(attached, before)
    assert not attach(CLIENTS["codex"], place, "holobench", COMMAND).changes
    detach(place, "holobench").write()
    after = place.file.read_bytes().decode()
    assert same(tomllib.loads(after), before)
    assert after.rstrip() == text.rstrip(), "layout and comments stay"


@LAWS
@given(
    text=st.text(max_size=60)
    | st.binary(max_size=40).map(lambda b: b.decode("latin-1"))
    | json_documents("servers").map(lambda d: d[1][:-2])
)
def test_what_cannot_be_parsed_is_untouched_byte_for_byte(text: str, folder: Path) -> None:
    for client in ("vscode", "codex"):
        place = place_in(folder, client)
        content = text.encode("utf-8", "replace")
        try:
            attach(CLIENTS[client], _written(place, content), "holobench", COMMAND)
        except ConfigError as problem:
            assert str(place.file) in str(problem) and "not touched" in str(problem)
            with pytest.raises(ConfigError):
                detach(place, "holobench")
        assert place.file.read_bytes() == content


def _written(place: Place, content: bytes) -> Place:
    place.file.write_bytes(content)
    return place


@LAWS
@given(document=json_documents("mcpServers"), key=st.text(max_size=5), value=st.integers())
def test_jsonc_reads_as_json_does_and_edits_only_what_it_is_asked(
    document: tuple[Any, str], key: str, value: int
) -> None:
    values, text = document
    assert same(jsonc.parse(text), values)
    after = jsonc.with_value(text, (key,), value)
    assert same(jsonc.parse(after), {**values, key: value})
    rest = {name: part for name, part in values.items() if name != key}
    assert same(jsonc.parse(jsonc.without(after, (key,))), rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "}",
        "[1]x",
        '{"a" 1}',
        '{"a":}',
        "{'a': 1}",
        '{"a": 1 "b": 2}',
        "{,}",
        "[,]",
        '{"a": 01}',
        '{"a": NaN}',
        "tru",
        '"\n"',
        "/* x",
        "[" * 200 + "]" * 200,
        '{"a": 1,,}',
        "\0",
    ],
)
def test_what_is_no_json_is_refused(text: str) -> None:
    if not text:
        assert jsonc.parse(text) == {}
        return
    with pytest.raises(ValueError):
        jsonc.parse(text)


def test_jsonc_agrees_with_json_on_its_own_ground() -> None:
    for text in ('{"a": [1, -2.5e3, "\\u00e9\\n", null, true], "a": {"b": {}}}', "[]", " 3 ", '"x"'):
        assert jsonc.parse(text) == json.loads(text)


def _attach_as(file: str, name: str, barrier: Any) -> None:
    barrier.wait()
    attach(CLIENTS["cursor"], Place(Path(file), ("mcpServers",)), name, COMMAND).write()


def test_several_at_once_all_get_in(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text('{"mcpServers": {"other": {"command": "x"}}}')
    names = [f"server-{n}" for n in range(6)]
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(names))
    processes = [context.Process(target=_attach_as, args=(str(file), name, barrier)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert json.loads(file.read_text())["mcpServers"].keys() == {"other", *names}
    assert not list(tmp_path.glob(".mcp.json.*"))
