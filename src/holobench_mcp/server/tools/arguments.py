"""What several tools share: how a result is named, what a parameter is, and what a tool does to the world."""

from __future__ import annotations

from typing import Annotated

from mcp_types import ToolAnnotations
from pydantic import Field

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
RUNS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)

NAMES = (
    "an id or its beginning, latest, latest~1, <bench>@latest, <bench>@<baseline name>, <bench>@<git revision> or "
    "<bench>@label:<label>"
)
ResultName = Annotated[str, Field(description=f"Which result: {NAMES}")]
Cursor = Annotated[str | None, Field(description="next_cursor of the page before")]
Parameters = Annotated[
    dict[str, str | int | float | bool] | None,
    Field(description="Values for parameters that list_benchmarks shows, such as {'repeats': 5}"),
]
