"""Write docs/reference from the code: every tool, command, configuration key and key of the JSON documents.

python tools/write_reference.py

A test holds the pages against what this gives.
"""

from __future__ import annotations

import enum
import inspect
import json
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
#: Every variable that a person may set; a test looks through the code for others.
VARIABLES = {
    "HOLOBENCH_MCP_STORE": "the store: a folder, or s3://…, gs://…, az://…",
    "HOLOBENCH_MCP_CACHE": "the folder of what can be made again: indexes, locks, temporary worktrees",
    "HOLOBENCH_MCP_READ_TOKEN": "tokens that may read over HTTP, with commas between them",
    "HOLOBENCH_MCP_WRITE_TOKEN": "tokens that may write over HTTP",
    "HOLOBENCH_MCP_SESSION_SECRET": "what browsers' sessions are made of, where several servers must share them",
    "HOLOBENCH_MCP_OAUTH_CLIENT_ID": "the server's name at the authorization server",
    "HOLOBENCH_MCP_OAUTH_CLIENT_SECRET": "and its secret there",
    "HOLOBENCH_MCP_GITLAB_TOKEN": "what `ci comment` writes notes with on GitLab; on GitHub it is `GITHUB_TOKEN`",
    "HOLOBENCH_MCP_CI_…": "options of `ci measure` and `ci comment`: [a table](../ci/gitlab.md)",
    "AWS_…, GOOGLE_…, AZURE_…": "credentials of a bucket: [a table](../stores.md#buckets)",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "where spans go, with the extra `otel`",
}
#: A call of each tool, as an agent makes it.
CALLS = {
    "compare_results": 'compare_results(baseline="sort@main", candidate="sort@latest", margin_percent=5)',
    "list_results": 'list_results(benchmark="sort", label="before", limit=5)',
    "list_metrics": 'list_metrics(result="sort@latest")',
    "export_result": 'export_result(result="sort@baseline")',
    "metric_history": 'metric_history(benchmark="sort", metric="time_ms", point={"length": 1600})',
    "list_baselines": 'list_baselines(benchmark="sort")',
    "set_baseline": 'set_baseline(result="sort@latest", reason="release 2")',
    "import_results": 'import_results(path="after.json", label="after")',
    "list_benchmarks": "list_benchmarks()",
    "run_benchmark": 'run_benchmark(benchmark="sort", label="after caching", runs=5)',
    "compare_revisions": 'compare_revisions(benchmark="sort", base="main", max_seconds=300)',
    "wait_measurement": "wait_measurement(wait_seconds=45)",
    "cancel_measurement": 'cancel_measurement(measurement="sort-20261126T120000Z-0123ab")',
}
#: The methods that a public class promises, where it has more than those.
_PROMISED = {"Snapshot": ("from_result", "build", "missing", "metric", "stats"), "Store": (), "Workspace": ()}
_WITH = "[tool.holobench-mcp.benchmarks.b]\ncommand = ['python', 'bench.py']\n"


def pages() -> dict[str, str]:
    """The text of each page, by its file's name."""
    parts = {
        "tools": tools(),
        "commands": commands(),
        "configuration": configuration(),
        "json": documents(),
        "python": package(),
    }
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
        lines += [f"`{CALLS[tool.name]}`", ""]
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
    from holobench_mcp.cli.examples import EXAMPLES

    lines = ["# Commands", "", "`holobench-mcp --store S --project P COMMAND …`; `-h` tells the same of each.", ""]
    for words, command in _commands(typer.main.get_command(app), ()):
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        usage = [f"{p.name.upper()}" if p.required else f"[{p.name.upper()}]" for p in arguments]
        rest = ["[--", "COMMAND…]"] if command.context_settings.get("allow_extra_args") else []
        lines += [f"## {' '.join(words)}", "", _text(command.help or ""), ""]
        lines += ["```text", " ".join(["holobench-mcp", *words, "[OPTIONS]", *usage, *rest]), "```", ""]
        _, _, exits = (command.epilog or "").partition("\n\n")
        lines += [
            "For example:",
            "",
            "```console",
            EXAMPLES[" ".join(words)],
            "```",
            "",
            *([_text(exits), ""] if exits else []),
        ]
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

    lines = ["# Configuration", ""]
    lines += [
        f"The table `[{TABLE}]` of pyproject.toml, and the variables that are heeded. Everything has a default.",
        "",
    ]
    lines += [
        "A flag wins over a variable, a variable over the table. `holobench-mcp config` says what is in force.",
        "",
    ]
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
            [example] = entry.examples or [None]
            shown = f"`{_toml(example)}`" if example is not None else ""
            rows.append((f"`{name}`", _python_type(entry.annotation), default, said, shown))
        doc = "" if model is FileConfig else _text((model.__doc__ or "").split("\n\n")[0])
        lines += [
            f"## [{place}]",
            "",
            *([doc, ""] if doc else []),
            *_table(("key", "type", "default", "what it is", "example"), rows),
            "",
        ]
    lines += ["## Variables of the environment", ""]
    lines += _table(("variable", "what it is"), [(f"`{name}`", said) for name, said in VARIABLES.items()])
    return "\n".join(lines)


def package() -> str:
    """Every public name of the package."""
    import holobench_mcp

    lines = ["# Python", "", "What `import holobench_mcp` has, beside `__version__`. Importing it costs nothing.", ""]
    for name in sorted(set(holobench_mcp.__all__) - {"__version__"}, key=str.lower):
        thing = getattr(holobench_mcp, name)
        lines += [f"## {name}", ""]
        if not callable(thing):
            lines += [f"`{thing!r}`: the version of the contract's documents.", ""]
            continue
        if not (isinstance(thing, type) and issubclass(thing, enum.Enum | BaseModel)):
            lines += [f"`holobench_mcp.{_signature(name, thing)}`", ""]
        lines += [_text(inspect.cleandoc(thing.__doc__ or "").split("\n\n")[0]), ""]
        if isinstance(thing, type) and issubclass(thing, enum.Enum):
            lines += [", ".join(f"`{member.value}`" for member in thing) + ".", ""]
        rows = [
            (f"`{name}.{_signature(method, function)}`", _text(inspect.cleandoc(function.__doc__).split("\n\n")[0]))
            for method, function in _methods(thing)
        ]
        lines += [*_table(("method", "what it does"), rows), ""] if rows else []
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


def _methods(thing: Any) -> list[tuple[str, Any]]:
    """The methods that a class of this package promises, in their order."""
    if not isinstance(thing, type) or issubclass(thing, enum.Enum | BaseModel):
        return []
    names = _PROMISED.get(thing.__name__, [name for name in vars(thing) if not name.startswith("_")])
    parts = [(name, getattr(vars(thing)[name], "__func__", vars(thing)[name])) for name in names]
    return [(name, part) for name, part in parts if inspect.isfunction(part) and part.__doc__]


def _signature(name: str, function: Any) -> str:
    """A call with the names of its arguments; those that are given by name, or may be left out, with `…`."""
    try:
        given = inspect.signature(function).parameters.values()
    except ValueError:
        return f"{name}(…)"
    shown = []
    for parameter in given:
        if parameter.name in ("self", "cls"):
            continue
        needed = parameter.default is parameter.empty and parameter.kind is not parameter.KEYWORD_ONLY
        shown.append(parameter.name if needed else f"{parameter.name}=…")
    return f"{name}({', '.join(shown)})"


def _toml(value: Any) -> str:
    """A value on one line of TOML."""
    match value:
        case dict():
            parts = ", ".join(
                f"{key if re.fullmatch(r'[A-Za-z0-9_-]+', key) else json.dumps(key)} = {_toml(inner)}"
                for key, inner in value.items()
            )
            return f"{{ {parts} }}"
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case str() if "\\" in value:
            return f"'{value}'"
        case _:
            return json.dumps(value, ensure_ascii=False)


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
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
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
