"""A job outlives who asked for it, and ends when nobody waits: by a clock of the test's own, without processes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from holobench_mcp.measure.jobs import ABANDONED_AFTER_S, CANCELLED, CLIENT_GONE, Job, Jobs
from holobench_mcp.measure.progress import Cancelled, Ending, Progress
from holobench_mcp.model import CaptureError, MeasurementDocument

AT = "2026-03-01T12:00:00+00:00"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def document(name: str = "sort", key: str | None = "k") -> MeasurementDocument:
    return MeasurementDocument(id=f"{name}-20260301T120000Z-0123ab", kind="revisions", key=key, started_at=AT)


def held(gate: threading.Event) -> Callable[[Job[str]], str]:
    """Work that is over when the gate opens."""

    def work(_: Job[str]) -> str:
        gate.wait(30)
        return "answer"

    return work


def test_an_answer_is_there_for_everyone_who_asks(clock: Clock) -> None:
    job = Jobs[str](clock).start(document(), lambda _: "answer")
    assert job.join(30) and job.is_over
    assert (job.answer(), job.answer()) == ("answer", "answer")


def test_what_a_job_fails_with_reaches_whoever_waits(clock: Clock) -> None:
    def fails(_: Job[str]) -> str:
        raise CaptureError("the base does not work")

    job = Jobs[str](clock).start(document(), fails)
    job.join(30)
    for _ in range(2):
        with pytest.raises(CaptureError, match="the base does not work"):
            job.answer()


def test_who_asks_for_the_same_joins_and_who_asks_for_another_does_not(clock: Clock) -> None:
    gate, jobs = threading.Event(), Jobs[str](clock)
    first = jobs.start(document(), held(gate))
    assert jobs.start(document("other-name"), held(gate)) is first  # of the same key
    second = jobs.start(document("a", "another"), held(gate))
    keyless = [jobs.start(document(name, None), held(gate)) for name in ("b", "c")]
    assert len({first.id, second.id, *(job.id for job in keyless)}) == 4
    assert jobs.newest() is keyless[1]
    gate.set()
    for job in (first, second, *keyless):
        assert job.join(30)
    assert jobs.start(document(), lambda _: "again") is not first, "one that is over is nobody's to join"


def test_one_that_is_told_to_end_is_not_joined(clock: Clock) -> None:
    gate, jobs = threading.Event(), Jobs[str](clock)
    first = jobs.start(document(), held(gate))
    first.end(CANCELLED)
    assert jobs.of_key("k") is None
    gate.set()


def test_nobody_waiting_for_two_minutes_ends_it_and_a_waiter_keeps_it(clock: Clock) -> None:
    gate = threading.Event()
    job = Jobs[str](clock).start(document(), held(gate))
    clock.now += ABANDONED_AFTER_S
    assert job.ending() is None
    with job.waiter():
        clock.now += 10 * ABANDONED_AFTER_S
        assert job.ending() is None
        with job.waiter():
            pass
        clock.now += 10 * ABANDONED_AFTER_S
        assert job.ending() is None, "the first still waits"
    clock.now += ABANDONED_AFTER_S
    assert job.ending() is None
    clock.now += 1
    ending = job.ending()
    assert ending is not None and ending.status == "interrupted" and "nobody has waited" in ending.why
    assert not job.at_once.is_set(), "its present process goes on to its end"
    gate.set()


@pytest.mark.parametrize("at_once", [False, True])
def test_a_lost_client_ends_all_of_them(clock: Clock, at_once: bool) -> None:
    endings: list[Ending | None] = []

    def work(job: Job[str]) -> str:
        while (ending := job.ending()) is None:
            threading.Event().wait(0.001)
        endings.append(ending)
        raise Cancelled("ended", ending)

    jobs = Jobs[str](clock)
    started = [jobs.start(document(name, name), work) for name in ("a", "b")]
    jobs.close(at_once=at_once)
    assert [job.is_over for job in started] == [True, True]
    assert endings == [CLIENT_GONE, CLIENT_GONE]
    assert [job.at_once.is_set() for job in started] == [at_once, at_once]


def test_the_time_left_runs_on_between_two_steps(clock: Clock) -> None:
    gate = threading.Event()
    job = Jobs[str](clock).start(document(), held(gate))
    assert job.seconds_left is None
    job.report(Progress("measuring sort (base)", 2, 10, 80.0))
    clock.now += 30
    assert job.seconds_left == 50.0
    clock.now += 300
    assert job.seconds_left == 0.0
    job.wait_for("another, since noon")
    assert [step.message for step in job.steps()] == [
        "measuring sort (base)",
        "waiting for another measurement of this machine: another, since noon",
    ]
    gate.set()


def test_old_jobs_are_forgotten_but_never_one_under_way(clock: Clock) -> None:
    gate, jobs = threading.Event(), Jobs[str](clock)
    first = jobs.start(document("first", "first"), held(gate))
    for n in range(30):
        assert jobs.start(document(f"n{n}", f"n{n}"), lambda _: "answer").join(30)
    assert jobs.get(document("n0").id) is None and jobs.get(document("n29").id) is not None
    assert jobs.get(first.id) is first
    gate.set()
