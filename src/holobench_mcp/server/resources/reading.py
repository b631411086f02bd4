"""What is said with a document that is read: how long it stays as it is, and that there is none."""

from __future__ import annotations

from typing import Any

from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, ReadResourceRequestParams, ReadResourceResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from holobench_mcp.server.arguments import Server

_DAY_MS = 24 * 60 * 60 * 1000
#: A stored result never changes. Clients bound what they believe of this (the SDK's at a day).
_FOR_EVER = CacheHint(ttl_ms=365 * _DAY_MS)
#: A schema, and the page of the chart, change with the version of this server, and are the same for everybody.
_SCHEMA = CacheHint(ttl_ms=_DAY_MS, scope="public")
#: A comparison takes in the runs that are recorded later, and a bench its next result.
_CHANGING = CacheHint()
#: What a document that is not there was told by, before the protocol of 2026-07-28.
_OLD_NOT_FOUND = -32002


def register(server: Server) -> None:
    """Say it with every document."""
    read = server.handler_of("resources/read")

    async def with_hint(ctx: ServerRequestContext[Any, Any], params: ReadResourceRequestParams) -> Any:  # noqa: ANN401 - the SDK's
        try:
            result = await read(ctx, params)
        except MCPError as problem:
            if problem.error.code != INVALID_PARAMS or ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
                raise
            raise MCPError(_OLD_NOT_FOUND, problem.error.message, problem.error.data) from problem
        if not isinstance(result, ReadResourceResult):
            return result
        hint = hint_of(str(params.uri))
        return result.model_copy(update={"ttl_ms": hint.ttl_ms, "cache_scope": hint.scope})

    server.serve_method("resources/read", ReadResourceRequestParams, with_hint)


def hint_of(uri: str) -> CacheHint:
    """How long what is read at an address stays as it is."""
    if uri.startswith("holobench://results/"):
        return _FOR_EVER
    return _SCHEMA if uri.startswith(("holobench://schema/", "ui://")) else _CHANGING
