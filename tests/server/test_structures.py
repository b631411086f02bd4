"""The structure of every answer by itself: an agent that sees nothing else must be able to act on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp import Client

from clients import talk, text_of
from conftest import cli, snapshot
from holobench_mcp import digest
from holobench_mcp.answers import RevisionReport, rounded
from holobench_mcp.digest import structures
from holobench_mcp.model import AnswersCheck, Decision, Failure
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.server.app import create_server
from holobench_mcp.store import open_store
from stored_runs import HERE, A, B, record_rounds, record_runs, timing, workspace_in

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("compare_results", {}),
    ("compare_results", {"detail": "full"}),
    ("list_results", {}),
    ("list_metrics", {}),
    ("export_result", {}),
    ("metric_history", {"benchmark": "sort", "metric": "time_ms"}),
    ("list_baselines", {}),
    ("set_baseline", {"result": "latest", "reason": "it is meant"}),
    ("list_baselines", {}),
    ("list_benchmarks", {}),
)


def answers_of(project: Path, calls: Any = CALLS) -> list[Any]:
    async def say(client: Client) -> Any:
        return [await client.call_tool(*call) for call in calls]

    return talk(create_server(project=str(project)), say)


def is_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return not value or any(map(is_empty, value.values()))
    if isinstance(value, list):
        return not value or any(map(is_empty, value))
    return value is None or value == ""


def test_every_structure_begins_with_what_to_act_on_and_holds_nothing_empty(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.holobench-mcp.benchmarks.sort]\ncommand = ['python', 'bench.py']\n")
    for (tool, arguments), result in zip(CALLS, answers_of(project), strict=True):
        assert not result.is_error, text_of(result)
        keys = [k for k in result.structured_content if k != "cause"]
        assert keys[0] in ("decision", "status"), (tool, keys)
        assert keys[1] == "reason", (tool, keys)
        assert "next_step" not in keys or keys[2] == "next_step", (tool, keys)
        if arguments.get("detail") != "full" and tool != "export_result":  # a contract has its nulls
            assert not is_empty(result.structured_content), (tool, result.structured_content)


def test_the_texts_first_line_is_the_decision_with_the_structures_reason(project: Path) -> None:
    for result in answers_of(project, CALLS[:2]):
        structure = result.structured_content
        assert text_of(result).splitlines()[0] == f"{structure['decision'].upper()}: {structure['reason']}"


def test_the_whole_document_is_the_contract_key_for_key_behind_what_to_act_on(project: Path) -> None:
    whole = answers_of(project, CALLS[1:2])[0].structured_content
    contract = ["schema_version", "baseline", "candidate", "metrics", "summary", "claims", "unpaired"]
    assert [key for key in whole if key in contract] == contract
    assert whole["metrics"][0]["evidence"]["ci"][0] != rounded(whole["metrics"][0]["evidence"]["ci"][0])


def test_a_verdict_stands_in_every_row_and_is_the_documents(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    for at, factor in enumerate((1.0, 1.4)):
        rng = np.random.default_rng(at)
        levels = {f"m{i}": factor if i < 4 else 1.0 for i in range(12)}
        space.record(
            Snapshot.build(
                bench_name="wide",
                inputs={"x": [1, 2, 3]},
                metrics={name: {"units": "ms"} for name in levels},
                samples={n: level * np.exp(0.01 * rng.standard_normal((3, 5))) for n, level in levels.items()},
                executed_at=f"2026-03-01T12:00:0{at}+00:00",
            )
        )
    document = space.compare()
    short = structures.comparison(document).document()
    verdicts = {row["variable"]: row["verdict"] for row in short["metrics"]}
    for group in short["other_metrics"]:
        assert group["count"] == len(group["variables"])
        verdicts |= dict.fromkeys(group["variables"], group["verdict"])
    assert verdicts == {m.variable: m.verdict for m in document.metrics}
    decisions = {m.variable: m.evidence.decision.value for m in document.metrics if m.evidence}
    assert {row["variable"]: row["decision"] for row in short["metrics"]}.items() <= decisions.items()


@pytest.mark.parametrize("points", [2, 8, 9, 30])
def test_every_point_of_a_few_is_shown_and_of_many_those_that_moved(tmp_path: Path, points: int) -> None:
    space, sizes = workspace_in(tmp_path), [10 * (i + 1) for i in range(points)]
    for at, revision in enumerate((A, A, A, B, B, B)):
        made = timing(100, at, revision=revision, sizes=sizes)
        if revision == B:
            slower = np.asarray(made.samples["time_ms"]).copy()
            slower[0] *= 1.5
            made = timing_of(slower, at, sizes)
        space.record(made)
    document = space.compare()
    [row] = structures.comparison(document).document()["metrics"]
    assert row["points"][0]["at"] == {"size": 10} and row["points"][0]["decision"] == "regressed"
    low, high = row["points"][0]["interval"]
    assert low <= row["points"][0]["effect"] <= high
    counted = {d: row.get(f"points_{d}", 0) for d in ("unchanged", "inconclusive")}
    assert row["points_moved"] + sum(counted.values()) == points
    if points <= 8:
        assert counted == {d: [p["decision"] for p in row["points"]].count(d) for d in counted}
    assert len(row["points"]) == (points if points <= 8 else 1)
    assert {p["decision"] for p in row["points"][1:]} <= {"unchanged", "inconclusive"}
    assert "size=10 +" in digest.comparison(document)


def timing_of(values: Any, at: int, sizes: list[int]) -> Snapshot:
    base = timing(100, at, revision=B, sizes=sizes)
    return Snapshot.build(
        bench_name="sort",
        inputs={"size": sizes},
        metrics={"time_ms": {"units": "ms"}},
        samples={"time_ms": values},
        source_revision=B,
        environment=base.environment.model_dump(exclude_none=True),
        executed_at=base.executed_at,
    )


def checked(right: float, metric_kind: str = "bool", **options: Any) -> Callable[[int], Snapshot]:
    def run(at: int) -> Snapshot:
        rng = np.random.default_rng(at)
        return Snapshot.build(
            bench_name="sort",
            inputs={"x": [1, 2]},
            metrics={"time_ms": {"units": "ms"}, "right": {"kind": metric_kind, "direction": "maximize", **options}},
            samples={
                "time_ms": 100 * np.exp(0.01 * rng.standard_normal((2, 5))),
                "right": np.array([[1.0] * 5, [right] + [1.0] * 4]),
            },
            executed_at=f"2026-03-01T12:00:{at:02d}+00:00",
        )

    return run


@pytest.mark.parametrize(
    ("before", "after", "state", "by"),
    [
        (checked(1.0), checked(1.0), "same", ["right"]),
        (checked(1.0, claim=">= 1"), checked(1.0, claim=">= 1"), "same", ["right"]),
        (checked(1.0, claim=">= 1"), checked(0.0, claim=">= 1"), "wrong", ["right"]),
        (checked(0.0, claim=">= 1"), checked(0.0, claim=">= 1"), "unknown", ["right"]),
        (checked(1.0, "float"), checked(1.0, "float"), "unchecked", None),
        (checked(1.0, "float", claim=">= 0.5"), checked(1.0, "float", claim=">= 0.5"), "same", ["right"]),
    ],
)
def test_it_is_said_whether_the_answers_are_the_same_and_what_says_so(
    tmp_path: Path, before: Any, after: Any, state: str, by: list[str] | None
) -> None:
    space = workspace_in(tmp_path)
    space.record(before(1))
    space.record(after(2))
    document = space.compare()
    short = structures.comparison(document).document()
    assert (short["answers"], short.get("answers_checked_by")) == (state, by)
    assert f"answers: {state}" in digest.comparison(document)


@pytest.mark.parametrize(
    ("states", "gravest", "by"),
    [
        (("same", "unchecked"), "unchecked", None),
        (("unchecked", "same"), "unchecked", None),
        (("same", "wrong", "unchecked"), "wrong", ["right1"]),
        (("same", "same"), "same", ["right0"]),
    ],
)
def test_of_several_sweeps_the_gravest_answers_are_told_alike_in_both_forms(
    tmp_path: Path, states: tuple[Any, ...], gravest: str, by: list[str] | None
) -> None:
    space = workspace_in(tmp_path)
    record_rounds(space, 100, 130, 0)
    document = space.compare()
    checks = [
        AnswersCheck(state=s, checked_by=() if s == "unchecked" else (f"right{i}",)) for i, s in enumerate(states)
    ]
    report = RevisionReport(
        decision=Decision.regressed, reason="it is slower", measurement="m", benchmark="sort", base_revision=A,
        head_revision=B, rounds=4, stopped=None, protected_changed=(), notes=(),
        comparisons=tuple(document.model_copy(update={"answers": check}) for check in checks),
    )  # fmt: skip
    short = structures.revisions(report).document()
    assert (short["answers"], short.get("answers_checked_by")) == (gravest, by)
    lines = [line for line in digest.revisions(report).splitlines() if line.startswith("answers: ")]
    assert lines == [f"answers: {gravest}" + (f", by {by[0]}" if by else "")]


def test_what_limits_the_answer_and_what_was_compared_stand_beside_it(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 100, 0, label="before")
    record_runs(space, 150, 5, revision=B, dirty=True, label="after", environment={"cpu_model": "another"})
    short = structures.comparison(space.compare()).document()
    assert short["compared"] == {
        "base": {"rev": A[:10], "label": "before", "runs": 3},
        "head": {"rev": B[:10], "dirty": True, "label": "after", "runs": 3},
        "margin_percent": 3,
    }
    assert any(line.startswith("cpu_model: another CPU") for line in short["trust"])
    assert any(line.startswith("dirty_tree: ") for line in short["trust"])
    assert not any("unchecked_answers" in line for line in short["trust"])


def test_a_measurement_in_rounds_is_named(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    record_rounds(space, 100, 130, 0)
    short = structures.comparison(space.compare()).document()
    assert short["compared"]["rounds"] == 4 and short["compared"]["head"]["runs"] == 4


def test_a_document_that_is_too_long_says_where_the_whole_is(project: Path) -> None:
    store = open_store(project / ".holobench")
    names = [f"metric_{i:04d}" for i in range(300)]
    for at in (20, 21):
        rng = np.random.default_rng(at)
        store.record(
            Snapshot.build(
                bench_name="wide",
                metrics={name: {"units": "ms"} for name in names},
                samples={name: rng.uniform(99, 101, 3) for name in names},
                executed_at=f"2026-03-01T12:00:{at}+00:00",
            )
        )
    calls = [
        ("compare_results", {"candidate": "wide@latest", "detail": "full"}),
        ("compare_results", {"candidate": "wide@latest", "detail": "full", "metrics": ["metric_0007"]}),
        ("export_result", {"result": "wide@latest"}),
    ]
    compared, one, exported = (r.structured_content for r in answers_of(project, calls))
    assert "too many for one answer" in compared["notes"][0] and compared["full"].endswith("comparison.json")
    assert one["metrics"][0]["evidence"]["variable"] == "metric_0007"
    assert exported["status"] == "too_long" and exported["uri"].endswith("result.json")
    assert len(exported["metrics"]) + exported["more_metrics"] == 300
    assert max(len(json.dumps(s)) for s in (compared, one, exported)) < 20_000


def test_a_list_of_nothing_says_so(tmp_path: Path) -> None:
    listed, pinned = answers_of(tmp_path, [("list_results", {}), ("list_baselines", {})])
    assert listed.structured_content["status"] == pinned.structured_content["status"] == "empty"
    assert "holobench-mcp run -- python" in listed.structured_content["reason"]
    assert "next_step" not in pinned.structured_content  # a baseline of nothing can't be set


@pytest.mark.parametrize("name", ["sort", "a.b-c_1"])
def test_where_benchmarks_can_be_measured_a_store_of_nothing_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").write_text(
        f"[tool.holobench-mcp.benchmarks.'{name}']\ncommand = ['python', 'b.py']\n"
    )
    calls = [("compare_results", {}), ("list_results", {}), ("list_baselines", {})]
    for answer in answers_of(tmp_path, calls):
        assert f"compare_revisions(benchmark='{name}') measures a change to the code" in text_of(answer)


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=300)
def test_a_figure_has_four_digits(value: float) -> None:
    short = rounded(value)
    assert abs(short - value) <= 5.1e-4 * abs(value)
    assert len(repr(short).lstrip("-").partition("e")[0].replace(".", "").strip("0")) <= 4 or abs(value) > 1.79e308


@pytest.mark.parametrize("rounds", [3, 5])
def test_where_single_points_decided_no_interval_of_the_mean_seems_to_deny_it(tmp_path: Path, rounds: int) -> None:
    space = workspace_in(tmp_path)
    for at in range(2 * rounds):
        rng = np.random.default_rng(at)
        values = 100 * np.exp(0.004 * rng.standard_normal((4, 5)))
        values[0] *= np.exp(0.1 * rng.standard_normal())  # each run is fast or slow at one input
        values[2] *= 1.15 if at >= rounds else 1.0
        space.record(
            snapshot(values, at=at, revision=B if at >= rounds else A, environment={**HERE, "git_dirty": False})
        )
    document = space.compare()
    short, text = structures.comparison(document).document(), digest.comparison(document)
    [row] = short["metrics"]
    assert short["decision"] == row["decision"] == "regressed"
    assert row["decided_by"] == "points" and "interval" not in row
    assert row["points"][0]["at"] == {"size": 30} and row["points"][0]["interval"][0] > 3
    line = next(line for line in text.splitlines() if line.startswith("- time_ms"))
    assert "by its points" in line and "% interval" not in line and "size=30" in line


@pytest.mark.parametrize("revision", ["a" * 40, "v1.2", "abcdef"])
def test_a_history_names_a_code_by_ten_of_its_letters(tmp_path: Path, revision: str) -> None:
    space = workspace_in(tmp_path)
    record_runs(space, 100.0, 0, revision=revision)
    [level] = structures.history(space.metric_history("sort", "time_ms")).document()["series"]
    assert level["rev"] == revision[:10]


def test_the_end_of_a_failures_output_keeps_its_lines() -> None:
    calls = "".join(f'  File "product/part_{i}.py", line {i}, in work\n' for i in range(60))
    trace = f"Traceback (most recent call last):\n{calls}IndexError: list index out of \x1b[31mrange"
    report = RevisionReport(
        decision=Decision.regressed, cause="missing", reason="The head does not do what the base does.",
        measurement="words-20260301T120000Z-abcdef", benchmark="words", base_revision=A, head_revision=B, rounds=0,
        stopped=None, head_failure=Failure(what="crash", detail="exit status 1", output_tail=trace),
        protected_changed=(), notes=(), comparisons=(),
    )  # fmt: skip
    output = digest.document_of(structures.short(report))["failure"]["output"].splitlines()
    assert len(output) > 12 and output[-2].strip() == 'File "product/part_59.py", line 59, in work'
    assert output[-1].startswith("IndexError") and "\x1b" not in output[-1]


def test_input_values_are_never_rounded(tmp_path: Path) -> None:
    space = workspace_in(tmp_path)
    sizes = [123456.75, 234567.25]
    for at, factor in enumerate((1.0, 2.0)):
        values = factor * 100 * np.exp(0.01 * np.random.default_rng(at).standard_normal((2, 5)))
        space.record(snapshot(values, at=at, inputs={"size": sizes}))
    [row] = structures.comparison(space.compare()).document()["metrics"]
    assert sorted(p["at"]["size"] for p in row["points"]) == sizes


def test_an_integer_that_javascript_does_not_read_exactly_travels_as_text(tmp_path: Path) -> None:
    space, seeds = workspace_in(tmp_path), [2**53 + 1, 2**53 + 3]
    for at, factor in enumerate((1.0, 2.0)):
        values = factor * 100 * np.exp(0.01 * np.random.default_rng(at).standard_normal((2, 5)))
        space.record(snapshot(values, at=at, inputs={"seed": seeds}))
    [row] = structures.comparison(space.compare()).document()["metrics"]
    assert sorted(p["at"]["seed"] for p in row["points"]) == [str(seed) for seed in seeds]


@pytest.mark.parametrize(
    "words",
    [
        ("compare",), ("list",), ("metrics",), ("show",), ("history", "sort", "time_ms"), ("baseline", "list"),
        ("baseline", "set", "latest", "--reason", "it is meant"), ("verify",), ("run", "--", "true"),
    ],
)  # fmt: skip
def test_the_command_lines_json_is_the_whole_document_behind_the_same_first_keys(
    project: Path, words: tuple[str, ...]
) -> None:
    arguments = ["run", "--json", *words[1:]] if words[0] == "run" else [*words, "--json"]
    document = json.loads(cli(*arguments, cwd=project).stdout)
    keys = [key for key in document if key != "cause"]
    assert keys[0] in ("decision", "status") and keys[1] == "reason", keys
    if words[0] == "compare":
        assert document["metrics"][0]["evidence"]["ci"] and document["schema_version"] == 1
