"""How long a measurement still takes, by a clock of the test's own: what comes before its first run that counts is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp.config import BenchmarkConfig
from holobench_mcp.measure.session import Session
from holobench_mcp.measure.time_left import Preparation


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def session(clock: Clock, *, runs: int = 10, done: int = 0, a_run: float | None = 5.0, **more: object) -> Session:
    warm_ups, before = more.pop("warm_ups", 2), more.pop("before", None)
    made = Session("sort", BenchmarkConfig(command=("true",)), Path(), runs, done=done, seconds_expected=a_run)
    made.preparation = Preparation(warm_ups, before, clock)  # type: ignore[arg-type]
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_warm_ups_of_a_measurement_that_is_gone_on_with_are_still_to_come() -> None:
    gone_on = session(Clock(), done=4)
    assert gone_on.estimate() == 6 * 5 + 2 * 5
    gone_on.preparation.warmed_up()
    assert gone_on.estimate() == 6 * 5 + 5
    gone_on.preparation.warmed_up()
    gone_on.preparation.warmed_up()
    assert gone_on.estimate() == 6 * 5


@pytest.mark.parametrize("passed", [0.0, 30.0, 95.0, 120.0])
def test_setups_take_what_they_took_before_and_no_less_than_the_warm_ups_behind_them(passed: float) -> None:
    clock = Clock()
    gone_on = session(clock, done=4, before=100.0)
    clock.now = passed
    assert gone_on.estimate() == 6 * 5 + max(100 - passed, 10)
    gone_on.preparation.end()
    assert gone_on.estimate() == 6 * 5
    assert gone_on.preparation.took == passed
    clock.now += 50
    gone_on.preparation.end()
    assert gone_on.preparation.took == passed, "it ends once"


def test_nothing_is_said_before_anything_is_known() -> None:
    assert session(Clock(), a_run=None).estimate() is None
    assert session(Clock(), a_run=None, before=60.0).estimate() is None


@pytest.mark.parametrize(
    ("limit", "done", "before", "left"),
    [
        (60.0, 20, None, 65.0),  # until the time is over, and the run that is then under way
        (2.0, 20, None, 20.0),  # its time is nearly over: warm-ups and one round all the same
        (-30.0, 20, 40.0, 50.0),  # it is over: set-ups, and one round
        (-30.0, 2, None, 30.0),  # no look was made: two more rounds, to the fewest
        (900.0, 96, None, 30.0),  # fewer runs are left than time
    ],
)
def test_a_measurement_with_a_time_ends_by_it_but_not_before_what_it_does_in_any_case(
    limit: float, done: int, before: float | None, left: float
) -> None:
    gone_on = session(Clock(), runs=100, done=done, before=before, ends_in=lambda: limit, fewest=6)
    assert gone_on.estimate() == left


def test_once_rounds_are_measured_only_those_count() -> None:
    clock = Clock()
    begun = session(clock, runs=100, done=8, ends_in=lambda: 12.0, fewest=6, before=100.0)
    begun.preparation.end()
    begun.seconds = [4.0, 4.0]
    assert begun.estimate() == 16.0
