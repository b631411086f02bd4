"""The results of a file or folder that anybody may have written: another tool's, a result.json, a saved result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp.importers.formats import CONTRACT, PICKLE, UNREADABLE, Read, names, unreadable
from holobench_mcp.importers.nodes import Malformed
from holobench_mcp.importers.reading import read_apart, read_here
from holobench_mcp.model import CaptureError, InvalidArgument

if TYPE_CHECKING:
    from holobench_mcp.importers.assembling import Attribution
    from holobench_mcp.result.snapshot import Snapshot


@dataclass(frozen=True)
class FileResults:
    """What was read of a file: its results, the tool that wrote it, and what must be said of them."""

    snapshots: list[Snapshot]
    format: str
    tool: str
    notes: list[str]


def read_results(
    source: Path | bytes,
    *,
    name: str | None = None,
    format_name: str = "auto",
    said: Attribution | None = None,
    apart: bool = True,
) -> FileResults:
    """The results of a file or folder, or of what was printed.

    apart: in a process of its own, with limits; False for what nobody else can have written. Raises CaptureError,
    naming it, for what is of no format that is known, or takes too long; InvalidArgument for a format that there is
    none of.
    """
    if format_name not in ("auto", *names()):
        raise InvalidArgument(f"format: {format_name!r:.60} is none of auto, {', '.join(names())}.")
    name = name or ("its output" if isinstance(source, bytes) else str(source))
    if isinstance(source, Path):
        if format_name == PICKLE or (format_name == "auto" and _is_pickle(source)):
            from holobench_mcp.importers.pickles import read_pickle

            return FileResults(read_pickle(source), PICKLE, "holobench", [])
        if format_name == CONTRACT:
            return _contract(source)
    found = (read_apart if apart else read_here)(source, name, format_name)
    if found.format is not None:
        return _results(name, found, said)
    if isinstance(source, Path):
        return _contract(source)
    raise CaptureError(f"{name}: a result.json is read from a file only.")


def _is_pickle(path: Path) -> bool:
    """Whether a file is a pickle: of a protocol that says so, or of one of the two that don't and are named so."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            return stream.read(1) == b"\x80" or path.suffix.lower() in (".pkl", ".pickle")
    except OSError:
        return False


def _contract(path: Path) -> FileResults:
    from holobench_mcp.importers.result_json import read_contract

    return FileResults([read_contract(path)], CONTRACT, "holobench", [])


def _results(name: str, found: Read, said: Attribution | None) -> FileResults:
    from holobench_mcp.importers.assembling import Attribution, snapshots_of

    snapshots: list[Snapshot] = []
    notes: list[str] = []
    try:
        for extract in found.extracts:
            made, more = snapshots_of(extract, said or Attribution())
            snapshots += made
            notes += [note for note in more if note not in notes]
    except (Malformed, *UNREADABLE) as problem:
        raise unreadable(name, str(found.format), problem) from problem
    return FileResults(snapshots, str(found.format), found.extracts[0].tool, notes)
