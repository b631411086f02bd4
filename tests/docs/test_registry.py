"""What registries and plugin managers read of this repository: right in form, and of one version."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from holobench_mcp._version import __version__
from holobench_mcp.clients import CLIENTS
from holobench_mcp.config import STORE_VARIABLE

ROOT = Path(__file__).parents[2]
#: The structure of the registry's server.json, schema 2025-12-11: what is required, allowed and bounded there.
TEXT = {"type": "string", "minLength": 1}
VERSION = {**TEXT, "maxLength": 255, "not": {"enum": ["latest"]}, "pattern": r"^[^<>=~^*|\s]+$"}
INPUT = {
    "description": TEXT, "isRequired": {"type": "boolean"}, "isSecret": {"type": "boolean"}, "value": TEXT, "default": TEXT,
    "format": {"enum": ["string", "number", "boolean", "filepath"]}, "placeholder": TEXT,
    "choices": {"type": "array", "items": TEXT}, "name": TEXT,
}  # fmt: skip
ARGUMENT = {
    "type": "object",
    "required": ["type", "name"],
    "properties": {**INPUT, "type": {"enum": ["named"]}, "isRepeated": {"type": "boolean"}},
    "additionalProperties": False,
}
VARIABLE = {"type": "object", "required": ["name"], "properties": INPUT, "additionalProperties": False}
PACKAGE = {
    "type": "object",
    "required": ["registryType", "identifier", "transport", "version"],
    "properties": {
        "registryType": {"enum": ["npm", "pypi", "oci", "nuget", "mcpb"]},
        "registryBaseUrl": {"type": "string", "format": "uri"},
        "identifier": TEXT,
        "version": VERSION,
        "runtimeHint": TEXT,
        "transport": {"type": "object", "required": ["type"], "properties": {"type": {"enum": ["stdio"]}}},
        "packageArguments": {"type": "array", "items": ARGUMENT},
        "runtimeArguments": {"type": "array", "items": ARGUMENT},
        "environmentVariables": {"type": "array", "items": VARIABLE},
    },
    "additionalProperties": False,
}
SERVER = {
    "type": "object",
    "required": ["$schema", "name", "description", "version"],
    "properties": {
        "$schema": {"const": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"},
        "name": {"type": "string", "minLength": 3, "maxLength": 200, "pattern": r"^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$"},
        "title": {**TEXT, "maxLength": 100},
        "description": {**TEXT, "maxLength": 100},
        "version": VERSION,
        "websiteUrl": {"type": "string", "format": "uri"},
        "packages": {"type": "array", "minItems": 1, "items": PACKAGE},
    },
    "additionalProperties": False,
}


def read(path: str) -> Any:
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def test_the_registrys_document_is_one() -> None:
    jsonschema.Draft202012Validator(SERVER).validate(read("server.json"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), "latest"),
        (("name",), "holobench-mcp"),
        (("description",), "x" * 101),
        (("packages",), []),
        (("status",), "active"),
    ],
)
def test_a_document_that_the_registry_would_refuse_is_refused(path: tuple[str, ...], value: object) -> None:
    document = read("server.json")
    document[path[0]] = value
    assert not jsonschema.Draft202012Validator(SERVER).is_valid(document)


def test_the_package_proves_whose_it_is_and_the_variables_are_ours() -> None:
    server = read("server.json")
    [package] = server["packages"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"mcp-name: (\S+)", readme) == [server["name"]]
    project = re.search(r'^name = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert project is not None and package["identifier"] == project[1]
    assert [variable["name"] for variable in package["environmentVariables"]] == [STORE_VARIABLE]


def test_every_version_is_the_packages() -> None:
    server, [listed] = read("server.json"), read(".claude-plugin/marketplace.json")["plugins"]
    versions = [server["version"], server["packages"][0]["version"], listed["version"]]
    assert {*versions, read("plugin/.claude-plugin/plugin.json")["version"]} == {__version__}


def test_the_plugin_starts_the_server_as_install_would_and_is_where_the_marketplace_says() -> None:
    [listed] = read(".claude-plugin/marketplace.json")["plugins"]
    plugin = read(f"{listed['source']}/.claude-plugin/plugin.json")
    assert (plugin["name"], plugin["description"]) == (listed["name"], listed["description"])
    [entry] = read(f"{listed['source']}/.mcp.json")["mcpServers"].values()
    client = CLIENTS["claude-code"]
    assert entry == {**client.entry(["holobench-mcp"]), **client.extra}


def test_the_skill_says_when_it_is_to_be_used_and_names_every_decision() -> None:
    text = (ROOT / "plugin" / "skills" / "judge-performance" / "SKILL.md").read_text(encoding="utf-8")
    head = re.match(r"---\nname: (\S+)\ndescription: (.+)\n---\n", text)
    assert head is not None and head[1] == "judge-performance"
    assert len(head[2]) <= 1024 and "Use after" in head[2]
    for decision in ("regressed", "improved", "unchanged", "inconclusive", "incomparable"):
        assert f"`decision: {decision}`" in text
    assert text.index("compare_revisions(benchmark=") < text.index("wait_measurement(measurement=")
