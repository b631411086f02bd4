"""Resources: stored documents under stable addresses, and nothing under any other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp import Client, MCPError

from clients import talk
from conftest import snapshot
from holobench_mcp.model import benchmark_uri
from holobench_mcp.server.app import create_server
from holobench_mcp.store import open_store


def test_resources_serve_what_was_stored(project: Path) -> None:
    store = open_store(project / ".holobench")
    after, before = (m.result_id for m in store.manifests().select())

    async def say(client: Client) -> Any:
        uris = [
            f"holobench://results/{after}/result.json",
            f"holobench://results/{after}/manifest.json",
            f"holobench://comparisons/{before}/{after}/comparison.json",
            "holobench://benchmarks/sort",
            "holobench://schema/result.json",
            "holobench://schema/comparison.json",
        ]
        return [(await client.read_resource(uri)).contents[0].text for uri in uris]

    result, manifest, comparison, bench, *schemas = talk(create_server(project=str(project)), say)
    assert result.encode() == store.document(store.manifest(after))
    assert json.loads(manifest)["result_id"] == after
    Draft202012Validator(json.loads(schemas[0])).validate(json.loads(result))
    Draft202012Validator(json.loads(schemas[1])).validate(json.loads(comparison))
    assert json.loads(comparison)["decision"] == "regressed"
    assert [r["result_id"] for r in json.loads(bench)["results"]] == [after, before]


@pytest.mark.parametrize(
    "uri",
    [
        "holobench://results/nothing/result.json",
        "holobench://results/..%2f..%2fetc/result.json",
        "holobench://results/%00/result.json",
        "holobench://results/latest/result.json",
        "holobench://comparisons/latest/latest/comparison.json",
        "holobench://benchmarks/unknown",
        "holobench://schema/other.json",
        f"holobench://results/{'x' * 10_000}/manifest.json",
    ],
)
@pytest.mark.parametrize(("mode", "code"), [("auto", -32602), ("legacy", -32002)])
def test_an_address_of_nothing_is_a_protocol_error(project: Path, uri: str, mode: str, code: int) -> None:
    async def say(client: Client) -> Any:
        with pytest.raises(MCPError) as failure:
            await client.read_resource(uri)
        return failure.value

    error = talk(create_server(project=str(project)), say, mode=mode).error
    assert error.code == code
    assert "from template" not in error.message and error.data["uri"] == uri


@pytest.mark.parametrize(
    "bench", ["a/b", "/etc/passwd", "../up", "C:x", "a@b c", "100 %", "naïve ☃", "file.py::Class::test"]
)
def test_a_bench_of_any_name_is_read_by_its_address(project: Path, bench: str) -> None:
    result_id = open_store(project / ".holobench").record(snapshot(bench=bench))

    async def say(client: Client) -> Any:
        return json.loads((await client.read_resource(benchmark_uri(bench))).contents[0].text)

    document = talk(create_server(project=str(project)), say)
    assert [r["result_id"] for r in document["results"]] == [result_id]


def test_what_never_changes_is_fresh_for_long_and_what_does_is_not(project: Path) -> None:
    after, before = (m.result_id for m in open_store(project / ".holobench").manifests().select())
    day = 24 * 3600 * 1000
    hints = {
        f"holobench://results/{after}/result.json": (365 * day, "private"),
        f"holobench://results/{after}/manifest.json": (365 * day, "private"),
        f"holobench://comparisons/{before}/{after}/comparison.json": (0, "private"),
        "holobench://benchmarks/sort": (0, "private"),
        "holobench://schema/result.json": (day, "public"),
    }

    async def say(client: Client) -> Any:
        read = {uri: await client.read_resource(uri) for uri in hints}
        lists = [await client.list_tools(), await client.list_prompts(), await client.list_resource_templates()]
        return read, lists, await client.list_resources()

    read, lists, resources = talk(create_server(project=str(project)), say)
    assert {uri: (result.ttl_ms, result.cache_scope) for uri, result in read.items()} == hints
    assert all(result.ttl_ms == 3600 * 1000 for result in lists)
    assert resources.ttl_ms == 0

    read, lists, resources = talk(create_server(project=str(project)), say, mode="legacy")
    assert not any("ttl_ms" in result.model_fields_set for result in (*read.values(), *lists, resources))


@pytest.mark.parametrize(("mode", "options"), [("auto", {}), ("legacy", {}), ("auto", {"detail": "full"})])
def test_an_answer_links_to_its_document_for_the_person(project: Path, mode: str, options: dict[str, str]) -> None:
    async def say(client: Client) -> Any:
        answers = [
            await client.call_tool("compare_results", options),
            await client.call_tool("export_result", {}),
            await client.call_tool("list_results", {}),
            await client.call_tool("compare_results", {"margin_percent": -1}),
        ]
        links = [[block for block in answer.content if block.type == "resource_link"] for answer in answers]
        read = [(await client.read_resource(link.uri)).contents[0].text for found in links for link in found]
        return links, read

    links, (comparison, result) = talk(create_server(project=str(project)), say, mode=mode)
    assert [len(found) for found in links] == [1, 1, 0, 0]
    assert all(link.annotations.audience == ["user"] for found in links for link in found)
    assert json.loads(comparison)["decision"] == "regressed" and json.loads(result)["bench_name"] == "sort"


def test_a_client_that_knows_no_links_gets_none(project: Path) -> None:
    frames = [
        {"id": 1, "method": "initialize", "params": {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "compare_results", "arguments": {}}},
    ]  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, "-m", "holobench_mcp"], cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin is not None and server.stdout is not None
    for frame in frames:
        server.stdin.write(json.dumps({"jsonrpc": "2.0", **frame}).encode() + b"\n")
    server.stdin.flush()
    initialized, answered = (json.loads(server.stdout.readline()) for _ in range(2))
    server.stdin.close()
    server.wait(100)
    assert initialized["result"]["protocolVersion"] == "2025-03-26"
    assert [block["type"] for block in answered["result"]["content"]] == ["text"]
