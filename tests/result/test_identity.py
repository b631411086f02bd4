"""Which results are runs of one thing, and how the code that they measured is written."""

from __future__ import annotations

import itertools

import pytest

from holobench_mcp.model import Environment, Manifest, Measurement
from holobench_mcp.result.identity import (
    code_of,
    group_by,
    known_identity,
    measurements,
    revision_text,
    same_code,
)

_numbers = itertools.count()


def result(
    revision: str | None = "a" * 40,
    label: str | None = None,
    dirty: bool | None = False,
    diff: str | None = None,
    measurement: Measurement | None = None,
    definition: str = "d",
    **environment: object,
) -> Manifest:
    known = {"git_dirty": dirty, **({"git_diff_sha256": diff} if diff else {}), **environment}
    return Manifest(
        result_id=f"r{next(_numbers):04d}",
        bench_name="sort",
        executed_at="2026-01-01T00:00:00+00:00",
        provenance={"source_revision": revision, "display_label": label},
        environment=Environment.model_validate(known),
        measurement=measurement,
        definition=definition,
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {"label": "before"}, True),
        ({"label": "before"}, {"label": "after"}, True),
        ({"label": "2026-01-01 00:00:00 UTC"}, {"label": "x"}, True),
        ({"dirty": True, "diff": "1"}, {"dirty": True, "diff": "1", "label": "try"}, True),
        ({"dirty": True, "diff": "1"}, {"dirty": True, "diff": "2"}, False),
        ({"dirty": True, "label": "one"}, {"dirty": True, "label": "two"}, False),
        ({"dirty": True, "label": "one"}, {"dirty": True, "label": "one"}, True),
        ({"revision": None, "label": "one"}, {"revision": None, "label": "one"}, True),
        ({"revision": None, "label": "one"}, {"revision": None, "label": "two"}, False),
        ({"revision": None}, {"revision": None}, False),
        ({"dirty": True}, {"dirty": True}, False),
        ({}, {"dirty": True, "diff": "1"}, False),
        ({}, {"revision": "b" * 40}, False),
    ],
)
def test_one_revision_is_one_code_and_a_label_tells_codes_apart_only_where_nothing_else_does(
    one: dict, other: dict, same: bool
) -> None:
    assert same_code(result(**one), result(**other)) is same


@pytest.mark.parametrize(
    "change",
    [
        {"cpu_model": "other"},
        {"definition": "other sweep"},
        {"command": ["python", "bench.py", "--fast"]},
        {"benchmark_sha256": "edited"},
        {"sweep_sha256": "edited"},
    ],
)
def test_one_code_elsewhere_of_another_sweep_or_by_another_command_is_another_run(change: dict) -> None:
    alike, other = [result(), result(label="again")], result(**change)
    assert code_of(other) == code_of(alike[0])
    assert known_identity(other) != known_identity(alike[0])
    assert [len(group) for group in group_by([*alike, other])] == [2, 1]


def test_what_nothing_identifies_is_a_run_of_itself_alone() -> None:
    assert [len(group) for group in group_by([result(revision=None), result(revision=None)])] == [1, 1]


def test_runs_of_one_measurement_belong_together_side_by_side() -> None:
    runs = [
        result(revision=None, measurement=Measurement(id="m", run=run, runs=4, side=side))
        for run in range(2)
        for side in ("base", "head")
    ]
    assert [len(group) for group in measurements([*runs, result(revision=None)])] == [2, 2, 1]


@pytest.mark.parametrize(
    ("revision", "dirty", "written"),
    [("abcdef0123456789", True, "abcdef0123+dirty"), ("abcdef0123456789", None, "abcdef0123"), (None, True, None)],
)
def test_uncommitted_code_is_written_with_dirty(revision: str | None, dirty: bool | None, written: str | None) -> None:
    assert revision_text(revision, dirty) == written
