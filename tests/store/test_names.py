"""One text, one result: every way of naming a result, and what a wrong name is answered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import snapshot
from holobench_mcp.model import AmbiguousResult, HolobenchMcpError, InvalidArgument, UnknownResult
from holobench_mcp.store import Store
from holobench_mcp.store.names import ById, Labelled, Latest, Named, find, parse_ref


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("latest", Latest(None)),
        ("latest~2", Latest(None, 2)),
        ("sort@latest", Latest("sort", 0)),
        ("sort@latest~1", Latest("sort", 1)),
        ("sort@baseline", Named("sort", "baseline")),
        ("sort@feature/x", Named("sort", "feature/x")),
        ("Sort it!@label:after the change @ home", Labelled("Sort it!", "after the change @ home")),
        ("sort-2026", ById("sort-2026")),
    ],
)
def test_a_name_is_parsed_once(text: str, means: object) -> None:
    assert parse_ref(text) == means


@settings(derandomize=True)
@given(st.text(max_size=400))
def test_any_text_is_a_name_or_a_clear_error(text: str) -> None:
    try:
        parse_ref(text)
    except InvalidArgument as problem:
        assert "result" in str(problem)
        assert len(str(problem)) < 500


@pytest.mark.parametrize(
    "text", ["", "a" * 10_000, "x\0y", "../../etc/passwd", "%2f..%2f", "a b", "@x", "sort@", "a\nb"]
)
def test_what_can_not_be_a_name_is_refused_briefly(store: Store, text: str) -> None:
    store.record(snapshot())
    with pytest.raises(InvalidArgument) as problem:
        find(store, text, argument="candidate")
    assert "candidate" in str(problem.value)
    assert len(str(problem.value)) < 500


@pytest.fixture
def history(store: Store) -> list[str]:
    return [
        store.record(snapshot(at=i, revision=f"{i}abcdef0123", label=f"try {i}", bench="sort" if i < 4 else "scan"))
        for i in range(5)
    ]


def test_every_way_of_naming_finds_its_result(store: Store, history: list[str]) -> None:
    store.set_ref("sort", "baseline", history[1])
    found = {
        text: find(store, text).result_id
        for text in (
            history[2], history[2][:-3], "latest", "latest~1", "sort@latest", "sort@latest~3", "sort@baseline",
            "sort@2abcdef0123", "sort@2abc", "sort@label:try 0",
        )
    }  # fmt: skip
    assert list(found.values()) == [
        history[2], history[2], history[4], history[3], history[3], history[0], history[1], history[2], history[2],
        history[0],
    ]  # fmt: skip


def test_a_branch_is_resolved_in_the_projects_repository(store: Store, history: list[str]) -> None:
    def resolve(name: str) -> str | None:
        return {"main": "3abcdef0123", "old": "feedbeef"}.get(name)

    assert find(store, "sort@main", resolve=resolve).result_id == history[3]
    with pytest.raises(UnknownResult, match="never measured there"):
        find(store, "sort@old", resolve=resolve)


def test_an_ambiguous_prefix_lists_what_it_could_mean(store: Store, history: list[str]) -> None:
    with pytest.raises(AmbiguousResult) as problem:
        find(store, "sort-")
    assert all(result_id in str(problem.value) for result_id in history[:4])


def test_an_ambiguous_revision_lists_both(store: Store) -> None:
    for i, revision in enumerate(("abcd1", "abcd2")):
        store.record(snapshot(at=i, revision=revision))
    with pytest.raises(AmbiguousResult, match="abcd1, abcd2"):
        find(store, "sort@abcd")


@pytest.mark.parametrize(
    "text", ["sort@latset", "sort@latest~9", "sortt@latest", "sort@label:never", "nothing", "latest~99"]
)
def test_an_unknown_name_is_told_the_nearest(store: Store, history: list[str], text: str) -> None:
    with pytest.raises(UnknownResult) as problem:
        find(store, text)
    assert "Nearest: " in str(problem.value)
    assert any(near in str(problem.value) for near in (*history, "sort@latest", "scan@latest"))


def test_an_empty_store_says_how_to_fill_it(store: Store) -> None:
    with pytest.raises(UnknownResult, match="holobench-mcp run -- python"):
        find(store, "latest")


def test_every_error_is_one_of_ours(store: Store) -> None:
    with pytest.raises(HolobenchMcpError):
        find(store, "sort-20260301T120000Z-0123456789")
