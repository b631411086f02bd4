"""Completions: what an argument of a prompt or of an address, which somebody has begun to type, may become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio.to_thread
from mcp.server.context import ServerRequestContext
from mcp_types import CompleteRequestParams, CompleteResult, Completion

from holobench_mcp import digest
from holobench_mcp.model import HolobenchMcpError
from holobench_mcp.server.arguments import Server
from holobench_mcp.server.resources.documents import SCHEMAS
from holobench_mcp.server.services import Services

if TYPE_CHECKING:
    from holobench_mcp.workspace.completing import Kind

#: What the arguments of prompts and of addresses are, by their names.
_KINDS: dict[str, Kind] = {
    "bench_name": "bench",
    "benchmark": "bench",
    "metric": "metric",
    "result_id": "id",
    "baseline_id": "id",
    "candidate_id": "id",
    "baseline": "name",
    "candidate": "name",
}
#: The protocol's limit.
_MAX_VALUES = 100
#: Characters of a name that a list offers.
_LONGEST = 500


def register(server: Server, services: Services) -> None:
    """Complete the arguments of every prompt and every address."""

    def values(name: str, text: str, chosen: dict[str, str]) -> list[str]:
        if name == "document":
            return [document for document in SCHEMAS if document.startswith(text)]
        kind = _KINDS.get(name)
        if kind is None:
            return []
        try:
            bench = chosen.get("benchmark") or chosen.get("bench_name")
            if kind == "id" and bench is None:
                bench = _bench_of_the_other(services, name, chosen)
            found = services.opened.complete(kind, text, bench)
        except HolobenchMcpError:
            return []  # a store that can't be read is told of where it is read, not in a list that drops down
        # One that is not shown as it is would name nothing, and nobody would see what it says.
        return [one for one in found if digest.plain(one, _LONGEST) == one]

    async def complete(_ctx: ServerRequestContext[Any, Any], params: CompleteRequestParams) -> CompleteResult:
        # An argument's name means the same in every prompt and address, so that params.ref is not asked.
        chosen = dict(params.context.arguments or {}) if params.context is not None else {}
        found = await anyio.to_thread.run_sync(values, params.argument.name, params.argument.value, chosen)
        more = len(found) > _MAX_VALUES
        total = None if more else len(found)
        return CompleteResult(completion=Completion(values=found[:_MAX_VALUES], has_more=more, total=total))

    server.serve_method("completion/complete", CompleteRequestParams, complete)


def _bench_of_the_other(services: Services, name: str, chosen: dict[str, str]) -> str | None:
    """The bench of the side that was chosen first: a comparison is of one bench."""
    other = chosen.get("candidate_id" if name == "baseline_id" else "baseline_id")
    return services.opened.bench_of(other) if other and name != "result_id" else None
