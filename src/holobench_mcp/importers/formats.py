"""Which formats there are, and which of them a file is of: decided by what it holds, never by what it is called.

Each is a module beside this one with four names: NAME, WORDS (what makes such a file), `recognises` and `read`. Adding
one is that module and its line in FORMATS. docs/tools/another-format.md shows the whole of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed
from holobench_mcp.importers.points import Extract
from holobench_mcp.model import CaptureError, InvalidArgument

if TYPE_CHECKING:
    from holobench_mcp.importers.assembling import Attribution
    from holobench_mcp.importers.reading import Read
    from holobench_mcp.result.snapshot import Snapshot

#: In the order in which a file is tried: what has the most telling marks first.
FORMATS = (
    "pytest_benchmark", "pyperf", "google_benchmark", "hyperfine", "jmh", "vitest", "asv", "criterion", "json_lines",
    "csv_table", "go_test",
)  # fmt: skip
#: What is not read here, by the first thing that it holds or the name that it is asked for by.
PICKLE, CONTRACT = "pickle", "result.json"

#: What a file can fail with that nobody has thought of: none may end in a traceback.
_UNREADABLE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MemoryError,
)  # fmt: skip


class Format(Protocol):
    """What a format's module has."""

    NAME: str
    WORDS: str

    def recognises(self, content: Content) -> bool:
        """Whether a file or folder is of this format, by what it holds."""

    def read(self, content: Content) -> Sequence[Extract]:
        """The measurements in it. Raises Malformed, naming the place."""


@dataclass(frozen=True)
class FileResults:
    """What was read of a file: its results, the tool that wrote it, and what must be said of them."""

    snapshots: list[Snapshot]
    format: str
    tool: str
    notes: list[str]


def formats() -> list[Format]:
    """Every format, loaded."""
    return [cast("Format", import_module(f"{__package__}.{name}")) for name in FORMATS]


def names() -> list[str]:
    """What `format` may be, beside "auto"."""
    return [*(f.NAME for f in formats()), CONTRACT, PICKLE]


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
    from holobench_mcp.importers.reading import read_apart, read_here

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


def extracts_in(content: Content, format_name: str) -> Read:
    """What a file or folder holds. Raises CaptureError, naming it, and Malformed for one that can't be parsed."""
    from holobench_mcp.importers.reading import Read

    found = _recognised(content, format_name)
    if found is None:
        return Read(None)
    try:
        extracts = found.read(content)
        if not extracts:
            raise Malformed("it holds no measured benchmark")
    except (Malformed, *_UNREADABLE) as problem:
        raise _unreadable(content.name, found.NAME, problem) from problem
    return Read(found.NAME, extracts)


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


def _recognised(content: Content, format_name: str) -> Format | None:
    """The format of a file, None for a result.json. Raises CaptureError for no format, or for another than asked."""
    if format_name != "auto":
        return next(f for f in formats() if format_name == f.NAME)
    if content.has(schema_version=int) and (content.has(bench_name=str) or content.has(metrics=list)):
        return None
    found = next((f for f in formats() if f.recognises(content)), None)
    if found is not None:
        return found
    if content.node is not None and content.folder is None and content.has(schema_version=int):
        return None
    known = "; ".join(f"{f.NAME} ({f.WORDS})" for f in formats())
    raise CaptureError(
        f"{content.name} is of no format that is known. Known are: {known}; result.json and saved pickles of holobench."
    )


def _results(name: str, found: Read, said: Attribution | None) -> FileResults:
    from holobench_mcp.importers.assembling import Attribution, snapshots_of

    snapshots: list[Snapshot] = []
    notes: list[str] = []
    try:
        for extract in found.extracts:
            made, more = snapshots_of(extract, said or Attribution())
            snapshots += made
            notes += [note for note in more if note not in notes]
    except (Malformed, *_UNREADABLE) as problem:
        raise _unreadable(name, str(found.format), problem) from problem
    return FileResults(snapshots, str(found.format), found.extracts[0].tool, notes)


def _unreadable(name: str, format_name: str, problem: BaseException) -> CaptureError:
    if isinstance(problem, Malformed):
        return CaptureError(f"{name} can't be read as {format_name}: {problem}.")
    return CaptureError(f"{name} can't be read as {format_name} ({type(problem).__name__}: {str(problem)[:120]}).")
