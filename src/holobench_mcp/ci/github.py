"""What a job of GitHub Actions writes for others: outputs of its step, the summary of its page, annotations."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from holobench_mcp.model import OutputError

#: GitHub shows a summary of at most 1 MiB a step.
MAX_SUMMARY = 1_000_000


def write_outputs(environ: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Outputs of this step. No value can end its own block early and begin another output. Raises OutputError."""
    lines = ""
    for name, value in outputs.items():
        end = f"end-{secrets.token_hex(16)}"
        lines += f"{name}<<{end}\n{value}\n{end}\n"
    _append(environ, "GITHUB_OUTPUT", lines)


def write_summary(environ: Mapping[str, str], markdown: str) -> None:
    """Markdown on the page of the run. Raises OutputError."""
    _append(environ, "GITHUB_STEP_SUMMARY", f"{markdown[:MAX_SUMMARY]}\n\n")


def annotation(level: str, title: str, text: str) -> str:
    """A line of the log that GitHub shows beside the run. level: error, warning or notice."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    named = title.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={named}::{escaped}"


def _append(environ: Mapping[str, str], variable: str, text: str) -> None:
    path = environ.get(variable)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(text)
    except (OSError, ValueError) as problem:
        raise OutputError(f"{variable}: {path[:200]!r} can't be written: {problem}.") from problem
