"""A history is one series: one sweep, one command, one machine; whatever else there is, is counted and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from histories import MACHINE, estimates, history_of, limits, measured, opened
from holobench_mcp.model import Measurement
from holobench_mcp.workspace import Workspace


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return opened(tmp_path)


def rev(number: int) -> str:
    return f"{number:040x}"


# ---------------------------------------------------------------------- machines and commands


@pytest.mark.parametrize(
    ("field", "other", "words"),
    [
        ("hostname_hash", "8888888888888888", "machine 0011223344556677 there, 8888888888888888 here"),
        ("cpu_model", "Slow CPU", "CPU Fast CPU there, Slow CPU here"),
        ("cpu_count", 2, "number of cores 8 there, 2 here"),
        ("python", "3.13.0", "Python 3.12.1 there, 3.13.0 here"),
        ("numpy", None, "numpy 2.1.0 there, unknown here"),
    ],
)
def test_a_change_of_machine_is_named_and_is_no_step(space: Workspace, field: str, other: object, words: str) -> None:
    before = [measured(100, i, rev(i)) for i in range(10)]
    after = [measured(201, 10 + i, rev(10 + i), **{field: other}) for i in range(8)]
    history = history_of(space, [*before, *after])
    assert not history.change_points and history.drift is None
    assert estimates(history) == [201] * 8
    assert "10 results left out" in limits(history)["other_machine"]
    assert words in limits(history)["other_machine"]
    assert words in space_text(space)


def space_text(space: Workspace) -> str:
    from holobench_mcp import digest

    return digest.history(space.metric_history("sort", "time"))


def test_machines_that_take_turns_are_one_series_each(space: Workspace) -> None:
    turns = [measured(100 * (1 + i % 3), i, rev(i // 3), noise=0, cpu_model=f"CPU {i % 3}") for i in range(30)]
    history = history_of(space, turns)
    assert estimates(history) == [300] * 10 and not history.change_points
    others = [limit.detail for limit in history.limits if limit.what == "other_machine"]
    assert len(others) == 2 and all("10 results left out" in detail for detail in others)


def test_of_many_machines_the_newest_are_named_and_the_rest_is_counted(space: Workspace) -> None:
    history = history_of(space, [measured(100, i, rev(i), cpu_model=f"CPU {i}") for i in range(9)])
    others = [limit.detail for limit in history.limits if limit.what == "other_machine"]
    assert len(others) == 4 and "5 results of 5 further such series" in others[-1]


def test_runs_without_the_plotting_packages_are_a_series_of_their_own(space: Workspace) -> None:
    whole = [measured(100, 2 * i, rev(i)) for i in range(4)]
    light = [measured(80, 2 * i + 1, rev(i), holobench_import="light") for i in range(4)]
    history = history_of(space, [*whole, *light])
    assert estimates(history) == [80] * 4
    assert "way of importing holobench whole there, light here" in limits(history)["other_machine"]


@pytest.mark.parametrize("other", [["python", "bench.py", "--fast"], ["python", "other.py"], None])
def test_another_command_is_another_series(space: Workspace, other: list[str] | None) -> None:
    ours = [measured(100, 2 * i, rev(i)) for i in range(8)]
    theirs = [measured(7, 2 * i - 1, rev(i), command=other) for i in range(1, 8)]
    history = history_of(space, [*theirs, *ours])
    assert estimates(history) == [100] * 8
    assert "7 results left out: measured by another command" in limits(history)["other_command"]
    assert (" ".join(other) if other else "unknown") in limits(history)["other_command"]


def test_which_python_ran_the_command_is_no_other_command(space: Workspace) -> None:
    history = history_of(space, [measured(100, i, rev(i), command=[f"/{i}/python", "bench.py"]) for i in range(6)])
    assert len(history.series) == 6 and not history.limits[1:]


# ---------------------------------------------------------------------- sweeps


def test_two_sweeps_of_one_bench_are_never_one_series(space: Workspace) -> None:
    """5000 and 100 in turn looked as if nothing happened."""
    small = [measured(100, 2 * i + 1, rev(i), sizes=(1, 2)) for i in range(8)]
    large = [measured(5000, 2 * i, rev(i), sizes=(2, 1000)) for i in range(8)]
    history = history_of(space, [*large, *small])
    assert estimates(history) == [100] * 8
    assert "8 results left out, of another sweep (size is 2, 1000 there, 1, 2 here)" in limits(history)["other_sweep"]


@pytest.mark.parametrize("sizes", [(1, 1000), (1000,), (2, 1)])
def test_sweeps_that_take_turns_are_two_also_where_no_code_is_known(space: Workspace, sizes: tuple[int, ...]) -> None:
    turns = [measured(100, i, None, sizes=(1, 2)) if i % 2 else measured(5000, i, None, sizes=sizes) for i in range(16)]
    assert estimates(history_of(space, turns)) == [100] * 8


def test_sweeps_that_are_defined_alike_are_told_apart_by_their_place_in_the_process(space: Workspace) -> None:
    results = [
        measured((5000, 100)[sweep], 2 * i + sweep, rev(i), measurement=Measurement(id=f"m{i}", sweep=sweep))
        for i in range(8)
        for sweep in (0, 1)
    ]
    history = history_of(space, results)
    assert estimates(history) == [100] * 8
    assert "8 results left out, of another sweep" in limits(history)["other_sweep"]


def test_a_constant_that_changed_begins_another_series(space: Workspace) -> None:
    before = [measured(100, i, rev(i), constants={"items": 1000}) for i in range(6)]
    after = [measured(200, 6 + i, rev(6 + i), constants={"items": 2000}) for i in range(6)]
    history = history_of(space, [*before, *after])
    assert estimates(history) == [200] * 6 and not history.change_points
    assert "the constant items is 1000 there, 2000 here" in limits(history)["other_sweep"]


def test_a_metric_more_or_a_claim_begins_no_other_series(space: Workspace) -> None:
    before = [measured(100, i, rev(i)) for i in range(6)]
    after = []
    for i in range(6, 12):
        made = measured(100, i, rev(i))
        metrics = tuple(m.model_copy(update={"claim": "< 500"}) for m in made.metrics)
        extra = metrics[0].model_copy(update={"variable": "peak", "claim": None})
        assert made.dataset is not None
        after.append(made.with_(metrics=(*metrics, extra), dataset=made.dataset.assign(peak=made.dataset["time"])))
    history = history_of(space, [*before, *after])
    assert estimates(history) == [100] * 12


def test_a_metric_that_was_declared_otherwise_is_counted_with_both_values(space: Workspace) -> None:
    before = [measured(0.1, i, rev(i), units="s") for i in range(4)]
    history = history_of(space, [*before, *(measured(100, 4 + i, rev(4 + i)) for i in range(6))])
    assert estimates(history) == [100] * 6
    assert limits(history)["other_declaration"] == "4 results left out, whose units of time is s there, ms here."


def test_a_metric_that_is_no_longer_measured_is_shown_and_said_to_be_gone(space: Workspace) -> None:
    before = [measured(100, i, rev(i)) for i in range(6)]
    history = history_of(space, [*before, *(measured(1, 6 + i, rev(6 + i), metric="other") for i in range(2))])
    assert estimates(history) == [100] * 6
    assert limits(history)["metric_dropped"] == "the newest results no longer measure time: 2 results without it."


def test_a_result_without_samples_is_counted(space: Workspace) -> None:
    snapshots = [measured(100, i, rev(i)) for i in range(3)]
    for one in snapshots:
        space.record(one)
    contract_only = measured(100, 9, rev(9))
    document = space.store.contract(space.find("latest"))
    space.record(contract_only.with_(dataset=None, document={**document, "provenance": contract_only.provenance}))
    history = space.metric_history("sort", "time")
    assert len(history.series) == 3
    assert "1 result left out, of which only the contract" in limits(history)["no_samples"]


# ---------------------------------------------------------------------- one level a code


def test_a_code_has_one_level_of_all_its_runs(space: Workspace) -> None:
    """The base of every comparison of revisions is measured again and again."""
    results = [measured(100 + i % 2, i, rev(1), measurement=Measurement(id=f"m{i}", side="base")) for i in range(6)]
    results += [measured(100, 10 + i, rev(1), label=f"run {i}") for i in range(2)]
    results += [measured(150, 20, rev(2), measurement=Measurement(id="m5", side="head"))]
    history = history_of(space, results)
    assert [p.n_runs for p in history.series] == [8, 1]
    assert [p.source_revision for p in history.series] == [rev(1), rev(2)]


def test_base_and_head_of_one_comparison_are_two_codes_also_where_nothing_tells_the_code(space: Workspace) -> None:
    results = [
        measured(level, 2 * run + at, None, measurement=Measurement(id="m", side=side, run=run))
        for run in range(3)
        for at, (side, level) in enumerate((("base", 100), ("head", 200)))
    ]
    history = history_of(space, results)
    assert estimates(history) == [100, 200]
    assert [p.n_runs for p in history.series] == [3, 3]


@pytest.mark.parametrize(
    "how",
    [
        {"git_dirty": True},
        {"git_dirty": True, "git_diff_sha256": "d" * 64},
        {"label": "worktree", "measurement": Measurement(id="m", side="head")},
    ],
)
def test_uncommitted_code_is_in_a_history_only_when_it_is_asked_for(space: Workspace, how: dict[str, object]) -> None:
    clean = [measured(100, i, rev(i)) for i in range(6)]
    history = history_of(space, [*clean, measured(300, 9, rev(5), **how)])
    assert estimates(history) == [100] * 6 and not any(p.dirty for p in history.series)
    assert "1 result of uncommitted code left out" in limits(history)["uncommitted"]
    asked = space.metric_history("sort", "time", uncommitted=True)
    assert asked.series[-1].dirty and "uncommitted" not in limits(asked)


def test_a_bench_of_which_only_uncommitted_code_was_measured_says_so(space: Workspace) -> None:
    history = history_of(space, [measured(100, i, rev(0), git_dirty=True) for i in range(3)])
    assert not history.series and "0 measurements" in history.summary
    assert "3 results of uncommitted code" in limits(history)["uncommitted"]


def test_a_head_that_is_a_commit_is_no_uncommitted_code(space: Workspace) -> None:
    history = history_of(space, [measured(100, 0, rev(0), measurement=Measurement(id="m", side="head"))])
    assert len(history.series) == 1 and not history.series[0].dirty


def test_an_edit_of_the_benchmark_is_named_where_the_series_stepped(space: Workspace) -> None:
    before = [measured(100, i, rev(i)) for i in range(8)]
    after = [measured(50, 8 + i, rev(8 + i), benchmark_sha256="0" * 64) for i in range(8)]
    history = history_of(space, [*before, *after])
    assert len(history.change_points) == 1
    assert f"the step at {rev(8)[:10]} may be the benchmark's" in limits(history)["benchmark_source"]


def test_runs_of_one_code_by_another_source_of_the_benchmark_are_not_mixed(space: Workspace) -> None:
    old, new = measured(100, 0, rev(0), benchmark_sha256="0" * 64), measured(50, 1, rev(0))
    history = history_of(space, [new, old])
    assert estimates(history) == [50]
    assert "measured by another source of the benchmark" in limits(history)["benchmark_source"]


def test_the_machine_of_the_tests_is_known_whole() -> None:
    from holobench_mcp.result.identity import MACHINE as FIELDS

    assert {field for field, _ in FIELDS} - {"way_of_import"} <= set(MACHINE)  # holobench tells that one


def test_the_checkout_that_a_revision_was_measured_in_is_no_other_command(space: Workspace) -> None:
    """With {tree} in a command, base and head are measured by words that differ."""
    home = "/home/me/.cache/holobench-mcp/worktrees/0123456789abcdef"
    results = [
        measured(
            100, i, rev(i), command=["python", f"{home}/{side}/bench.py", f"--path={home}/{side}", f"{home}/{side}/x"]
        )
        for i in range(8)
        for side in [("base", "head")[i % 2]]
    ]
    history = history_of(space, results)
    assert estimates(history) == [100] * 8 and "other_command" not in limits(history)
