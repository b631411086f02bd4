"""What became of a client's configuration."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from holobench_mcp.answers.structure import Structure


class AttachmentReport(Structure):
    """One server's entry in one client's file."""

    status: Literal["installed", "updated", "unchanged", "removed", "absent", "preview", "printed", "declined"]
    reason: str
    next_step: str | None = Field(None, description="how to see that it works")
    client: str
    scope: str
    name: str
    file: str
    backup: str | None = Field(None, description="what the file held before")
    entry: dict[str, Any] = Field({}, description="the server's entry as it is written")
    diff: str = ""
