"""The house keeps its rules: rooms that can be read at one sitting, and names that say what a thing is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "tools").rglob("*.py")])
#: What was done with a thing in place of what it is.
PARTICIPLES = re.compile(r"_*(told|kept|seen|lent|doubts|Kept)")


def problems(source: str) -> Iterator[str]:
    """What in a file breaks a rule."""
    if (lines := len(source.splitlines())) > 400:
        yield f"{lines} lines: when a second subject moves in, it gets a file of its own (400)"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = node.body[0] if ast.get_docstring(node) is not None else None
            length = (node.end_lineno or 0) - node.lineno + 1
            length -= (doc.end_lineno or 0) - doc.lineno + 1 if doc is not None else 0
            if length > 60:
                yield f"{node.name} has {length} lines beside its docstring (60)"
        for name in names_of(node):
            if PARTICIPLES.fullmatch(name):
                yield f"line {getattr(node, 'lineno', 0)}: {name!r} says what was done with a thing, not what it is"


def names_of(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
    return []


@pytest.mark.parametrize("wing", ["src", "tests", "tools"])
def test_files_functions_and_names_are_as_agreed(wing: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {problem}"
        for path in FILES
        if path.is_relative_to(ROOT / wing)
        for problem in problems(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_every_file_that_the_pages_of_the_house_name_is_there() -> None:
    """By its path below src/holobench_mcp, or below the repository, or by a name that one file alone has."""
    names = [path.name for path in FILES]
    for page in ("docs/architecture.md", "CONTRIBUTING.md"):
        for path in re.findall(r"`([\w/.]+(?:\.py|/))`", (ROOT / page).read_text(encoding="utf-8")):
            places = [ROOT / path, *(ROOT / "src" / "holobench_mcp").glob(f"**/{path}")]
            assert any(place.exists() for place in places) or names.count(path) == 1, f"{page}: {path}"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1\n" * 401, "401 lines"),
        ("def f():\n" + "    x = 1\n" * 60, "f has 61 lines"),
        ("told = 1", "'told'"),
        ("def f(kept): ...", "'kept'"),
        ("class Kept: ...", "'Kept'"),
    ],
)
def test_what_breaks_a_rule_is_found(source: str, says: str) -> None:
    assert any(says in problem for problem in problems(source))
