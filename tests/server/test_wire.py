"""Arguments as clients and models write them: null, numbers as text, 1.0 for 1, JSON as text; and text that stays text.

Each tool's arguments are drawn from the schema that the server advertises; what the tool's function is handed is looked
at in its place.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.server.mcpserver.exceptions import ToolError

from clients import talk, text_of
from holobench_mcp.server.app import create_server
from holobench_mcp.server.arguments import Server
from holobench_mcp.store import open_store

#: Texts that a reader of JSON would take for something else.
LOOKS_LIKE_JSON = ["null", "true", "12", "1.0", '{"pr": 12}', '["a"]', '"x"', "NaN", "1e400", "", " ", "[" * 9]
#: Integers that JavaScript would not read as they are.
LARGE = [2**53 + 1, -(2**63), 10**20 + 1]
NAMES = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(LOOKS_LIKE_JSON)


class Handed(Exception):
    """The arguments that a tool's function got."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self.arguments = arguments


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server with all tools, whose functions hand back what they get."""
    project = tmp_path_factory.mktemp("project")
    (project / "pyproject.toml").write_text("[tool.holobench-mcp.benchmarks.b]\ncommand = ['python', 'bench.py']\n")
    made = create_server(project=str(project))
    assert isinstance(made, Server)

    def handed(**arguments: Any) -> None:
        arguments.pop("ctx", None)
        raise Handed(arguments)

    for tool in made._tool_manager.list_tools():
        tool.fn, tool.is_async = handed, False
    return made


#: Every tool there is; another test holds this list against the server's.
ALL_TOOLS = [
    "cancel_measurement", "compare_results", "compare_revisions", "export_result", "import_results", "list_baselines",
    "list_benchmarks", "list_metrics", "list_results", "measurement_progress", "metric_history", "run_benchmark",
    "set_baseline", "wait_measurement",
]  # fmt: skip


def handed(server: Server, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What a tool's function gets for arguments on the wire. Raises ToolError for those that are refused."""

    async def call() -> dict[str, Any]:
        try:
            await server.call_tool(tool, json.loads(json.dumps(arguments)))
        except ToolError as problem:
            if isinstance(problem.__cause__, Handed):
                return problem.__cause__.arguments
            raise
        raise AssertionError("not called")

    return anyio.run(call)


def value_of(declared: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A value that a schema allows."""
    if "enum" in declared:
        return st.sampled_from(declared["enum"])
    match declared["type"]:
        case "string":
            return NAMES
        case "boolean":
            return st.booleans()
        case "integer":
            usual = st.integers(declared.get("minimum", -(10**6)), declared.get("maximum", 10**6))
            return usual if "maximum" in declared else usual | st.sampled_from(LARGE)
        case "number":
            return st.integers(1, 1000) | st.floats(0.001, 1000, allow_nan=False)
        case "array":
            return st.lists(value_of(declared["items"]), max_size=3)
        case "object":
            return st.dictionaries(NAMES, value_of(declared["additionalProperties"]), max_size=3)
        case list() as types:
            return st.one_of(*(value_of({"type": one}) for one in types))
    raise AssertionError(f"a schema of a kind that clients fail on: {declared}")


def ways_to_write(value: Any, declared: dict[str, Any]) -> list[Any]:
    """The same value as clients write it."""
    match declared.get("type"):
        case "integer":
            large = abs(value) > 2**53
            return [value, str(value), f" {value} ", *([] if large else [float(value), f"{value}.0"])]
        case "number":
            return [value, float(value), repr(value), json.dumps(float(value))]
        case "boolean":
            return [value, str(value).lower(), str(value)]
        case "array" | "object":
            return [value, json.dumps(value), json.dumps(value, indent=1)]
    return [value]


def schemas(server: Server) -> dict[str, dict[str, Any]]:
    return {tool.name: tool.parameters for tool in server._tool_manager.list_tools()}


def arguments_of(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    needed = set(schema.get("required", ()))
    each = {name: value_of(declared) for name, declared in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: s for name, s in each.items() if name in needed},
        optional={name: s for name, s in each.items() if name not in needed},
    )


@pytest.mark.parametrize("tool", ALL_TOOLS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_value_is_the_same_however_it_is_written(server: Server, tool: str, data: st.DataObject) -> None:
    schema = schemas(server)[tool]
    arguments = data.draw(arguments_of(schema))
    plain = handed(server, tool, arguments)
    for name, value in arguments.items():
        assert plain[name] == value and type(plain[name]) in (type(value), float), (tool, name)
    written = {
        name: data.draw(st.sampled_from(ways_to_write(value, schema["properties"][name])))
        for name, value in arguments.items()
    }
    absent = {name: None for name in schema["properties"] if name not in {*arguments, *schema.get("required", ())}}
    assert handed(server, tool, {**written, **absent}) == plain


def test_every_tool_is_driven(server: Server) -> None:
    assert sorted(schemas(server)) == ALL_TOOLS


@pytest.mark.parametrize("text", LOOKS_LIKE_JSON)
def test_text_stays_text_in_every_argument(server: Server, text: str) -> None:
    for tool, schema in schemas(server).items():
        texts = [n for n, d in schema["properties"].items() if d.get("type") == "string" and "enum" not in d]
        others = {n: "x" for n in schema.get("required", ()) if n not in texts}
        assert texts or tool == "list_benchmarks"
        if texts:
            got = handed(server, tool, {**others, **dict.fromkeys(texts, text)})
            assert [got[name] for name in texts] == [text] * len(texts), tool


def test_a_single_name_serves_where_a_list_is_wanted(server: Server) -> None:
    for text in ("time_ms", "[time", "null", "12"):
        assert handed(server, "compare_results", {"metrics": text})["metrics"] == [text]


def test_no_schema_has_what_clients_fail_on(server: Server) -> None:
    for tool, schema in schemas(server).items():
        assert schema["additionalProperties"] is False, tool
        written = json.dumps(schema)
        assert not any(word in written for word in ('"$ref"', '"anyOf"', '"null"', '"title"', "null")), tool


def test_a_reason_that_looks_like_json_is_recorded_as_it_is(project: Path) -> None:
    reasons = ['{"pr": 12}', "null", "12"]

    async def say(client: Client) -> Any:
        for reason in reasons:
            result = await client.call_tool("set_baseline", {"result": "latest", "name": "n", "reason": reason})
            assert not result.is_error, text_of(result)
        return await client.call_tool("list_results", {"label": "null"})

    result = talk(create_server(project=str(project)), say)
    assert [e.reason for e in open_store(project / ".holobench").ref_log("sort", "n")] == reasons
    assert result.is_error or result.structured_content["results"] == []


def test_null_is_absent_in_every_tool(project: Path) -> None:
    async def say(client: Client) -> Any:
        tools = (await client.list_tools()).tools
        calls = {
            "metric_history": {"bench_name": "sort", "metric": "time_ms"},
            "set_baseline": {"result": "latest", "reason": "because"},
            "import_results": {"path": "nothing.pkl"},
        }
        answers = []
        for tool in tools:
            given = calls.get(tool.name, {})
            nulls = {n: None for n in tool.input_schema["properties"] if n not in {*given, "benchmark"}}
            plain = await client.call_tool(tool.name, given)
            with_nulls = await client.call_tool(tool.name, {**given, **nulls})
            answers.append((tool.name, plain, with_nulls))
        return answers

    for tool, plain, with_nulls in talk(create_server(project=str(project)), say):
        assert plain.is_error == with_nulls.is_error, (tool, text_of(with_nulls))
        if tool != "set_baseline":  # which says when
            assert text_of(plain) == text_of(with_nulls), tool
