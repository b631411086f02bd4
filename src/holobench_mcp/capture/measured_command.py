"""What one run of a measured command gives, whichever way: sweeps, a tool's results, its files, or its own figures.

In this order: holobench sweeps that it collected; the results of the known tool that it starts; the files that are
configured; else the command itself, by what its process used and by what it prints. A run that failed gives nothing but
its sweeps, and what was asked for and is not there is a problem, never something else in its place.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from holobench_mcp import holobench_versions
from holobench_mcp.capture.printed_metrics import printed_metrics
from holobench_mcp.capture.result_files import ResultFiles
from holobench_mcp.capture.runner import Keep, RunOutcome, private_folder
from holobench_mcp.capture.sweeps import NO_FIFOS
from holobench_mcp.capture.tools import MeasuredRun, ToolCommand, file_results, tool_command, tool_results
from holobench_mcp.config import OutputMetric, ProcessMetric
from holobench_mcp.model import CaptureError, Direction, JsonScalar

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

_PROCESS_METRICS: tuple[ProcessMetric, ...] = get_args(ProcessMetric)
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Wanted:
    """Which results a command is to give. name: of the bench that the command itself is. See `BenchmarkConfig`."""

    name: str
    tool: str = "auto"
    results: str | None = None
    output: Mapping[str, OutputMetric] = field(default_factory=dict)
    process_metrics: tuple[ProcessMetric, ...] | None = None
    constants: Mapping[str, JsonScalar] = field(default_factory=dict)
    processes_are_runs: bool = False  #: as where the command is run once only
    gave_before: tuple[str, ...] = ()  #: benches of its own that the same command is known to have given
    least_rss_mb: float = 0.0  #: below which peaks are not told apart, as some run's was not known


#: Runs a command: with variables, its words as results have them, and how much of its output is kept.
RunCommand = Callable[[Sequence[str], Mapping[str, str], Sequence[str], Keep], RunOutcome]


def measure_command(
    command: Sequence[str],
    wanted: Wanted,
    run: RunCommand,
    *,
    folder: Path,
    tree: Path | None = None,
    env: Mapping[str, str] | None = None,
    label: str | None = None,
    revision: str | None = None,
) -> RunOutcome:
    """Run a command once, and bring in what it gives: `outcome.snapshots`, `problems` and `notes`.

    folder: it runs in. tree: that its files have to be in; the folder, unless given. env: its environment.
    Raises CaptureError when it can't be started; InvalidArgument for a named tool that it does not start.
    """
    with private_folder() as private:
        outputs, copies = Path(private, "tool"), Path(private, "results")
        outputs.mkdir()
        asked = tool_command(command, outputs, cwd=folder, tool=wanted.tool, env=env)
        files = ResultFiles.before_run(folder, tree or folder, wanted.results) if wanted.results else None
        prints = asked is not None and not asked.outputs and asked.reason is None
        executed_at = datetime.now(UTC)
        outcome = run(
            asked.command if asked is not None else command,
            asked.environment if asked is not None else {},
            command,
            "stdout" if prints else "all" if wanted.output else "end",
        )
        if outcome.returncode == 0 and not (outcome.timed_out or outcome.cancelled):
            measured = MeasuredRun(outcome.environment, executed_at, label, revision, wanted.processes_are_runs)
            collect(outcome, wanted, measured, asked, files, copies)
    return outcome


def follow_command(
    command: Sequence[str], wanted: Wanted, run: RunCommand, *, folder: Path, env: Mapping[str, str] | None = None
) -> RunOutcome:
    """Run a command as it is measured, with what its tool is asked for, and bring in nothing of what it gives.

    For what its probe writes down: a tool's workers may have to be told to inherit the probe.
    """
    with private_folder() as private:
        outputs = Path(private, "tool")
        outputs.mkdir()
        asked = tool_command(command, outputs, cwd=folder, tool=wanted.tool, env=env)
        return run(
            asked.command if asked is not None else command,
            asked.environment if asked is not None else {},
            command,
            "end",
        )


def command_name(command: Sequence[str]) -> str:
    """What a command without a name of its own is called: its words, as a shell reads them."""
    line = " ".join(shlex.join(command).split())
    line = "".join(c for c in line if c.isprintable())
    digest = hashlib.sha256(line.encode("utf-8", "replace")).hexdigest()[:8]
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 10]}…#{digest}"


def collect(
    outcome: RunOutcome,
    wanted: Wanted,
    measured: MeasuredRun,
    asked: ToolCommand | None,
    files: ResultFiles | None,
    copies: Path,
) -> None:
    """Bring in what a run that ended well gives. copies: a folder for copies of its files."""
    swept = bool(outcome.snapshots) or any(problem != NO_FIFOS for problem in outcome.problems)
    unreadable = bool(outcome.problems) and not outcome.snapshots
    if unreadable and (newer := holobench_versions.perhaps_too_new(outcome.environment.holobench)) is not None:
        outcome.problems.append(newer)
    if wanted.tool == "holobench" and not swept:
        if (old := outcome.loaded.old_holobench) is not None:
            outcome.problems.append(holobench_versions.hands_nothing_on(old.version, old.python))
        outcome.problems.append(
            'It collected no holobench sweep, as tool = "holobench" demands; tool = "auto" takes what else there is.'
        )
        return
    if not swept or wanted.tool not in ("auto", "holobench"):
        if swept:
            outcome.notes.append(f"Its holobench sweeps were left out, as tool is {wanted.tool!r}.")
            outcome.snapshots = []
        if not _from_tool(outcome, wanted, measured, asked) and not _from_files(outcome, measured, files, copies):
            _from_command(outcome, wanted, measured)
            return
    if outcome.snapshots and wanted.output:
        outcome.notes.append('output was not read, as the command gives results of its own; tool = "command" reads it.')
    if outcome.snapshots and wanted.process_metrics:
        bench = _snapshot(f"{wanted.name} (process)", outcome, wanted.process_metrics, {}, wanted, measured)
        outcome.snapshots += [bench] if bench is not None else []


# ---------------------------------------------------------------------- the ways, one after the other


def _from_tool(outcome: RunOutcome, wanted: Wanted, measured: MeasuredRun, asked: ToolCommand | None) -> bool:
    """Whether the known tool has answered, or is to be the only one that does."""
    if asked is None:
        return False
    found = tool_results(asked, outcome.output, measured)
    outcome.notes += found.notes
    if found.snapshots:
        outcome.snapshots += found.snapshots
        outcome.problems += found.problems
        return True
    if wanted.tool == "auto" and not _has_written(asked):
        # What is no benchmark's at all, such as tests alone, is still a command that can be measured.
        why = (
            [] if asked.reason is not None else [f"{asked.tool} left no results, so that something else was measured."]
        )
        outcome.notes += why
        return False
    outcome.problems += found.problems or (f"{asked.tool} left no results.",)
    return True


def _has_written(asked: ToolCommand) -> bool:
    return any(path.is_dir() or path.stat().st_size > 0 for path in asked.outputs if path.exists())


def _from_files(outcome: RunOutcome, measured: MeasuredRun, files: ResultFiles | None, copies: Path) -> bool:
    """Whether files are configured, whatever they hold."""
    if files is None:
        return False
    try:
        written = files.copy_written(copies)
    except CaptureError as problem:
        outcome.problems.append(str(problem))
        return True
    found = file_results([copy for copy, _ in written], {}, measured)
    outcome.notes += found.notes
    outcome.problems += found.problems
    lone = [s for s in found.snapshots if s.dataset is None]
    if lone:
        outcome.problems.append(
            f"results: {lone[0].bench_name} has no samples, so that nothing can be computed from it."
        )
    outcome.snapshots += [s for s in found.snapshots if s.dataset is not None]
    return True


def _from_command(outcome: RunOutcome, wanted: Wanted, measured: MeasuredRun) -> None:
    """The command itself: what its process used, and what it prints."""
    gave = ", ".join(wanted.gave_before[:3])
    why = "It imports holobench, and collected no sweep." if outcome.loaded.holobench_import is not None else ""
    why = f"It gave no results of its own, as it did before ({gave})." if gave else why
    if (old := outcome.loaded.old_holobench) is not None:
        why = holobench_versions.hands_nothing_on(old.version, old.python)
    if wanted.tool == "auto" and why and not wanted.output:
        # A benchmark that has gone wrong: its time is no answer to what was asked.
        outcome.problems.append(f'{why} tool = "command" measures the command itself all the same.')
        return
    outcome.of_itself = True
    printed = printed_metrics(wanted.output, outcome.output, is_cut=outcome.output_is_cut) if wanted.output else None
    if printed is not None and printed.problems:
        outcome.problems += printed.problems
        return
    names = _PROCESS_METRICS if wanted.process_metrics is None else wanted.process_metrics
    samples = printed.samples if printed is not None else {}
    if not names and not samples:
        outcome.problems.append("process_metrics is empty, and the command gives no results of its own.")
        return
    bench = _snapshot(wanted.name, outcome, names, samples, wanted, measured)
    outcome.snapshots += [bench] if bench is not None else []


def _snapshot(
    name: str,
    outcome: RunOutcome,
    used: Sequence[ProcessMetric],
    printed: Mapping[str, Sequence[float]],
    wanted: Wanted,
    measured: MeasuredRun,
) -> Snapshot | None:
    """The bench of a process: one sample of what it used, and of what it printed as many as it printed."""
    import numpy as np

    from holobench_mcp.result.snapshot import Snapshot

    if outcome.usage is None and used:
        outcome.problems.append("What the process used is not known, as what waited for it was killed.")
        return None
    usage = outcome.usage.model_dump() if outcome.usage is not None else {}
    usage["max_rss_mb"] = max(usage.get("max_rss_mb", 0.0), wanted.least_rss_mb)
    if outcome.usage is not None and outcome.usage.rss_is_bound and "max_rss_mb" in used:
        outcome.notes.append(
            f"max_rss_mb: it ended too soon for more to be known than that it is below {usage['max_rss_mb']:g}."
        )
    values: dict[str, Sequence[float]] = {**{metric: (usage[metric],) for metric in used}, **printed}
    most = max(map(len, values.values()))
    metrics: dict[str, dict[str, str]] = {
        metric: {"units": "MB" if metric == "max_rss_mb" else "s", "direction": Direction.minimize.value}
        for metric in used
    }
    metrics |= {m: wanted.output[m].model_dump(mode="json", include={"units", "direction"}) for m in printed}
    samples = {metric: np.full(most, np.nan) for metric in values}
    for metric, found in values.items():
        samples[metric][: len(found)] = found
    return Snapshot.build(
        bench_name=name,
        metrics=metrics,
        samples=samples,
        counts={m: np.asarray(len(found)) for m, found in values.items() if len(found) < most},
        constants=wanted.constants,
        environment=measured.environment,
        executed_at=measured.executed_at,
        source_revision=measured.revision or outcome.environment.git_commit,
        label=measured.label,
    )
