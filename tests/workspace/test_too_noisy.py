"""A list of benchmarks names the metrics that no number of runs would show the margin of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from holobench_mcp import digest
from holobench_mcp.answers import BenchmarkRow
from holobench_mcp.config import BenchmarkConfig, load_config
from holobench_mcp.digest import structures
from holobench_mcp.evidence.formulas import runs_for_power
from holobench_mcp.evidence.run_noise import RunNoise, too_noisy_for
from holobench_mcp.model import Measurement, MetricSettings
from holobench_mcp.result.snapshot import Snapshot
from holobench_mcp.workspace import Workspace
from stored_runs import HERE, A, B


def space_in(folder: Path, **changes: object) -> Workspace:
    folder.mkdir(exist_ok=True)
    config = load_config(project=folder, store=str(folder / "store"), environ={})
    benchmarks = {"sort": BenchmarkConfig.model_validate({"command": ["python", "bench.py"]})}
    return Workspace(config.model_copy(update={"benchmarks": benchmarks, **changes}))


def record(
    space: Workspace,
    levels: list[float],
    *,
    at: int = 0,
    revision: str = A,
    side: str | None = None,
    units: str = "ms",
    host: str = "here",
) -> None:
    """Runs of one code, whose levels are given."""
    for run, level in enumerate(levels):
        second = at + 2 * run + ((side == "head") != (run % 2 == 1))  # base, head, head, base, …
        samples = level * np.exp(0.01 * np.random.default_rng(second).standard_normal((4, 5)))
        measured = Measurement(
            id="m" if side else f"m{at}",
            benchmark="sort",
            run=run,
            runs=2 * len(levels) if side else len(levels),
            side=side,  # type: ignore[arg-type]
        )
        made = Snapshot.build(
            bench_name="Sort",
            inputs={"size": [1, 2, 3, 4]},
            metrics={"time_ms": {"units": units}},
            samples={"time_ms": samples},
            source_revision=revision,
            environment={**HERE, "hostname_hash": host, "git_dirty": False},
            executed_at=f"2026-03-01T12:{second // 60:02d}:{second % 60:02d}+00:00",
            measurement=measured,
        )
        space.record(made)


def levels(sd: float, runs: int, seed: int = 1) -> list[float]:
    return list(10 * np.exp(sd * np.random.default_rng(seed).standard_normal(runs)))


def row_of(space: Workspace) -> BenchmarkRow:
    return space.measuring.list_benchmarks().benchmarks[0]


@pytest.mark.parametrize("sd", [0.15, 0.3])
def test_a_metric_that_50_runs_would_not_settle_is_named_with_what_it_can_show(tmp_path: Path, sd: float) -> None:
    space = space_in(tmp_path)
    record(space, levels(sd, 8))
    [noisy] = row_of(space).too_noisy
    assert (noisy.variable, noisy.margin_percent, noisy.runs) == ("time_ms", 3, 8)
    assert 100 * sd < noisy.can_show_percent < 300 * sd  # 2.9 standard deviations of a difference of two means of 8
    listed = space.measuring.list_benchmarks()
    assert "time_ms is too noisy for a margin of 3 %: 8 runs a side can show " in digest.benchmarks(listed)
    [short] = digest.document_of(structures.short(listed))["benchmarks"]
    assert short["too_noisy"][0]["variable"] == "time_ms"


@pytest.mark.parametrize("sd", [0.005, 0.02, 0.04])
def test_what_up_to_50_runs_would_settle_is_not(tmp_path: Path, sd: float) -> None:
    space = space_in(tmp_path)
    record(space, levels(sd, 8))
    assert row_of(space).too_noisy == ()


@pytest.mark.parametrize("df", [3, 4, 8, 30])
@pytest.mark.parametrize("paired", [False, True])
def test_noise_that_50_runs_overcome_is_called_too_much_in_one_case_of_twenty_at_most(df: int, paired: bool) -> None:
    rng = np.random.default_rng(df)
    margin, draws = np.log(1.03), 1000
    sds = np.linspace(0.02, 0.1, 161)
    most = max(sd for sd in sds if runs_for_power(sd, margin, paired=paired) <= 50)
    drawn = most * np.sqrt(rng.chisquare(df, draws) / df)
    named = [too_noisy_for(3, RunNoise(sd, df, df + 1, paired), points=1) is not None for sd in drawn]
    assert np.mean(named) <= 0.05 + 2 * (0.05 * 0.95 / draws) ** 0.5
    far = 4 * most * np.sqrt(rng.chisquare(df, draws) / df)
    assert np.mean([too_noisy_for(3, RunNoise(sd, df, df + 1, paired), points=1) is not None for sd in far]) > 0.75


@pytest.mark.parametrize("runs", [1, 2, 3])
def test_too_few_runs_say_nothing(tmp_path: Path, runs: int) -> None:
    space = space_in(tmp_path)
    record(space, levels(0.4, runs))
    assert row_of(space).too_noisy == ()
    record(space, levels(0.4, 3, seed=2), at=60, revision=B)
    assert bool(row_of(space).too_noisy) == (runs > 1)  # with the runs of the code before it there are enough


def test_a_benchmark_that_became_steady_is_no_longer_named(tmp_path: Path) -> None:
    space = space_in(tmp_path)
    record(space, levels(0.4, 8))
    record(space, levels(0.005, 5), at=60, revision=B)
    assert row_of(space).too_noisy == ()


def test_noise_of_another_machine_does_not_count(tmp_path: Path) -> None:
    space = space_in(tmp_path)
    record(space, levels(0.4, 8), host="there")
    record(space, levels(0.005, 1), at=60, revision=B)
    assert row_of(space).too_noisy == ()


def test_drift_that_both_sides_of_a_round_share_is_no_noise(tmp_path: Path) -> None:
    drift = levels(0.3, 6)
    space = space_in(tmp_path / "drift")
    record(space, drift, side="base")
    record(space, [1.5 * level for level in drift], side="head", revision=B)  # and an effect is none either
    assert row_of(space).too_noisy == ()
    space = space_in(tmp_path / "noise")
    record(space, drift, side="base")
    record(space, levels(0.3, 6, seed=2), side="head", revision=B)
    [noisy] = row_of(space).too_noisy
    assert noisy.runs == 6


@pytest.mark.parametrize(
    ("units", "settings"),
    [
        ("ul", {}),
        ("ms", {"time_ms": MetricSettings(margin=2.0)}),
        ("ms", {"time_ms": MetricSettings(margin_percent=90)}),
    ],
)
def test_other_margins_and_metrics_are_not_judged_by_three_percent(
    tmp_path: Path, units: str, settings: dict[str, MetricSettings]
) -> None:
    space = space_in(tmp_path, metrics=settings)
    record(space, levels(0.2, 8), units=units)
    assert row_of(space).too_noisy == ()
