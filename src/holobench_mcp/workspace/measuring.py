"""Running benchmarks, as a use case: which may be run, what is measured for whom, and who waits for it.

Every measurement is a job with an id; what asks for it joins the one that is under way, goes on from the rounds that
are recorded, or is given the answer that is there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from holobench_mcp import holobench_versions
from holobench_mcp.answers import BenchmarkList, MeasurementReport, RevisionReport, RunningMeasurement
from holobench_mcp.config import MAX_RUNS, BenchmarkConfig, cache_folder, problems
from holobench_mcp.model import (
    ComparisonDocument,
    IntegrityError,
    InvalidArgument,
    MeasurementDocument,
    MeasurementRequest,
    Undecided,
)
from holobench_mcp.workspace import resuming, underway
from holobench_mcp.workspace.benchmarks import list_benchmarks
from holobench_mcp.workspace.library import Library

if TYPE_CHECKING:
    from holobench_mcp.measure.jobs import Job
    from holobench_mcp.measure.plan import RevisionPlan
    from holobench_mcp.measure.progress import OnProgress
    from holobench_mcp.workspace.work import Answer, Work

#: Compares two results by their names, the baseline first.
Compare = Callable[[str, str], ComparisonDocument]
#: Measurements of a benchmark that are searched for an earlier one of the same.
_SEARCHED = 20
#: How long rounds go on that nobody gave a number or a time.
AUTO_SECONDS = 120.0
#: How long a measurement that is cancelled may take to end its process.
_ENDS_S = 15.0


class Measuring:
    """Runs what a person has configured, and records it. Thread-safe."""

    def __init__(self, library: Library, compare: Compare, clock: Callable[[], float] = time.monotonic) -> None:
        from holobench_mcp.measure.jobs import Jobs

        self._config = library.config
        self._library, self._compare = library, compare
        self._store = library.store
        self._starting = threading.Lock()
        self.jobs: Jobs[Answer] = Jobs(clock)

    def list_benchmarks(self) -> BenchmarkList:
        """The benchmarks that the configuration allows to run."""
        return list_benchmarks(self._library)

    # ------------------------------------------------------------------ asking for a measurement

    def start_benchmark(
        self,
        benchmark: str,
        *,
        label: str | None = None,
        runs: int | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> Job[Answer]:
        """Measure a configured benchmark as the working tree has it: `runs` processes, recorded as one measurement.

        Raises InvalidArgument for what the configuration does not allow.
        """
        from holobench_mcp.measure.plan import BenchmarkPlan
        from holobench_mcp.measure.session import parameter_values
        from holobench_mcp.workspace.work import BenchmarkWork

        config = self._benchmark(benchmark)
        if runs is not None and not 1 <= runs <= MAX_RUNS:
            raise InvalidArgument(f"runs: from 1 to {MAX_RUNS}, not {runs}.")
        if label is not None and not (label.isprintable() and 0 < len(label.strip()) <= 100):
            raise InvalidArgument("label: 1 to 100 printable characters.")
        values = parameter_values(benchmark, config, parameters or {})
        plan = BenchmarkPlan(benchmark, config, self._config.root, runs or config.runs, label, values)
        return self._start(BenchmarkWork(self._library, plan))

    def start_revisions(
        self,
        benchmark: str,
        *,
        base: str = "merge-base",
        head: str = "worktree",
        rounds: int | Literal["auto"] = "auto",
        max_seconds: float | None = None,
        parameters: Mapping[str, object] | None = None,
        config: BenchmarkConfig | None = None,
        cwd: Path | None = None,
        asked_by: Literal["agent", "person"] = "agent",
    ) -> Job[Answer]:
        """Measure two revisions in interleaved rounds, and compare them.

        config: a benchmark that a person gives on the command line, in place of a configured one; it runs where `cwd`
        is in the project, in each side's tree. asked_by: whether the next step is a call of a tool or a command.
        max_seconds: of "auto" 120 unless given. Raises InvalidArgument, CaptureError for what is no revision, and
        UnsupportedHolobench.
        """
        from holobench_mcp.measure.plan import RevisionPlan
        from holobench_mcp.measure.session import parameter_values

        measured = self._in_folder(config, cwd) if config is not None else self._benchmark(benchmark)
        holobench_versions.check_installed()  # or minutes would go by before the comparison says so
        plan = RevisionPlan(
            name=benchmark,
            config=measured,
            root=self._config.root,
            base=base,
            head=head,
            rounds=rounds,
            max_seconds=AUTO_SECONDS if max_seconds is None and rounds == "auto" else max_seconds,
            parameters=parameter_values(benchmark, measured, parameters or {}),
            by_hand=config is not None,
            notes=() if config is not None else problems(self._config, benchmark),
        )
        return self._start(self._of_revisions(plan, by_person=asked_by == "person" or config is not None))

    def run_benchmark(
        self,
        benchmark: str,
        *,
        label: str | None = None,
        runs: int | None = None,
        parameters: Mapping[str, object] | None = None,
        progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> MeasurementReport:
        """The same as start_benchmark, waited for. Raises CaptureError for a benchmark that fails, or is cancelled."""
        job = self.start_benchmark(benchmark, label=label, runs=runs, parameters=parameters)
        return cast("MeasurementReport", underway.wait(job, progress, cancel))

    def compare_revisions(
        self,
        benchmark: str,
        *,
        base: str = "merge-base",
        head: str = "worktree",
        rounds: int | Literal["auto"] = "auto",
        max_seconds: float | None = None,
        parameters: Mapping[str, object] | None = None,
        progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
        config: BenchmarkConfig | None = None,
        cwd: Path | None = None,
        asked_by: Literal["agent", "person"] = "agent",
    ) -> RevisionReport:
        """The same as start_revisions, waited for.

        Raises CaptureError for a base that can't be measured; a head that can't is an answer.
        """
        job = self.start_revisions(
            benchmark,
            base=base,
            head=head,
            rounds=rounds,
            max_seconds=max_seconds,
            parameters=parameters,
            config=config,
            cwd=cwd,
            asked_by=asked_by,
        )
        return cast("RevisionReport", underway.wait(job, progress, cancel))

    # ------------------------------------------------------------------ asking after one

    def find(self, measurement: str | None = None) -> Job[Answer]:
        """The job of a measurement: under way, over, or gone on with where it was broken off and nothing changed.

        measurement: its id, or the beginning of one; None for the one under way, or the newest. What can't be gone on
        with is a job whose answer is a RunningMeasurement that says why. Raises InvalidArgument.
        """
        job = self.jobs.newest() if measurement is None else self.jobs.get(measurement)
        if job is not None and (not job.is_over or resuming.is_answered(job.document)):
            return job
        document = job.document if job is not None else self._document(measurement)
        if job is not None and document.status == "failed":
            return job
        return self._take_up(document)

    def look_at(self, measurement: str) -> Job[Answer]:
        """The job of a measurement as it is, without measuring anything: whoever only looks on begins nothing.

        One that no job of this process has is a job whose answer is there at once. Raises InvalidArgument.
        """
        from holobench_mcp.measure.jobs import Job

        if (job := self.jobs.get(measurement)) is not None:
            return job
        document = self._document(measurement)
        if resuming.is_answered(document):
            return self._take_up(document)
        if resuming.is_alive(document):
            looking: Job[Answer] = Job(document, lambda _: underway.elsewhere(document))
        else:
            looking = Job(document, lambda _: underway.ended(document, self._call(document)))
        looking.thread.start()
        return looking

    def cancel(self, measurement: str) -> RunningMeasurement:
        """End a measurement at once. What was recorded until then. Raises InvalidArgument."""
        from holobench_mcp.measure.jobs import CANCELLED

        job = self.jobs.get(measurement)
        document = job.document if job is not None else self._document(measurement)
        if job is None:
            job = self.jobs.get(document.id)
        if job is not None and not job.is_over:
            job.end(CANCELLED, at_once=True)
            job.join(_ENDS_S)
            document = self._library.measurement(job.id) or job.document
        if resuming.is_measured_elsewhere(document):
            raise InvalidArgument(
                f"measurement: {document.id} is measured by another process, which alone can end it: another client's "
                "server, or `holobench-mcp ab`."
            )
        if not resuming.is_answered(document) and document.status != "cancelled":
            document = document.changed(status="cancelled", ended_at=document.ended_at or _now().isoformat())
            self._library.put_measurement(document)
        return underway.ended(document, self._call(document))

    def undecided(self, problem: Undecided) -> RunningMeasurement:
        """What to say in place of a decision that is not there yet, and the call that leads to it."""
        document = self._document(problem.measurement)
        said = underway.ended(document, self._call(document))
        if document.status == "failed":
            return said  # with what it failed with, and the call that measures it again
        alive = resuming.is_alive(document)
        step = said.next_step if document.status == "cancelled" else f"wait_measurement(measurement={document.id!r})"
        status = "running" if alive else said.status
        return said.model_copy(update={"status": status, "reason": str(problem), "next_step": step})

    def with_call(self, document: ComparisonDocument, sides: Mapping[str, str]) -> ComparisonDocument:
        """A comparison whose next step is the literal call for it. sides: how they were named, if they were."""
        from holobench_mcp.workspace.next_calls import unconfigured, with_call, with_margin_call

        if document.next_step is None:
            return document
        document = document.model_copy(update={"next_step": with_margin_call(document.next_step, sides)})
        if document.candidate.result_id is None:
            return document
        measured = self._store.manifest(document.candidate.result_id).measurement
        if measured is None or measured.benchmark is None:
            return document
        if measured.benchmark not in self._config.benchmarks:
            return unconfigured(document, measured.benchmark)
        recorded = self._library.measurement(measured.id)
        if recorded is None or recorded.request is None:
            return document
        return with_call(document, recorded, self._work_of(recorded, measures=False).plan)

    def close(self, *, at_once: bool = False, timeout: float | None = None) -> None:
        """Let all measurements end, after their present process or at once, and wait until they have."""
        self.jobs.close(at_once=at_once, timeout=timeout)

    # ------------------------------------------------------------------ parts

    def _start(self, work: Work, known: MeasurementDocument | None = None) -> Job[Answer]:
        """Join the same measurement, go on from what is recorded of it, give its answer again, or begin it.

        known: the one that is to be gone on with, whatever others there are.
        """
        with self._starting:
            asked = work.document()
            if (running := self.jobs.of_key(asked.key)) is not None:
                return running
            if known is None:
                before = resuming.earlier(self._recorded(asked), asked, _now())
                if before is not None and not before.goes_on and not self._changed_since(before.document):
                    return self.jobs.start(before.document, lambda _: work.again(before.document))
                known = before.document if before is not None and before.goes_on else asked
            if known is asked:
                self._library.put_measurement(asked)
            return self.jobs.start(
                known, underway.guarded(work, self._library.put_measurement, self._library.spool.sentence)
            )

    def _recorded(self, asked: MeasurementDocument) -> list[MeasurementDocument]:
        """The newest measurements of the same benchmark."""
        name = asked.id.rsplit("-", 2)[0]
        return self._store.measurements(_SEARCHED, name) if self._store.exists() else []

    def _take_up(self, document: MeasurementDocument) -> Job[Answer]:
        """Go on with a measurement that no job of this process has, or say what became of it."""
        if resuming.is_answered(document):
            reporting = self._work_of(document, measures=False)
            return self.jobs.start(document, lambda _: reporting.report(document))
        if document.request is None or document.benchmark not in self._config.benchmarks:
            return self.jobs.start(document, lambda _: underway.ended(document, None))
        work = self._work_of(document)
        if document.status in ("cancelled", "failed"):
            return self.jobs.start(document, lambda _: underway.ended(document, work.call()))
        asked = work.document()
        if asked.key is not None and asked.key == document.key:
            return self._start(work, document)
        if resuming.is_measured_elsewhere(document):
            return self.jobs.start(document, lambda job: underway.follow(job, self._library.measurement, work))
        return self.jobs.start(document, lambda _: underway.ended(document, work.call(), changed=True))

    def _work_of(self, document: MeasurementDocument, *, measures: bool = True) -> Work:
        """What a document plans, as the configuration has it now. measures: or only reports what is recorded."""
        from holobench_mcp.measure.plan import BenchmarkPlan, RevisionPlan
        from holobench_mcp.workspace.work import BenchmarkWork, RevisionsWork

        name, root = document.benchmark or "command", self._config.root
        config = self._config.benchmarks.get(name) or BenchmarkConfig(command=document.command or ("?",))
        request = document.request or MeasurementRequest(rounds=max(document.rounds_planned, 2))
        parameters = {key: str(value) for key, value in document.parameters.items()}
        if document.kind == "benchmark":
            runs = document.rounds_planned
            return BenchmarkWork(self._library, BenchmarkPlan(name, config, root, runs, request.label, parameters))
        plan = RevisionPlan(
            name, config, root, request.base, request.head, request.rounds, document.max_seconds, parameters
        )
        if measures:
            return self._of_revisions(plan, by_person=False)
        return RevisionsWork(self._library, plan, self._compare, by_person=False)

    def _of_revisions(self, plan: RevisionPlan, *, by_person: bool) -> Work:
        from holobench_mcp.measure.revision_choice import choose_revisions
        from holobench_mcp.workspace.work import RevisionsWork

        revisions = choose_revisions(plan.root, plan.base, plan.head)
        return RevisionsWork(self._library, plan, self._compare, by_person, revisions)

    def _changed_since(self, document: MeasurementDocument) -> bool:
        """Whether what the working tree's runs read may have changed, where git would not know."""
        ended = datetime.fromisoformat(document.ended_at or document.started_at)
        ours = (cache_folder(), Path(self._config.store))
        return document.kind == "benchmark" and resuming.changed_since(self._config.root, ended, ours)

    def _document(self, measurement: str | None) -> MeasurementDocument:
        """The stored document of an id, or the newest. Raises InvalidArgument with the nearest ids."""
        ids = self._store.measurement_ids() if self._store.exists() else []
        chosen = underway.named(measurement, ids)
        try:
            document = self._library.measurement(chosen)
        except IntegrityError as problem:
            raise IntegrityError(
                f"{str(problem).rstrip('.')}. What it measured can't be gone on with: ask for it again, with "
                "compare_revisions or run_benchmark, which begins anew."
            ) from problem
        if document is None:
            raise InvalidArgument(f"measurement: the document of {chosen} is gone from the store.")
        return document

    def _call(self, document: MeasurementDocument) -> str | None:
        known = document.request is not None and document.benchmark in self._config.benchmarks
        return self._work_of(document, measures=False).call() if known else None

    def _benchmark(self, name: str) -> BenchmarkConfig:
        if name in self._config.benchmarks:
            return self._config.benchmarks[name]
        known = ", ".join(self._config.benchmarks) or "none"
        raise InvalidArgument(
            f"benchmark: the configuration has no {name!r:.80}; it has {known}. Only a person can add one, under "
            "[tool.holobench-mcp.benchmarks] in pyproject.toml."
        )

    def _in_folder(self, config: BenchmarkConfig, cwd: Path | None) -> BenchmarkConfig:
        """A command given by hand, run where it was given: the same folder in each side's tree."""
        root = self._config.root.resolve()
        where = (cwd or root).resolve()
        if not where.is_relative_to(root):
            return config
        return config.model_copy(update={"cwd": where.relative_to(root).as_posix()})


def _now() -> datetime:
    return datetime.now(UTC)
