"""The page of messages speaks of messages that there are: each sentence that it quotes stands in the code."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
#: What stands for a name or a number in a text of the code.
GAP = "\0"


@cache
def texts() -> list[str]:
    """Every text of the code, with a gap in place of each value that is put into it."""
    found = []
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else GAP for part in node.values]
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def rows() -> list[tuple[str, str, str]]:
    """The rows of the page: what it says, because of what, what to do."""
    return re.findall(r"^\| (?!it says|---)(.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)


def quoted() -> list[str]:
    """What the page says is printed."""
    return [text for says, _, _ in rows() for text in re.findall(r"`([^`]+)`", says) if " " in text]


@pytest.mark.parametrize("sentence", quoted())
def test_a_message_that_the_page_explains_is_printed_by_the_code(sentence: str) -> None:
    """Its parts between the dots stand in one text, in their order."""
    parts = [re.escape(part.strip()) for part in sentence.split("…") if part.strip()]
    assert any(re.search(".*".join(parts), text, re.DOTALL) for text in texts()), sentence


def test_the_page_has_a_row_for_what_people_meet() -> None:
    assert len(quoted()) >= 40
    assert all(because and do for _, because, do in rows())


def test_a_message_that_nobody_prints_would_be_found() -> None:
    assert not any("is of no format that anybody ever saw" in text for text in texts())
