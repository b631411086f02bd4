"""The use cases, once: what the server's tools and the command line's commands both call.

Everything heavy is imported where it is first needed, so that a server can introduce itself before any of it loads.
"""

from __future__ import annotations

import base64
import binascii
import getpass
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holobench_mcp import gitinfo
from holobench_mcp.answers import (
    BaselineList,
    BaselineSet,
    CompareOptions,
    History,
    ImportReport,
    InputValues,
    MetricList,
    MetricRow,
    ResultPage,
    ResultRow,
    RunReport,
)
from holobench_mcp.config import Config
from holobench_mcp.kept import Kept
from holobench_mcp.model import (
    CaptureError,
    Decision,
    Difference,
    InvalidArgument,
    JsonScalar,
    Manifest,
    NotComparable,
    RefEntry,
    ResultDocument,
    StoreError,
    UnknownResult,
    result_uri,
)
from holobench_mcp.store import Store, open_store
from holobench_mcp.store.bundle import SAMPLES
from holobench_mcp.store.layout import check_ref_name
from holobench_mcp.store.names import Latest, find, parse_ref, unknown_bench

if TYPE_CHECKING:
    from holobench_mcp.model import ComparisonDocument
    from holobench_mcp.result.snapshot import Snapshot
    from holobench_mcp.workspace.measuring import Measuring

MAX_PAGE = 100
#: A baseline older than this is compared with, and a note says how old it is.
STALE_BASELINE_DAYS = 30
#: Input values that a listing shows; a sweep can have a hundred thousand.
MAX_VALUES_SHOWN = 50
#: Snapshots kept in memory: at ten points each is some kilobytes, at 10⁵ points × 5 repeats 4 MB a metric.
_SNAPSHOTS_KEPT, _COMPARISONS_KEPT = 64, 256


class Workspace:
    """One project's results, and what can be asked of them. Thread-safe."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store: Store = open_store(config.store)
        self._snapshots: Kept[Snapshot] = Kept(_SNAPSHOTS_KEPT)
        self._comparisons: Kept[ComparisonDocument] = Kept(_COMPARISONS_KEPT)

    # ------------------------------------------------------------------ finding

    def find(self, result: str, argument: str = "result") -> Manifest:
        """The result that a name means. Raises InvalidArgument, UnknownResult or AmbiguousResult."""
        return find(self.store, result, argument=argument, resolve=self._revision)

    def list_results(
        self,
        *,
        bench_name: str | None = None,
        revision: str | None = None,
        label: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> ResultPage:
        """A page of results, newest first. revision: a hash, the beginning of one, a branch or a tag."""
        _check_text(bench_name=bench_name, revision=revision, label=label)
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidArgument(f"limit: from 1 to {MAX_PAGE}, not {limit}.")
        commit = self._revision(revision) or revision if revision else None
        before = _decode_cursor(cursor) if cursor else None
        index = self.store.manifests()
        matching = index.select(bench_name=bench_name, revision=commit, label=label)
        if bench_name is not None and not matching and bench_name not in index.bench_names():
            raise unknown_bench(index, bench_name)
        rest = [m for m in matching if before is None or (m.executed_at, m.result_id) < before]
        page, more = rest[:limit], len(rest) > limit
        refs: dict[str, list[str]] = {}
        for entry in self.store.refs():
            refs.setdefault(entry.result_id, []).append(entry.name)
        rows = tuple(_row(m, tuple(refs.get(m.result_id, ()))) for m in page)
        return ResultPage(
            results=rows, total=len(matching), next_cursor=_encode_cursor(page[-1]) if more and page else None
        )

    def list_metrics(self, result: str = "latest") -> MetricList:
        """What a result measured: its inputs with their values, and every metric summed up."""
        from holobench_mcp.result.coordinates import plain_values

        manifest = self.find(result)
        document = self.store.contract(manifest)
        by_variable: dict[str, dict[str, Any]] = {e["variable"]: e for e in document["metrics"]}
        values = self._snapshot(manifest).coordinates if manifest.inputs and SAMPLES in manifest.blobs else {}
        return MetricList(
            result_id=manifest.result_id,
            bench_name=manifest.bench_name,
            inputs=tuple(
                InputValues(
                    name=i.name,
                    units=i.units,
                    values=tuple(plain_values(values[i.name][:MAX_VALUES_SHOWN])) if i.name in values else (),
                    n_values=len(values.get(i.name, ())),
                )
                for i in manifest.inputs
            ),
            metrics=tuple(
                MetricRow(
                    variable=m.variable,
                    units=m.units,
                    direction=m.direction,
                    kind=m.kind,
                    n=manifest.stats[m.variable].n if m.variable in manifest.stats else 0,
                    mean=manifest.stats[m.variable].mean if m.variable in manifest.stats else None,
                    sd=manifest.stats[m.variable].sd if m.variable in manifest.stats else None,
                    optimal_value=entry.get("optimal_value"),
                    optimal_inputs=entry.get("optimal_inputs", {}),
                    claim=entry.get("claim"),
                )
                for m in manifest.metrics
                for entry in [by_variable.get(m.variable, {})]
            ),
        )

    def export_result(self, result: str = "latest", *, include_series: bool = False) -> ResultDocument:
        """The `result.json` contract of a stored result, with its id and uri."""
        manifest = self.find(result)
        document = self.store.contract(manifest)
        if include_series and manifest.over_time:
            from holobench_mcp.result.contract import result_to_dict, strict

            document = strict(result_to_dict(self._snapshot(manifest), include_series=True))
        return ResultDocument.model_validate(
            {**document, "result_id": manifest.result_id, "uri": result_uri(manifest.result_id)}
        )

    def stored_document(self, result_id: str) -> bytes:
        """The stored `result.json`, byte for byte as recorded."""
        return self.store.document(self.store.manifest(result_id))

    # ------------------------------------------------------------------ comparing

    def compare(
        self,
        baseline: str = "baseline",
        candidate: str = "latest",
        options: CompareOptions | None = None,
        *,
        seen: Sequence[Difference] = (),
    ) -> ComparisonDocument:
        """What happened between two results: verdict, decision, evidence, and what differs beside the code.

        baseline: "baseline", where none was set, is the newest result before the candidate, of the same bench and of
        other code where there is any; a note says so. seen: what else was seen while they were measured.
        Raises InvalidArgument, UnknownResult, AmbiguousResult, NotComparable.
        """
        from holobench_mcp.workspace.comparing import Comparer

        options = options or CompareOptions()
        right = self.find(candidate, "candidate")
        left, note = self._baseline_for(baseline, right)
        comparer = Comparer(self.store, self.config, self._snapshot)
        return comparer.compare(left, right, options, note=note, seen=seen, kept=self._comparisons)

    def _baseline_for(self, baseline: str, candidate: Manifest) -> tuple[Manifest, str | None]:
        from holobench_mcp.store.replicates import code_of, result_before

        if "@" in baseline or isinstance(parse_ref(baseline, "baseline"), Latest):
            return self.find(baseline, "baseline"), None
        with suppress(InvalidArgument):
            entry = self.store.ref(candidate.bench_name, baseline)
            if entry is not None:
                return self.store.meant(entry), _age_note(entry, candidate)
        if baseline != "baseline":
            return self.find(baseline, "baseline"), None
        earlier = result_before(self.store.manifests(), candidate)
        if earlier is None:
            raise UnknownResult(
                f"baseline: {candidate.result_id} is the only result of {candidate.bench_name!r}, so there is nothing "
                "to compare it with. Measure the code before the change too (check it out, then: holobench-mcp run "
                "--label before -- python your_benchmark.py), or name a baseline."
            )
        what = "result of other code" if code_of(earlier) != code_of(candidate) else "result"
        return earlier, (
            f"No baseline was set for {candidate.bench_name}: compared with {earlier.result_id}, the newest {what} "
            "before the candidate."
        )

    @staticmethod
    def preload() -> None:
        """Import what answers need, which is a second's work that a command that needs none of it is spared."""
        import obstore  # noqa: F401 - to load it

        from holobench_mcp.result import contract, upstream  # noqa: F401 - as above

        upstream.run_config()

    def warm_up(self) -> None:
        """Read the index, so that the first answer need not."""
        if self.store.exists():
            self.store.manifests()

    # ------------------------------------------------------------------ baselines

    def set_baseline(self, result: str, name: str = "baseline", reason: str | None = None) -> BaselineSet:
        """Make a name mean a result. The ref's log keeps what it meant before.

        A result that regressed against what the name means now needs a reason. Raises InvalidArgument.
        """
        manifest = self.find(result)
        check_ref_name(name)
        if reason is not None and (len(reason) > 500 or not reason.isprintable()):
            raise InvalidArgument("reason: at most 500 printable characters.")
        decision, note = self._against_current(manifest, name)
        if decision is Decision.regressed and not (reason and reason.strip()):
            raise InvalidArgument(
                f"reason: {manifest.result_id} regressed against the current {manifest.bench_name}@{name}; making it "
                f"the baseline would hide that. Say why in reason, if it is meant. ({note})"
            )
        entry = self.store.set_ref(manifest.bench_name, name, manifest.result_id, reason=reason, by=_who())
        return BaselineSet(entry=entry, decision=decision, note=note)

    def _against_current(self, manifest: Manifest, name: str) -> tuple[Decision | None, str | None]:
        current = self.store.ref(manifest.bench_name, name)
        if current is None or current.result_id == manifest.result_id:
            return None, None
        try:
            document = self.compare(current.result_id, manifest.result_id)
        except (NotComparable, StoreError) as problem:
            return None, f"Not compared with the result that it replaces: {problem}"
        return document.decision, document.reason

    def list_baselines(self, bench_name: str | None = None) -> BaselineList:
        """What every named ref means now."""
        _check_text(bench_name=bench_name)
        return BaselineList(baselines=tuple(self.store.refs(bench_name)))

    def metric_history(
        self,
        bench_name: str,
        metric: str,
        *,
        point: Mapping[str, JsonScalar] | None = None,
        limit: int = 50,
        detectors: Mapping[str, float | None] | None = None,
    ) -> History:
        """A metric over the newest measurements of a bench, with its change points or its drift."""
        from holobench_mcp.workspace.tracking import DETECTORS, metric_history

        _check_text(bench_name=bench_name)
        if not 2 <= limit <= 1000:
            raise InvalidArgument(f"limit: from 2 to 1000 measurements, not {limit}.")
        chosen = DETECTORS if detectors is None else detectors
        return metric_history(
            self.store, self._snapshot, bench_name, metric, point=point, limit=limit, detectors=chosen
        )

    # ------------------------------------------------------------------ taking in

    def record(self, snapshot: Snapshot) -> str:
        """Store a result. Returns its id."""
        return self.store.record(snapshot)

    def import_paths(
        self, paths: Sequence[Path], *, only_below_roots: bool = False
    ) -> Iterator[tuple[Path, list[str]]]:
        """Take in saved results. Yields each file with the ids that it gave. Raises CaptureError, naming the file.

        only_below_roots: refuse what is outside the configured roots, which is what an agent gets.
        """
        from holobench_mcp.importers.pickles import read_contract, read_pickle

        for path in paths:
            try:
                real = path.expanduser().resolve()
                known = real.is_file()
            except (OSError, RuntimeError, ValueError) as problem:
                raise CaptureError(f"path: {str(path)[:200]!r} can't be found: {str(problem)[:200]}.") from problem
            if only_below_roots and not any(real.is_relative_to(root.resolve()) for root in self.config.import_roots):
                raise CaptureError(f"path: {path} is outside the folders that the configuration allows to import from.")
            if not known:
                raise CaptureError(f"path: {path} is not a file.")
            snapshots = [read_contract(real)] if real.suffix == ".json" else read_pickle(real)
            yield path, [self.record(s) for s in snapshots]

    def import_for_agent(self, path: str) -> ImportReport:
        """Take in a file that an agent names: relative to the project, and below the configured roots only."""
        if not path or len(path) > 4096 or not path.isprintable():
            raise InvalidArgument("path: a file's path of at most 4096 printable characters.")
        found = list(self.import_paths([self.config.root / Path(path)], only_below_roots=True))
        return ImportReport(path=path, result_ids=tuple(result_id for _, ids in found for result_id in ids))

    def run(
        self,
        command: Sequence[str],
        *,
        label: str | None = None,
        on_result: Callable[[str], None] | None = None,
        stdout_is_ours: bool = False,
    ) -> RunReport:
        """Run any command and record every sweep that it collects. Its output goes where ours goes.

        on_result: called with each result's id as soon as it is stored. stdout_is_ours: all of the command's output
        goes to stderr.
        """
        from holobench_mcp.capture.runner import run_command

        ids: list[str] = []

        def keep(snapshot: Snapshot) -> None:
            ids.append(self.record(snapshot))
            if on_result is not None:
                on_result(ids[-1])

        outcome = run_command(command, label=label, on_snapshot=keep, stdout_is_ours=stdout_is_ours)
        return RunReport(returncode=outcome.returncode, result_ids=tuple(ids), problems=tuple(outcome.problems))

    @cached_property
    def measuring(self) -> Measuring:
        """What runs benchmarks: configured ones, and two revisions in turn."""
        from holobench_mcp.workspace.measuring import Measuring

        return Measuring(self.config, record=self.record, load=self._load, compare=self.compare)

    def _load(self, result_id: str) -> Snapshot:
        return self._snapshot(self.store.manifest(result_id))

    def clean_up_after_crash(self) -> list[str]:
        """Remove what a server that was killed in mid-measurement left behind."""
        from holobench_mcp.measure.worktrees import clean_up_after_crash

        return clean_up_after_crash()

    def verify(self) -> list[str]:
        """Read the whole store. A sentence for each thing that is damaged."""
        return list(self.store.verify())

    # ------------------------------------------------------------------ parts

    def _snapshot(self, manifest: Manifest) -> Snapshot:
        return self._snapshots.get(manifest.result_id, lambda: self.store.snapshot(manifest))

    def _revision(self, name: str) -> str | None:
        return gitinfo.resolve_revision(self.config.root, name)


def _check_text(**given: str | None) -> None:
    """Raise InvalidArgument, naming the argument, for text that no store can hold: half of a surrogate pair."""
    for argument, text in given.items():
        try:
            (text or "").encode()
        except UnicodeEncodeError as problem:
            raise InvalidArgument(f"{argument}: {text!r:.80} is not text, as its encoding is broken.") from problem


def _age_note(entry: RefEntry, candidate: Manifest) -> str | None:
    """A pinned baseline grows stale: the machine and its software move on."""
    days = (datetime.fromisoformat(candidate.executed_at) - datetime.fromisoformat(entry.set_at)).days
    if days < STALE_BASELINE_DAYS:
        return None
    return f"The baseline was set {days} days before the candidate was measured: measure it again on today's machine."


def _row(m: Manifest, refs: tuple[str, ...]) -> ResultRow:
    from holobench_mcp.store.replicates import label_of

    return ResultRow(
        result_id=m.result_id,
        bench_name=m.bench_name,
        executed_at=m.executed_at,
        source_revision=m.source_revision,
        dirty=m.environment.git_dirty,
        label=label_of(m),
        metrics=tuple(metric.variable for metric in m.metrics),
        refs=refs,
    )


def _encode_cursor(last: Manifest) -> str:
    return base64.urlsafe_b64encode(json.dumps([last.executed_at, last.result_id]).encode()).decode()


def _decode_cursor(cursor: str) -> tuple[str, str]:
    try:
        executed_at, result_id = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii", "strict")))
        if isinstance(executed_at, str) and isinstance(result_id, str):
            return executed_at, result_id
    except (ValueError, TypeError, binascii.Error, RecursionError):
        pass
    raise InvalidArgument("cursor: not one that list_results gave. Call it without a cursor to start anew.")


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
