"""Wrong answers are no better for being fast: every run of a side is looked at, and the wrong one is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from holobench_mcp.model import Measurement
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace import Workspace
from stored_runs import START, A, B, workspace_in

POINTS, REPEATS, RUNS = 100, 3, 5
Share = Callable[[int, int], float]


def record_answers(
    space: Workspace,
    before: Share,
    after: Share,
    *,
    kind: str = "bool",
    claim: str | None = ">= 1",
    direction: str = "maximize",
    rounds: bool = False,
    claim_before: str | None = "",
) -> list[str]:
    """Five runs a side of a head twice as fast. before, after: what `right` is in a run, at a point. Head's ids."""
    ids = []
    rng = np.random.default_rng(7)
    for side, (name, level, share) in enumerate((("base", 100.0, before), ("head", 50.0, after))):
        for run in range(RUNS):
            role = Measurement(id="m", run=run, runs=2 * RUNS, side=name) if rounds else None
            declared = {"kind": kind, "direction": direction, "claim": claim}
            if side == 0 and claim_before != "":
                declared["claim"] = claim_before
            right = np.array([[share(run, point)] * REPEATS for point in range(POINTS)], dtype=float)
            made = Snapshot.build(
                bench_name="sort",
                inputs={"size": list(range(POINTS))},
                metrics={"time_ms": {"units": "ms"}, "right": declared},
                samples={"time_ms": level * np.exp(0.01 * rng.standard_normal((POINTS, REPEATS))), "right": right},
                source_revision=(A, B)[side],
                executed_at=START + timedelta(seconds=100 * side + run),
                measurement=role,
            )
            ids.append(space.record(made))
    return ids[RUNS:]


def always(_run: int, _point: int) -> float:
    return 1.0


def wrong_in(runs: set[int], points: set[int]) -> Share:
    return lambda run, point: 0.0 if run in runs and point in points else 1.0


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


@pytest.mark.parametrize("rounds", [False, True])
@pytest.mark.parametrize(
    ("runs", "points"), [({1, 2, 3, 4}, {10, 20, 30}), ({4}, {99}), ({2}, set(range(POINTS)))],
    ids=["most runs at three points", "the last run at one point", "one run everywhere"],
)  # fmt: skip
def test_a_claim_that_fails_in_any_run_of_the_head_is_a_regression(
    space: Workspace, rounds: bool, runs: set[int], points: set[int]
) -> None:
    ids = record_answers(space, always, wrong_in(runs, points), rounds=rounds)
    document = space.compare()
    assert (document.decision, document.cause) == ("regressed", "correctness")
    reason = document.reason or ""
    assert reason.startswith("right no longer holds its claim '>= 1': the worst sample is 0 at (size=")
    assert f"(size={min(points)}, " in reason
    named = [f"in run {run + 1} ({ids[run]})" if rounds else f"in {ids[run]}" for run in runs]
    assert any(name in reason for name in named)
    assert document.next_step == "Make the claim hold again; a faster wrong answer is worse."


def test_a_claim_that_the_base_breaks_too_is_no_regression_by_itself(space: Workspace) -> None:
    record_answers(space, wrong_in({3}, {5}), wrong_in({1}, {5}))
    assert space.compare().cause not in ("claim", "correctness")


def test_a_head_that_no_longer_declares_the_claim_is_held_to_the_bases(space: Workspace) -> None:
    record_answers(space, always, wrong_in({1}, {3}), claim=None, claim_before=">= 1")
    document = space.compare()
    assert (document.decision, document.cause) == ("regressed", "correctness")
    assert "the baseline’s claim" in (document.reason or "")


def configured(folder: Path, direction: str = "") -> Workspace:
    more = f", direction = '{direction}'" if direction else ""
    table = f"[tool.holobench-mcp.metrics]\nright = {{ correctness = true{more} }}\n"
    (folder / "pyproject.toml").write_text(table)
    return workspace_in(folder)


@pytest.mark.parametrize("rounds", [False, True])
@pytest.mark.parametrize(
    ("runs", "points"), [({1, 2, 3, 4}, {10, 20, 30}), ({4}, {99}), ({1, 3}, {0})], ids=["most", "last", "two"]
)
def test_a_metric_of_correctness_is_looked_at_in_every_run(
    tmp_path: Path, rounds: bool, runs: set[int], points: set[int]
) -> None:
    space = configured(tmp_path)
    ids = record_answers(space, always, wrong_in(runs, points), claim=None, rounds=rounds)
    document = space.compare()
    assert (document.decision, document.cause) == ("regressed", "correctness")
    reason = document.reason or ""
    assert reason.startswith("Answers are wrong: right was 1, and is 0 ")
    named = [f"in run {run + 1} ({ids[run]})" if rounds else f"in {ids[run]}" for run in runs]
    assert any(name in reason for name in named)
    assert f"at size={min(points)}" in reason


@pytest.mark.parametrize(
    ("direction", "after", "wrong"),
    [
        ("minimize", 2.0, True), ("minimize", 0.5, False), ("none", 1.001, True), ("none", 1.0, False),
        ("maximize", 1.001, False),
    ],
)  # fmt: skip
def test_worse_is_what_the_direction_says(tmp_path: Path, direction: str, after: float, wrong: bool) -> None:
    space = configured(tmp_path, direction)
    record_answers(
        space, always, lambda run, _: after if run == 3 else 1.0, kind="float", claim=None, direction="maximize"
    )
    assert (space.compare().cause == "correctness") is wrong


def test_as_wrong_as_the_base_in_its_worst_run_is_not_worse(tmp_path: Path) -> None:
    space = configured(tmp_path)
    record_answers(space, wrong_in({0}, {1, 2}), wrong_in({4}, {1}), claim=None)
    assert space.compare().cause != "correctness"
