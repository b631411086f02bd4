"""What a tool has left after its run, as results of this measurement.

A file's numbers are the tool's; when it ran, of which code and on which machine, this measurement knows better. All
processes that a tool has started are one run here: rounds of a measurement are made around it, and what drifts between
them is in none of its own processes.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp.capture.tools.known_tool import ToolCommand
from holobench_mcp.model import CaptureError, Environment

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot

#: Repeats of a run at a point; a benchmark of microseconds has a hundred thousand, of which no more can be learnt.
MOST_REPEATS = 1000
_MOST_FILES = 100


@dataclass(frozen=True)
class MeasuredRun:
    """What is known of a run whose results are imported. environment: as `capture_environment` has it."""

    environment: Environment
    executed_at: datetime
    label: str | None = None
    revision: str | None = None
    processes_are_runs: bool = False  #: as where the command is run once only


@dataclass(frozen=True)
class ToolResults:
    """Results in the order of their names, what must be said of them, and why some could not be read, or none."""

    snapshots: tuple[Snapshot, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def as_they_are(paths: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Files that are there before a run, so that what it has not written is told from what it has."""
    return {path: state for path in paths if (state := _state(path)) is not None}


def tool_results(asked: ToolCommand, printed: bytes, measured: MeasuredRun) -> ToolResults:
    """The results of a tool that has run. printed: its standard output. Never raises for what it has left."""
    if asked.reason is not None:
        return ToolResults(notes=(f"{asked.tool} gives no results: {asked.reason}.",))
    if asked.outputs:
        found = file_results(asked.outputs, asked.before, measured, format_name=asked.format)
    else:
        found = _results([(printed, "its output")], measured, asked.format)
    return replace(found, notes=(*asked.notes, *found.notes))


def file_results(
    paths: Sequence[Path],
    before: Mapping[Path, tuple[int, int]],
    measured: MeasuredRun,
    *,
    format_name: str = "auto",
) -> ToolResults:
    """The results in files and folders that a run has written. before: what `as_they_are` said before it."""
    written = [path for path in paths if (state := _state(path)) is not None and state != before.get(path)]
    if not written:
        old = [path.name for path in paths if path in before]
        why = f"it did not write {', '.join(old[:3])}, which is of another run" if old else "it wrote no results"
        return ToolResults(problems=(f"{why}.",))
    if len(written) > _MOST_FILES:
        return ToolResults(problems=(f"it wrote {len(written)} files of results; at most {_MOST_FILES} are read.",))
    return _results([(path, path.name) for path in written], measured, format_name)


def _results(sources: Sequence[tuple[Path | bytes, str]], measured: MeasuredRun, format_name: str) -> ToolResults:
    from holobench_mcp.importers.assembling import Attribution
    from holobench_mcp.importers.file_results import read_results

    said = Attribution(
        measured.label,
        measured.revision,
        executed_at=measured.executed_at,
        one_run=not measured.processes_are_runs,
        most_repeats=MOST_REPEATS,
    )
    snapshots: list[Snapshot] = []
    notes: list[str] = []
    problems: list[str] = []
    for source, name in sources:
        try:
            found = read_results(source, name=name, format_name=format_name, said=said)
        except CaptureError as problem:
            problems.append(str(problem))
            continue
        snapshots += found.snapshots
        notes += [note for note in found.notes if note not in notes]
    measurement = f"run-{measured.executed_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    # In one order in all runs, whatever order a tool ran them in: the place of a bench in it is its number.
    snapshots.sort(key=lambda s: (s.bench_name, [i.name for i in s.inputs], s.measurement.run if s.measurement else 0))
    return ToolResults(
        tuple(_of_this_run(snapshot, measured, measurement) for snapshot in snapshots), tuple(notes), tuple(problems)
    )


def _of_this_run(snapshot: Snapshot, measured: MeasuredRun, measurement: str) -> Snapshot:
    """A result as this measurement's: what it knows itself wins over what the file says."""
    known = measured.environment.model_dump(exclude_none=True)
    said = {key: value for key, value in snapshot.environment.model_dump(exclude_none=True).items() if key not in known}
    of_import = snapshot.measurement
    return snapshot.with_(
        environment=measured.environment.model_copy(update=said),
        provenance={**snapshot.provenance, "uuid": str(uuid.uuid4())},
        measurement=None if of_import is None else of_import.model_copy(update={"id": measurement}),
    )


def _state(path: Path) -> tuple[int, int] | None:
    """When a file was written and how large it is; of a folder, its newest file and how many it has."""
    try:
        if not path.is_dir():
            found = path.stat()
            return found.st_mtime_ns, found.st_size
        files = [file.stat().st_mtime_ns for file in path.rglob("*") if file.is_file()]
        return (max(files), len(files)) if files else None
    except OSError:
        return None
