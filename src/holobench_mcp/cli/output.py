"""Where words go: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress

from pydantic import BaseModel

from holobench_mcp import digest
from holobench_mcp.model import OutputError


def out(text: str) -> None:
    """A line on stdout. When its reader has gone, nothing: the exit status is still of use. Raises OutputError."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as problem:
        # What is still to be written, at exit too, must not fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(problem, BrokenPipeError):
            raise OutputError(f"The output can't be written: {problem.strerror}.") from problem


def note(text: str) -> None:
    """A line on stderr, marked as ours."""
    with suppress(OSError, AttributeError):  # closed, or nobody reads it
        lines = "\n".join(map(digest.plain, text.splitlines()))
        sys.stderr.write(f"holobench-mcp: {lines}\n")
        sys.stderr.flush()


def print_json(value: BaseModel) -> None:
    """A document as JSON: the keys that were set."""
    out(json.dumps(value.model_dump(mode="json", exclude_unset=True), indent=2))
