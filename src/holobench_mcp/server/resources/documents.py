"""The documents that are read under stable addresses: what a template of an address finds, made when it is read."""

from __future__ import annotations

import json
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.resources import ResourceSecurity
from pydantic import BaseModel

from holobench_mcp import digest
from holobench_mcp.answers import CompareOptions
from holobench_mcp.model import ComparisonDocument, InvalidArgument, ResultDocument
from holobench_mcp.server.services import Services, for_readers

_JSON = "application/json"
#: A bench may be called what looks like a path: its name is looked up in the index, and opens no file.
_ANY_BENCH = ResourceSecurity(exempt_params={"bench_name"})
SCHEMAS: dict[str, type[BaseModel]] = {"result": ResultDocument, "comparison": ComparisonDocument}


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the template of every address."""

    @server.resource(
        "holobench://results/{result_id}/result.json",
        title="A result's contract, as recorded",
        mime_type=_JSON,
    )
    @for_readers
    def result_json(result_id: str) -> str:
        """result.json of a stored result, byte for byte as it was recorded."""
        return services.workspace.stored_document(result_id).decode("utf-8")

    @server.resource("holobench://results/{result_id}/manifest.json", title="A result's manifest", mime_type=_JSON)
    @for_readers
    def manifest_json(result_id: str) -> str:
        """Provenance, environment, declarations, statistics and digests of a stored result."""
        return json.dumps(services.workspace.store.manifest(result_id).model_dump(mode="json"), indent=1)

    @server.resource(
        "holobench://comparisons/{baseline_id}/{candidate_id}/comparison.json",
        title="A comparison of two results",
        mime_type=_JSON,
    )
    @for_readers
    def comparison_json(baseline_id: str, candidate_id: str) -> str:
        """comparison.json of two stored results in full, with the decision and its evidence."""
        workspace = services.workspace
        for result_id in (baseline_id, candidate_id):
            workspace.store.manifest(result_id)  # whole ids only: what an address means must never change
        document = workspace.compare(baseline_id, candidate_id, CompareOptions(detail="full"))
        return json.dumps(digest.document_of(document), indent=1)

    @server.resource(
        "holobench://benchmarks/{bench_name}",
        title="A benchmark's results",
        mime_type=_JSON,
        security=_ANY_BENCH,
    )
    @for_readers
    def benchmark(bench_name: str) -> str:
        """A benchmark's newest results and its baselines."""
        page = services.workspace.list_results(benchmark=bench_name, limit=50)
        refs = services.workspace.list_baselines(bench_name).baselines
        document = {
            "bench_name": bench_name,
            **page.model_dump(mode="json"),
            "refs": [r.model_dump(mode="json") for r in refs],
        }
        return json.dumps(document, indent=1)

    @server.resource("holobench://schema/{document}.json", title="JSON Schema of the contract", mime_type=_JSON)
    @for_readers
    def schema(document: str) -> str:
        """The JSON Schema of `result` or `comparison`."""
        return json_schema(document)


def json_schema(document: str) -> str:
    """The JSON Schema of a document of the contract. Raises InvalidArgument for another."""
    if document not in SCHEMAS:
        raise InvalidArgument(f"There are schemas of {' and '.join(SCHEMAS)}, not of {document!r:.40}.")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"holobench://schema/{document}.json",
        **SCHEMAS[document].model_json_schema(),
    }
    return json.dumps(schema, indent=1)
