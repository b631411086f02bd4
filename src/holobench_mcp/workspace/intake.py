"""How results come into the library from a command that is run."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from holobench_mcp.answers import RunReport
from holobench_mcp.model import (
    Failure,
    MeasuredCode,
    MeasurementDocument,
    RunRole,
    StoreError,
)
from holobench_mcp.workspace.library import Library

if TYPE_CHECKING:
    from holobench_mcp.capture.runner import RunOutcome
    from holobench_mcp.result.snapshot import Snapshot

#: Exit statuses of a command that a person has stopped.
_INTERRUPTED = (130, -2)
_MAX_TAIL = 4000


def run(
    library: Library,
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

    def record(snapshot: Snapshot) -> None:
        ids.append(library.store.record(snapshot))
        if on_result is not None:
            on_result(ids[-1])

    started_at = datetime.now(UTC)
    outcome = run_command(command, label=label, on_snapshot=record, stdout_is_ours=stdout_is_ours)
    if outcome.returncode not in (0, *_INTERRUPTED) or not ids:
        _remember_failure(library, command, label, outcome, started_at, ids)
    return RunReport(returncode=outcome.returncode, result_ids=tuple(ids), problems=tuple(outcome.problems))


def _remember_failure(
    library: Library,
    command: Sequence[str],
    label: str | None,
    outcome: RunOutcome,
    started_at: datetime,
    result_ids: Sequence[str],
) -> None:
    """Leave a document of a run that failed, so that the newest code is not taken for the one measured before it.

    Only where something was recorded before: a mistyped first command makes no store.
    """
    from holobench_mcp.capture.environment import capture_environment

    crashed = outcome.returncode != 0
    detail = f"exit status {outcome.returncode}" if crashed else "it collected no sweep"
    with suppress(StoreError):
        if not library.store.exists():
            return
        code = capture_environment()
        index = library.index()
        benches = {m.result_id: m.bench_name for m in index.select(limit=max(len(result_ids), 1))}
        library.store.put_measurement(
            MeasurementDocument(
                id=f"run-{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
                kind="benchmark",
                command=tuple(word.encode("utf-8", "replace").decode() for word in command),
                head=MeasuredCode(revision=code.git_commit, dirty=code.git_dirty, label=label),
                started_at=started_at.isoformat(),
                ended_at=datetime.now(UTC).isoformat(),
                status="failed",
                roles=tuple(RunRole(result_id=i, bench_name=benches.get(i, "")) for i in result_ids),
                head_failure=Failure(
                    what="crash" if crashed else "nothing", detail=detail, output_tail=outcome.output_tail[-_MAX_TAIL:]
                ),
            )
        )
