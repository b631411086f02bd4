"""What came of writing results to a file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from holobench_mcp.model import Frozen


class ExportReport(Frozen):
    """A file that results were written to."""

    status: Literal["ok"] = "ok"
    reason: str
    path: str
    format: str
    n_bytes: int
    result_ids: tuple[str, ...] = Field((), description="what is in it")
    notes: tuple[str, ...] = Field((), description="what of the results is not in it, and what the reader must know")
