"""Where words go: results to stdout, everything else to stderr, whatever these can show.

A console that can't write a character must not change the exit code that a gate is trusted for (cp1252, ascii, latin-1,
PYTHONIOENCODING): what can't be written is replaced, by its nearest plain sign where it has one.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from contextlib import suppress

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


def replace_what_cannot_be_written() -> None:
    """Let stdout and stderr take any text, whatever their encoding."""
    codecs.register_error(_ERRORS, _replacement)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def out(text: str) -> None:
    """Lines on stdout, each of them plain: none commands a terminal. Raises OutputError.

    When its reader has gone, nothing: the exit status is still of use.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write("\n".join(digest.plain(line, None) for line in text.split("\n")) + "\n")
        sys.stdout.flush()
    except OSError as problem:
        _fail(problem)


def out_bytes(data: bytes) -> None:
    """A file's content on stdout, byte for byte. When its reader has gone, nothing. Raises OutputError."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
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
        sys.stderr.write(f"holobench-mcp: {digest.with_output(text)}\n")
        sys.stderr.flush()


def print_json(value: BaseModel) -> None:
    """A document as JSON, whole: the keys that were set, what to act on first."""
    out(json.dumps(structures.full(value), indent=2))
