"""Either form of an answer is enough: agents that see one only conclude the same of every kind of change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

import scripted_agents as agents
from holobench_mcp import digest
from holobench_mcp.answers import RevisionReport, RunningMeasurement
from holobench_mcp.digest import structures
from holobench_mcp.model import Decision, Difference, Failure, Measurement
from holobench_mcp.result.snapshot import Snapshot
from stored_runs import HERE, A, B, workspace_in

LENGTHS = [1000, 2000, 4000, 8000]
EDIT = Difference(
    severity="caution",
    what="benchmark_source",
    detail="the head changed protected files (bench_words.py): the base's version was measured on both sides",
    files=("bench_words.py",),
)

CACHE = Difference(
    severity="caution",
    what="cached_answers",
    detail="the head's change keeps answers beyond a call: most_common() in a module's dict (words.py:5)",
    next_step="Measure with fresh inputs: give most_common() one that it has not had at each sample.",
)


def run(at: int, revision: str, factors: Mapping[str, Any] | None = None, *cautions: Difference) -> Snapshot:
    """A run that measures time and memory, and checks its answers. factors: of a metric, at all points or each; of each run."""
    measured = Measurement(id=f"words-20260301T12000{at // 3}Z-abcdef", run=at % 3, runs=3, cautions=cautions)
    rng = np.random.default_rng(at)
    metrics = {
        "time_ms": {"units": "ms"},
        "peak_kb": {"units": "kB"},
        "right": {"kind": "bool", "direction": "maximize", "claim": ">= 1"},
    }
    samples = {
        "time_ms": 10 * np.exp(0.01 * rng.standard_normal((4, 5))),
        "peak_kb": 300 * np.exp(0.001 * rng.standard_normal((4, 5))),
        "right": np.ones((4, 5)),
    }
    for name, factor in (factors or {}).items():
        samples[name] = samples[name] * np.asarray(factor(at) if callable(factor) else factor, dtype=float).reshape(
            -1, 1
        )
    return Snapshot.build(
        bench_name="words",
        inputs={"length": LENGTHS},
        metrics=metrics,
        samples=samples,
        source_revision=revision,
        environment={**HERE, "git_dirty": False},
        executed_at=f"2026-03-01T12:00:{at:02d}+00:00",
        measurement=measured,
    )


def forms(folder: Path, factors: Mapping[str, Any], *cautions: Difference) -> tuple[str, dict[str, Any]]:
    """Text and structure of a comparison of three runs a side."""
    space = workspace_in(folder)
    for at in range(6):
        space.record(run(at, A) if at < 3 else run(at, B, factors, *cautions))
    ids = [row.result_id for row in space.list_results().results]
    document = space.compare(ids[3], ids[0])
    return digest.comparison(document), digest.document_of(structures.short(document))


def crash() -> tuple[str, dict[str, Any]]:
    report = RevisionReport(
        decision=Decision.regressed,
        cause="missing",
        reason="The head does not do what the base does: words ended with exit status 1. It ended with: IndexError",
        next_step="Make it work on the head again, then measure again: compare_revisions(benchmark='words', rounds=5).",
        measurement="words-20260301T120000Z-abcdef",
        benchmark="words",
        base_revision=A,
        head_revision=B,
        rounds=0,
        stopped=None,
        head_failure=Failure(what="crash", detail="words ended with exit status 1.", output_tail="IndexError"),
        protected_changed=(),
        notes=(),
        comparisons=(),
    )
    return digest.revisions(report), digest.document_of(structures.short(report))


KINDS: dict[str, Callable[[Path], tuple[str, dict[str, Any]]]] = {
    agents.SLOWER: lambda folder: forms(folder, {"time_ms": 1.3}),
    agents.FASTER: lambda folder: forms(folder, {"time_ms": 0.6}),
    agents.NOTHING_SHOWN: lambda folder: forms(folder, {}),
    agents.SLOWER_SOMEWHERE: lambda folder: forms(folder, {"time_ms": [1, 1.6, 1, 1]}),
    agents.WRONG: lambda folder: forms(folder, {"right": [1, 1, 0, 1], "time_ms": 0.5}),
    agents.MORE_MEMORY: lambda folder: forms(folder, {"peak_kb": 1.5}),
    agents.EDITED: lambda folder: forms(folder, {}, EDIT),
    agents.CRASHES: lambda _: crash(),
    agents.REMEMBERS: lambda folder: forms(folder, {"time_ms": 0.4}, CACHE),
}


@pytest.mark.parametrize("truth", KINDS)
def test_an_agent_that_sees_one_form_only_concludes_what_is_true(tmp_path: Path, truth: str) -> None:
    text, structure = KINDS[truth](tmp_path)
    assert agents.read_structure(structure).conclusion == truth, structure
    assert agents.read_text(text).conclusion == truth, text


@pytest.mark.parametrize(
    ("factor", "there", "concluded"),
    [
        (20, (0.4, 9, 2), agents.SLOWER_SOMEWHERE_AT_LEAST),
        (3, (0.8, 1.6, 1.1), agents.SLOWER_SOMEWHERE),  # nor is it unchanged: but it moved less than the others
    ],
)
def test_of_a_point_where_nothing_is_shown_neither_agent_says_that_it_did_not_move(
    tmp_path: Path, factor: float, there: tuple[float, ...], concluded: str
) -> None:
    text, structure = forms(tmp_path, {"time_ms": lambda at: [factor, factor, factor, there[at - 3]]})
    row = structure["metrics"][0]
    assert (row["points_moved"], row["points_inconclusive"]) == (3, 1) and "points_unchanged" not in row, text
    assert agents.read_structure(structure).conclusion == agents.read_text(text).conclusion == concluded, text


@pytest.mark.parametrize("caution", [CACHE, EDIT], ids=["cached", "edited"])
def test_a_caution_of_an_improvement_makes_nothing_of_what_is_no_improvement(
    tmp_path: Path, caution: Difference
) -> None:
    text, structure = forms(tmp_path, {"time_ms": 1.3}, caution)
    truth = agents.SLOWER if caution is CACHE else agents.EDITED
    assert agents.read_structure(structure).conclusion == agents.read_text(text).conclusion == truth


@pytest.mark.parametrize("form", ["text", "structure"])
def test_an_agent_waits_on_by_following_next_step_alone(tmp_path: Path, form: str) -> None:
    running = RunningMeasurement(
        status="running",
        reason="words is being measured: 2 of 5 rounds.",
        next_step="wait_measurement(measurement='words-20260301T120000Z-abcdef') (about 40 s)",
        measurement="words-20260301T120000Z-abcdef",
        benchmark="words",
        rounds_done=2,
        rounds_planned=5,
        seconds_left=40.0,
    )
    done = KINDS[agents.SLOWER](tmp_path)
    asked: list[tuple[str, dict[str, Any]]] = []

    async def call(tool: str, arguments: dict[str, Any]) -> tuple[Any, int]:
        asked.append((tool, arguments))
        if len(asked) < 3:
            text, structure = digest.unfinished(running), digest.document_of(structures.short(running))
        else:
            text, structure = done
        return (text if form == "text" else structure), len(text)

    async def settled() -> Any:
        read = agents.read_text if form == "text" else agents.read_structure
        return await agents.settle(call, read, "compare_revisions", {"benchmark": "words"})

    conclusion, purse = anyio.run(settled)
    assert conclusion == agents.SLOWER and purse.tokens < 1000
    assert asked[1:] == [("wait_measurement", {"measurement": "words-20260301T120000Z-abcdef"})] * 2
