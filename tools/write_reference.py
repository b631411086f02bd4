"""Write docs/reference from the code: every tool, command, configuration key and key of the JSON documents.

python tools/write_reference.py

A test holds the pages against what this gives.
"""

from __future__ import annotations

import re
import tempfile
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
_MADE = "<!-- made by tools/write_reference.py: make tables -->"
_WITH = "[tool.holobench-mcp.benchmarks.b]\ncommand = ['python', 'bench.py']\n"


def pages() -> dict[str, str]:
    """The text of each page, by its file's name."""
    parts = {"tools": tools(), "commands": commands(), "configuration": configuration(), "json": documents()}
    return {f"{name}.md": f"{_MADE}\n{text.rstrip()}\n" for name, text in parts.items()}


def tools() -> str:
    """Every tool of the server with its arguments."""
    import anyio

    with tempfile.TemporaryDirectory() as folder:
        always = {tool.name for tool in anyio.run(_listed, folder)}
        Path(folder, "pyproject.toml").write_text(_WITH)
        listed = anyio.run(_listed, folder)
    lines = ["# Tools", "", "What an agent is shown of each tool. All but those that say so are always there.", ""]
    for tool in listed:
        lines += [f"## {tool.name}", "", _text(tool.description), ""]
        if tool.name not in always:
            lines += ["*Only where a person has configured benchmarks.*", ""]
        needed = tool.input_schema.get("required", ())
        rows = [
            (
                f"`{name}`",
                _json_type(schema),
                "needed" if name in needed else _value(schema.get("default")),
                _text(said),
            )
            for name, schema in tool.input_schema["properties"].items()
            for said in [schema.get("description", "")]
        ]
        lines += [*_table(("argument", "type", "default", "what it is"), rows), ""]
    return "\n".join(lines)


def commands() -> str:
    """Every command with its arguments and options."""
    import typer

    from holobench_mcp.cli import app

    lines = ["# Commands", "", "`holobench-mcp --store S --project P COMMAND …`; `-h` tells the same of each.", ""]
    for words, command in _commands(typer.main.get_command(app), ()):
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        usage = [f"{p.name.upper()}" if p.required else f"[{p.name.upper()}]" for p in arguments]
        rest = ["[--", "COMMAND…]"] if command.context_settings.get("allow_extra_args") else []
        lines += [f"## {' '.join(words)}", "", _text(command.help or ""), ""]
        lines += ["```text", " ".join(["holobench-mcp", *words, "[OPTIONS]", *usage, *rest]), "```", ""]
        rows = []
        for p in command.params:
            names = p.name.upper() if p in arguments else ", ".join([*p.opts, *p.secondary_opts])
            variable = f" Variable: `{p.envvar}`." if getattr(p, "envvar", None) else ""
            rows.append((f"`{names}`", _value(p.default), _text(p.help or "") + variable))
        lines += [*_table(("option", "default", "what it is"), rows), ""] if rows else []
    return "\n".join(lines)


def configuration() -> str:
    """Every key of the table in pyproject.toml."""
    from holobench_mcp.config import TABLE, FileConfig

    lines = ["# Configuration", "", f"The table `[{TABLE}]` of pyproject.toml. Everything has a default.", ""]
    waiting: list[tuple[str, type[BaseModel]]] = [(TABLE, FileConfig)]
    while waiting:
        place, model = waiting.pop(0)
        rows = []
        for name, entry in model.model_fields.items():
            inner = next(_models(entry.annotation), None)
            if inner is not None:
                keyed = typing.get_origin(entry.annotation) is dict
                waiting.append((f"{place}.{name}.NAME" if keyed else f"{place}.{name}", inner))
            bounds = ", ".join(filter(None, map(_bound, entry.metadata)))
            said = ". ".join(filter(None, (_text(entry.description or ""), bounds)))
            default = (
                "needed"
                if entry.is_required()
                else ""
                if inner
                else _value(entry.get_default(call_default_factory=True))
            )
            rows.append((f"`{name}`", _python_type(entry.annotation), default, said))
        doc = "" if model is FileConfig else _text((model.__doc__ or "").split("\n\n")[0])
        lines += [
            f"## [{place}]",
            "",
            *([doc, ""] if doc else []),
            *_table(("key", "type", "default", "what it is"), rows),
            "",
        ]
    return "\n".join(lines)


def documents() -> str:
    """Every key of the documents that the contract names."""
    from holobench_mcp.server.resources.documents import SCHEMAS

    lines = [
        "# JSON",
        "",
        "The documents of the contract, schema version 1, with the additive keys of this server. Their",
        "",
    ]
    lines[-2] += " schemas are the resources `holobench://schema/result.json` and `holobench://schema/comparison.json`."
    known: set[str] = set()
    for name, model in SCHEMAS.items():
        schema = model.model_json_schema()
        lines += [f"## {name}.json", "", *_keys(schema), ""]
        for part, inner in schema.get("$defs", {}).items():
            if "properties" in inner and part not in known:
                known.add(part)
                said = _text(inner.get("description", "").split("\n\n")[0])
                lines += [f"### {part}", "", *([said, ""] if said else []), *_keys(inner), ""]
    return "\n".join(lines)


# ---------------------------------------------------------------------- parts


async def _listed(project: str) -> list[Any]:
    from mcp import Client

    from holobench_mcp.server.app import create_server

    async with Client(create_server(project=project)) as client:
        return (await client.list_tools()).tools


def _commands(group: Any, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*above, name))
        else:
            yield (*above, name), command


def _keys(schema: Mapping[str, Any]) -> list[str]:
    rows = [
        (f"`{key}`", _json_type(part), _text(part.get("description", ""))) for key, part in schema["properties"].items()
    ]
    return _table(("key", "type", "what it is"), rows)


def _json_type(schema: Mapping[str, Any]) -> str:
    """A schema in a word: what a value may be, null left out."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if choices := schema.get("enum"):
        return ", ".join(f"`{choice}`" for choice in choices)
    if "const" in schema:
        return f"`{schema['const']}`"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_json_type(s) for s in schema[several] if s.get("type") != "null"))
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(k for k in kind if k != "null")
    if kind == "array":
        return f"array of {_json_type(schema['items'])}" if schema.get("items") else "array"
    inner = schema.get("additionalProperties")
    return f"object of {_json_type(inner)}" if kind == "object" and isinstance(inner, dict) and inner else kind


def _python_type(annotation: Any) -> str:
    """An annotation as TOML would say it."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _python_type(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_python_type(a) for a in arguments if a is not type(None)))
    if origin is typing.Literal:
        return ", ".join(f"`{a}`" for a in arguments)
    if origin in (tuple, list):
        return f"list of {_python_type(arguments[0])}"
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return (
            "table"
            if origin is not dict or next(_models(annotation), None)
            else f"table of {_python_type(arguments[1])}"
        )
    names = {str: "text", bool: "true or false", int: "whole number", float: "number"}
    return names.get(annotation) or getattr(annotation, "__name__", str(annotation))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)


def _bound(rule: Any) -> str | None:
    signs = (("gt", "more than"), ("ge", "at least"), ("lt", "less than"), ("le", "at most"))
    said = [f"{words} {getattr(rule, sign):,}" for sign, words in signs if getattr(rule, sign, None) is not None]
    return " and ".join(said) or None


def _value(value: Any) -> str:
    """A default; nothing where there is none."""
    if value is None or value in ((), [], {}, ""):
        return ""
    written = str(getattr(value, "value", value))
    return f"`{written.lower() if isinstance(value, bool) else written}`"


def _text(text: str) -> str:
    """A sentence that can stand in a table."""
    parts = re.split(r"(`[^`]*`)", " ".join(str(text).split()))
    parts[::2] = [part.replace("<", "&lt;").replace(">", "&gt;") for part in parts[::2]]
    return re.sub(r"(?<!\\)\|", r"\\|", "".join(parts))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)] if rows else []


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
