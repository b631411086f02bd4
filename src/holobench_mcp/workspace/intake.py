"""How results come into the library: from saved files, and from a command that is run."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp.answers import ImportReport, RunReport
from holobench_mcp.model import (
    CaptureError,
    Failure,
    InvalidArgument,
    MeasuredCode,
    MeasurementDocument,
    RunRole,
    StoreError,
)
from holobench_mcp.store.bundle import SAMPLES
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.listing import CONTRACT_ONLY

if TYPE_CHECKING:
    from holobench_mcp.capture.runner import RunOutcome
    from holobench_mcp.result.snapshot import Snapshot

#: Exit statuses of a command that a person has stopped.
_INTERRUPTED = (130, -2)
_MAX_TAIL = 4000


def import_paths(
    library: Library, paths: Sequence[Path], *, only_below_roots: bool = False
) -> Iterator[tuple[Path, list[str]]]:
    """Take in saved results. Yields each file with the ids that it gave. Raises CaptureError, naming the file.

    only_below_roots: refuse what is outside the configured roots, which is what an agent gets.
    """
    from holobench_mcp.importers.pickles import read_pickle
    from holobench_mcp.importers.result_json import read_contract

    roots = [root.resolve() for root in library.config.import_roots]
    for path in paths:
        try:
            real = path.expanduser().resolve()
            is_file = real.is_file()
        except (OSError, RuntimeError, ValueError) as problem:
            raise CaptureError(f"path: {str(path)[:200]!r} can't be found: {str(problem)[:200]}.") from problem
        if only_below_roots and not any(real.is_relative_to(root) for root in roots):
            raise CaptureError(f"path: {path} is outside the folders that the configuration allows to import from.")
        if not is_file:
            raise CaptureError(f"path: {path} is not a file.")
        snapshots = [read_contract(real)] if real.suffix == ".json" else read_pickle(real)
        yield path, [library.store.record(s) for s in snapshots]


def import_for_agent(library: Library, path: str) -> ImportReport:
    """Take in a file that an agent names: relative to the project, and below the configured roots only."""
    if not path or len(path) > 4096 or not path.isprintable():
        raise InvalidArgument("path: a file's path of at most 4096 printable characters.")
    found = list(import_paths(library, [library.config.root / Path(path)], only_below_roots=True))
    ids = tuple(result_id for _, ids in found for result_id in ids)
    lone = [i for i in ids if SAMPLES not in library.store.manifest(i).blobs]
    return ImportReport(**({"reason": CONTRACT_ONLY} if lone else {}), path=path, result_ids=ids)


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
