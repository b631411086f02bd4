"""A page is whole, loads nothing, and takes any text for text."""

from __future__ import annotations

import re

from holobench_mcp.report import page, stylesheet
from holobench_mcp.report.markup import Markup, element, shortened, text


def test_a_page_is_one_document_that_loads_and_runs_nothing() -> None:
    document = page("a title", element("section", "hello"))
    assert document.startswith("<!doctype html>\n<html lang=")
    assert "<script" not in document
    assert re.findall(r"(?:\bhref=|\bsrc=|url\(|@import)", document) == []
    assert "default-src &#x27;none&#x27;" in document
    assert stylesheet() in document


def test_whatever_is_not_an_element_is_text() -> None:
    hostile = "</title><script>alert('1')</script>\" onload=x \x1b[31m \u202e"
    document = page(hostile, element("p", hostile, title=hostile))
    assert "<script" not in document
    assert document.count("</title>") == 1
    assert "\x1b" not in document and "\u202e" not in document
    assert element("b", Markup("<i>1</i>"), "<i>") == "<b><i>1</i>&lt;i&gt;</b>"
    assert text("a\nb") == "a\N{REPLACEMENT CHARACTER}b"


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    assert shortened("short", 10) == "short"
    assert shortened("abcdefghijklmnopqrstuvwxyz", 10) == "abcdef…xyz"
    assert all(len(shortened("x" * n, most)) <= most for n in range(40) for most in range(3, 30))
