"""What a comparison of two results that were read before does once, and what not at all: counted, as no clock is."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp.result import upstream
from holobench_mcp.workspace import Workspace, sides
from stored_runs import A, B, timing, workspace_in


@pytest.fixture
def warm(tmp_path: Path) -> tuple[Workspace, list[str]]:
    """Four results, of which the first three were compared, and their ids."""
    workspace = workspace_in(tmp_path)
    levels = [(100, A), (101, A), (130, B), (131, B)]
    ids = [workspace.record(timing(level, at, revision=revision)) for at, (level, revision) in enumerate(levels)]
    workspace.compare(ids[0], ids[2])
    return workspace, ids


def test_what_is_chosen_again_is_read_from_the_index_by_one_statement(warm: tuple[Workspace, list[str]]) -> None:
    index = warm[0].library.index()
    first = index.select(bench_name="sort")
    assert len(first) == 4
    statements: list[str] = []
    assert index._db is not None
    index._db.set_trace_callback(statements.append)
    assert index.select(bench_name="sort") == first
    assert len(statements) == 1


def test_a_result_that_was_recorded_again_is_read_again(warm: tuple[Workspace, list[str]]) -> None:
    workspace, _ = warm
    before = workspace.library.index().select(bench_name="sort")
    newest = workspace.record(timing(140, 9, revision=B))
    after = workspace.library.index().select(bench_name="sort")
    assert [m.result_id for m in after] == [newest, *(m.result_id for m in before)]


def test_the_further_runs_of_each_side_are_looked_for_once(
    warm: tuple[Workspace, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, ids = warm
    asked: list[str] = []
    replicates = sides.replicates
    monkeypatch.setattr(sides, "replicates", lambda index, m: asked.append(m.result_id) or replicates(index, m))
    workspace.compare(ids[1], ids[3])
    assert asked == [ids[1], ids[3]]


def test_a_detectors_configuration_is_made_once(
    warm: tuple[Workspace, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, ids = warm
    upstream.bencher()
    from bencher import bench_cfg

    made: list[object] = []
    original = bench_cfg.BenchRunCfg
    monkeypatch.setattr(bench_cfg, "BenchRunCfg", lambda **options: made.append(options) or original(**options))
    for baseline, candidate in [(1, 3), (3, 1), (0, 3)]:
        assert workspace.compare(ids[baseline], ids[candidate]).metrics[0].method == "percentage"
    assert made == []
