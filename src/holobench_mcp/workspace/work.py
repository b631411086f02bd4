"""The two kinds of measurement as use cases: what is planned, how a job measures it, and the report of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from holobench_mcp.answers import MeasurementReport, RevisionReport, RunningMeasurement
from holobench_mcp.config import FEWEST_ROUNDS
from holobench_mcp.measure.benchmark import BenchmarkMeasurement
from holobench_mcp.measure.jobs import Job
from holobench_mcp.measure.machine_lock import machine_lock
from holobench_mcp.measure.plan import (
    BenchmarkPlan,
    RevisionPlan,
    benchmark_document,
    chosen_parameters,
    revisions_document,
)
from holobench_mcp.measure.revision_choice import has_changed_since
from holobench_mcp.measure.revisions import RevisionMeasurement
from holobench_mcp.measure.time_left import Preparation
from holobench_mcp.model import ComparisonDocument, InvalidArgument, MeasurementDocument, NotComparable, UnknownResult
from holobench_mcp.workspace import resuming, revision_report
from holobench_mcp.workspace.intake import benches_given
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.pairs import BASELINE, pair_of
from holobench_mcp.workspace.rounds import measure_rounds

if TYPE_CHECKING:
    from holobench_mcp.measure.revision_choice import Revisions

#: How often the document of a measurement is read that another process measures.
_FOLLOWED_S = 2.0

#: What a measurement comes to; a RunningMeasurement for one that has no answer.
Answer = MeasurementReport | RevisionReport | RunningMeasurement
#: Compares two results by their names, the baseline first.
Compare = Callable[[str, str], ComparisonDocument]


class Work(Protocol):
    """What is planned, before anything of it is measured."""

    @property
    def plan(self) -> BenchmarkPlan | RevisionPlan:
        """Which it is."""
        ...

    def document(self) -> MeasurementDocument:
        """The document that a new measurement of it begins with."""
        ...

    def measure(self, job: Job[Answer]) -> Answer:
        """Measure what is not measured yet, in the job's thread."""
        ...

    def report(self, document: MeasurementDocument) -> Answer:
        """What a measurement that came to its end is answered with, from what is stored."""
        ...

    def again(self, document: MeasurementDocument) -> Answer:
        """The same where it is asked for again, with a note that says so."""
        ...

    def call(self) -> str:
        """The call that asks for it, in the words of whoever asked."""
        ...


@dataclass(frozen=True)
class BenchmarkWork:
    """Measuring the working tree."""

    library: Library
    plan: BenchmarkPlan

    def document(self) -> MeasurementDocument:
        """The document that a new measurement begins with."""
        return benchmark_document(self.plan)

    def measure(self, job: Job[Answer]) -> MeasurementReport:
        """Measure the runs that are not recorded yet."""
        with _in_turn(f"benchmark {self.plan.name}", self.library, job):
            document = self.library.measurement(job.id) or job.document
            if resuming.is_answered(document) and document.rounds >= self.plan.runs:
                return self.report(document)  # another process has measured it meanwhile
            with BenchmarkMeasurement(
                self.plan,
                record=self.library.record,
                save=_saver(self.library, job),
                resumed=document,
                progress=job.report,
                cancel=job.at_once,
                ending=job.ending,
            ) as measurement:
                measurement.session.seconds_expected = document.seconds_a_round
                measurement.session.preparation = Preparation(self.plan.config.warmup_runs, document.seconds_to_prepare)
                measurement.session.gave_before = benches_given(self.library, benchmark=self.plan.name)
                measurement.prepare()
                while not measurement.is_over:
                    measurement.round()
                finished = measurement.finish()
        return self.report(finished, _before(document))

    def again(self, document: MeasurementDocument) -> MeasurementReport:
        """The report where it is asked for again."""
        more = f"runs={min(2 * document.rounds, 100)} measures more"
        return self.report(document, (_age_note(document, more),))

    def call(self) -> str:
        """The call that measures it."""
        plan = self.plan
        arguments = [f"benchmark={plan.name!r}"]
        arguments += [f"label={plan.label!r}"] if plan.label else []
        arguments += [f"runs={plan.runs}"] if plan.runs != plan.config.runs else []
        chosen = chosen_parameters(plan.config, plan.parameters)
        arguments += [f"parameters={chosen!r}"] if chosen else []
        return f"run_benchmark({', '.join(arguments)})"

    def report(self, document: MeasurementDocument, notes: tuple[str, ...] = ()) -> MeasurementReport:
        """What was recorded."""
        newest = document.roles[-1].result_id
        return MeasurementReport(
            measurement=document.id,
            benchmark=self.plan.name,
            runs=document.rounds,
            result_ids=tuple(role.result_id for role in document.roles),
            seconds=document.rounds * (document.seconds_a_round or 0.0),
            next_step=self._next_step(newest),
            notes=(*notes, *document.notes),
        )

    def _next_step(self, newest: str) -> str:
        """The call that compares what was measured; where nothing else was, the one that comes before."""
        try:
            pair_of(self.library, BASELINE, self.library.store.manifest(newest), by_name=False)
        except UnknownResult:
            return f"Nothing older was measured. After the change call {self.call()} again, then compare_results()."
        return f"compare_results(candidate={newest!r}) compares it with the baseline, or with what was measured before."


@dataclass(frozen=True)
class RevisionsWork:
    """Measuring two revisions in turn, and comparing them."""

    library: Library
    plan: RevisionPlan
    compare: Compare
    by_person: bool
    revisions: Revisions | None = field(default=None)  #: None where only what is recorded is reported

    def document(self) -> MeasurementDocument:
        """The document that a new measurement begins with."""
        if self.revisions is None:
            raise ValueError("no revisions were chosen")
        return revisions_document(self.plan, self.revisions)

    def measure(self, job: Job[Answer]) -> RevisionReport:
        """Measure the rounds that are not recorded yet, and compare both sides."""
        with _in_turn(f"revisions of {self.plan.name}", self.library, job):
            document = self.library.measurement(job.id) or job.document
            if resuming.is_answered(document) and not resuming.needs_more(document, self.document()):
                return self.report(document)  # another process has measured it meanwhile
            with RevisionMeasurement(
                self.plan,
                record=self.library.record,
                save=_saver(self.library, job),
                revisions=self.revisions,
                resumed=document,
                progress=job.report,
                cancel=job.at_once,
                ending=job.ending,
            ) as measurement:
                if document.seconds_a_round is not None:
                    measurement.session.seconds_expected = document.seconds_a_round / 2
                warm_ups = 2 * max(1, self.plan.config.warmup_runs)
                measurement.session.preparation = Preparation(warm_ups, document.seconds_to_prepare)
                measurement.session.fewest = 2 * FEWEST_ROUNDS if self.plan.rounds == "auto" else 0
                if not self.plan.by_hand:
                    measurement.session.gave_before = benches_given(self.library, benchmark=self.plan.name)
                measurement.prepare()
                finished = measurement.finish(measure_rounds(measurement, self.library))
        report = self.report(finished)
        _saver(self.library, job)(finished.changed(outcome=revision_report.outcome(report)))
        if self.revisions is None or not has_changed_since(self.plan.root, self.revisions):
            return report
        reason = f"The working tree has changed since; as it was when this measurement began: {report.reason}"
        return report.model_copy(update={"reason": reason, "next_step": report.next_step or self.call()})

    def again(self, document: MeasurementDocument) -> RevisionReport:
        """The report where it is asked for again."""
        report = self.report(document)
        more = f"a larger rounds than {document.rounds} measures on"
        return report.model_copy(update={"notes": (_age_note(document, more), *report.notes)})

    def call(self) -> str:
        """The call that measures it."""
        return revision_report.literal_call(self.plan, self.plan.rounds, by_person=self.by_person).strip("`")

    def report(self, document: MeasurementDocument) -> RevisionReport:
        """The comparison of each sweep that both sides gave, as one decision."""
        comparisons, not_comparable = [], []
        for base_id, head_id in revision_report.last_pairs(document):
            try:
                comparisons.append(self.compare(base_id, head_id))
            except (NotComparable, InvalidArgument) as problem:
                not_comparable.append(str(problem))
        return revision_report.report(
            document, comparisons, self.plan, not_comparable=not_comparable, by_person=self.by_person
        )


@contextmanager
def _in_turn(what: str, library: Library, job: Job[Answer]) -> Iterator[None]:
    """Hold the machine's lock. While another process holds it, and measures the same, its rounds are ours to tell."""
    looked = [-_FOLLOWED_S]

    def on_wait(holder: str) -> None:
        # Of this server's own, an agent that has edited its code meanwhile may want no answer any more.
        own = holder.endswith(f"process {os.getpid()}")
        job.wait_for(f"{holder}, which cancel_measurement ends where it is wanted no more" if own else holder)
        if time.monotonic() - looked[0] > _FOLLOWED_S:
            looked[0] = time.monotonic()
            job.update(library.measurement(job.id) or job.document)

    with machine_lock(f"{what} ({job.id})", ending=job.ending, on_wait=on_wait):
        job.wait_for(None)
        yield


def _saver(library: Library, job: Job[Answer]) -> Callable[[MeasurementDocument], None]:
    def save(document: MeasurementDocument) -> None:
        library.put_measurement(document)
        job.update(document)

    return save


def _before(document: MeasurementDocument) -> tuple[str, ...]:
    runs = f"{document.rounds} run{'s' if document.rounds != 1 else ''}"
    return (f"It went on from the {runs} recorded before.",) if document.rounds else ()


def _age_note(document: MeasurementDocument, more: str) -> str:
    ended = datetime.fromisoformat(document.ended_at or document.started_at)
    minutes = (datetime.now(UTC) - ended).total_seconds() / 60
    return f"This was measured {minutes:.0f} min ago, and nothing has changed since: it was not measured again; {more}."
