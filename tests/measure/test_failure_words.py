"""A failure in one sentence: its last words are what went wrong, not what points at it."""

from __future__ import annotations

import pytest

from holobench_mcp.measure.failures import last_words
from holobench_mcp.model import Failure

PYTHON_3_11 = 'File "words.py", line 12, in most\n    counts[place] += 1\n    ~~~~~~^^^^^^^\nIndexError: out of range'
COMPILER = "b.c:3:5: error: expected ';'\n    3 | return 1\n      |         ^\n      |         ;\n"
TABS = "line\n\t\t^~~~\n\t\t^--\nlast\n\n"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (PYTHON_3_11, "counts[place] += 1 | IndexError: out of range"),
        (COMPILER, "3 | return 1 | |         ;"),
        (TABS, "line | last"),
        ("^^^\n", ""),
        ("", ""),
        ("- one\n-- two", "- one | -- two"),
    ],
)
def test_the_last_words_are_none_that_only_point_at_others(output: str, words: str) -> None:
    assert last_words(Failure(what="crash", detail="it failed.", output_tail=output)) == words
