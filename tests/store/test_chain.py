"""With a chained journal no tampering with the history passes: what was edited, removed or put back is found."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import cli, rewrite, snapshot
from damages import copy_of, damage, small_store
from holobench_mcp.config import load_config
from holobench_mcp.model import HolobenchMcpError, InvalidArgument, MeasurementDocument
from holobench_mcp.store import Store, comparisons, journal, layout, open_store
from holobench_mcp.store.chain_check import newest_head
from holobench_mcp.store.parsing import parse_journal_entry
from holobench_mcp.store.repair import repair
from holobench_mcp.store.verify import verify
from holobench_mcp.workspace import Workspace
from store_steps import Crash, ending_at, stepped

WHEN = "2026-03-01T12:00:00+00:00"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLOBENCH_MCP_CACHE", str(tmp_path_factory.mktemp("cache")))
        return small_store(tmp_path_factory.mktemp("original"), chain=True)


def chained(url: str | Path) -> Store:
    store = open_store(url)
    store.wants_chain = True
    return store


def problems(folder: Path, head: str | None = None) -> list[str]:
    try:
        return [f.sentence for f in verify(open_store(folder), head=head) if f.damage]
    except HolobenchMcpError as problem:
        return [str(problem)]


def entries(store: Store) -> list[Path]:
    """The journal's files, oldest first."""
    return sorted((Path(store.location.url) / "journal").iterdir(), reverse=True)


def note(store: Store, rounds: int) -> MeasurementDocument:
    document = MeasurementDocument(id="m-20260301T120000Z-abcdef", kind="benchmark", started_at=WHEN, rounds=rounds)
    store.put_measurement(document)
    return document


def test_each_entry_names_the_one_before_it_whoever_wrote_it(tmp_path: Path) -> None:
    def record(i: int) -> str:
        return chained(tmp_path / "store").record(snapshot([[float(i), 1.0, 2.0]], at=i % 60))

    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(record, range(10)))
    store = open_store(tmp_path / "store")
    store.set_ref("sort", "main", ids[0])
    parsed = [parse_journal_entry(p.read_bytes(), f"journal/{p.name}") for p in entries(store)]
    assert [e.since for e in parsed] == [0, *range(len(parsed) - 1)] and all(e.chain for e in parsed)
    assert not problems(tmp_path / "store", newest_head(store))


@pytest.mark.parametrize("part", range(2))
def test_every_random_damage_to_a_chained_store_is_found(original: Path, tmp_path: Path, part: int) -> None:
    head = newest_head(chained_copy := open_store(original))
    assert not problems(original, head) and chained_copy.backend.is_chained
    for seed in range(25 * part, 25 * part + 25):
        store = copy_of(original, tmp_path / str(seed))
        what = damage(store, seed)
        assert what is None or problems(store, head), what
        shutil.rmtree(store)


@pytest.mark.parametrize("kind", ["measurements", "comparisons", "journal", "results", "refs"])
def test_an_edit_with_a_right_digest_is_found(original: Path, tmp_path: Path, kind: str) -> None:
    for n, path in enumerate(sorted(p for p in (original / kind).rglob("*") if p.is_file())):
        folder = copy_of(original, tmp_path / str(n))
        key = {"journal": "documents", "results": "environment", "refs": "set_by"}.get(kind, "x")
        value = {"documents": ["x"], "environment": {"cpu_model": "other"}, "set_by": "x"}.get(key, "x")
        document = json.loads(path.read_bytes())
        changed = {**document, **({"note": "x"} if key == "x" else {key: value})}
        rewrite(folder / path.relative_to(original), lambda d, c=changed: {k: v for k, v in c.items() if k != "digest"})
        found = problems(folder, newest_head(open_store(original)))
        assert found, path
        assert repair(open_store(folder), dry_run=False).status in ("done", "incomplete")
        left = [p for p in problems(folder) if "no entry with" not in p]
        assert not left, (path, left)


def test_a_store_that_is_put_back_as_a_whole_shows_against_a_head_of_before(tmp_path: Path) -> None:
    store = chained(tmp_path / "store")
    store.record(snapshot(at=1))
    shutil.copytree(tmp_path / "store", tmp_path / "earlier")
    earlier = newest_head(store)
    store.record(snapshot(at=2))
    head = newest_head(store)
    assert not problems(tmp_path / "store", earlier) and not problems(tmp_path / "store", head)
    assert not problems(tmp_path / "earlier")
    assert "no entry with the head" in problems(tmp_path / "earlier", head)[0]
    # This machine remembers as well, until a person says that it is right.
    shutil.rmtree(tmp_path / "store")
    shutil.move(tmp_path / "earlier", tmp_path / "store")
    (found,) = problems(tmp_path / "store")
    assert "that this machine saw at" in found and f"verify --head {earlier}" in found
    open_store(tmp_path / "store").record(snapshot(at=3))
    assert len(problems(tmp_path / "store")) == 1
    assert not problems(tmp_path / "store", newest_head(open_store(tmp_path / "store")))
    assert not problems(tmp_path / "store")


def test_the_newest_entry_and_what_it_told_of_can_not_be_taken_out(tmp_path: Path) -> None:
    store = chained(tmp_path / "store")
    store.record(snapshot(at=1))
    last = store.record(snapshot(at=2))
    entries(store)[-1].unlink()
    (tmp_path / "store" / layout.manifest_key(last)).unlink()
    assert any("no entry with the head" in p for p in problems(tmp_path / "store"))


def test_a_history_that_is_written_anew_is_another(tmp_path: Path) -> None:
    store = chained(tmp_path / "store")
    ids = [store.record(snapshot(at=i)) for i in range(4)]
    head = newest_head(store)
    shutil.rmtree(tmp_path / "store" / "journal")
    (tmp_path / "store" / layout.manifest_key(ids[1])).unlink()
    again = chained(tmp_path / "store")
    for i in (0, 2, 3):
        journal.append(again.backend, recorded=[ids[i]])
    assert any("no entry with the head" in p for p in problems(tmp_path / "store", head))


def test_versions_of_a_measurement_are_all_that_it_may_be(tmp_path: Path) -> None:
    store = chained(tmp_path / "store")
    path = tmp_path / "store" / layout.measurement_key(note(store, 1).id)
    first = path.read_bytes()
    note(store, 2)
    second = path.read_bytes()
    assert not list(verify(store))
    path.write_bytes(first)
    assert [f.damage for f in verify(store)] == [False] and "earlier version" in next(iter(verify(store))).sentence
    path.write_bytes(second)
    rewrite(path, lambda d: {**d, "rounds": 7})
    assert "no such version" in problems(tmp_path / "store")[0]


def test_a_writer_that_ends_anywhere_leaves_no_damage(tmp_path: Path) -> None:
    for step in range(16):
        folder = tmp_path / str(step)
        first = chained(folder)
        note(first, 1)
        comparisons.rewrite(first.backend, *_logged("improved"))
        store = stepped(folder, ending_at(step))
        try:
            note(store, 2)
            store.record(snapshot(at=step))
            comparisons.rewrite(store.backend, *_logged("regressed"))
        except Crash:
            pass
        assert not problems(folder), step


def _logged(decision: str):
    from holobench_mcp.model import ComparisonEntry

    result = "sort-20260301T120000Z-0123456789"
    entry = ComparisonEntry(baseline=result, candidate=result, compared_at=WHEN, decision=decision)
    return comparisons.entry_key("a" * 12, "b" * 12, "search"), entry


def test_a_chain_begins_at_any_time_and_reaches_over_writers_that_know_of_none(tmp_path: Path) -> None:
    plain, late = open_store(tmp_path / "store"), open_store(tmp_path / "store")
    ids = [plain.record(snapshot(at=i)) for i in range(5)]
    note(plain, 1)
    with pytest.raises(InvalidArgument, match="not chained"):
        list(verify(plain, head="0" * 64))
    late.record(snapshot(at=6))
    store = chained(tmp_path / "store")
    store.record(snapshot(at=7))
    note(late, 2)  # opened before, and told of the chain by the marker
    late_entry = journal.append(late.backend, removed=[])
    assert late_entry is not None
    plain.record(snapshot(at=8))
    store.record(snapshot(at=9))
    head = newest_head(store)
    assert not problems(tmp_path / "store", head)
    key = tmp_path / "store" / layout.journal_key(1)
    rewrite(key, lambda d: {**d, "recorded": [ids[0]]})
    assert problems(tmp_path / "store", head)


def test_a_marker_that_lost_its_chain_and_a_head_that_is_none_are_told_of(original: Path, tmp_path: Path) -> None:
    folder = copy_of(original, tmp_path / "store")
    (folder / layout.MARKER).write_bytes(b'{"format": 1}')
    assert "should be" in problems(folder)[0]
    assert repair(open_store(folder), dry_run=False).status == "done" and not problems(folder)
    with pytest.raises(InvalidArgument, match="64 hex digits"):
        from holobench_mcp.store.chain_check import parse_head

        parse_head("abc")


def test_an_entry_that_repair_made_anew_is_said_to_be(original: Path, tmp_path: Path) -> None:
    folder = copy_of(original, tmp_path / "store")
    head = newest_head(open_store(folder))
    (folder / layout.journal_key(2)).unlink()
    assert problems(folder)
    repair(open_store(folder), dry_run=False)
    assert not problems(folder)
    assert any("made it anew" in f.sentence for f in verify(open_store(folder)))
    assert "were made anew since" in problems(folder, head)[0]


def test_the_command_prints_a_head_and_takes_it_again(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.holobench-mcp]\nchain = true\n")
    Workspace(load_config(project=tmp_path, environ={})).record(snapshot())
    said = json.loads(cli("verify", "--json", cwd=tmp_path).stdout)
    assert said["head"] == newest_head(open_store(tmp_path / ".holobench"))
    wrong = cli("verify", "--head", "0" * 64, cwd=tmp_path)
    assert wrong.returncode == 3 and "no entry with the head 000000000000" in wrong.stdout
    assert f"head: {said['head']}" in wrong.stderr
