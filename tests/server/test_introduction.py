"""What an agent that never heard of holobench learns first: tools, instructions, how to begin, what to mend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from mcp import Client

from clients import talk, text_of
from holobench_mcp.server.app import create_server


def test_every_tool_introduces_itself(project: Path) -> None:
    async def say(client: Client) -> Any:
        return await client.list_tools(), client.instructions

    tools, instructions = talk(create_server(project=str(project)), say)
    assert "compare_results" in instructions and "inconclusive" in instructions
    assert "{" not in instructions and "compare_revisions" not in instructions  # which is not listed here
    assert "wait_measurement" not in instructions
    (project / "pyproject.toml").write_text("[tool.holobench-mcp.benchmarks.sort]\ncommand = ['python']\n")
    measured_here = talk(create_server(project=str(project)), say)[1]
    assert "compare_revisions" in measured_here
    for word in ("`running`", "`waiting`", "`next_step`", "wait_measurement"):
        assert word in measured_here
    for tool in tools.tools:
        assert tool.title and tool.description and len(tool.description) > 60
        assert "\n" not in tool.description and "  " not in tool.description
        assert tool.annotations is not None and tool.annotations.open_world_hint is False
        assert tool.output_schema is not None
        Draft202012Validator.check_schema(tool.output_schema)
        for name, argument in tool.input_schema["properties"].items():
            assert "description" in argument, f"{tool.name}.{name}"
    # What a model reads of a tool is its name, description and arguments.
    read = sum(len(json.dumps([t.name, t.description, t.input_schema])) for t in tools.tools)
    assert read / 4 < 2000


def test_an_empty_project_is_told_how_to_begin(tmp_path: Path) -> None:
    async def say(client: Client) -> Any:
        return [text_of(await client.call_tool(name, {})) for name in ("list_results", "compare_results")]

    listed, compared = talk(create_server(project=str(tmp_path)), say)
    assert "holobench-mcp run -- python" in listed and "holobench-mcp run -- python" in compared
    assert not (tmp_path / ".holobench").exists()


def test_a_mistake_in_the_configuration_reaches_the_agent(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.holobench-mcp]\nstroe = 'x'\n")

    async def say(client: Client) -> Any:
        return await client.call_tool("list_results", {})

    assert "did you mean 'store'" in text_of(talk(create_server(project=str(tmp_path)), say))
