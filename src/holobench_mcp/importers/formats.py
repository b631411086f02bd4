"""Which formats there are, and which of them a file is of: decided by what it holds, never by what it is called.

Each is a module beside this one with four names: NAME, WORDS (what makes such a file), `recognises` and `read`. Adding
one is that module and its line in FORMATS. docs/tools/another-format.md shows the whole of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from holobench_mcp.importers.content import Content
from holobench_mcp.importers.nodes import Malformed
from holobench_mcp.importers.points import Extract
from holobench_mcp.model import CaptureError

#: In the order in which a file is tried: what has the most telling marks first.
FORMATS = (
    "pytest_benchmark", "pyperf", "google_benchmark", "hyperfine", "jmh", "vitest", "asv", "criterion", "json_lines",
    "csv_table", "go_test",
)  # fmt: skip
#: What is not read here, by the first thing that it holds or the name that it is asked for by.
PICKLE, CONTRACT = "pickle", "result.json"

#: What a file can fail with that nobody has thought of: none may end in a traceback.
UNREADABLE = (
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
class Read:
    """What is in a file: its measurements, in which format; of a result.json neither."""

    format: str | None
    extracts: Sequence[Extract] = ()


def formats() -> list[Format]:
    """Every format, loaded."""
    return [cast("Format", import_module(f"{__package__}.{name}")) for name in FORMATS]


def names() -> list[str]:
    """What `format` may be, beside "auto"."""
    return [*(f.NAME for f in formats()), CONTRACT, PICKLE]


def extracts_in(content: Content, format_name: str) -> Read:
    """What a file or folder holds. Raises CaptureError, naming it, and Malformed for one that can't be parsed."""
    found = _recognised(content, format_name)
    if found is None:
        return Read(None)
    try:
        extracts = found.read(content)
        if not extracts:
            raise Malformed("it holds no measured benchmark")
    except (Malformed, *UNREADABLE) as problem:
        raise unreadable(content.name, found.NAME, problem) from problem
    return Read(found.NAME, extracts)


def unreadable(name: str, format_name: str, problem: BaseException) -> CaptureError:
    """What a file that can't be read is refused with."""
    if isinstance(problem, Malformed):
        return CaptureError(f"{name} can't be read as {format_name}: {problem}.")
    return CaptureError(f"{name} can't be read as {format_name} ({type(problem).__name__}: {str(problem)[:120]}).")


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
