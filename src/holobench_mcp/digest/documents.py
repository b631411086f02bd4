"""An answer as the data that leaves: its short form, or a whole document with what to act on first."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from holobench_mcp.answers import Structure

#: What stands first wherever it is there, and is left out where nothing is to be said.
FIRST = ("decision", "status", "cause", "reason", "next_step")


def document_of(value: BaseModel) -> dict[str, Any]:
    """The keys that were set; first what to act on. Every key of a contract stays as it is."""
    if isinstance(value, Structure):
        return value.document()
    document = value.model_dump(mode="json", exclude_unset=True)
    first = {key: document.pop(key) for key in FIRST if key in document}
    return {**{key: part for key, part in first.items() if part is not None}, **document}
