"""JSON with comments and trailing commas, edited in place: whatever is not the edited member stays byte for byte.

Editors' and agents' configurations are written by hand, with comments; a parser that gives back only values would
throw them away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_SPACE = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
#: What stands behind a member in its own line.
_REST_OF_LINE = re.compile(r"[ \t]*(?:/\*[^\n]*?\*/[ \t]*)*(?://[^\r\n]*)?(?=\r?\n)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_STRINGS = json.JSONDecoder()
_LITERALS = {"true": True, "false": False, "null": None}
#: Deeper than any configuration, and far from Python's own limit.
_MAX_DEPTH = 100


@dataclass(frozen=True)
class Node:
    """A value and where it stands."""

    start: int
    end: int
    value: object
    members: tuple[Member, ...] | None = None  #: where it is an object

    def member(self, key: str) -> Member | None:
        """The member that counts: of several with one key, every parser takes the last."""
        return next((m for m in reversed(self.members or ()) if m.key == key), None)


@dataclass(frozen=True)
class Member:
    """A key of an object, and what it has."""

    key: str
    start: int
    node: Node


def parse(text: str) -> object:
    """The values of a text. An empty one is an empty object, as editors make files. Raises ValueError."""
    return _tree(text).value


def with_value(text: str, path: Sequence[str], value: object) -> str:
    """The text with a value at a path: replaced where it is, else behind the last member of the nearest object above.

    Raises ValueError where the text can't be parsed, or something on the path is no object.
    """
    if not text.strip():
        text = "{}\n"
    node = _tree(text)
    for depth, key in enumerate(path):
        if node.members is None:
            raise ValueError(f"{'.'.join(path[:depth]) or 'the whole'} is not an object")
        member = node.member(key)
        if member is None:
            for outer in reversed(path[depth + 1 :]):
                value = {outer: value}
            return _with_member(text, node, key, value)
        node = member.node
    style = _Style.of(text)
    return text[: node.start] + style.rendered(value, _indent_at(text, node.start)) + text[node.end :]


def without(text: str, path: Sequence[str]) -> str:
    """The text without the member at a path, however often it is there."""
    *above, last = path
    while (node := _at(text, above)) is not None and (member := node.member(last)) is not None:
        text = _without_member(text, node, member)
    return text


def _at(text: str, path: Sequence[str]) -> Node | None:
    node: Node | None = _tree(text)
    for key in path:
        member = node.member(key) if node is not None else None
        node = member.node if member is not None else None
    return node


def _with_member(text: str, node: Node, key: str, value: object) -> str:
    style = _Style.of(text)
    close = node.end - 1
    members = node.members or ()
    if not members:
        outer = _indent_at(text, node.start)
        content = text[:close].rstrip(" \t\r\n")
        inner = style.eol + outer + style.unit
        return f"{content}{inner}{style.member(key, value, outer + style.unit)}{style.eol}{outer}{text[close:]}"
    last = members[-1]
    comma = _comma_behind(text, last)
    in_lines = not text[_line_start(text, last.start) : last.start].strip()
    at = last.node.end if comma is None else comma + 1
    if in_lines and (rest := _REST_OF_LINE.match(text, at)):
        at = rest.end()
    indent = _indent_at(text, last.start)
    added = f"{style.eol}{indent}{style.member(key, value, indent)}" if in_lines else f" {_Style.inline(key, value)}"
    ahead, behind = (",", "") if comma is None else ("", ",")
    return f"{text[: last.node.end]}{ahead}{text[last.node.end : at]}{added}{behind}{text[at:]}"


def _without_member(text: str, node: Node, member: Member) -> str:
    members = node.members or ()
    position = next(i for i, m in enumerate(members) if m is member)
    comma = _comma_behind(text, member)
    start, end = member.start, member.node.end if comma is None else comma + 1
    while start and text[start - 1] in " \t":
        start -= 1
    if start and text[start - 1] == "\n":
        start -= 2 if text[start - 2 : start] == "\r\n" else 1
    rest = text[end:]
    if comma is None and position:
        before = _comma_behind(text, members[position - 1])
        assert before is not None  # noqa: S101 - the parser saw it
        return text[:before] + text[before + 1 : start] + rest
    if len(members) == 1 and not text[node.start + 1 : start].strip() and not text[end : node.end - 1].strip():
        return text[: node.start] + "{}" + text[node.end :]
    return text[:start] + rest


def _comma_behind(text: str, member: Member) -> int | None:
    at = _behind_space(text, member.node.end)
    return at if text[at : at + 1] == "," else None


def _behind_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _indent_at(text: str, at: int) -> str:
    """The white space that the line of a place begins with."""
    line = text[_line_start(text, at) : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


@dataclass(frozen=True)
class _Style:
    """How a text is laid out, so that what is added looks like the rest."""

    unit: str
    eol: str

    @classmethod
    def of(cls, text: str) -> _Style:
        first = re.search(r"\n([ \t]+)[\"}]", text)
        return cls(first[1] if first else "  ", "\r\n" if "\r\n" in text else "\n")

    @staticmethod
    def inline(key: str, value: object) -> str:
        return f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"

    def member(self, key: str, value: object, indent: str) -> str:
        return f"{json.dumps(key, ensure_ascii=False)}: {self.rendered(value, indent)}"

    def rendered(self, value: object, indent: str) -> str:
        """Objects in lines, lists in one: as clients themselves write commands."""
        if not isinstance(value, Mapping) or not value:
            return json.dumps(value, ensure_ascii=False)
        inner = indent + self.unit
        members = f",{self.eol}{inner}".join(self.member(key, value[key], inner) for key in value)
        return f"{{{self.eol}{inner}{members}{self.eol}{indent}}}"


def _tree(text: str) -> Node:
    reader = _Reader(text)
    start = _behind_space(text, 0)
    if start == len(text) and not text.strip():
        return Node(0, len(text), {}, ())
    try:
        node = reader.value(start, 0)
    except json.JSONDecodeError as problem:
        raise ValueError(f"{problem.msg}, line {problem.lineno}") from problem
    if _behind_space(text, node.end) != len(text):
        raise reader.fault(_behind_space(text, node.end), "more text behind the document")
    return node


class _Reader:
    """Reads values from their places in a text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def fault(self, at: int, what: str) -> ValueError:
        return ValueError(f"{what}, line {self._text.count(chr(10), 0, at) + 1}")

    def value(self, at: int, depth: int) -> Node:
        text, sign = self._text, self._text[at : at + 1]
        if depth > _MAX_DEPTH:
            raise self.fault(at, f"more than {_MAX_DEPTH} levels")
        if sign == "{":
            return self._object(at, depth)
        if sign == "[":
            return self._array(at, depth)
        if sign == '"':
            string, end = _STRINGS.raw_decode(text, at)
            return Node(at, end, string)
        if (number := _NUMBER.match(text, at)) is not None:
            whole = number[1] is None and number[2] is None
            return Node(at, number.end(), int(number[0]) if whole else float(number[0]))
        for word, literal in _LITERALS.items():
            if text.startswith(word, at):
                return Node(at, at + len(word), literal)
        raise self.fault(at, "a value is missing" if at < len(text) else "the text ends too early")

    def _object(self, start: int, depth: int) -> Node:
        members = []
        for at in self._items(start, "}"):
            if self._text[at] != '"':
                raise self.fault(at, "a key in double quotes is missing")
            key, end = _STRINGS.raw_decode(self._text, at)
            colon = _behind_space(self._text, end)
            if self._text[colon : colon + 1] != ":":
                raise self.fault(colon, "a colon is missing")
            node = self.value(_behind_space(self._text, colon + 1), depth + 1)
            members.append(Member(key, at, node))
            self._end = node.end
        return Node(start, self._end, {m.key: m.node.value for m in members}, tuple(members))

    def _array(self, start: int, depth: int) -> Node:
        values = []
        for at in self._items(start, "]"):
            node = self.value(at, depth + 1)
            values.append(node.value)
            self._end = node.end
        return Node(start, self._end, values)

    def _items(self, start: int, close: str) -> Iterator[int]:
        """Where each item begins. The taker leaves the item's end in `_end`; in the end it is the container's."""
        at = _behind_space(self._text, start + 1)
        while self._text[at : at + 1] != close:
            if at >= len(self._text):
                raise self.fault(at, f"{close!r} is missing")
            yield at
            at = _behind_space(self._text, self._end)
            if self._text[at : at + 1] == ",":
                at = _behind_space(self._text, at + 1)
            elif self._text[at : at + 1] != close:
                raise self.fault(at, f"',' or {close!r} is missing")
        self._end = at + 1
