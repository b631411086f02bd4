"""How a call waits: signs of life by time, never longer than its client's patience, by a clock of the test's own."""

from __future__ import annotations

import itertools
import threading
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from holobench_mcp.measure.jobs import Job, Jobs
from holobench_mcp.measure.progress import Progress
from holobench_mcp.model import MeasurementDocument
from holobench_mcp.server.tools.waiting import wait, wait_for_answer
from holobench_mcp.workspace import underway

ID = "sort-20260301T120000Z-0123ab"


class Clock:
    """Time that passes only while somebody sleeps. what: called at each second that passes."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events: dict[float, Any] = {}

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        for time in [t for t in self.events if t <= self.now]:
            self.events.pop(time)()
        await anyio.lowlevel.checkpoint()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate() -> Any:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def job(clock: Clock, gate: threading.Event) -> Job[str]:
    document = MeasurementDocument(
        id=ID, kind="revisions", benchmark="sort", rounds_planned=5, started_at="2026-03-01T12:00:00+00:00"
    )

    def work(_: Job[str]) -> str:
        gate.wait(30)
        return "answer"

    return Jobs[str](clock).start(document, work)


def waited(job: Job[Any], clock: Clock, seconds: float) -> list[tuple[float, float, str | None]]:
    notices: list[tuple[float, float, str | None]] = []

    async def notify(step: float, _total: float | None, message: str | None) -> None:
        notices.append((clock.now, step, message))

    async def session() -> None:
        await wait(notify, job, clock() + seconds, clock=clock, sleep=clock.sleep)

    anyio.run(session)
    return notices


@pytest.mark.parametrize("patience", [0.0, 0.02, 45.0, 300.0])
def test_a_call_waits_as_long_as_it_may_and_no_longer(job: Job[str], clock: Clock, patience: float) -> None:
    waited(job, clock, patience)
    assert clock.now == pytest.approx(patience)
    assert not job.is_over


@pytest.mark.parametrize("holder", [None, "benchmark other, since noon, process 7"])
def test_a_notice_comes_at_least_every_ten_seconds_in_one_long_run_or_a_wait(
    job: Job[str], clock: Clock, holder: str | None
) -> None:
    job.report(Progress("measuring sort (base)", 1, 10, 600.0))
    if holder:
        job.wait_for(holder)
    notices = waited(job, clock, 120.0)
    times = [0.0, *(time for time, _, _ in notices), 120.0]
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) <= 10.0
    steps = [step for _, step, _ in notices]
    assert steps == sorted(set(steps)), "progress grows with every notice"
    assert len(notices) < 20, "nothing is said that is no news"
    if holder is None:
        assert "600 s left" in (notices[0][2] or "") and "0 of 5 rounds" in (notices[0][2] or "")
    else:
        assert holder in (notices[0][2] or "")


def test_what_is_news_is_told_at_once(job: Job[str], clock: Clock) -> None:
    clock.events = {
        1.0: lambda: job.report(Progress("measuring sort (base)", 0, 10)),
        2.0: lambda: job.report(Progress("measuring sort (head)", 1, 10)),
        3.0: lambda: job.report(Progress("measuring sort (base)", 1, 10)),  # a step back would be none
    }
    notices = waited(job, clock, 6.0)
    assert [round(time) for time, _, _ in notices] == [0, 1, 2, 3]
    assert [step for _, step, _ in notices] == sorted({step for _, step, _ in notices})


def test_what_is_still_running_says_how_far_it_is_and_what_waits_on(job: Job[str], clock: Clock) -> None:
    job.report(Progress("measuring sort (base)", 4, 10, 90.0))
    job.update(job.document.changed(rounds=2))
    clock.now += 20
    said = underway.running(job)
    assert (said.status, said.rounds_done, said.rounds_planned, said.seconds_left) == ("running", 2, 5, 70.0)
    assert said.next_step == f"wait_measurement(measurement='{ID}')"
    assert said.reason == "Measuring sort (base): 2 of 5 rounds are done, about 70 s left."
    job.wait_for("benchmark other, since noon, process 7")
    said = underway.running(job)
    assert said.status == "waiting" and "benchmark other, since noon, process 7" in said.reason
    assert "decision" not in said.model_dump()


@pytest.mark.parametrize("kind", ["revisions of", "benchmark"])
def test_the_same_that_another_server_measures_is_running_and_waits_for_nobody(job: Job[str], kind: str) -> None:
    job.update(job.document.changed(rounds=2))
    job.wait_for(f"{kind} sort ({ID}), since noon, process 7")
    said = underway.running(job)
    assert (said.status, said.rounds_done) == ("running", 2)
    assert said.reason == "Another process of this machine measures sort: 2 of 5 rounds are done."
    job.wait_for(f"{kind} sort ({ID[:-1]}c), since noon, process 7")
    assert underway.running(job).status == "waiting"


def test_a_cancelled_call_stops_waiting_at_once_and_the_measurement_goes_on(job: Job[str], clock: Clock) -> None:
    async def session() -> None:
        async def notify(*_: Any) -> None: ...

        with anyio.move_on_after(0.01) as scope:
            await wait(notify, job, clock() + 1e9, clock=clock, sleep=anyio.sleep)
        assert scope.cancelled_caught

    anyio.run(session)
    assert not job.is_over and job.ending() is None and not job.at_once.is_set()
    clock.now += 121
    assert job.ending() is not None


@pytest.mark.parametrize("status", ["finished", "stopped", "cancelled", "failed", "running"])
def test_what_has_ended_is_answered_however_little_a_call_waits(gate: threading.Event, status: str) -> None:
    """Its report takes a moment: meanwhile it is not called running."""
    document = MeasurementDocument(
        id=ID, kind="revisions", benchmark="sort", started_at="2026-03-01T12:00:00+00:00", status=status
    )
    said = underway.ended(document, None)

    def work(_: Job[Any]) -> Any:
        gate.wait(30)
        return said

    async def progress(*_: object) -> None:
        gate.set()  # as soon as somebody waits, which at once nobody does

    job = Jobs[Any]().start(document, work)
    context: Any = SimpleNamespace(report_progress=progress)
    services: Any = SimpleNamespace(config=None)
    answer = anyio.run(lambda: wait_for_answer(context, services, lambda: job, 0))
    assert answer.structured_content is not None
    expected = "running" if status == "running" else said.status
    assert answer.structured_content["status"] == expected
    assert ("next_step" in answer.structured_content) is (status in ("running", "finished", "stopped"))
