"""Where words go: results to stdout, everything else to stderr, whatever these can show.

A console that can't write a character must not change the exit code that a gate is trusted for (cp1252, ascii, latin-1,
PYTHONIOENCODING): what can't be written is replaced, by its nearest plain sign where it has one.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from pydantic import BaseModel

from holobench_mcp import digest
from holobench_mcp.digest import structures
from holobench_mcp.model import OutputError

#: What stands for a sign that the console's encoding does not have.
_PLAIN = str.maketrans({
    "±": "+/-", "→": "->", "…": "...", "–": "-", "—": "-", "−": "-", "×": "x", "·": ".", "µ": "u", "σ": "sd", "≤": "<=",
    "≥": ">=", "“": '"', "”": '"', "‘": "'", "’": "'", "─": "-", "│": "|", "┼": "+", "●": "o", "━": "-", "²": "2",
    "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#", "█": "#",
    "🔴": "[-]", "🟢": "[+]", "⚪": "[=]", "🟡": "[?]", "🟣": "[!]",
})  # fmt: skip
_ERRORS = "holobench_mcp.plain"


def _replacement(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    signs = problem.object[problem.start : problem.end].translate(_PLAIN)
    return "".join(sign if sign.isascii() else "?" for sign in signs), problem.end


codecs.register_error(_ERRORS, _replacement)


def replace_what_cannot_be_written() -> None:
    """Let stdout and stderr take any text, whatever their encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def writable(text: str, stream: TextIO | None) -> str:
    """A text as a stream's encoding can write it: as it is, or with the nearest plain signs."""
    encoding = getattr(stream, "encoding", None)
    return text.encode(encoding, _ERRORS).decode(encoding) if encoding and not text.isascii() else text


def out(text: str) -> None:
    """Lines on stdout, each of them plain: none commands a terminal. Raises OutputError.

    When its reader has gone, nothing: the exit status is still of use.
    """
    if sys.stdout is None:
        return
    with until_reader_goes():
        sys.stdout.write("\n".join(digest.plain(line, None) for line in text.split("\n")) + "\n")
        sys.stdout.flush()


def out_bytes(data: bytes) -> None:
    """A file's content on stdout, byte for byte. When its reader has gone, nothing. Raises OutputError."""
    if sys.stdout is None:
        return
    with until_reader_goes():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


@contextmanager
def until_reader_goes() -> Iterator[None]:
    """What is written to stdout; when its reader has gone, nothing more. Raises OutputError."""
    try:
        yield
    except OSError as problem:
        _fail(problem)


def _fail(problem: OSError) -> None:
    """Let nothing that is still to be written fail once more. Raises OutputError unless the reader has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not isinstance(problem, BrokenPipeError):
        raise OutputError(f"The output can't be written: {problem.strerror}.") from problem


def note(text: str) -> None:
    """A line on stderr, marked as ours."""
    with suppress(OSError, AttributeError):  # closed, or nobody reads it
        lines = f"holobench-mcp: {digest.with_output(text)}"
        sys.stderr.write(f"{_broken_between_words(lines) if sys.stderr.isatty() else lines}\n")
        sys.stderr.flush()


def _broken_between_words(lines: str) -> str:
    """Lines as wide as the terminal that stderr is."""
    from holobench_mcp.cli.layout import paragraph

    width = shutil.get_terminal_size().columns
    shown = (paragraph(writable(line, sys.stderr), width, 4) for line in lines.split("\n"))
    return "\n".join(line.plain for one in shown for line in one)


def print_json(value: BaseModel) -> None:
    """A document as JSON, whole: the keys that were set, what to act on first."""
    out(json.dumps(structures.full(value), indent=2))
