"""Resources: stored documents under stable addresses, and nothing under any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp import Client, MCPError

from clients import talk
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
def test_an_address_of_nothing_is_a_protocol_error(project: Path, uri: str) -> None:
    async def say(client: Client) -> Any:
        with pytest.raises(MCPError) as failure:
            await client.read_resource(uri)
        return failure.value

    error = talk(create_server(project=str(project)), say).error
    assert error.code in (-32602, -32603, -32002)
    assert "from template" not in error.message
