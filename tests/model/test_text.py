"""Text that others wrote is shown as all that it is: on one line, without what hides in it or commands a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holobench_mcp.model.text import plain, plain_lines, with_output

ANY_TEXT = st.text(st.characters(), max_size=40)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (b"\x1b[1;31mred\x1b[0m plain\n", "red plain\n"),
        (b"\x1b]0;title\x07after", "after"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"10 %\r20 %\r\ndone", "10 %\n20 %\ndone"),
        (b"bell\x07 null\x00 back\x08 del\x7f tab\t", "bell null back del tab\t"),
        ("c1\x9b31m\x85".encode(), "c131m"),
        ("turned \u202earound\u202c, hid\u200bden, \U000e0041tag".encode(), "turned around, hidden, tag"),
        (b"\xff\xfe", "��"),
        ("größer ≥ 3 µs 😀".encode(), "größer ≥ 3 µs 😀"),
    ],
)
def test_the_output_of_a_program_is_lines_of_plain_text(raw: bytes, clean: str) -> None:
    assert plain_lines(raw.decode("utf-8", "replace")) == clean


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("größer ≥ 3 µs 😀 ⚠\ufe0f", "größer ≥ 3 µs 😀 ⚠\ufe0f"),
        ("a\nIMPROVED: b", "a�IMPROVED: b"),
        ("a\u2028b\x85c\x0bd", "a�b�c�d"),
        ("\x1b[2Jx\x9b", "�[2Jx�"),
        ("ms\u202e1 = 2", "ms�1 = 2"),
        ("time\u200b_ms \ufeff", "time�_ms �"),
        ("100\u00a0%\u2009\u3000.", "100 %  ."),
        ("tag\U000e0041 filler\u3164 braille\u2800 joiner\u034f", "tag� filler� braille� joiner�"),
        ("selected\ufe01\U000e0101", "selected��"),
        ("half \ud800", "half �"),
        ("tab\t.", "tab�."),
    ],
)
def test_one_line_shows_all_that_it_is(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(ANY_TEXT)
def test_any_text_is_one_line_of_what_can_be_seen(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text) and len(shown.splitlines()) <= 1
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert plain(shown) == shown


@given(st.text(max_size=60), st.integers(1, 50))
def test_a_text_that_is_cut_says_so_and_has_no_more_than_it_may(text: str, most: int) -> None:
    shown = plain(text, most)
    assert len(shown) <= most and (len(text) <= most or shown.endswith("…"))


@given(ANY_TEXT, ANY_TEXT)
def test_no_line_of_an_output_passes_for_one_of_ours(sentence: str, output: str) -> None:
    first, *others = with_output(f"{sentence}\n{output}").split("\n")
    assert first == plain(first) and all(line.startswith("    ") for line in others)


def test_a_megabyte_is_cut() -> None:
    assert len(plain("x" * 1_000_000)) == len(plain("\u202e" * 1_000_000)) == 4000
    assert len(with_output("\n" * 1_000_000, 4000)) < 30_000
