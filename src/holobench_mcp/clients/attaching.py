"""One entry into a client's file, or out of it: as a change that can be looked at, and then written as a whole or not.

Whatever can't be parsed is not touched. An edit is believed only when the parsed result is what it should be.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from holobench_mcp.clients import files, jsonc, toml_tables
from holobench_mcp.clients.known import Client, Place
from holobench_mcp.clients.launch import starts_this_server
from holobench_mcp.model import ConfigError

#: What a document may still hold when nothing of anybody is in it.
_NOBODYS = ("$schema",)


class _Form(Protocol):
    """How documents of one form are read and edited."""

    def parse(self, text: str) -> object: ...
    def with_value(self, text: str, path: Sequence[str], value: object) -> str: ...
    def without(self, text: str, path: Sequence[str]) -> str: ...


@dataclass(frozen=True)
class Attachment:
    """What is to become of a client's file. `write` does it, on what the file holds by then."""

    place: Place
    edit: Callable[[str], str | None]
    before: str | None  #: None where there is no file
    after: str | None  #: None where none is to be left
    present: bool  #: whether the server was there before

    @property
    def changes(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after

    def diff(self) -> str:
        """The change, without lines around it: beside our entry may stand the secrets of others."""
        name = str(self.place.file)
        lines = difflib.unified_diff(
            (self.before or "").splitlines(keepends=True),
            (self.after or "").splitlines(keepends=True),
            name if self.before is not None else "/dev/null",
            name if self.after is not None else "/dev/null",
            n=0,
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    def write(self) -> Path | None:
        """Write the file. Returns where what it held before is, if it held anything. Raises ConfigError."""
        return files.rewrite(self.place.file, self.edit)


def attach(client: Client, place: Place, name: str, command: Sequence[str]) -> Attachment:
    """The change that puts this server under a name into a client's file. Raises ConfigError."""
    form = _form(place)
    path = (*place.path, name)

    def edit(text: str) -> str:
        document = _parsed(form, text, place.file)
        present = _server(document, path, place.file)
        entry = client.entry(command)
        if present is None:
            wanted = {**entry, **client.extra}
            start = text if text.strip() else _new_document(client)
            document = document or _parsed(form, start, place.file)
            after = form.with_value(start, path, wanted)
        else:
            # One that is there is brought up to date key by key: what somebody added or changed in it stays.
            wanted = {**present, **entry, **{key: v for key, v in client.extra.items() if key not in present}}
            after = text
            for key in wanted:
                if key not in present or not _same(present[key], wanted[key]):
                    after = form.with_value(after, (*path, key), wanted[key])
        return _checked(form, after, _with(document, path, wanted), place.file, path)

    before = files.read(place.file)
    document = _parsed(form, before or "", place.file)
    return Attachment(place, edit, before, edit(before or ""), _server(document, path, place.file) is not None)


def detach(place: Place, name: str) -> Attachment:
    """The change that takes this server's entry out of a client's file. Raises ConfigError."""
    form = _form(place)
    path = (*place.path, name)

    def edit(text: str) -> str | None:
        document = _parsed(form, text, place.file)
        if _server(document, path, place.file) is None:
            return text
        after, wanted = form.without(text, path), _without(document, path)
        earlier = _earlier(form, place.file, path)
        for depth in range(len(place.path), 0, -1):
            # What held nothing but our entry goes with it, unless it was there before us.
            above = place.path[:depth]
            if _value(wanted, above) == {} and (
                _value(earlier, above) is None or _value(form.parse(after), above) is None
            ):
                after, wanted = form.without(after, above), _without(wanted, above)
        _checked(form, after, wanted, place.file, path)
        return None if earlier is None and not wanted.keys() - {*_NOBODYS} and _is_bare(after, place) else after

    before = files.read(place.file)
    after = None if before is None else edit(before)
    return Attachment(place, edit, before, after, present=before != after)


def snippet(client: Client, place: Place, name: str, command: Sequence[str]) -> str:
    """A whole document with nothing but this server's entry in it: what a new file would hold."""
    entry = {**client.entry(command), **client.extra}
    return _form(place).with_value(_new_document(client), (*place.path, name), entry)


def _new_document(client: Client) -> str:
    return jsonc.with_value("", ("$schema",), client.schema) if client.schema is not None else ""


def _form(place: Place) -> _Form:
    return toml_tables if place.toml else jsonc


def _parsed(form: _Form, text: str, file: Path) -> dict[str, object]:
    try:
        document = form.parse(text)
    except (ValueError, RecursionError) as problem:
        raise ConfigError(f"{file} can't be parsed, so it was not touched: {problem}.") from problem
    if not isinstance(document, dict):
        raise ConfigError(f"{file} holds {type(document).__name__}, not an object, so it was not touched.")
    return document


def _server(document: dict[str, object], path: Sequence[str], file: Path) -> dict[str, object] | None:
    """The entry of that name, if there is one and it is this server's."""
    value: object = document
    for depth, key in enumerate(path):
        if not isinstance(value, dict):
            raise ConfigError(f"{file}: {'.'.join(path[:depth])} is not an object, so the file was not touched.")
        if key not in value:
            return None
        value = value[key]
    if not isinstance(value, dict):
        raise ConfigError(f"{file}: {'.'.join(path)} is not an object, so the file was not touched.")
    if not starts_this_server(value.get("command"), value.get("args")):
        raise ConfigError(
            f"{file}: {'.'.join(path)} starts something else than holobench-mcp, so it was not touched. Choose another "
            "--name, or take it out by hand."
        )
    return value


def _checked(form: _Form, after: str, wanted: object, file: Path, path: Sequence[str]) -> str:
    try:
        parsed = form.parse(after)
    except ValueError:
        parsed = None
    if not _same(parsed, wanted):
        raise ConfigError(
            f"{file}: {'.'.join(path)} is written in a way that can't be edited safely, so the file was not touched. "
            "Edit it by hand: --print shows what belongs there."
        )
    return after


def _is_bare(text: str, place: Place) -> bool:
    """Whether a text without values has no comment either."""
    if place.toml:
        return not text.strip()
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _with(document: Mapping[str, object], path: Sequence[str], value: object) -> dict[str, object]:
    key, *rest = path
    inner = document.get(key, {})
    return {**document, key: _with(inner if isinstance(inner, dict) else {}, rest, value) if rest else value}


def _without(document: Mapping[str, object], path: Sequence[str]) -> dict[str, object]:
    """The document without the value at a path."""
    key, *rest = path
    inner = document.get(key)
    if rest and isinstance(inner, dict):
        return {**document, key: _without(inner, rest)}
    return {k: v for k, v in document.items() if k != key}


def _value(document: object, path: Sequence[str]) -> object:
    """The value at a path; None where there is none."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _earlier(form: _Form, file: Path, path: Sequence[str]) -> object:
    """What the file held before our entry came, by the copies beside it; None where we made the file."""
    for text in files.backups(file):
        try:
            document = form.parse(text)
        except ValueError:
            continue
        if _value(document, path) is None:
            return document
    return None


def _same(a: object, b: object) -> bool:
    """Equal in value and in kind, whatever the order of keys."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))
