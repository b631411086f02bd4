"""Running benchmarks, as a use case: which may be run, one at a time, and what comes of two revisions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from holobench_mcp.answers import BenchmarkList, BenchmarkRow, MeasurementReport, RevisionReport
from holobench_mcp.config import MAX_RUNS, BenchmarkConfig, problems
from holobench_mcp.model import (
    ComparisonDocument,
    InvalidArgument,
    MeasurementDocument,
    NotComparable,
)
from holobench_mcp.workspace import revision_report
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.rounds import measure_rounds

if TYPE_CHECKING:
    from holobench_mcp.measure.session import OnProgress
    from holobench_mcp.store.index import Index

#: Compares two results by their names, the baseline first.
Compare = Callable[[str, str], ComparisonDocument]


class Measuring:
    """Runs what a person has configured, and records it."""

    def __init__(self, library: Library, compare: Compare) -> None:
        self._config = library.config
        self._library, self._compare = library, compare
        self._record, self._save = library.store.record, library.store.put_measurement

    def list_benchmarks(self) -> BenchmarkList:
        """The benchmarks that the configuration allows to run."""
        index = self._library.index() if self._config.benchmarks else None
        return BenchmarkList(
            benchmarks=tuple(
                BenchmarkRow(
                    name=name,
                    description=b.description,
                    command=b.command,
                    runs=b.runs,
                    parameters={k: p.model_dump(mode="json", exclude_none=True) for k, p in b.parameters.items()},
                    protected=b.protected,
                    checks_answers=None if index is None else self._checks_answers(index, name),
                )
                for name, b in self._config.benchmarks.items()
            )
        )

    def _checks_answers(self, index: Index, name: str) -> bool | None:
        """Whether every bench that a benchmark records checks its answers, as it was last measured."""
        from holobench_mcp.evidence.answer_checks import checks_answers

        benches = index.distinct("bench_name", benchmark=name)
        newest = [m for bench in benches for m in index.select(benchmark=name, bench_name=bench, limit=1)]
        variables = [tuple(metric.variable for metric in m.metrics) for m in newest]
        settings = [self._config.settings_for(m.bench_name, v) for m, v in zip(newest, variables, strict=True)]
        checked = [checks_answers(m.metrics, s) for m, s in zip(newest, settings, strict=True)]
        return all(checked) if checked else None

    def run_benchmark(
        self,
        benchmark: str,
        *,
        label: str | None = None,
        runs: int | None = None,
        parameters: Mapping[str, object] | None = None,
        wait: bool = True,
        progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> MeasurementReport:
        """Measure a configured benchmark: `runs` processes, recorded as one measurement.

        wait: wait for another measurement on this machine, or raise Busy. Raises InvalidArgument for what the
        configuration does not allow, CaptureError for a benchmark that fails; what was finished stays recorded.
        """
        from holobench_mcp.measure.benchmark import BenchmarkMeasurement
        from holobench_mcp.measure.machine_lock import machine_lock
        from holobench_mcp.measure.session import Session, parameter_values

        config = self._benchmark(benchmark)
        if runs is not None and not 1 <= runs <= MAX_RUNS:
            raise InvalidArgument(f"runs: from 1 to {MAX_RUNS}, not {runs}.")
        if label is not None and not (label.isprintable() and 0 < len(label.strip()) <= 100):
            raise InvalidArgument("label: 1 to 100 printable characters.")
        values = parameter_values(benchmark, config, parameters or {})
        session = Session(benchmark, config, self._config.root, runs or config.runs, values, label, progress, cancel)
        started = time.monotonic()
        with (
            machine_lock(f"benchmark {benchmark}", wait=wait, cancel=cancel, on_wait=_waiting(progress)),
            BenchmarkMeasurement(session, record=self._record, save=self._save) as measurement,
        ):
            measurement.prepare()
            while not measurement.is_over:
                measurement.round()
            document = measurement.finish()
        newest = document.roles[-1].result_id
        return MeasurementReport(
            measurement=document.id,
            benchmark=benchmark,
            runs=document.rounds,
            result_ids=tuple(role.result_id for role in document.roles),
            seconds=time.monotonic() - started,
            next_step=f"compare_results(candidate={newest!r}) compares it with the baseline, or with what was measured "
            "before.",
        )

    def compare_revisions(
        self,
        benchmark: str,
        *,
        base: str = "merge-base",
        head: str = "worktree",
        rounds: int = 5,
        max_seconds: float | None = None,
        parameters: Mapping[str, object] | None = None,
        wait: bool = True,
        progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
        config: BenchmarkConfig | None = None,
        cwd: Path | None = None,
        asked_by: Literal["agent", "person"] = "agent",
    ) -> RevisionReport:
        """Measure two revisions in interleaved rounds, and compare them.

        config: a benchmark that a person gives on the command line, in place of a configured one; it runs where `cwd`
        is in the project, in each side's tree. asked_by: whether the next step is a call of a tool or a command.
        Raises CaptureError for a base that can't be measured; a head that can't is an answer.
        """
        from holobench_mcp.measure.machine_lock import machine_lock
        from holobench_mcp.measure.revisions import RevisionMeasurement, RevisionPlan
        from holobench_mcp.measure.session import parameter_values

        measured = self._in_folder(config, cwd) if config is not None else self._benchmark(benchmark)
        plan = RevisionPlan(
            name=benchmark,
            config=measured,
            root=self._config.root,
            base=base,
            head=head,
            rounds=rounds,
            max_seconds=max_seconds,
            parameters=parameter_values(benchmark, measured, parameters or {}),
            by_hand=config is not None,
            notes=() if config is not None else problems(self._config, benchmark),
        )
        measurement = RevisionMeasurement(plan, record=self._record, save=self._save, progress=progress, cancel=cancel)
        with (
            machine_lock(f"revisions of {benchmark}", wait=wait, cancel=cancel, on_wait=_waiting(progress)),
            measurement,
        ):
            measurement.prepare()
            document = measurement.finish(measure_rounds(measurement, self._library))
        comparisons, not_comparable = self._compared(document)
        by_person = asked_by == "person" or config is not None
        report = revision_report.report(document, comparisons, plan, not_comparable=not_comparable, by_person=by_person)
        self._save(document.changed(outcome=revision_report.outcome(report)))
        return report

    def _compared(self, document: MeasurementDocument) -> tuple[list[ComparisonDocument], list[str]]:
        """The comparison of each sweep that both sides gave; and of those that have nothing in common, what is said."""
        comparisons, not_comparable = [], []
        for base_id, head_id in revision_report.last_pairs(document):
            try:
                comparisons.append(self._compare(base_id, head_id))
            except (NotComparable, InvalidArgument) as problem:
                not_comparable.append(str(problem))
        return comparisons, not_comparable

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


def _waiting(progress: OnProgress | None) -> Callable[[str], None] | None:
    return None if progress is None else lambda holder: progress(f"waiting for another measurement: {holder}", 0, 0)
