"""Measures a configured benchmark as the working tree has it: several processes, recorded as one measurement."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from holobench_mcp.measure.plan import new_measurement_id, now
from holobench_mcp.measure.session import Cancelled, Record, Run, Session
from holobench_mcp.model import MeasuredCode, Measurement, MeasurementDocument, MeasurementStatus, RunRole

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot


class BenchmarkMeasurement:
    """One measurement of one side, in the same steps as of two: prepare, rounds until it is over, finish."""

    def __init__(self, session: Session, *, record: Record, save: Callable[[MeasurementDocument], None]) -> None:
        self.session = session
        self._record, self._save = record, save
        self.document = MeasurementDocument(
            id=new_measurement_id(session.name),
            kind="benchmark",
            benchmark=session.name,
            command=session.config.command,
            parameters=dict(session.parameters),
            head=MeasuredCode(label=session.label),
            rounds_planned=session.runs,
            started_at=now(),
        )

    def prepare(self) -> None:
        """Warm up. Raises CaptureError for a benchmark that fails."""
        self._save(self.document)
        for _ in range(self.session.config.warmup_runs):
            self._run(counts=False)

    def round(self) -> None:
        """Measure once more and record what it gave. Raises CaptureError for a benchmark that fails."""
        number = self.document.rounds
        run = self._run(counts=True)
        roles = [self._recorded(snapshot, number, sweep) for sweep, snapshot in enumerate(run.snapshots)]
        first = run.snapshots[0]
        head = MeasuredCode(revision=first.source_revision, dirty=first.environment.git_dirty, label=self.session.label)
        mean = sum(self.session.seconds) / len(self.session.seconds)
        self._changed(
            roles=(*self.document.roles, *roles), rounds=number + 1, head=head, seconds_a_round=round(mean, 3)
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
        if self.document.status == "running":
            ended: MeasurementStatus = "cancelled" if isinstance(problem, Cancelled | KeyboardInterrupt) else "failed"
            self._changed(status=ended, ended_at=now(), stopped=None if problem is None else str(problem)[:2000])

    def _run(self, *, counts: bool) -> Run:
        run = self.session.run(self.session.root, counts=counts)
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
        )
        result_id = self._record(snapshot.with_(measurement=measured))
        self.session.recorded += 1
        return RunRole(result_id=result_id, bench_name=snapshot.bench_name, run=number, sweep=sweep)

    def _changed(self, **values: Any) -> None:  # noqa: ANN401 - the document's fields
        self.document = self.document.changed(**values)
        self._save(self.document)
