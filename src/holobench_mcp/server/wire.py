"""Arguments as they come over the wire, brought to what a tool's schema says; and the schema as it is advertised.

Clients and models write the same value in several ways: an explicit null for an argument that is left out, 1.0 for 1,
a number as text, a list or an object as JSON text. All of these are taken for what they mean. Text stays text: the SDK
reads whatever looks like JSON in an optional text argument as JSON (python-sdk#3055), so that a reason of
'{"pr": 12}' would be refused, and a label 'null' would be no label.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata

Schema = dict[str, Any]


class AsGiven(FuncMetadata):
    """A tool's metadata that reads no JSON in texts: `normal` has done what is meant to be done."""

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        """The arguments as they are."""
        return data

    @classmethod
    def of(cls, metadata: FuncMetadata) -> AsGiven:
        """The same tool's, read so."""
        return cls(
            arg_model=metadata.arg_model,
            output_schema=metadata.output_schema,
            output_model=metadata.output_model,
            wrap_output=metadata.wrap_output,
        )


def advertised(schema: Schema) -> Schema:
    """An input schema as clients can use it: one type an argument, no argument beside those that there are.

    Null needs no type: it is taken for absent everywhere. Titles and null defaults say nothing.
    """
    return {
        "type": "object",
        "properties": {name: _declared(argument) for name, argument in schema.get("properties", {}).items()},
        **({"required": schema["required"]} if schema.get("required") else {}),
        "additionalProperties": False,
    }


def normal(arguments: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Arguments as the schema's types. Raises ToolError for a number that is none; leaves what it can't read."""
    return {
        name: _value(name, value, schema["properties"].get(name, {}))
        for name, value in arguments.items()
        if value is not None
    }


# ---------------------------------------------------------------------- parts


def _declared(argument: Schema) -> Schema:
    declared = {key: value for key, value in argument.items() if key not in ("title", "anyOf")}
    if declared.get("default", 0) is None:
        del declared["default"]
    choices = [choice for choice in argument.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        declared = {**_declared(choices[0]), **declared}
    elif choices:
        declared["type"] = [choice["type"] for choice in choices]
    for part in ("items", "additionalProperties"):
        if isinstance(declared.get(part), dict):
            declared[part] = _declared(declared[part])
    return declared


def _value(name: str, value: object, declared: Schema) -> object:
    match declared.get("type"):
        case "integer" | "number":
            return _number(name, value)
        case "boolean" if isinstance(value, str):
            return {"true": True, "false": False}.get(value.strip().lower(), value)
        case "array" if isinstance(value, str):
            parsed = _json(value)
            return parsed if isinstance(parsed, list) else [value]
        case "object" if isinstance(value, str):
            parsed = _json(value)
            return parsed if isinstance(parsed, dict) else value
    return value


def _number(name: str, value: object) -> object:
    number = _json(value) if isinstance(value, str) else value
    if isinstance(number, bool) or (isinstance(number, float) and not math.isfinite(number)):
        raise ToolError(f"{name}: it should be a finite number, not {value!r:.80}.")
    if isinstance(number, float) and number.is_integer():
        return int(number)
    return number if isinstance(number, int | float) else value


def _json(text: str) -> object:
    """What a text says as JSON; the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
