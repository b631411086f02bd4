"""Completions: what is there, by what was begun to be typed, for every argument of a prompt or an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import PromptReference, ResourceTemplateReference

from clients import talk
from conftest import snapshot
from holobench_mcp.server.app import create_server
from stored_runs import workspace_in

RESULT = ResourceTemplateReference(uri="holobench://results/{result_id}/result.json")
COMPARISON = ResourceTemplateReference(uri="holobench://comparisons/{baseline_id}/{candidate_id}/comparison.json")
BENCH = ResourceTemplateReference(uri="holobench://benchmarks/{bench_name}")
SCHEMA = ResourceTemplateReference(uri="holobench://schema/{document}.json")
INVESTIGATE = PromptReference(name="investigate_regression")


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Path, list[str]]:
    (tmp_path / "pyproject.toml").write_text('[tool.holobench-mcp.benchmarks.parse]\ncommand = ["python", "b.py"]\n')
    space = workspace_in(tmp_path)
    ids = [
        space.record(snapshot(bench="sort", revision="a" * 40, label="before")),
        space.record(snapshot(bench="sort", revision="b" * 40, at=1)),
        space.record(snapshot(bench="Scan it", metric="rate", at=2)),
    ]
    space.set_baseline(ids[0], "release")
    return tmp_path, ids


def completed(project: Path, ref: Any, name: str, text: str, mode: str = "auto", **chosen: str) -> Any:
    async def say(client: Client) -> Any:
        result = await client.complete(ref=ref, argument={"name": name, "value": text}, context_arguments=chosen)
        return result.completion

    server = create_server(project=str(project), store=str(project / "store"))
    return talk(server, say, mode=mode)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_benches_metrics_and_ids_complete(filled: tuple[Path, list[str]], mode: str) -> None:
    project, ids = filled
    for ref, name, text, values in [
        (BENCH, "bench_name", "", ["Scan it", "sort", "parse"]),
        (BENCH, "bench_name", "SC", ["Scan it"]),
        (INVESTIGATE, "benchmark", "or", ["sort"]),
        (INVESTIGATE, "metric", "", ["rate", "time_ms"]),
        (RESULT, "result_id", "sort-", [ids[1], ids[0]]),
        (RESULT, "result_id", ids[2], [ids[2]]),
        (SCHEMA, "document", "c", ["comparison"]),
        (SCHEMA, "document", "", ["result", "comparison"]),
        (BENCH, "bench_name", "nothing like it", []),
        (BENCH, "no_such_argument", "", []),
    ]:
        found = completed(project, ref, name, text, mode)
        assert (found.values, found.total, found.has_more) == (values, len(values), False), (name, text)


def test_what_was_chosen_before_narrows_what_is_left(filled: tuple[Path, list[str]]) -> None:
    project, ids = filled
    assert completed(project, INVESTIGATE, "metric", "", benchmark="sort").values == ["time_ms"]
    good = completed(project, INVESTIGATE, "baseline", "sort@", benchmark="sort").values
    assert {"sort@latest", "sort@release", "sort@label:before", "sort@aaaaaaaaaa", "sort@bbbbbbbbbb"} == set(good)
    assert completed(project, INVESTIGATE, "metric", "", benchmark="so").values == ["rate", "time_ms"]
    assert completed(project, COMPARISON, "candidate_id", "", baseline_id=ids[0]).values == [ids[1], ids[0]]
    assert completed(project, COMPARISON, "baseline_id", "", candidate_id=ids[2]).values == [ids[2]]


def test_every_name_that_completes_names_a_result(filled: tuple[Path, list[str]]) -> None:
    project, ids = filled
    space = workspace_in(project)
    names = space.complete("name", "")
    assert {"latest", "sort@latest", "sort@release", "sort@label:before", "sort@aaaaaaaaaa", *ids} <= set(names)
    for name in names:
        space.find(name)
    assert space.complete("name", "release") == ["sort@release"]
    assert "sort@latest" not in space.complete("name", "", "Scan it")


def test_no_answer_has_more_than_a_hundred(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    for i in range(103):
        space.record(snapshot(((1.0, 2.0),), bench=f"bench {i:03d}", at=i % 60, inputs={"size": [1]}))
    for ref, name in ((BENCH, "bench_name"), (RESULT, "result_id")):
        found = completed(tmp_path, ref, name, "bench")
        assert (len(found.values), found.has_more, found.total) == (100, True, None)


def test_a_store_that_is_not_there_or_is_none_completes_nothing(tmp_path: Path) -> None:
    assert completed(tmp_path, BENCH, "bench_name", "").values == []
    (tmp_path / "store").write_text("no folder")
    assert completed(tmp_path, RESULT, "result_id", "x").values == []
