"""A name is parsed once, into every way that it can be read; what can't be one is refused briefly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holobench_mcp.model import InvalidArgument
from holobench_mcp.store.names import ById, Labelled, Latest, Named, readings


@pytest.mark.parametrize(
    ("text", "likeliest"),
    [
        ("latest", Latest(None)),
        ("latest~2", Latest(None, 2)),
        ("sort@latest", Latest("sort", 0)),
        ("sort@latest~1", Latest("sort", 1)),
        ("sort@baseline", Named("sort", "baseline")),
        ("sort@feature/x", Named("sort", "feature/x")),
        ("Sort it!@label:after the change @ home", Labelled("Sort it!", "after the change @ home")),
        ("encode@1080p@latest", Latest("encode@1080p")),
        ("sort-2026", ById("sort-2026")),
        ("@main", Named(None, "main")),
        ("label:after", Labelled(None, "after")),
        ("@label:after", Labelled(None, "after")),
        ("feature/x", Named(None, "feature/x")),
    ],
)
def test_a_name_is_parsed_once(text: str, likeliest: object) -> None:
    assert likeliest in readings(text)[0]


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("latest~1", Latest("sort", 1)),
        ("@main", Named("sort", "main")),
        ("main", Named("sort", "main")),
        ("label:x", Labelled("sort", "x")),
        ("scan@main", Named("scan", "main")),
    ],
)
def test_the_bench_that_is_meant_stands_where_a_name_has_none(text: str, means: object) -> None:
    assert any(means in tier for tier in readings(text, bench="sort"))


@given(st.text(max_size=1100))
def test_any_text_is_a_name_or_a_clear_error(text: str) -> None:
    try:
        assert readings(text)
    except InvalidArgument as problem:
        assert "result" in str(problem)
        assert len(str(problem)) < 500


@pytest.mark.parametrize("text", ["", " ", "a" * 10_000, "\ud800", "x" * 1_000_000])
def test_what_can_not_be_a_name_is_refused_briefly(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^candidate: .*\d+ characters") as problem:
        readings(text, "candidate")
    assert len(str(problem.value)) < 500
