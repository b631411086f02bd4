"""A change of what the processes use is told beside a benchmark that does not see it, and never cries wolf."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from holobench_mcp.evidence.comparability import compare, relevant
from holobench_mcp.evidence.process_usage import usage_cautions
from holobench_mcp.model import Decision, Environment, Measurement, ProcessUsage
from holobench_mcp.result.snapshot import Snapshot


def run(cpu_s: float, rss_mb: float, number: int, side: str, **environment: object) -> Snapshot:
    usage = ProcessUsage(wall_s=1.0, cpu_s=cpu_s, max_rss_mb=rss_mb)
    return Snapshot.build(
        bench_name="tiny",
        metrics={"time_ms": {"units": "ms"}},
        samples={"time_ms": [1.0 + number / 100]},
        environment=Environment(process=usage, **{"holobench": "1", "holobench_import": "light", **environment}),
        measurement=Measurement(id="tiny-1", run=number, runs=20, side=side),
    )


def sides(seed: int, rounds: int, cpu: float = 1.0, rss: float = 1.0, **head: object) -> tuple[list[Snapshot], ...]:
    rng = np.random.default_rng(seed)
    noise = rng.lognormal(0, 0.01, (2, 2, rounds))
    base = [run(0.8 * noise[0, 0, i], 90 * noise[0, 1, i], i, "base") for i in range(rounds)]
    return base, [run(0.8 * cpu * noise[1, 0, i], 90 * rss * noise[1, 1, i], i, "head", **head) for i in range(rounds)]


def whats(cautions: Sequence) -> list[str]:
    return [caution.what for caution in cautions]


@pytest.mark.parametrize(
    ("cpu", "rss", "expected"),
    [
        (1.0, 2.0, ["more_memory"]),
        (1.0, 0.5, ["less_memory"]),
        (1.4, 1.0, ["more_cpu_time"]),
        (0.6, 1.3, ["less_cpu_time", "more_memory"]),
        (1.0, 1.0, []),
        (1.01, 0.99, []),
    ],
)
@pytest.mark.parametrize("rounds", [3, 8])
def test_what_changed_beyond_noise_is_told_with_its_numbers(
    cpu: float, rss: float, expected: list[str], rounds: int
) -> None:
    found = usage_cautions(*sides(1, rounds, cpu, rss))
    assert sorted(whats(found)) == sorted(expected)
    for caution in found:
        assert caution.severity == "caution"
        if caution.what == "more_memory" and rss == 2.0:
            assert "MB before, 1" in caution.detail
            assert "process_metrics" in caution.detail


def test_noise_alone_is_told_in_one_of_a_hundred_comparisons_at_most() -> None:
    assert sum(bool(usage_cautions(*sides(seed, 5))) for seed in range(150)) <= 1


@pytest.mark.parametrize(
    "head",
    [{"holobench_import": "whole"}, {"hostname_hash": "other"}, {"python": "3.13.0"}],
    ids=lambda d: next(iter(d)),
)
def test_processes_that_were_not_measured_alike_are_not_compared(head: dict[str, str]) -> None:
    assert usage_cautions(*sides(1, 5, rss=2.0, **head)) == ()


def test_what_is_not_known_or_of_too_few_runs_is_not_compared() -> None:
    base, head = sides(1, 5, rss=2.0)
    assert usage_cautions(base[:2], head[:2]) == ()
    unknown = base[0].with_(environment=base[0].environment.model_copy(update={"process": None}))
    assert usage_cautions([unknown, *base[1:]], head) == ()


def test_a_process_that_is_itself_the_benchmark_is_judged_by_its_metrics() -> None:
    base, head = (
        [
            Snapshot.build(
                bench_name="c",
                metrics={"max_rss_mb": {"units": "MB"}},
                samples={"max_rss_mb": [1.0]},
                environment=s.environment,
            )
            for s in side
        ]
        for side in sides(1, 5, cpu=1.5, rss=2.0)
    )
    assert whats(usage_cautions(base, head)) == ["more_cpu_time"]


def test_it_stands_among_the_cautions_unless_the_decision_says_it_already() -> None:
    found = compare(*sides(1, 5, cpu=1.5, rss=2.0))
    assert {"more_cpu_time", "more_memory"} <= set(whats(found))
    assert "more_cpu_time" not in whats(relevant(found, Decision.regressed))
    assert "more_cpu_time" in whats(relevant(found, Decision.improved))
    assert "more_memory" in whats(relevant(found, Decision.regressed))
