"""The list of resources: the newest results and comparisons, by names that a person can choose from, in pages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcp import Client, MCPError

from clients import talk
from conftest import git, rewrite, snapshot
from holobench_mcp.config import load_config
from holobench_mcp.model import Measurement
from holobench_mcp.server.app import create_server
from holobench_mcp.store import open_store
from holobench_mcp.workspace import Workspace
from stored_runs import record_rounds, record_runs, workspace_in

MODES = ["auto", "legacy"]


def listed(project: Path, mode: str = "auto") -> list[Any]:
    """All pages of the list, one after the other."""

    async def pages(client: Client) -> list[Any]:
        found, cursor = [], None
        while True:
            page = await client.list_resources(cursor=cursor)
            assert 0 < len(page.resources) <= 50 or not found
            found += page.resources
            if (cursor := page.next_cursor) is None:
                return found

    return talk(create_server(project=str(project), store=str(project / "store")), pages, mode=mode)


@pytest.mark.parametrize("mode", MODES)
def test_the_newest_comparison_stands_first_by_its_decision_and_its_codes(
    tmp_path: Path, repository: Callable[..., str], mode: str
) -> None:
    git(tmp_path, "config", "user.email", "me@example.invalid")
    space = workspace_in(tmp_path)
    before = git(tmp_path, "rev-parse", "HEAD")
    after = repository("slower")
    [base, *_] = record_runs(space, 100, 0, revision=before)
    [cand, *_] = record_runs(space, 130, 10, revision=after)
    space.compare()
    first, *others = listed(tmp_path, mode)
    assert first.name.startswith(f"sort: regressed {before[:10]} → main@{after[:10]}, ")
    assert "time_ms" in first.description
    assert base[:4] in first.uri and first.uri.endswith("/comparison.json")
    assert {str(r.uri) for r in others} >= {f"holobench://results/{i}/result.json" for i in (base, cand)}
    assert all(r.name.startswith("sort: ") and r.mime_type == "application/json" for r in others)
    assert others[0].size > 100 and others[0].annotations.last_modified.startswith("2026-")


def test_a_comparison_is_listed_by_what_it_came_to_last(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    space.record(snapshot(100 * np.exp(0.02 * np.random.default_rng(0).standard_normal((4, 5))), revision="a" * 40))
    noisy = 103 * np.exp(0.02 * np.random.default_rng(1).standard_normal((4, 5)))
    space.record(snapshot(noisy, at=9, revision="b" * 40))
    assert space.compare().decision == "inconclusive"
    assert listed(tmp_path)[0].name.startswith("sort: inconclusive ")
    for at in range(10, 16):
        values = np.exp(0.02 * np.random.default_rng(at).standard_normal((4, 5)))
        space.record(snapshot((130 if at % 2 else 100) * values, at=at, revision=("b" if at % 2 else "a") * 40))
    names = [r.name for r in listed(tmp_path) if "→" in r.name]
    assert len(names) == 1 and "inconclusive" in names[0], "not compared again yet"
    assert space.compare().decision == "regressed"
    assert [r.name.split()[1] for r in listed(tmp_path) if "→" in r.name] == ["regressed"]
    assert not list(space.store.verify())


def test_what_a_comparison_is_asked_otherwise_is_not_what_it_is_listed_by(tmp_path: Path) -> None:
    from holobench_mcp.answers import CompareOptions

    space = workspace_in(tmp_path)
    record_runs(space, 100, 0, revision="a" * 40)
    record_runs(space, 110, 10, revision="b" * 40)
    assert space.compare(options=CompareOptions(margin_percent=50)).decision == "unchanged"
    assert listed(tmp_path)[0].name.startswith("sort: aaaaaaaaaa → bbbbbbbbbb, ")
    space.compare()
    space.compare(options=CompareOptions(margin_percent=50))
    assert listed(tmp_path)[0].name.startswith("sort: regressed aaaaaaaaaa → ")


def test_rounds_are_listed_by_their_number_and_uncommitted_heads_as_the_worktree(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    record_rounds(space, 100, 140, 0, rounds=3)
    space.compare()
    [head, *_] = record_runs(
        space,
        140,
        30,
        measurement=Measurement(id="ab-1", run=0, runs=6, side="head"),
        dirty=True,
        diff="1",
        sizes=[1, 2, 3, 4],
    )
    space.compare("aaaaaaaaaa", head)
    names = [r.name for r in listed(tmp_path)]
    assert any(name.startswith("sort: regressed aaaaaaaaaa → bbbbbbbbbb, ") for name in names)
    assert any(name.startswith("sort: regressed aaaaaaaaaa → worktree, ") for name in names)
    assert any(": bbbbbbbbbb, round 3, " in name for name in names)


@pytest.mark.parametrize("n", [49, 50, 51, 120])
def test_pages_have_fifty_and_miss_nothing(tmp_path: Path, n: int) -> None:
    store = open_store(tmp_path / "store")
    ids = [store.record(snapshot(((float(i), i + 1.0),), at=i % 60, inputs={"size": [1]})) for i in range(1, n + 1)]
    space = workspace_in(tmp_path)
    space.compare(ids[0], ids[1])
    space.compare(ids[2], ids[3])
    uris = [str(r.uri) for r in listed(tmp_path)]
    assert len(uris) == len(set(uris)) == n + 2
    assert {f"holobench://results/{i}/result.json" for i in ids} < set(uris)


def test_a_comparison_whose_result_is_gone_is_not_listed(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    ids = [*record_runs(space, 100, 0, revision="a" * 40), *record_runs(space, 130, 10, revision="b" * 40)]
    document = space.compare()
    (tmp_path / "store" / "results" / f"{document.baseline.result_id}.json").unlink()
    assert len(listed(tmp_path)) == len(ids) - 1


def test_an_empty_store_has_an_empty_list_and_a_made_up_cursor_is_an_error(tmp_path: Path) -> None:
    assert listed(tmp_path) == []
    server = create_server(project=str(tmp_path))

    async def say(client: Client, cursor: str) -> Any:
        with pytest.raises(MCPError) as failure:
            await client.list_resources(cursor=cursor)
        return failure.value.error

    for cursor in ("page-2", "", "e30=", "W1sieCIsICJ5Il0sIG51bGxd", "é"):
        error = talk(server, lambda client, cursor=cursor: say(client, cursor))
        assert error.code == -32602 and error.message.startswith("cursor: "), cursor


def test_listing_loads_nothing_heavy(project: Path) -> None:
    """An IDE lists resources when it connects, while an agent waits for its first answer."""
    program = (
        "import asyncio, sys; from mcp import Client; from holobench_mcp.server.app import create_server\n"
        "async def go():\n"
        "    async with Client(create_server()) as client: print(len((await client.list_resources()).resources))\n"
        "asyncio.run(go()); print([m for m in ('bencher', 'xarray', 'numpy', 'pandas', 'scipy') if m in sys.modules])\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=True)
    assert finished.stdout.split("\n")[:2] == ["2", "[]"]


def test_a_damaged_entry_of_the_log_takes_neither_the_list_nor_an_answer_away(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 100, 0, revision="a" * 40)
    record_runs(space, 130, 10, revision="b" * 40)
    space.compare()
    [entry] = (tmp_path / "store" / "comparisons").rglob("*.json")
    for damaged in (b"", b"{", entry.read_bytes().replace(b"regressed", b"unchanged", 1), b'{"baseline": 1}'):
        entry.write_bytes(damaged)
        assert workspace_in(tmp_path).compare().decision == "regressed"
        assert len(listed(tmp_path)) == 6
        assert any("comparisons/" in problem for problem in space.store.verify())


def test_an_entry_of_before_there_were_decisions_is_listed_and_gets_one(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 100, 0, revision="a" * 40)
    record_runs(space, 130, 10, revision="b" * 40)
    space.compare()
    [entry] = (tmp_path / "store" / "comparisons").rglob("*.json")
    rewrite(entry, lambda document: {k: v for k, v in document.items() if k not in ("decision", "reason")})
    assert listed(tmp_path)[0].name.startswith("sort: aaaaaaaaaa → bbbbbbbbbb, ")
    workspace_in(tmp_path).compare()
    assert listed(tmp_path)[0].name.startswith("sort: regressed aaaaaaaaaa → bbbbbbbbbb, ")


def test_a_configuration_that_can_not_be_read_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.holobench-mcp]\nmargin_percent = 'x'\n")

    async def say(client: Client) -> Any:
        with pytest.raises(MCPError) as failure:
            await client.list_resources()
        return failure.value.error

    error = talk(create_server(project=str(tmp_path)), say)
    assert "margin_percent" in error.message


def test_names_are_one_line_and_short_whatever_a_label_holds(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    space.record(snapshot(bench="so rt", label="a\u2028b\x1b[31m" + "after " * 50))
    [entry] = listed(tmp_path)
    assert entry.name.isprintable() and len(entry.name) < 120


def test_a_bucket_lists_as_a_folder_does() -> None:
    space = Workspace(load_config(project="/", store="memory://resource-list", environ={}))
    record_runs(space, 100, 0, revision="a" * 40)
    record_runs(space, 130, 10, revision="b" * 40)
    space.compare()
    entries, cursor = space.recent()
    assert entries[0].name.startswith("sort: regressed ") and len(entries) == 7 and cursor is None
