"""Measures a configured benchmark as the working tree has it: several processes, recorded as one measurement."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from holobench_mcp.importers.quarantine_at_hand import quarantine_at_hand
from holobench_mcp.measure.plan import BenchmarkPlan, benchmark_document, now, own_process
from holobench_mcp.measure.progress import Ending, OnProgress, status_after
from holobench_mcp.measure.session import Record, Run, Session
from holobench_mcp.measure.tree_guard import run_guard
from holobench_mcp.model import MeasuredCode, Measurement, MeasurementDocument, RunRole

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

#: What to say of runs that are not all of one code.
_CHANGED = "The working tree changed between its runs, which are not all of the same code: measure again."


class BenchmarkMeasurement:
    """One measurement of one side, in the same steps as of two: prepare, rounds until it is over, finish."""

    def __init__(
        self,
        plan: BenchmarkPlan,
        *,
        record: Record,
        save: Callable[[MeasurementDocument], None],
        resumed: MeasurementDocument | None = None,
        progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
        ending: Callable[[], Ending | None] = lambda: None,
    ) -> None:
        self.session = Session(
            name=plan.name,
            config=plan.config,
            root=plan.root,
            runs=plan.runs,
            parameters=plan.parameters,
            label=plan.label,
            progress=progress,
            cancel=cancel,
            ending=ending,
        )
        self._record, self._save = record, save
        self._stack = ExitStack()
        begun = resumed or benchmark_document(plan)
        self.session.done = begun.rounds
        if begun.light is False:
            self.session.imports.stay_whole()
        self._code: tuple[object, ...] | None = None  #: that the first run was of
        self._seconds_before = begun.rounds * (begun.seconds_a_round or 0.0)
        self.document = begun.changed(
            owner=own_process(),
            rounds_planned=plan.runs,
            status="running",
            ended_at=None,
            stopped=None,
            head_failure=None,
            outcome=None,
        )

    def prepare(self) -> None:
        """Run the guard and warm up. Raises CaptureError for a guard or a benchmark that fails."""
        self._stack.enter_context(quarantine_at_hand())
        self._save(self.document)
        if (failure := run_guard(self.session, self.session.root)) is not None:
            self._changed(head_failure=failure)
            raise self.session.error(failure, None, self.session.root)
        for _ in range(self.session.config.warmup_runs):
            self._run(counts=False)

    def round(self) -> None:
        """Measure once more and record what it gave. Raises CaptureError for a benchmark that fails."""
        done = self.document.rounds
        # A run whose sweeps were not all recorded before it was broken off has a number of its own.
        number = max((role.run + 1 for role in self.document.roles), default=0)
        run = self._run(counts=True)
        roles = [self._recorded(snapshot, number, sweep) for sweep, snapshot in enumerate(run.snapshots)]
        first = run.snapshots[0]
        head = MeasuredCode(revision=first.source_revision, dirty=first.environment.git_dirty, label=self.session.label)
        self._code = self._code or _code_of(first)
        changed = _code_of(first) != self._code and _CHANGED not in self.document.notes
        mean = (self._seconds_before + sum(self.session.seconds)) / (done + 1)
        self._changed(
            roles=(*self.document.roles, *roles),
            rounds=done + 1,
            head=head,
            seconds_a_round=round(mean, 3),
            seconds_to_prepare=self.session.preparation.took,
            light=self.session.imports.light,
            notes=tuple(dict.fromkeys((*self.document.notes, *run.notes, *([_CHANGED] if changed else [])))),
        )

    @property
    def is_over(self) -> bool:
        """Whether all runs are done."""
        return self.document.rounds >= self.session.runs

    def finish(self) -> MeasurementDocument:
        """Say that it is over. Returns the document."""
        self._changed(status="finished", ended_at=now())
        return self.document

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        if self.document.status == "running":
            why = None if problem is None else str(problem)[:2000]
            self._changed(status=status_after(problem), ended_at=now(), stopped=why)

    def _run(self, *, counts: bool) -> Run:
        run = self.session.run(self.session.root, counts=counts)
        if run.again:
            run = self.session.run(self.session.root, counts=counts)
            self._changed(notes=self.session.imports.notes)
        if run.failure is not None:
            self._changed(head_failure=run.failure)
            raise self.session.error(run.failure, None, self.session.root)
        return run

    def _recorded(self, snapshot: Snapshot, number: int, sweep: int) -> RunRole:
        measured = Measurement(
            id=self.document.id,
            benchmark=self.session.name,
            run=number,
            runs=self.session.runs,
            sweep=sweep,
            measured_by="server",
            guarded=self.session.config.guard is not None,
        )
        result_id = self._record(snapshot.with_(measurement=measured))
        self.session.recorded += 1
        return RunRole(result_id=result_id, bench_name=snapshot.bench_name, run=number, sweep=sweep)

    def _changed(self, **values: Any) -> None:  # noqa: ANN401 - the document's fields
        self.document = self.document.changed(**values)
        self._save(self.document)


def _code_of(snapshot: Snapshot) -> tuple[object, ...]:
    """What tells the code of one run from another's."""
    known = snapshot.environment
    return snapshot.source_revision, known.git_commit, known.git_dirty, (known.model_extra or {}).get("git_diff_sha256")
