"""A history is of what its measurements share, and what is missing from one of them never vanishes silently."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from histories import estimates, history_of, limits, measured, opened
from holobench_mcp import digest, digits
from holobench_mcp.model import InvalidArgument
from holobench_mcp.workspace import Workspace

NAN, INF = math.nan, math.inf


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return opened(tmp_path)


def rev(number: int) -> str:
    return f"{number:040x}"


# ---------------------------------------------------------------------- points


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((1, 2), (1, 2, 100)),
        ((1,), (100, 1)),
        ((1, 2, 100), (1, 2)),
        ((0.5, 1.5), (0.5, 1.0, 1.5, 100.0)),
        (("a", "b"), ("b", "a", "z")),
    ],
)
def test_a_commit_that_only_adds_or_drops_a_point_is_no_step(
    space: Workspace, before: tuple[object, ...], after: tuple[object, ...]
) -> None:
    """It was told as a step of +165 %."""

    def levels(sizes: tuple[object, ...]) -> list[float]:
        return [500.0 if size in (100, 100.0, "z") else 50.0 for size in sizes]

    results = [measured(levels(before), i, rev(i), sizes=before) for i in range(8)]
    results += [measured(levels(after), 8 + i, rev(8 + i), sizes=after) for i in range(8)]
    history = history_of(space, results)
    assert not history.change_points and history.drift is None
    assert estimates(history) == [50] * 16
    lone = {*before} ^ {*after}
    assert all(str(value) in limits(history)["points"] for value in lone)
    assert f"the {len({*before} & {*after})} value" in limits(history)["points"]
    assert all(not d["regressed"] for d in history.detectors), "holobench's detectors see the same points"


def test_points_are_shared_by_two_inputs_at_once(space: Workspace) -> None:
    from holobench_mcp import Snapshot

    def grid(second: int, xs: list[int], ys: list[int]) -> Snapshot:
        made = measured(1, second, rev(second))
        return Snapshot.build(
            bench_name="sort", inputs={"x": xs, "y": ys}, metrics={"time": {"units": "ms"}},
            samples={"time": [[[x * 10.0 + y] * 3 for y in ys] for x in xs]}, source_revision=rev(second),
            environment=made.environment, executed_at=f"2026-01-01T00:00:{second:02d}Z",
        )  # fmt: skip

    turned = [grid(i, [2, 1], [1, 2]) if i % 2 else grid(i, [1, 2, 9], [9, 2]) for i in range(8)]
    history = history_of(space, turned)
    assert estimates(history) == [16] * 8, "the geometric mean of 12 and 22"
    assert {limit.detail.split()[0] for limit in history.limits if limit.what == "points"} == {"x", "y"}


def test_one_point_is_followed_where_it_was_measured_and_the_others_are_gaps(space: Workspace) -> None:
    results = [measured([50, 60], i, rev(i), sizes=(1, 2)) for i in range(3)]
    results += [measured([50, 60, 70], 3 + i, rev(3 + i), sizes=(1, 2, 3)) for i in range(3)]
    history = history_of(space, results, point={"size": 3})
    assert estimates(history) == [None] * 3 + [70] * 3
    assert "3 of 6 measurements gave too few finite samples" in limits(history)["missing_samples"]
    assert estimates(space.metric_history("sort", "time", point={"size": 2})) == [60] * 6
    with pytest.raises(InvalidArgument, match="size was never 4"):
        space.metric_history("sort", "time", point={"size": 4})


# ---------------------------------------------------------------------- samples


GOOD = [[1.0, 1.01, 0.99], [2.0, 2.01, 1.99], [4.0, 4.01, 3.99], [8.0, 8.01, 7.99]]


def failing(at: list[int], value: float = NAN) -> list[list[float]]:
    return [[value] * 3 if i in at else row for i, row in enumerate(GOOD)]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (failing([1, 2, 3]), "3 of 4 points: size=2; size=4; size=8"),
        (failing([0, 1, 2, 3]), "4 of 4 points: size=1; size=2; size=4"),
        (failing([0, 1, 2, 3], INF), "4 of 4 points"),
        (failing([0, 2, 3], -INF), "3 of 4 points: size=1; size=4; size=8"),
    ],
)
@pytest.mark.parametrize("where", ["newest", "middle", "oldest"])
def test_a_measurement_that_failed_is_a_gap_that_is_named(
    space: Workspace, broken: list[list[float]], words: str, where: str
) -> None:
    at = {"newest": 7, "middle": 4, "oldest": 0}[where]
    samples = [broken if i == at else GOOD for i in range(8)]
    results = [measured(0, i, rev(i), sizes=(1, 2, 4, 8), samples=samples[i]) for i in range(8)]
    history = history_of(space, results)
    assert [p.estimate is None for p in history.series] == [i == at for i in range(8)]
    assert history.series[at].missing_points == int(words[0]) and history.series[at].n_runs == 0
    assert not history.change_points
    assert (
        f"1 of 8 measurements gave too few finite samples to stand in the series: {rev(at)[:10]} ({words}"
        in (limits(history)["missing_samples"])
    )
    text = digest.history(history)
    assert words in text and "7 measurements" in history.summary
    assert "not_finite" not in limits(history) or "infinite" in limits(history)["not_finite"]


@pytest.mark.parametrize("at", [0, 4, 7])
def test_a_point_that_failed_in_one_measurement_is_left_out_of_all_and_named(space: Workspace, at: int) -> None:
    """The mean over the other points would have fallen by half."""
    samples = [failing([3]) if i == at else GOOD for i in range(8)]
    history = history_of(space, [measured(0, i, rev(i), sizes=(1, 2, 4, 8), samples=samples[i]) for i in range(8)])
    assert {round(p.estimate or 0, 2) for p in history.series} == {2.0}, "the geometric mean of 1, 2 and 4"
    assert f"{rev(at)[:10]} (1 of 4 points: size=8)" in limits(history)["missing_samples"]
    assert history.series[at].missing_points == 1


def test_infinite_samples_are_counted_where_others_stand_in_for_them(space: Workspace) -> None:
    samples = [[[1.0, INF, 1.01, -INF]]] + [[[1.0, 1.01, 0.99, 1.0]]] * 6
    history = history_of(space, [measured(0, i, rev(i), samples=s) for i, s in enumerate(samples)])
    assert [p.infinite for p in history.series] == [2, 0, 0, 0, 0, 0, 0]
    assert "2 samples were infinite and are left out, in 1 measurement " in limits(history)["not_finite"]
    assert all(p.estimate is not None for p in history.series)


def test_a_run_that_failed_takes_nothing_from_the_other_runs_of_its_code(space: Workspace) -> None:
    results = [measured(100, i, rev(i // 3)) for i in range(18)]
    results.append(measured(0, 30, rev(5), samples=[[NAN] * 3]))
    history = history_of(space, results)
    assert [p.n_runs for p in history.series] == [3] * 6
    assert history.series[-1].missing_points == 1 and history.series[-1].estimate is not None


def test_a_bench_that_only_ever_failed_has_gaps_and_no_number(space: Workspace) -> None:
    history = history_of(space, [measured(0, i, rev(i), samples=[[NAN] * 3]) for i in range(7)])
    assert estimates(history) == [None] * 7
    assert "0 measurements" in history.summary and "7 of 7 measurements" in limits(history)["missing_samples"]


# ---------------------------------------------------------------------- booleans


@pytest.mark.parametrize(
    ("samples", "rate"),
    [([1, 1, 1, 0, 0], 0.6), ([1, 0, 0, 0, 0], 0.2), ([1, 1, 1, 1, 1], 1.0), ([1, 1, NAN, 0, 0], 0.5)],
)
def test_the_history_of_a_boolean_is_of_its_rate(space: Workspace, samples: list[float], rate: float) -> None:
    """Of medians, 40 % failures showed as 1.0."""
    history = history_of(space, [measured(0, i, rev(i), kind="bool", units="", samples=[samples]) for i in range(2)])
    assert [p.estimate for p in history.series] == pytest.approx([rate] * 2)
    low, high = history.series[0].ci or (NAN, NAN)
    assert 0 <= low <= rate <= high <= 1 and high - low > 0.3


def test_a_boolean_that_begins_to_fail_steps_by_percentage_points(space: Workspace) -> None:
    right, often = [[1.0] * 10], [[1.0] * 6 + [0.0] * 4]
    results = [measured(0, i, rev(i), kind="bool", units="", samples=right if i < 6 else often) for i in range(12)]
    history = history_of(space, results)
    [step] = history.change_points
    assert step.effect == pytest.approx(-40) and step.effect_percent is None
    assert "by -40 pp" in history.summary


# ---------------------------------------------------------------------- what can't be told


@pytest.mark.parametrize("n", [1, 2, 5])
def test_too_few_measurements_say_how_many_more_are_needed(space: Workspace, n: int) -> None:
    history = history_of(space, [measured(100, i, rev(i)) for i in range(n)])
    assert f"{n} measurement" in history.summary and f"{6 - n} more are needed" in history.summary
    assert history.detectable is None


@pytest.mark.parametrize(
    ("levels", "at"),
    [
        ([1, 1.001, 0.999, 100, 100.1, 99.9], 3),
        ([60, 60, 60, 100, 100, 100], 3),
        ([100, 100.1, 99.9, 60, 60.1, 59.9, 60], 3),
        ([10, 10.1, 9.9, 10, 10.05, 10, 13, 13.1], 6),
    ],
)
def test_a_step_far_beyond_the_noise_is_told_of_few_measurements(
    space: Workspace, levels: list[float], at: int
) -> None:
    history = history_of(space, [measured(level, i, rev(i), noise=0) for i, level in enumerate(levels)])
    assert [c.source_revision for c in history.change_points] == [rev(at)] and history.drift is None
    assert history.detectable is None


@pytest.mark.parametrize(("noise", "n"), [(0.01, 6), (0.01, 12), (0.1, 12), (0.3, 30)])
def test_where_nothing_is_found_it_is_said_what_would_have_been(space: Workspace, noise: float, n: int) -> None:
    rng = np.random.default_rng(4)
    levels = 100 * np.exp(noise * rng.standard_normal(n))
    history = history_of(space, [measured(level, i, rev(i), noise=0) for i, level in enumerate(levels)])
    assert not history.change_points and history.drift is None and history.detectable is not None
    least = history.detectable
    assert f"no step and no drift in {n} measurements" in history.summary
    assert f"{digits.plain(least.middle, 2)} % in their middle" in history.summary
    assert f"{digits.plain(least.newest, 2)} % in the newest {least.n_newest}" in history.summary
    assert 100 * noise < least.middle <= least.newest
    if least.more_needed:
        assert f"{least.more_needed} more would show" in history.summary


def test_a_jump_that_is_too_late_to_be_told_is_not_told_as_none(space: Workspace) -> None:
    history = history_of(space, [measured(level, i, rev(i), noise=0) for i, level in enumerate([1] * 7 + [100])])
    assert not history.change_points
    assert history.detectable is not None and history.detectable.newest > 9900
    assert "a smaller one can't be told yet" in history.summary


def test_a_series_that_is_always_the_same_is_told_so(space: Workspace) -> None:
    history = history_of(space, [measured(7, i, rev(i), noise=0, units="") for i in range(8)])
    assert history.summary == "time is the same in all 8 measurements." and history.detectable is None
