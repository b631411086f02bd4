"""Every name that an answer prints leads back to its result; an unknown one gets the nearest, an unclear one all."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import snapshot
from holobench_mcp.model import (
    AmbiguousResult,
    HolobenchMcpError,
    InvalidArgument,
    Manifest,
    Measurement,
    UnknownResult,
)
from holobench_mcp.result.identity import revision_text
from holobench_mcp.store import Store, open_store
from holobench_mcp.store.lookup import Lookup, Resolve

A, B = "a1b2c3d4e5f6" + "0" * 28, "b1b2c3d4e5f6" + "0" * 28
DIRTY = {"git_dirty": True}


def find(store: Store, text: str, argument: str = "result", resolve: Resolve | None = None, **options) -> Manifest:
    return Lookup(store, resolve).find(text, argument, **options).manifest


def measured_by(benchmark: str, **options: object):
    return snapshot(**options).with_(measurement=Measurement(id=f"m-{benchmark}", benchmark=benchmark))


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
            "sort@2abcdef0123", "sort@2ABC", "sort@label:try 0", "@baseline", "baseline", "@2abc", "2abc",
            "label:try 0", "@label:try 3", "sort", "scan", "@latest",
        )
    }  # fmt: skip
    assert list(found.values()) == [
        history[2], history[2], history[4], history[3], history[3], history[0], history[1], history[2], history[2],
        history[0], history[1], history[1], history[2], history[2], history[0], history[3], history[3], history[4],
        history[4],
    ]  # fmt: skip


@pytest.mark.parametrize("bench", ["encode@1080p", "a/b c", "x@latest", "@", "a@b@c", "sort@", "@sort", "é 😀"])
def test_a_bench_of_any_characters_can_be_named(store: Store, bench: str) -> None:
    first = store.record(snapshot(bench=bench, revision=A, label="x"))
    last = store.record(snapshot(bench=bench, at=1))
    store.set_ref(bench, "good", first)
    assert find(store, f"{bench}@latest").result_id == last
    for selector in ("latest~1", "good", A[:10], "label:x"):
        assert find(store, f"{bench}@{selector}").result_id == first


def test_a_name_that_two_benches_could_answer_is_ambiguous(store: Store) -> None:
    short = store.record(snapshot(bench="encode", revision="1080p@latest"))
    long = store.record(snapshot(bench="encode@1080p", at=1))
    with pytest.raises(AmbiguousResult) as problem:
        find(store, "encode@1080p@latest")
    assert "encode@1080p@latest" in str(problem.value)
    assert {find(store, short).result_id, find(store, long).result_id} == {short, long}


def test_an_existing_bench_goes_before_one_of_another_case(store: Store) -> None:
    exact = store.record(snapshot(bench="encode@1080p"))
    store.record(snapshot(bench="ENCODE", label="x", revision="1080p@latest", at=1))
    assert find(store, "encode@1080p@latest").result_id == exact


@pytest.mark.parametrize("text", ["@main", "label:x", "@good"])
def test_without_a_bench_a_name_means_the_only_one_that_answers(store: Store, text: str) -> None:
    def resolve(name: str) -> str | None:
        return A if name == "main" else None

    result_id = store.record(snapshot(revision=A, label="x"))
    store.set_ref("sort", "good", result_id)
    store.record(snapshot(bench="scan", at=1, revision=B))
    assert find(store, text, resolve=resolve).result_id == result_id
    other = store.record(snapshot(bench="scan", at=2, revision=A, label="x"))
    store.set_ref("scan", "good", other)
    with pytest.raises(AmbiguousResult, match=r"sort@.*scan@|scan@.*sort@"):
        find(store, text, resolve=resolve)
    assert find(store, text, resolve=resolve, bench="scan").result_id == other


@pytest.mark.parametrize("name", ["words", "WORDS", "Words"])
def test_case_does_not_matter_where_no_other_bench_differs_only_in_it(store: Store, name: str) -> None:
    result_id = store.record(snapshot(bench="Words", label="worktree"))
    assert find(store, f"{name}@label:worktree").result_id == result_id
    assert Lookup(store).bench(name) == "Words"


def test_benches_that_differ_only_in_case_are_told_apart(store: Store) -> None:
    upper, lower = store.record(snapshot(bench="Sort")), store.record(snapshot(bench="sort", at=1))
    assert find(store, "Sort@latest").result_id == upper
    assert find(store, "sort@latest").result_id == lower
    with pytest.raises(AmbiguousResult) as problem:
        find(store, "SORT@latest")
    assert upper in str(problem.value)
    assert lower in str(problem.value)
    with pytest.raises(AmbiguousResult, match="upper and lower case"):
        Lookup(store).benches("SORT")


def test_a_configured_benchmark_names_the_benches_that_it_records(store: Store) -> None:
    one = store.record(measured_by("text", bench="Words", revision=A))
    assert find(store, "text@latest").result_id == one
    assert Lookup(store).bench("TEXT") == "Words"
    two = store.record(measured_by("text", bench="Letters", at=1, revision=A))
    assert find(store, "text@latest").result_id == two
    assert set(Lookup(store).benches("text")) == {"Words", "Letters"}
    with pytest.raises(AmbiguousResult, match=r"Letters, Words"):
        Lookup(store).bench("text")
    with pytest.raises(AmbiguousResult, match=r"Words@a1b2"):
        find(store, "text@a1b2")


def test_a_bench_goes_before_a_configured_benchmark_of_its_name(store: Store) -> None:
    own = store.record(snapshot(bench="text"))
    store.record(measured_by("text", bench="Words", at=1))
    assert find(store, "text@latest").result_id == own


def test_what_is_configured_and_never_measured_says_how_to_measure_it(store: Store) -> None:
    store.record(snapshot())
    with pytest.raises(UnknownResult, match=r"run_benchmark\(benchmark='tiny'\)"):
        Lookup(store, configured={"tiny"}).benches("tiny")


def test_a_clean_revisions_name_means_clean_runs_first(store: Store) -> None:
    clean = store.record(snapshot(revision=A))
    dirty = store.record(snapshot(revision=A, at=1, environment=DIRTY))
    only_dirty = store.record(snapshot(revision=B, at=2, environment=DIRTY))
    lookup = Lookup(store, {"main": A, "HEAD": B}.get)
    for name in (A, A[:10], "main"):
        match = lookup.find(f"sort@{name}")
        assert (match.manifest.result_id, match.note) == (clean, None)
        assert lookup.find(f"sort@{name}+dirty").manifest.result_id == dirty
    for name in (B, B[:10], "HEAD"):
        match = lookup.find(f"sort@{name}")
        assert match.manifest.result_id == only_dirty
        assert match.note is not None
        assert f"{B[:10]}+dirty" in match.note
        assert "only with uncommitted changes" in match.note


def test_a_branch_is_resolved_in_the_projects_repository(store: Store, history: list[str]) -> None:
    def resolve(name: str) -> str | None:
        return {"main": "3abcdef0123", "old": "feedbeef"}.get(name)

    assert find(store, "sort@main", resolve=resolve).result_id == history[3]
    for text in ("sort@old", "@old", "old"):
        with pytest.raises(UnknownResult, match="never measured there"):
            find(store, text, resolve=resolve)


def test_a_branch_that_looks_like_a_hash_is_a_branch(store: Store) -> None:
    branch = store.record(snapshot(revision=A))
    store.record(snapshot(revision="feed" + "0" * 36, at=1))
    assert find(store, "sort@feed", resolve={"feed": A}.get).result_id == branch


def test_names_that_look_like_others_are_what_stands_first_in_the_docs(store: Store) -> None:
    labelled = store.record(snapshot(label="x"))
    revision = store.record(snapshot(revision="label:y", at=1))
    pinned = store.record(snapshot(revision=A, at=2))
    store.record(snapshot(revision="good" + "0" * 36, at=3))
    store.set_ref("sort", "good", pinned)
    looks_like_an_id = store.record(snapshot(bench=labelled, at=4))
    assert find(store, "sort@label:x").result_id == labelled
    assert find(store, "sort@label:y").result_id == revision
    assert find(store, "sort@good").result_id == pinned
    assert find(store, labelled).result_id == labelled
    assert find(store, f"{labelled}@latest").result_id == looks_like_an_id
    latest = store.record(snapshot(bench="latest", at=5))
    newest = store.record(snapshot(at=6))
    assert find(store, "latest").result_id == newest
    assert find(store, "latest@latest").result_id == latest


def test_an_ambiguous_prefix_lists_what_it_could_mean(store: Store, history: list[str]) -> None:
    with pytest.raises(AmbiguousResult) as problem:
        find(store, "sort-")
    assert all(result_id in str(problem.value) for result_id in history[:4])


def test_an_ambiguous_revision_lists_both(store: Store) -> None:
    for i, revision in enumerate(("abcd1", "abcd2")):
        store.record(snapshot(at=i, revision=revision))
    store.record(snapshot(at=2, revision="abcd3", bench="scan"))
    with pytest.raises(AmbiguousResult, match=r"abcd1, abcd2\."):
        find(store, "sort@abcd")
    assert find(store, "scan@abcd").source_revision == "abcd3"


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("sort@latset", "sort@latest"),
        ("sort@latest~9", "sort@latest"),
        ("sortt@latest", "sort@latest"),
        ("sort@label:trie 0", "sort@label:try 0"),
        ("nothing", "@latest"),
        ("latest~99", "latest"),
        ("../../etc/passwd", "@latest"),
        ("%2f..%2f", "@latest"),
        ("a b", "@latest"),
        ("@x", "@latest"),
        ("sort@", "sort@latest"),
        ("a\nb", "@latest"),
        ("x\0y", "@latest"),
        ("--upload-pack=x", "@latest"),
        ("\u202esort@latest", "sort@latest"),
        ("sort@label:" + "x" * 900, "sort@"),
    ],
)
def test_an_unknown_name_is_told_the_nearest(store: Store, history: list[str], text: str, near: str) -> None:
    with pytest.raises(UnknownResult, match=r"^candidate: ") as problem:
        find(store, text, "candidate")
    said = str(problem.value)
    assert near in said.partition("Nearest: ")[2]
    assert said.isprintable()
    assert len(said) < 500


@pytest.mark.parametrize(
    ("what", "text", "says"),
    [
        ("benches", "", "benchmark: is empty; leave it out for all."),
        ("benches", "  ", "benchmark: is empty; leave it out for all."),
        ("benches", "srot", "Did you mean sort?"),
        ("benches", "SROT", "Did you mean sort?"),
        ("revision", "", "revision: is empty; leave it out for all."),
        ("revision", "9abc", "Recorded revisions: 4abcdef012"),
        ("label", "", "label: is empty; leave it out for all."),
        ("label", "try 9", "Did you mean try "),
        ("label", "\ud800", "is not text"),
    ],
)
def test_a_filter_that_is_empty_or_unknown_is_an_error(
    store: Store, history: list[str], what: str, text: str, says: str
) -> None:
    with pytest.raises((UnknownResult, InvalidArgument)) as problem:
        getattr(Lookup(store), what)(text)
    assert says in str(problem.value)


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\nb", "\u202egnp.exe", "\x07"])
def test_a_name_that_a_terminal_would_obey_is_quoted(store: Store, hostile: str) -> None:
    for at, revision in enumerate((hostile, hostile + "x" * 20)):
        store.record(snapshot(label=hostile, revision=revision, at=at))
    lookup = Lookup(store)
    assert lookup.find(f"sort@label:{hostile}").manifest.label == hostile
    for ask, text in ((lookup.revision, "zz"), (lookup.label, "zz"), (lookup.find, f"sort@label:{hostile}?")):
        with pytest.raises(UnknownResult) as problem:
            ask(text)
        assert str(problem.value).isprintable()
        assert repr(hostile)[1:-1] in str(problem.value)


def test_an_empty_store_says_where_it_is_how_to_fill_it_and_how_to_look_elsewhere(store: Store) -> None:
    lookup = Lookup(store)
    for ask in (lookup.find, lookup.benches, lookup.revision, lookup.label):
        with pytest.raises(UnknownResult) as problem:
            ask("main")
        for part in (store.location.url, "holobench-mcp run -- python", "--project", "--store", "HOLOBENCH_MCP_STORE"):
            assert part in str(problem.value)


def test_every_error_is_one_of_ours(store: Store) -> None:
    with pytest.raises(HolobenchMcpError):
        find(store, "sort-20260301T120000Z-0123456789")


BENCHES = st.sampled_from(
    ["sort", "Sort", "sort@x", "sort@label:a", "a b", "x/y", "latest", "é😀", "sort-2026", "1" * 12]
)
LABELS = st.sampled_from([None, "a", "a@latest", "worktree", "x@label:a", "latest", "\u202eb", " padded ", "try\n2"])
REVISIONS = st.sampled_from([None, A, A[:20] + "1" * 20, B, "v1.2", "label:a", "release-2026.1", "latest", "main"])
RESULTS = st.lists(st.tuples(BENCHES, LABELS, REVISIONS, st.booleans(), st.booleans()), min_size=1, max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(results=RESULTS)
def test_every_name_that_a_listing_shows_leads_back(results: list[tuple]) -> None:
    store = open_store(f"memory://{uuid.uuid4()}")
    for i, (bench, label, revision, dirty, pinned) in enumerate(results):
        environment = {"git_dirty": dirty}
        recorded = snapshot(bench=bench, label=label, revision=revision, environment=environment, at=i)
        result_id = store.record(recorded)
        if pinned:
            store.set_ref(bench, "good", result_id)
    newest_first = store.manifests().select()
    names: dict[str, str] = {}
    for entry in store.refs():
        names[f"{entry.bench_name}@{entry.name}"] = entry.result_id
    for m in newest_first:
        names[m.result_id] = m.result_id
        names.setdefault(f"{m.bench_name}@latest", m.result_id)
        if m.label:
            names.setdefault(f"{m.bench_name}@label:{m.label}", m.result_id)
        if m.source_revision not in (None, "latest"):
            names.setdefault(
                f"{m.bench_name}@{m.source_revision}{'+dirty' * bool(m.environment.git_dirty)}", m.result_id
            )
            shown = revision_text(m.source_revision, m.environment.git_dirty)
            if shown.startswith(("latest", "label:", "good")):
                continue
            names.setdefault(f"{m.bench_name}@{shown}", m.result_id)
    for name, result_id in names.items():
        try:
            assert find(store, name).result_id == result_id, name
        except AmbiguousResult as problem:
            assert "several" in str(problem)
