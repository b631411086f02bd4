"""What a page for people is made of, and what became of the files that it was written to."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from holobench_mcp.answers.history import History
from holobench_mcp.model import Cause, ComparisonDocument, Decision, Frozen, MeasurementDocument


class ReportContent(Frozen):
    """The answers that stand on one page."""

    title: str
    comparisons: tuple[ComparisonDocument, ...] = Field((), description="the one that decides first, worst first")
    histories: tuple[History, ...] = ()
    measurement: MeasurementDocument | None = None
    notes: tuple[str, ...] = Field((), description="what is not on the page, and why")


class ReportFile(Frozen):
    """A file of a report."""

    path: str
    format: Literal["html", "svg", "png"]
    n_bytes: int


class ReportWritten(Frozen):
    """What a report showed, and where it was written."""

    status: Literal["ok"] = "ok"
    reason: str
    decision: Decision | None = None
    cause: Cause | None = None
    title: str
    files: tuple[ReportFile, ...]
    notes: tuple[str, ...] = ()
