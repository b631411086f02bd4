"""What is too long for one answer is read page by page: nothing is left out, and nothing comes twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import snapshot
from holobench_mcp import Snapshot, digest
from holobench_mcp.config import load_config
from holobench_mcp.digest import structures
from holobench_mcp.model import InvalidArgument
from holobench_mcp.workspace import Workspace


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(load_config(store=str(tmp_path / "store"), project=str(tmp_path)))


def wide(metrics: int) -> Snapshot:
    return Snapshot.build(
        bench_name="wide",
        metrics={f"m{i:03d} of a long name": {"units": "ms", "claim": "< 5"} for i in range(metrics)},
        samples={f"m{i:03d} of a long name": np.full(3, float(i)) for i in range(metrics)},
    )


def pages(call: Callable[[str | None], Any], shown: Callable[[Any], Any]) -> Iterator[Any]:
    """Every page's structure, each asked for by the cursor of the one before."""
    cursor: str | None = None
    for _ in range(100):
        page = shown(call(cursor))
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("n", [1, 20, 21, 150])
def test_every_metric_of_a_result_is_on_one_page(space: Workspace, n: int) -> None:
    space.record(wide(n))
    names = [
        m.variable
        for page in pages(lambda c: space.list_metrics("latest", c), structures.metrics)
        for m in page.metrics
    ]
    assert names == [f"m{i:03d} of a long name" for i in range(n)]


def test_pages_are_of_the_result_that_the_first_was_of(space: Workspace) -> None:
    first = space.record(wide(40))
    page = structures.metrics(space.list_metrics("latest"))
    space.record(snapshot())
    again = structures.metrics(space.list_metrics("latest", page.next_cursor))
    assert (again.result_id, again.metrics[0].variable) == (first, "m020 of a long name")


def test_a_text_leads_to_the_next_page_as_the_structure_does(space: Workspace) -> None:
    space.record(wide(50))
    text = digest.metrics(space.list_metrics())
    cursor = re.search(r"More: cursor='([^']+)'", text)
    assert cursor is not None
    listed = len(re.findall(r"^m\d{3}", text, re.MULTILINE))
    following = digest.metrics(space.list_metrics("latest", cursor[1]))
    assert f"m{listed:03d} of a long name" in following and f"m{listed - 1:03d}" not in following


def test_every_baseline_is_on_one_page_though_one_is_set_meanwhile(space: Workspace) -> None:
    result_id = space.record(snapshot())
    for i in range(45):
        space.store.set_ref("sort", f"b{i:02d}", result_id)
    names: list[str] = []
    for page in pages(lambda cursor: space.list_baselines(None, cursor), structures.baselines):
        names += [b.name for b in page.baselines]
        space.store.set_ref("sort", f"later{len(names)}", result_id)
        assert page.total >= 45
    assert names == [f"b{i:02d}" for i in reversed(range(45))]


@pytest.mark.parametrize("cursor", ["x", "", "W10=", "WyJhIiwgImIiXQ==", "é", "bnVsbA=="])
def test_a_cursor_that_no_page_had_is_refused(space: Workspace, cursor: str) -> None:
    space.record(snapshot())
    for call in (lambda: space.list_metrics("latest", cursor), lambda: space.list_baselines(None, cursor)):
        with pytest.raises(InvalidArgument, match="cursor"):
            call()
