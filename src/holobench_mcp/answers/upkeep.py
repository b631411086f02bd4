"""Whether a store is whole."""

from __future__ import annotations

from pydantic import Field

from holobench_mcp.model import Frozen


class Verification(Frozen):
    """What reading a whole store found."""

    store: str
    problems: tuple[str, ...] = Field((), description="what is damaged")
    notes: tuple[str, ...] = Field((), description="what could not be checked")
