"""What the tools' answers are advertised as: the keys that an agent branches on, flat, and no more.

An output schema is read with every list of tools and held against every answer. The schemas of the whole documents are
resources (holobench://schema/…).
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """The first keys of every answer, and any others."""

    model_config = ConfigDict(extra="allow")


class Decided(Shape):
    """An answer about code: its decision, or how far its measurement is."""

    decision: str | None = None
    cause: str | None = None
    status: str | None = None
    reason: str
    next_step: str | None = None


class Measured(Shape):
    """An answer of a tool that measures: a decision or what was recorded, or how far it is."""

    decision: str | None = None
    status: str | None = None
    reason: str | None = None
    next_step: str | None = None
    measurement: str


class Listed(Shape):
    """An answer that lists or records."""

    status: str
    reason: str
    next_step: str | None = None


def advertised_output(schema: dict[str, Any]) -> dict[str, Any]:
    """An output schema as clients can use it: one type a key. A key that is not needed is left out, never null."""
    definitions = schema.get("$defs", {})
    return {
        "type": "object",
        "properties": {
            name: {"type": _type(declared, definitions)} for name, declared in schema.get("properties", {}).items()
        },
        "required": schema.get("required", []),
    }


def _type(declared: dict[str, Any], definitions: dict[str, dict[str, Any]]) -> str:
    """The one type of a key that is there."""
    choices = [declared, *declared.get("anyOf", ())]
    choices = [definitions.get(choice.get("$ref", "").rpartition("/")[2], choice) for choice in choices]
    types = [kind for choice in choices for kind in _types(choice) if kind != "null"]
    return types[0]


def _types(choice: dict[str, Any]) -> list[str]:
    kind = choice.get("type", [])
    return kind if isinstance(kind, list) else [kind]
