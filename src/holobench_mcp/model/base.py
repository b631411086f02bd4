"""What all models share: values that are compared by content, and schemas that an agent can afford."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

JsonScalar = str | int | float | bool | None


def lean(schema: dict[str, Any]) -> None:
    """Drop the titles that pydantic makes of names, and write `number or null` as one type, not as a choice of two.

    An agent pays for every word of a tool's schema, and a client that checks an answer against it for every choice.
    """
    schema.pop("title", None)
    for declared in schema.get("properties", {}).values():
        declared.pop("title", None)
        _join_types(declared)


def _join_types(declared: dict[str, Any]) -> None:
    choices = declared.get("anyOf", [])
    if choices and all(set(choice) == {"type"} for choice in choices):
        declared["type"] = [choice["type"] for choice in declared.pop("anyOf")]
    parts = [declared.get("items"), declared.get("additionalProperties"), *declared.get("prefixItems", ()), *choices]
    for part in parts:
        if isinstance(part, dict):
            _join_types(part)


class Frozen(BaseModel):
    """A value: compared by content, never changed; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=lean)


class Tolerant(BaseModel):
    """A document of the contract: keys that a later version adds stay, and are ignored."""

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=lean)
