"""The clients that people use, on stdio, with their defaults: lists, a comparison, a resource, a prompt, a completion."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.types import PromptReference

from clients import server_of, talk, text_of
from conftest import need
from http_serving import READER, serving
from node_clients import node_modules, run_script

SERVER = [sys.executable, "-m", "holobench_mcp"]
SDK_1, SDK_2 = "@modelcontextprotocol/sdk@1", "@modelcontextprotocol/client@2.4.0"
TOOLS = {"compare_results", "list_results", "list_metrics", "export_result", "metric_history", "set_baseline"}


def check(answers: dict[str, Any], *, missing: int) -> None:
    """What every client must have got of the project with two results of `sort`."""
    assert set(answers["tools"]) >= TOOLS
    assert answers["structure"]["decision"] == "regressed"
    assert answers["text"].startswith("REGRESSED")
    assert len(answers["resources"]) == 3
    assert answers["resources"][0].startswith("sort: regressed aaaaaaaaaa → abababab"), answers["resources"]
    assert answers["document"]["decision"] == "regressed"
    assert "compare_results" in answers["prompt"]
    assert answers["completed"] == ["sort"]
    assert (answers["missing"], answers["unknownPrompt"]) == (missing, -32602)


@pytest.mark.parametrize(("mode", "missing"), [("auto", -32602), ("legacy", -32002)])
def test_the_python_sdks_client(project: Path, mode: str, missing: int) -> None:
    async def code(call: Any) -> int | None:
        try:
            await call
        except MCPError as problem:
            return problem.error.code
        return None

    async def say(client: Client) -> dict[str, Any]:
        tools = (await client.list_tools()).tools
        comparison = await client.call_tool("compare_results", {})
        resources = (await client.list_resources()).resources
        document = (await client.read_resource(resources[0].uri)).contents[0].text
        prompt = await client.get_prompt("judge_change", {"benchmark": "sort"})
        ref = PromptReference(name="investigate_regression")
        completed = await client.complete(ref=ref, argument={"name": "benchmark", "value": "s"})
        return {
            "tools": [tool.name for tool in tools],
            "structure": comparison.structured_content,
            "text": text_of(comparison),
            "resources": [resource.name for resource in resources],
            "document": json.loads(document),
            "prompt": prompt.messages[0].content.text,
            "completed": completed.completion.values,
            "missing": await code(client.read_resource("holobench://benchmarks/nothing")),
            "unknownPrompt": await code(client.get_prompt("nothing")),
        }

    check(talk(server_of(project), say, mode=mode), missing=missing)


@pytest.mark.parametrize(
    ("version", "protocol", "missing"),
    [("1", None, -32002), ("2", "2025-11-25", -32602), ("2-auto", "2026-07-28", -32602)],
)
def test_the_typescript_sdks_clients(project: Path, version: str, protocol: str | None, missing: int) -> None:
    # The second client takes the older code for the newer one.
    folder = node_modules(SDK_1, SDK_2)
    printed = run_script(folder, Path(__file__).with_name("drive.mjs"), version, *SERVER, cwd=project)
    answers = json.loads(printed)
    assert answers["protocol"] == protocol
    check(answers, missing=missing)


@pytest.mark.parametrize(
    ("version", "protocol", "missing"),
    [("1", None, -32002), ("2", "2025-11-25", -32602), ("2-auto", "2026-07-28", -32602)],
)
def test_the_typescript_sdks_client_over_http(project: Path, version: str, protocol: str | None, missing: int) -> None:
    folder = node_modules(SDK_1, SDK_2)
    with serving(project, env={"HOLOBENCH_MCP_READ_TOKEN": READER}) as server:
        script = Path(__file__).with_name("drive.mjs")
        printed = run_script(folder, script, version, f"{server.url}/mcp", READER, cwd=project)
    answers = json.loads(printed)
    assert answers["protocol"] == protocol
    check({**answers, "tools": [*answers["tools"], "set_baseline"]}, missing=missing)
    assert "set_baseline" not in answers["tools"]


def test_the_inspectors_command_line(project: Path) -> None:
    npx = need("npx", "nodejs npm")

    def ask(*arguments: str) -> dict[str, Any]:
        command = [npx, "-y", "@modelcontextprotocol/inspector", "--cli", *SERVER, *arguments]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    tools = ask("--method", "tools/list")["tools"]
    assert {tool["name"] for tool in tools} >= TOOLS
    comparison = ask("--method", "tools/call", "--tool-name", "compare_results", "--tool-arg", "detail=full")
    assert comparison["structuredContent"]["decision"] == "regressed"
    first, *others = ask("--method", "resources/list")["resources"]
    assert first["name"].startswith("sort: regressed ") and len(others) == 2
    [document] = ask("--method", "resources/read", "--uri", first["uri"])["contents"]
    assert json.loads(document["text"])["decision"] == "regressed"
    prompt = ask("--method", "prompts/get", "--prompt-name", "judge_change", "--prompt-args", "benchmark=sort")
    assert "the benchmark sort" in prompt["messages"][0]["content"]["text"]
