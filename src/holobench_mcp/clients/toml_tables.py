"""TOML tables, edited in place: comments, order and layout of everything else stay byte for byte.

Only tables with a header of their own (`[mcp_servers.name]`) are edited, which is how clients write them. What is
written in another way is left alone: whoever calls compares the values of the result with what they should be.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|(?P<comment>#[^\n]*)|[\n\[\]{}]',
    re.DOTALL,
)


@dataclass(frozen=True)
class Statement:
    """A header or a pair: its place without the line's end, and its path."""

    start: int
    end: int  #: behind its value
    path: tuple[str, ...]
    header: bool


def parse(text: str) -> object:
    """The values of a text. Raises ValueError."""
    return tomllib.loads(text)


def with_value(text: str, path: Sequence[str], value: object) -> str:
    """The text with a table at a path, behind everything else; or, in a table that is there, with one of its values.

    Raises ValueError where the text can't be parsed.
    """
    tomllib.loads(text)
    eol = "\r\n" if "\r\n" in text else "\n"
    if isinstance(value, Mapping):
        gap = "" if not text.strip() else eol if text.endswith("\n") else eol * 2
        header = f"[{'.'.join(map(_key, path))}]"
        return text + gap + eol.join([header, *(_pair(key, value[key]) for key in value)]) + eol
    *table, key = path
    section = _section(text, tuple(table))
    if not section:
        return text
    for statement in section[1:]:
        if statement.path == (key,):
            return text[: statement.start] + _pair(key, value) + text[statement.end :]
    at = _line_end(text, section[-1].end)
    gap = "" if text[:at].endswith("\n") else eol
    return f"{text[:at]}{gap}{_pair(key, value)}{eol}{text[at:]}"


def without(text: str, path: Sequence[str]) -> str:
    """The text without the table at a path and the tables in it."""
    tomllib.loads(text)
    wanted = tuple(path)
    while (section := next((s for s in _sections(text) if s[0].path[: len(wanted)] == wanted), None)) is not None:
        start, end = section[0].start, _line_end(text, section[-1].end)
        start = text.rfind("\n", 0, start) + 1
        # The blank line that set it apart goes with it, where another or the end of the text does the same.
        before = re.search(r"(?:^|\n)([ \t]*\r?\n)\Z", text[:start])
        if before is not None and (not text[end:].strip() or re.match(r"[ \t]*\r?\n", text[end:])):
            start = before.start(1)
        text = text[:start] + text[end:]
    return text


def _section(text: str, path: tuple[str, ...]) -> list[Statement]:
    return next((section for section in _sections(text) if section[0].path == path), [])


def _sections(text: str) -> list[list[Statement]]:
    """Each header with the pairs below it."""
    sections: list[list[Statement]] = []
    for statement in _statements(text):
        if statement.header:
            sections.append([statement])
        elif sections:
            sections[-1].append(statement)
    return sections


def _statements(text: str) -> Iterator[Statement]:
    """Every header and pair, by a walk that knows strings, comments and brackets."""
    start = depth = 0
    comment: int | None = None
    for token in (*_TOKEN.finditer(text), None):
        sign = token[0] if token is not None else "\n"
        at = token.start() if token is not None else len(text)
        if token is not None and token["comment"] is not None:
            comment = at if comment is None and depth == 0 else comment
        elif sign in "[{" and len(sign) == 1:
            depth += 1
        elif sign in "]}" and len(sign) == 1:
            depth -= 1
        elif sign == "\n" and depth == 0:
            line = text[start : at if comment is None else comment]
            if words := line.strip():
                begin = start + len(line) - len(line.lstrip())
                yield Statement(begin, begin + len(words), _path_of(words), words.startswith("["))
            start, comment = at + 1, None


def _path_of(words: str) -> tuple[str, ...]:
    """The keys of a header or a pair; an array of tables has none, as no server is one."""
    if words.startswith("[["):
        return ()
    value: object = tomllib.loads(words)
    path = []
    while isinstance(value, dict) and len(value) == 1:
        [(key, value)] = value.items()
        path.append(key)
        if not words.startswith("["):
            break
    return tuple(path)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _string(name)


def _pair(key: str, value: object) -> str:
    return f"{_key(key)} = {_written(value)}"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(value)


def _string(text: str) -> str:
    """JSON's strings are TOML's, but for one control character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
