"""How results come into the library from a command that is run."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp.answers import RunReport
from holobench_mcp.model import (
    Failure,
    HolobenchMcpError,
    IntegrityError,
    MeasuredCode,
    MeasurementDocument,
    RunRole,
    StoreError,
)
from holobench_mcp.workspace.library import Library

if TYPE_CHECKING:
    from holobench_mcp.capture.runner import RunOutcome

#: Exit statuses of a command that a person has stopped.
_INTERRUPTED = (130, -2)
_MAX_TAIL = 4000
#: Results that are searched for what a command gave before, and the metrics by which those of itself are known.
_RECENT, _OF_ITSELF = 200, ("wall_s", "cpu_s", "max_rss_mb")


def run(
    library: Library,
    command: Sequence[str],
    *,
    label: str | None = None,
    tool: str = "auto",
    results: str | None = None,
    on_result: Callable[[str], None] | None = None,
    stdout_is_ours: bool = False,
) -> RunReport:
    """Run any command and record what it gives. Its output goes where ours goes.

    tool, results: as in a benchmark's configuration. on_result: called with each result's id as soon as it is stored.
    stdout_is_ours: all of the command's output goes to stderr.
    Raises InvalidArgument for a named tool that the command does not start.
    """
    from holobench_mcp.capture.measured_command import Wanted, command_name, measure_command
    from holobench_mcp.capture.runner import Keep, run_command

    def run_it(words: Sequence[str], extra: Mapping[str, str], written_as: Sequence[str], keep: Keep) -> RunOutcome:
        return run_command(
            words, label=label, extra_env=extra, stdout_is_ours=stdout_is_ours, written_as=written_as, keep=keep
        )

    ids: list[str] = []
    benches: dict[str, str] = {}
    started_at = datetime.now(UTC)
    gave: tuple[str, ...] = ()
    with suppress(StoreError):  # what is measured may wait for a bucket that is down
        gave = benches_given(library, command=command)
    wanted = Wanted(command_name(command), tool, results, processes_are_runs=True, gave_before=gave)
    outcome = measure_command(command, wanted, run_it, folder=Path.cwd(), label=label)
    for snapshot in outcome.snapshots:
        try:
            ids.append(library.record(snapshot))
        except HolobenchMcpError as problem:
            outcome.problems.append(f"NOT RECORDED: {snapshot.bench_name}: {problem}")
            continue
        benches[ids[-1]] = snapshot.bench_name
        if on_result is not None:
            on_result(ids[-1])
    if outcome.returncode not in (0, *_INTERRUPTED) or not ids:
        _remember_failure(library, command, label, outcome, started_at, benches)
    return RunReport(
        returncode=outcome.returncode,
        result_ids=tuple(ids),
        problems=tuple(outcome.problems),
        notes=tuple(dict.fromkeys((*outcome.notes, *filter(None, (library.spool.sentence(),))))),
    )


def benches_given(
    library: Library, *, benchmark: str | None = None, command: Sequence[str] | None = None
) -> tuple[str, ...]:
    """The benches of its own that a configured benchmark, or a command, was last recorded with.

    A command that gives none of them has gone wrong: that it can be measured itself is no answer to what was asked.
    """
    if not library.store.exists():
        return ()
    if benchmark is not None:
        known = library.index().select(limit=_RECENT, benchmark=benchmark)
    else:
        words = tuple(command or ())
        # Which Python runs a script is no matter: a program alone is what it is called.
        part = slice(1 if len(words) > 1 else 0, None)
        known = [m for m in library.index().select(limit=_RECENT) if (m.environment.command or ())[part] == words[part]]
    own = [m for m in known if {metric.variable for metric in m.metrics}.isdisjoint(_OF_ITSELF)]
    return tuple(dict.fromkeys(m.bench_name for m in own))


def _remember_failure(
    library: Library,
    command: Sequence[str],
    label: str | None,
    outcome: RunOutcome,
    started_at: datetime,
    benches: Mapping[str, str],
) -> None:
    """Leave a document of a run that failed, so that the newest code is not taken for the one measured before it.

    Only where something was recorded before, or that can't be known: a mistyped first command makes no store.
    """
    from holobench_mcp.capture.environment import capture_environment

    crashed = outcome.returncode != 0
    detail = f"exit status {outcome.returncode}" if crashed else "it gave no results"
    with suppress(StoreError):
        if not _may_exist(library):
            return
        code = capture_environment()
        library.put_measurement(
            MeasurementDocument(
                id=f"run-{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
                kind="benchmark",
                command=tuple(word.encode("utf-8", "replace").decode() for word in command),
                head=MeasuredCode(revision=code.git_commit, dirty=code.git_dirty, label=label),
                started_at=started_at.isoformat(),
                ended_at=datetime.now(UTC).isoformat(),
                status="failed",
                roles=tuple(RunRole(result_id=i, bench_name=bench) for i, bench in benches.items()),
                head_failure=Failure(
                    what="crash" if crashed else "nothing", detail=detail, output_tail=outcome.output_tail[-_MAX_TAIL:]
                ),
            )
        )


def _may_exist(library: Library) -> bool:
    """Whether there is a store, or one that can't be reached now."""
    try:
        return library.store.exists()
    except IntegrityError:
        raise
    except StoreError:
        return True
