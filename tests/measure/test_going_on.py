"""Measurements that were broken off go on from their recorded rounds: without processes, which test_outliving_calls has."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from conftest import git, snapshot, until
from holobench_mcp.answers import RunningMeasurement
from holobench_mcp.capture import leases
from holobench_mcp.measure.jobs import ABANDONED_AFTER_S
from holobench_mcp.measure.machine_lock import machine_lock
from holobench_mcp.measure.progress import Cancelled
from holobench_mcp.measure.session import Run, Session
from holobench_mcp.model import CaptureError, IntegrityError, InvalidArgument, MeasurementOwner, Undecided
from holobench_mcp.workspace import Workspace, underway
from revisions import FAST, HONEST, SLOW, workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs process groups")


class Killed(BaseException):
    """Stands for the end of the server's process: nobody writes down how it ended."""


class Runs:
    """Runs of `tiny` that collect one sweep each; `kill_at` counts the measured ones, from 1."""

    def __init__(self) -> None:
        self.measured: list[str] = []
        self.warm_ups = 0
        self.kill_at = 0
        self.before_each = lambda: None
        self.diff = "a" * 64

    def run(self, session: Session, side: str | None, counts: bool) -> Run:
        self.before_each()
        session.end_if_asked()
        if not counts:
            self.warm_ups += 1
        else:
            if len(self.measured) + 1 == self.kill_at:
                raise Killed
            self.measured.append(side or "")
            session.seconds.append(0.1)
            session.done += 1
        n = len(self.measured) + self.warm_ups
        values = [[x + n / 1000 for x in point] for point in ((1.0, 1.1, 0.9), (2.0, 2.1, 1.9))]
        made = snapshot(values, bench="tiny", at=n % 60)
        of_code = made.environment.model_copy(update={"git_diff_sha256": self.diff})
        return Run((made.with_(environment=of_code),), 0.1)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    fake = Runs()

    def run(self: Session, _folder: Path, *, side: str | None = None, counts: bool = True, **_: Any) -> Run:
        return fake.run(self, side, counts)

    monkeypatch.setattr(Session, "run", run)
    return fake


@pytest.fixture
def project(configured: Path) -> Path:
    (configured / "product.py").write_text(SLOW)
    return configured


def killed(space: Workspace, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    """Measure until the process ends: what it would have written at its end is not written."""
    put = space.store.put_measurement
    with monkeypatch.context() as patched:
        gone = MeasurementOwner(lease="0" * 16, cache=leases.cache_id())
        patched.setattr(
            space.store,
            "put_measurement",
            lambda d: put(d.changed(owner=gone)) if d.status == "running" else None,
        )
        with pytest.raises(Killed):
            space.measuring.compare_revisions("tiny", **options)


@pytest.mark.parametrize("kill_at", [1, 2, 3, 4, 5, 6])
def test_rounds_that_are_recorded_count_and_half_of_one_does_not(
    project: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch, kill_at: int
) -> None:
    runs.kill_at = kill_at
    killed(workspace(project), monkeypatch, rounds=3)
    runs.kill_at = 0
    space = workspace(project)
    [before] = space.store.measurements()
    assert (before.status, before.rounds, len(before.roles)) == ("running", (kill_at - 1) // 2, kill_at - 1)
    report = space.measuring.compare_revisions("tiny", rounds=3)
    [after] = space.store.measurements()
    assert report.measurement == after.id == before.id
    assert after.rounds == 3 and set(before.roles) <= set(after.roles)
    places = [(role.side, role.run) for role in after.roles]
    assert len(places) == len(set(places))
    in_pairs = {run for _, run in places if {("base", run), ("head", run)} <= set(places)}
    assert len(in_pairs) == 3, "half a round is paired with nothing"
    assert len(runs.measured) == 6 + (kill_at - 1) % 2, "no more is measured again than the half round"
    goes_on = [note for note in after.notes if "goes on from" in note]
    assert len(goes_on) == (1 if before.rounds else 0)


@pytest.mark.parametrize("edit", ["another edit", "taken back", "committed", "a new file", "none"])
def test_an_answer_says_where_the_working_tree_is_another_by_then(project: Path, runs: Runs, edit: str) -> None:
    begun = (project / "product.py").read_text()

    def edited() -> None:
        if len(runs.measured) != 1:
            return
        if edit == "another edit":
            (project / "product.py").write_text(HONEST)
        elif edit == "taken back":
            git(project, "checkout", "product.py")
        elif edit == "committed":
            git(project, "commit", "--quiet", "--all", "--message", "the same files")
        elif edit == "a new file":
            (project / "new.py").write_text(begun)

    runs.before_each = edited
    report = workspace(project).measuring.compare_revisions("tiny", rounds=2)
    changed = edit in ("another edit", "taken back", "a new file")
    assert report.reason.startswith("The working tree has changed since") is changed
    if changed:
        assert report.next_step is not None and "compare_revisions(benchmark='tiny'" in report.next_step
        document = workspace(project).store.measurement(report.measurement)
        assert document is not None and document.outcome is not None
        assert "has changed since" not in document.outcome.reason, "which is of the code that was measured"


@pytest.mark.parametrize("edited_before", [1, 2, 3, None])
def test_runs_that_are_not_all_of_one_code_say_so(project: Path, runs: Runs, edited_before: int | None) -> None:
    def edited() -> None:
        runs.diff = ("b" if edited_before is not None and len(runs.measured) >= edited_before else "a") * 64

    runs.before_each = edited
    report = workspace(project).measuring.run_benchmark("tiny", runs=3)
    changed = edited_before in (1, 2)
    assert sum("not all of the same code" in note for note in report.notes) == changed


def test_a_larger_number_of_rounds_is_added_to_those_there_are(project: Path, runs: Runs) -> None:
    space = workspace(project)
    first = space.measuring.compare_revisions("tiny", rounds=2)
    again = space.measuring.compare_revisions("tiny", rounds=2)
    assert len(runs.measured) == 4 and again.measurement == first.measurement
    assert any("not measured again" in note for note in again.notes)
    more = workspace(project).measuring.compare_revisions("tiny", rounds=5)
    assert len(runs.measured) == 10 and more.measurement == first.measurement and more.rounds == 5
    document = space.store.measurement(first.measurement)
    assert document is not None
    assert [look.round for look in document.looks] == sorted({look.round for look in document.looks})
    assert document.looks[-1].round == 5 and sum(look.alpha for look in document.looks) <= 0.05 + 1e-9


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {"repeats": 4}},
        {"base": "HEAD~1"},
        {"head": "HEAD", "base": "HEAD~1"},
    ],
)
def test_what_changes_what_is_measured_is_another_measurement(project: Path, runs: Runs, change: dict) -> None:
    space = workspace(project)
    first = space.measuring.compare_revisions("tiny", base="HEAD", rounds=2)
    other = space.measuring.compare_revisions("tiny", **{"base": "HEAD", "rounds": 2, **change})
    assert other.measurement != first.measurement


def test_edited_code_and_an_edited_configuration_are_other_measurements(project: Path, runs: Runs) -> None:
    space = workspace(project)
    ids = [space.measuring.compare_revisions("tiny", rounds=2).measurement]
    (project / "product.py").write_text(FAST.replace("0.004", "0.005"))
    ids.append(space.measuring.compare_revisions("tiny", rounds=2).measurement)
    edited = space.config.benchmarks["tiny"].model_copy(update={"env": {"REPEATS": "{repeats}", "X": "1"}})
    space = workspace(project, tiny=edited.model_dump())
    ids.append(space.measuring.compare_revisions("tiny", rounds=2).measurement)
    longer = edited.model_copy(update={"timeout_s": 61.0, "description": "of no weight"})
    assert (
        workspace(project, tiny=longer.model_dump()).measuring.compare_revisions("tiny", rounds=2).measurement == ids[2]
    )
    assert len(set(ids)) == 3


def test_waiting_for_one_that_was_killed_goes_on_with_it_while_the_code_is_the_same(
    project: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.kill_at = 4
    killed(workspace(project), monkeypatch, rounds=2)
    runs.kill_at = 0
    space = workspace(project)
    [document] = space.store.measurements()
    job = space.measuring.find()
    assert job.id == document.id and job.join(60)
    assert job.answer().model_dump()["decision"] and len(runs.measured) == 5
    assert space.measuring.find(document.id) is job
    assert workspace(project).measuring.find(document.id[:-3]).join(60), "the beginning of an id is enough"


def test_waiting_for_one_whose_code_changed_says_what_is_recorded_and_what_to_call(
    project: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.kill_at = 4
    killed(workspace(project), monkeypatch, rounds=2)
    (project / "product.py").write_text(FAST)
    space = workspace(project)
    job = space.measuring.find()
    job.join(60)
    answer = job.answer()
    assert isinstance(answer, RunningMeasurement) and answer.status == "interrupted"
    assert "after 1 rounds of 2. 3 results are recorded. The code has changed since" in answer.reason
    assert answer.next_step == "compare_revisions(benchmark='tiny', rounds=2)"


def test_a_finished_one_is_answered_from_the_store_though_its_benchmark_is_gone(project: Path, runs: Runs) -> None:
    report = workspace(project).measuring.compare_revisions("tiny", rounds=2)
    space = workspace(project)
    space = Workspace(space.config.model_copy(update={"benchmarks": {}}))
    job = space.measuring.find(report.measurement)
    job.join(60)
    assert job.answer().model_dump()["decision"] == report.decision


def test_a_failed_one_says_why_and_goes_on_when_it_is_asked_for_again(project: Path, runs: Runs) -> None:
    def broken() -> None:
        if len(runs.measured) == 2:
            raise OSError(28, "No space left on device")

    runs.before_each = broken
    space = workspace(project)
    with pytest.raises(OSError, match="No space left"):
        space.measuring.compare_revisions("tiny", rounds=2)
    with pytest.raises(OSError, match="No space left"):
        space.measuring.find().answer()
    restarted = workspace(project).measuring.find()
    restarted.join(60)
    answer = restarted.answer()
    assert isinstance(answer, RunningMeasurement) and answer.status == "failed" and "No space left" in answer.reason
    runs.before_each = lambda: None
    assert space.measuring.compare_revisions("tiny", rounds=2).rounds == 2
    assert len(runs.measured) == 4


def test_one_that_nobody_waits_for_ends_after_its_present_process_and_goes_on_later(project: Path, runs: Runs) -> None:
    now = [0.0]
    space = workspace(project)
    space.measuring.jobs._clock = lambda: now[0]

    def pass_time() -> None:
        now[0] += ABANDONED_AFTER_S / 3

    runs.before_each = pass_time
    job = space.measuring.start_revisions("tiny", rounds=5)
    assert job.join(60)
    with pytest.raises(Cancelled, match="nobody has waited"):
        job.answer()
    assert job.document.status == "interrupted" and space.store.measurement(job.id) == job.document
    runs.before_each = lambda: None
    again = space.measuring.find(job.id)
    assert again is not job and again.join(60) and again.document.rounds == 5


def test_who_is_cancelled_while_it_waits_for_the_machine_says_so(project: Path, runs: Runs) -> None:
    space = workspace(project)
    with machine_lock("benchmark of another project"):
        job = space.measuring.start_revisions("tiny", rounds=2)
        with job.waiter():
            while job.state.holder is None:
                threading.Event().wait(0.01)
            assert space.store.measurement(job.id) is not None, "a restart would find it"
            ended = space.measuring.cancel(job.id)
    assert ended.status == "cancelled" and "Nothing is recorded" in ended.reason
    assert ended.next_step == "compare_revisions(benchmark='tiny', rounds=2)"
    document = space.store.measurement(job.id)
    assert document is not None and document.status == "cancelled"
    waited = space.measuring.find(job.id)
    waited.join(60)
    assert waited.answer().model_dump()["status"] == "cancelled", "what somebody ended is not gone on with by itself"


@pytest.mark.parametrize("first", ["revisions", "benchmark"])
def test_who_waits_for_a_measurement_of_the_same_server_learns_how_to_end_it(
    project: Path, runs: Runs, first: str
) -> None:
    """An agent that has edited its code meanwhile asks anew, and wants the answer about its last edit no more."""
    measuring, begun, go_on = workspace(project).measuring, threading.Event(), threading.Event()

    def held() -> None:
        begun.set()
        go_on.wait(30)

    runs.before_each = held
    old = measuring.start_revisions("tiny", rounds=2) if first == "revisions" else measuring.start_benchmark("tiny")
    with old.waiter():
        assert begun.wait(30)
        (project / "product.py").write_text(HONEST)
        new = measuring.start_revisions("tiny", rounds=2)
        with new.waiter():
            until(lambda: new.state.holder is not None)
            reason = underway.running(new).reason
            go_on.set()
            assert old.id in reason and "which cancel_measurement ends" in reason
            new.join(60)
            old.join(60)


def test_what_another_process_measures_is_not_ours_to_cancel(project: Path, runs: Runs) -> None:
    space = workspace(project)
    report = space.measuring.compare_revisions("tiny", rounds=2)
    document = space.store.measurement(report.measurement)
    assert document is not None
    other = MeasurementOwner(lease=leases.own_token(), cache="e" * 16)
    space.store.put_measurement(document.changed(status="running", owner=other))
    with pytest.raises(InvalidArgument, match="measured by another process"):
        workspace(project).measuring.cancel(report.measurement)


@pytest.mark.parametrize("name", ["", "tiny", "TINY-20260101T000000Z-000000", "../measurements/x", "é" * 300])
def test_an_id_that_is_none_is_told_with_the_nearest(project: Path, runs: Runs, name: str) -> None:
    space = workspace(project)
    with pytest.raises(InvalidArgument, match="nothing was measured yet"):
        space.measuring.find(name)
    ids = [
        space.measuring.compare_revisions("tiny", rounds=2).measurement,
        space.measuring.compare_revisions("tiny", rounds=2, parameters={"repeats": 4}).measurement,
    ]
    with pytest.raises(InvalidArgument, match=r"^measurement: ") as refused:
        workspace(project).measuring.find(name)
    assert any(known in str(refused.value) for known in ids)


def test_two_servers_that_are_asked_for_the_same_measure_it_once(project: Path, runs: Runs) -> None:
    gate = threading.Event()
    runs.before_each = lambda: gate.wait(60)
    first = workspace(project).measuring.start_revisions("tiny", rounds=2)
    second = workspace(project).measuring.start_revisions("tiny", rounds=2)
    while first.state.holder is None and second.state.holder is None:
        threading.Event().wait(0.01)
    gate.set()
    assert first.join(60) and second.join(60)
    assert first.id == second.id and len(runs.measured) == 4
    ours, theirs = first.answer().model_dump(), second.answer().model_dump()
    assert ours["decision"] == theirs["decision"] and ours["rounds"] == theirs["rounds"] == 2


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 1}'])
def test_one_whose_document_is_damaged_says_what_to_do(project: Path, runs: Runs, damage: str) -> None:
    done = workspace(project).measuring.compare_revisions("tiny", rounds=2)
    place = project / ".holobench" / "measurements" / f"{done.measurement}.json"
    place.write_text(damage)
    for ask in (lambda m: m.find(done.measurement), lambda m: m.cancel(done.measurement), lambda m: m.find()):
        with pytest.raises(IntegrityError, match="ask for it again, with compare_revisions or run_benchmark"):
            ask(workspace(project).measuring)
    assert workspace(project).measuring.compare_revisions("tiny", rounds=2).measurement != done.measurement


def test_what_failed_is_told_in_one_line_by_another_server(project: Path, runs: Runs) -> None:
    def fails() -> None:
        raise CaptureError("tiny failed with exit status 1. The end of its output:\nTraceback\n  here\nError: boom")

    runs.before_each = fails
    with pytest.raises(CaptureError):
        workspace(project).measuring.compare_revisions("tiny", rounds=2)
    space = workspace(project)
    job = space.measuring.find()
    job.join(10)
    said = job.answer()
    assert isinstance(said, RunningMeasurement) and said.status == "failed"
    assert "tiny failed with exit status 1. It ended with: here | Error: boom. Nothing is recorded." in said.reason
    with pytest.raises(Undecided, match="failed") as problem:
        space.compare()
    again = space.measuring.undecided(problem.value)
    assert (again.reason, again.next_step) == (said.reason, "compare_revisions(benchmark='tiny', rounds=2)")
