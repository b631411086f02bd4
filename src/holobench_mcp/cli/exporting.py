"""How results go out: export, and what may be written over."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from holobench_mcp.answers import ExportReport
from holobench_mcp.cli import output
from holobench_mcp.cli.program import app, open_workspace
from holobench_mcp.model import InvalidArgument, OutputError

_FORMATS = "result.json, netcdf, csv, jsonl, github-action-benchmark or junit"


@app.command()
def export(
    results: Annotated[list[str] | None, typer.Argument(help="Which results; the newest one unless given.")] = None,
    format_: Annotated[str, typer.Option("--format", help=f"{_FORMATS}.")] = "result.json",
    file: Annotated[Path | None, typer.Option("--output", "-o", help="Where to; stdout unless given.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    replicates: Annotated[str, typer.Option(help="auto: with further runs of the same code; or none.")] = "auto",
    better: Annotated[
        str | None, typer.Option(help="smaller or bigger: which metrics, for github-action-benchmark.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON; needs --output.")] = False,
) -> None:
    """Write results for other programs: netCDF, CSV, JSON lines, JUnit XML, a chart of github-action-benchmark."""
    if replicates not in ("auto", "none"):
        raise InvalidArgument(f"--replicates: auto or none, not {replicates!r:.40}.")
    if better not in (None, "smaller", "bigger"):
        raise InvalidArgument(f"--better: smaller or bigger, not {better!r:.40}.")
    to_stdout = file is None or str(file) == "-"
    if as_json and to_stdout:
        raise InvalidArgument("--json: what was written is told on stdout, where the results go; name a file with -o.")
    if to_stdout and format_ == "netcdf" and sys.stdout is not None and sys.stdout.isatty():
        raise InvalidArgument("-o: netCDF is no text; name a file, or send stdout to one.")
    if file is not None and not to_stdout:
        check_target(file, may_replace=lambda _: force, how="--force writes over it")
    exported, ids = open_workspace().export(
        results or ["latest"],
        format_,
        replicates=cast("Literal['auto', 'none']", replicates),
        better=cast("Literal['smaller', 'bigger'] | None", better),
    )
    for note in exported.notes:
        output.note(f"{note}.")
    if file is None or to_stdout:
        output.out_bytes(exported.data)
        return
    write_file(file, exported.data, replace=force)
    counted = "1 result" if len(ids) == 1 else f"{len(ids):,} results"
    report = ExportReport(
        status="ok",
        reason=f"{counted} written to {file} as {format_}, {len(exported.data):,} bytes.",
        path=str(file),
        format=format_,
        n_bytes=len(exported.data),
        result_ids=ids,
        notes=exported.notes,
    )
    output.print_json(report) if as_json else output.note(report.reason)


def check_target(file: Path, *, may_replace: Callable[[Path], bool], how: str) -> None:
    """Raise OutputError for a file that can't be written or must not be written over, before any work is done."""
    try:
        if file.is_dir():
            raise OutputError(f"{file} is a folder; name a file.")
        if not file.absolute().parent.is_dir():
            raise OutputError(f"{file} can't be written: there is no folder {file.parent}.")
        if file.is_file() and not may_replace(file):
            raise OutputError(f"{file} is there already; {how}.")
    except (OSError, ValueError) as problem:
        raise OutputError(f"{str(file)[:200]!r} can't be written: {problem}.") from problem


def check_report(file: Path) -> None:
    """Raise OutputError for what is not to be replaced by a report: any file that is none."""
    from holobench_mcp.exporters.junit import is_report

    def earlier(path: Path) -> bool:
        with path.open("rb") as stream:
            start = stream.read(512)
        return not start or is_report(start)

    check_target(file, may_replace=earlier, how="it is no JUnit report, and nothing else is written over")


def write_file(file: Path, data: bytes, *, replace: bool) -> None:
    """Write a file whole or not at all; over one that is there only where that is allowed. Raises OutputError."""
    try:
        if file.exists() and not file.is_file():
            file.write_bytes(data)  # a device or a pipe
        elif replace:
            _replace(file.resolve(), data)
        else:
            with file.open("xb") as stream:
                try:
                    stream.write(data)
                    stream.flush()
                except OSError:
                    file.unlink(missing_ok=True)
                    raise
    except FileExistsError as problem:
        raise OutputError(f"{file} is there already; --force writes over it.") from problem
    except OSError as problem:
        raise OutputError(f"{file} can't be written: {problem.strerror}.") from problem


def _replace(file: Path, data: bytes) -> None:
    """What was there stays there until all of what replaces it is written; so do its permissions."""
    mode = file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).chmod(mode)
        Path(name).replace(file)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _umask() -> int:
    """The mask of new files' permissions, which can only be asked for by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
