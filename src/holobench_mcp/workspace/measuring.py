"""Running benchmarks, as a use case: which may be run, one at a time, and what comes of two revisions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from holobench_mcp.answers import BenchmarkList, BenchmarkRow, MeasurementReport, RevisionReport
from holobench_mcp.config import MAX_ROUNDS, MAX_RUNS, BenchmarkConfig, Config, problems
from holobench_mcp.model import DECISIONS_WORST_FIRST, ComparisonDocument, Decision, Difference, InvalidArgument

if TYPE_CHECKING:
    from holobench_mcp.measure.revisions import Recorded
    from holobench_mcp.measure.session import OnProgress, Record
    from holobench_mcp.result.snapshot import Snapshot


class Compare(Protocol):
    """Compares two results by their names."""

    def __call__(self, baseline: str, candidate: str, /, *, cautions: Sequence[Difference]) -> ComparisonDocument:
        """The comparison of two results, the baseline first."""
        ...


class Measuring:
    """Runs what a person has configured, and records it."""

    def __init__(self, config: Config, *, record: Record, load: Callable[[str], Snapshot], compare: Compare) -> None:
        self._config = config
        self._record = record
        self._load = load
        self._compare = compare

    def list_benchmarks(self) -> BenchmarkList:
        """The benchmarks that the configuration allows to run."""
        return BenchmarkList(
            benchmarks=tuple(
                BenchmarkRow(
                    name=name,
                    description=b.description,
                    command=b.command,
                    runs=b.runs,
                    parameters={k: p.model_dump(mode="json", exclude_none=True) for k, p in b.parameters.items()},
                    protected=b.protected,
                )
                for name, b in self._config.benchmarks.items()
            )
        )

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
        from holobench_mcp.measure.machine_lock import machine_lock
        from holobench_mcp.measure.session import Session, chosen_parameters

        config = self._benchmark(benchmark)
        if runs is not None and not 1 <= runs <= MAX_RUNS:
            raise InvalidArgument(f"runs: from 1 to {MAX_RUNS}, not {runs}.")
        if label is not None and not (label.isprintable() and 0 < len(label.strip()) <= 100):
            raise InvalidArgument("label: 1 to 100 printable characters.")
        chosen = chosen_parameters(benchmark, config, parameters or {})
        root, planned = self._config.root, runs or config.runs
        session = Session(benchmark, config, root, self._record, planned, chosen, label, progress, cancel)
        started = time.monotonic()
        with machine_lock(f"benchmark {benchmark}", wait=wait, cancel=cancel, on_wait=_waiting(progress)):
            for _ in range(config.warmup_runs):
                session.run(root, number=0, keep=False)
            for number in range(planned):
                session.run(root, number=number)
        newest = session.result_ids[-1]
        return MeasurementReport(
            measurement=session.id,
            benchmark=benchmark,
            runs=planned,
            result_ids=tuple(session.result_ids),
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
    ) -> RevisionReport:
        """Measure two revisions in interleaved rounds, and compare them.

        config: a benchmark that a person gives on the command line, in place of a configured one.
        """
        from holobench_mcp.measure.machine_lock import machine_lock
        from holobench_mcp.measure.revisions import measure_revisions
        from holobench_mcp.measure.session import chosen_parameters

        chosen = config or self._benchmark(benchmark)
        with machine_lock(f"revisions of {benchmark}", wait=wait, cancel=cancel, on_wait=_waiting(progress)):
            measured = measure_revisions(
                benchmark,
                chosen,
                self._config.root,
                record=self._record,
                settled=self._settled,
                base=base,
                head=head,
                rounds=rounds,
                max_seconds=max_seconds,
                parameters=chosen_parameters(benchmark, chosen, parameters or {}),
                progress=progress,
                cancel=cancel,
            )
        documents = [
            _in_rounds(self._compare(ours[-1], theirs[-1], cautions=measured.seen))
            for ours, theirs in zip(measured.base_ids, measured.head_ids, strict=True)
        ]
        documents.sort(key=lambda d: DECISIONS_WORST_FIRST.index(d.decision or Decision.inconclusive))
        return RevisionReport(
            measurement=measured.measurement,
            benchmark=benchmark,
            base_revision=measured.revisions.base,
            head_revision=measured.revisions.head,
            rounds=measured.rounds,
            stopped=measured.stopped,
            protected_changed=measured.protected_changed,
            notes=(*problems(self._config, benchmark), *measured.notes),
            comparisons=tuple(documents),
        )

    def _settled(self, base: Recorded, head: Recorded, alpha: float) -> bool:
        """Whether every sweep of interleaved runs shows a change, at an early look's error rate of all together."""
        return all(self._shows_a_change(*ids, alpha / len(head)) for ids in zip(base, head, strict=True))

    def _shows_a_change(self, base_ids: Sequence[str], head_ids: Sequence[str], alpha: float) -> bool:
        from holobench_mcp.evidence.judgement import judge

        sides = [[self._load(i) for i in ids] for ids in (base_ids, head_ids)]
        settings = self._config.settings_for(sides[1][0].bench_name, tuple(m.variable for m in sides[1][0].metrics))
        margin = self._config.margin_percent
        told = judge(*sides, margin_percent=margin, alpha=alpha, paired=True, settings=settings)
        return told.decision in (Decision.regressed, Decision.improved)

    def _benchmark(self, name: str) -> BenchmarkConfig:
        if name in self._config.benchmarks:
            return self._config.benchmarks[name]
        known = ", ".join(self._config.benchmarks) or "none"
        raise InvalidArgument(
            f"benchmark: the configuration has no {name!r:.80}; it has {known}. Only a person can add one, under "
            "[tool.holobench-mcp.benchmarks] in pyproject.toml."
        )


def _in_rounds(document: ComparisonDocument) -> ComparisonDocument:
    """The same, with what would settle it in the words of whoever measures in rounds."""
    needed = max((m.evidence.runs_needed or 0 for m in document.metrics if m.evidence), default=0)
    if document.decision is not Decision.inconclusive or not 0 < needed <= MAX_ROUNDS:
        return document
    return document.model_copy(update={"next_step": f"Measure both revisions again with rounds={needed}."})


def _waiting(progress: OnProgress | None) -> Callable[[str], None] | None:
    return None if progress is None else lambda holder: progress(f"waiting for another measurement: {holder}", 0, 0)
