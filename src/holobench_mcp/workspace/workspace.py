"""The use cases, once: what the server's tools and the command line's commands both call.

Everything heavy is imported where it is first needed, so that a server can introduce itself before any of it loads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from holobench_mcp.answers import (
    BaselineList,
    BaselineSet,
    CompareOptions,
    Freed,
    History,
    ImportReport,
    MetricList,
    Repaired,
    ReportContent,
    ResultPage,
    RunReport,
    SingleRuns,
    Verification,
)
from holobench_mcp.config import Config
from holobench_mcp.model import (
    InvalidArgument,
    JsonScalar,
    Manifest,
    ResultDocument,
    UnsupportedHolobench,
)
from holobench_mcp.workspace import baselines, importing, intake, listing, upkeep
from holobench_mcp.workspace.library import Library

if TYPE_CHECKING:
    from holobench_mcp.answers.overview import BenchReport, Overview
    from holobench_mcp.exporters.runs import Exported
    from holobench_mcp.model import ComparisonDocument
    from holobench_mcp.result.snapshot import Snapshot
    from holobench_mcp.workspace.completing import Kind
    from holobench_mcp.workspace.measuring import Measuring
    from holobench_mcp.workspace.recent import Recent


class Workspace:
    """One project's results, and what can be asked of them. Thread-safe."""

    def __init__(self, config: Config) -> None:
        self.library = Library(config)
        self.config, self.store = config, self.library.store

    # ------------------------------------------------------------------ finding

    def find(self, result: str, argument: str = "result") -> Manifest:
        """The result that a name means. Raises InvalidArgument, UnknownResult or AmbiguousResult."""
        return self.library.find(result, argument)

    def list_results(
        self,
        *,
        benchmark: str | None = None,
        revision: str | None = None,
        label: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ResultPage:
        """A page of results, newest first. revision: a hash, the beginning of one, a branch or a tag."""
        with self.library.at_one_moment():
            return listing.list_results(
                self.library, benchmark=benchmark, revision=revision, label=label, limit=limit, cursor=cursor
            )

    def list_metrics(self, result: str | None = None, cursor: str | None = None) -> MetricList:
        """What a result measured: its inputs with their values, and every metric summed up."""
        with self.library.at_one_moment():
            return listing.list_metrics(self.library, result, cursor)

    def export_result(self, result: str | None = None, *, include_series: bool | None = None) -> ResultDocument:
        """The `result.json` contract of a stored result, with its id and uri."""
        with self.library.at_one_moment():
            return listing.export_result(self.library, result, include_series=include_series)

    def stored_document(self, result_id: str) -> bytes:
        """The stored `result.json`, byte for byte as recorded."""
        return self.store.document(self.store.manifest(result_id))

    def export(
        self,
        results: Sequence[str],
        format_name: str,
        *,
        replicates: Literal["auto", "none"] = "auto",
        better: Literal["smaller", "bigger"] | None = None,
    ) -> tuple[Exported, tuple[str, ...]]:
        """Results in another program's format, and their ids. Raises InvalidArgument for what one file can't hold."""
        from holobench_mcp.workspace.exporting import export

        return export(self.library, results, format_name, replicates=replicates, better=better)

    def recent(self, cursor: str | None = None) -> tuple[list[Recent], str | None]:
        """A page of the newest results and comparisons, and the cursor of the next one. Raises InvalidArgument."""
        from holobench_mcp.workspace.recent import recent

        return recent(self.library, cursor)

    def complete(self, kind: Kind, text: str, bench: str | None = None) -> list[str]:
        """What a name that was begun may become. bench: the one that was chosen before, if any."""
        from holobench_mcp.workspace.completing import complete

        return complete(self.library, kind, text, bench)

    def bench_of(self, result_id: str) -> str | None:
        """The bench of a whole id; None of one that nothing was recorded under."""
        found = self.library.index().select(id_prefix=result_id, limit=1)
        return found[0].bench_name if found and found[0].result_id == result_id else None

    def state(self, benchmark: str | None = None) -> Hashable:
        """What is another as soon as anything was recorded, or made a baseline: of a benchmark, or of all of them."""
        from holobench_mcp.workspace.recent import state

        return state(self.library, benchmark)

    # ------------------------------------------------------------------ overview

    def overview(self, benches: Sequence[str] | None = None) -> Overview:
        """Every bench at a glance, what needs a look first; or those that are named. Raises UnknownResult."""
        from holobench_mcp.workspace.overview import overview

        return overview(self.library, benches)

    def overview_state(self) -> Hashable:
        """What is another as soon as an overview may be: it costs next to nothing to ask."""
        from holobench_mcp.workspace.overview import overview_state

        return overview_state(self.library)

    def bench_report(self, bench_name: str) -> BenchReport:
        """All that there is to see of a bench. Raises UnknownResult for one that nothing was recorded of."""
        from holobench_mcp.workspace.bench_report import bench_report

        return bench_report(self.library, bench_name)

    def comparison_again(self, baseline: str, candidate: str) -> ComparisonDocument:
        """The comparison of two results for somebody who only looks: it counts as no try, and nothing is logged."""
        from holobench_mcp.workspace.comparing import compare

        return compare(self.library, baseline, candidate, is_try=False)

    # ------------------------------------------------------------------ comparing

    def compare(
        self,
        baseline: str | None = None,
        candidate: str | None = None,
        options: CompareOptions | None = None,
    ) -> ComparisonDocument:
        """What happened between two results, or to all that was measured of the newest code: decision and evidence.

        baseline: "baseline" is what was set as it; where nothing was, the code before the candidate's. candidate:
        "latest" is everything that was measured of the newest code. Raises InvalidArgument, UnknownResult,
        AmbiguousResult, NotComparable.
        """
        from holobench_mcp.workspace.comparing import compare

        return compare(
            self.library,
            "baseline" if baseline is None else baseline,
            "latest" if candidate is None else candidate,
            options,
        )

    @staticmethod
    def preload() -> None:
        """Import what answers need, which is a second's work that a command that needs none of it is spared."""
        import obstore  # noqa: F401 - to load it

        from holobench_mcp.evidence import contract_comparison  # noqa: F401 - as above
        from holobench_mcp.result import upstream
        from holobench_mcp.workspace import tracking  # noqa: F401 - as above: scipy.special takes most of it

        with suppress(UnsupportedHolobench):  # whoever needs it will say; a list of results does not
            upstream.detector_config()

    def warm_up(self) -> None:
        """Read the index, so that the first answer need not."""
        if self.store.exists():
            self.store.manifests()

    def compare_with_report(
        self, baseline: str, candidate: str, options: CompareOptions
    ) -> tuple[ComparisonDocument, bytes]:
        """The same, and with it the comparison of every bench as JUnit XML."""
        from holobench_mcp.workspace.exporting import compare_with_report

        return compare_with_report(self.library, baseline, candidate, options)

    def single_runs(self, document: ComparisonDocument, metrics: Collection[str]) -> SingleRuns | None:
        """The single runs behind some metrics of a comparison, for a picture; None where there are no samples."""
        from holobench_mcp.workspace.single_runs import single_runs

        return single_runs(self.library, document, metrics)

    def report_content(self, what: Sequence[str] = (), *, since: str | None = None) -> ReportContent:
        """What a page for people shows. what: a benchmark, a measurement, one or two results, or nothing for all.

        Raises InvalidArgument, UnknownResult, AmbiguousResult.
        """
        from holobench_mcp.workspace.reporting import report_content

        return report_content(self.library, what, since=since)

    # ------------------------------------------------------------------ baselines

    def set_baseline(self, result: str, name: str | None = None, reason: str | None = None) -> BaselineSet:
        """Make a name mean a result. The ref's log keeps what it meant before.

        A result that regressed against what the name means now needs a reason. Raises InvalidArgument.
        """
        with self.library.at_one_moment():
            return baselines.set_baseline(self.library, self._not_tried(), result, name, reason)

    def hidden_regression(self, result: str, name: str | None = None) -> str | None:
        """What making a name mean a result would hide, in a sentence; None where it regressed against nothing."""
        return baselines.hidden_regression(self.library, self._not_tried(), result, name)

    def _not_tried(self) -> baselines.Compare:
        """How results are compared of which one is made the baseline: it was tried before, and is not tried again."""
        from holobench_mcp.workspace.comparing import compare

        return partial(compare, self.library, is_try=False)

    def list_baselines(self, benchmark: str | None = None, cursor: str | None = None) -> BaselineList:
        """What every named ref means now."""
        with self.library.at_one_moment():
            return baselines.list_baselines(self.library, benchmark, cursor)

    def metric_history(
        self,
        benchmark: str,
        metric: str,
        *,
        point: Mapping[str, JsonScalar] | None = None,
        limit: int | None = None,
        uncommitted: bool | None = None,
        detectors: Mapping[str, float | None] | None = None,
    ) -> History:
        """A metric over the newest codes that a bench measured, with its change points or its drift.

        uncommitted: code that was not committed is taken in as well.
        """
        from holobench_mcp.workspace.tracking import DETECTORS, metric_history

        limit = 50 if limit is None else limit
        if not 2 <= limit <= 1000:
            raise InvalidArgument(f"limit: from 2 to 1000 measurements, not {limit}.")
        with self.library.at_one_moment():
            return metric_history(
                self.library,
                self.library.bench(benchmark),
                metric,
                point=point,
                limit=limit,
                uncommitted=bool(uncommitted),
                detectors=DETECTORS if detectors is None else detectors,
            )

    # ------------------------------------------------------------------ taking in

    def record(self, snapshot: Snapshot) -> str:
        """Store a result. Returns its id."""
        return self.library.record(snapshot)

    def import_paths(
        self,
        paths: Sequence[Path],
        *,
        format_name: str | None = None,
        label: str | None = None,
        revision: str | None = None,
    ) -> Iterator[ImportReport]:
        """Take in other tools' files and saved results. Yields what came of each; raises CaptureError, naming the file.

        format_name: "auto", unless given. label, revision: of the code, where a file doesn't say them.
        """
        return importing.import_paths(self.library, paths, format_name=format_name, label=label, revision=revision)

    def import_for_agent(
        self, path: str, *, format_name: str | None = None, label: str | None = None, revision: str | None = None
    ) -> ImportReport:
        """Take in a file that an agent names: relative to the project, and below the configured roots only."""
        return importing.import_for_agent(self.library, path, format_name=format_name, label=label, revision=revision)

    def run(
        self,
        command: Sequence[str],
        *,
        label: str | None = None,
        tool: str = "auto",
        results: str | None = None,
        on_result: Callable[[str], None] | None = None,
        stdout_is_ours: bool = False,
    ) -> RunReport:
        """Run any command and record what it gives: sweeps, a tool's results, files, or its own time and memory.

        Its output goes where ours goes. on_result: called with each result's id as soon as it is stored.
        stdout_is_ours: all of the command's output goes to stderr.
        """
        return intake.run(
            self.library,
            command,
            label=label,
            tool=tool,
            results=results,
            on_result=on_result,
            stdout_is_ours=stdout_is_ours,
        )

    @cached_property
    def measuring(self) -> Measuring:
        """What runs benchmarks: configured ones, and two revisions in turn."""
        from holobench_mcp.workspace.measuring import Measuring

        return Measuring(self.library, self.compare)

    def close(self, *, at_once: bool = False, timeout: float | None = None) -> None:
        """Let what is being measured end, after its present process or at once, and wait until it has."""
        if "measuring" in self.__dict__:  # none of it is loaded for that
            self.measuring.close(at_once=at_once, timeout=timeout)

    def clean_up_after_crash(self) -> list[str]:
        """Remove what a server that was killed in mid-measurement left behind."""
        from holobench_mcp.measure.leftovers import clean_up_after_crash

        return clean_up_after_crash()

    def note_killed_measurements(self) -> list[str]:
        """Write into the documents of measurements whose process was killed that they were broken off."""
        from holobench_mcp.workspace.underway import note_killed

        return note_killed(self.library)

    # ------------------------------------------------------------------ upkeep

    def verify(self, on_progress: Callable[[int, int], None] | None = None, head: str | None = None) -> Verification:
        """Read the whole store. A sentence for each thing that is damaged, with what can be done about it."""
        return upkeep.verify(self.library, on_progress, head)

    def free_space(
        self,
        *,
        dry_run: bool = True,
        grace_s: float | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Freed:
        """Remove what the configuration does not keep, and what no result names; with dry_run, only say what."""
        return upkeep.free_space(self.library, dry_run=dry_run, grace_s=grace_s, on_progress=on_progress)

    def repair(self, *, dry_run: bool = True, on_progress: Callable[[int, int], None] | None = None) -> Repaired:
        """Put right what is damaged, as far as that can be; with dry_run, only say what."""
        return upkeep.repair(self.library, dry_run=dry_run, on_progress=on_progress)
