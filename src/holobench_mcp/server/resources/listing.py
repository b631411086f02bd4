"""The list of resources: what was recorded and compared last, by names that a person can choose from, in pages."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from mcp.server.context import ServerRequestContext
from mcp_types import Annotations, ListResourcesResult, PaginatedRequestParams, Resource

from holobench_mcp import digest
from holobench_mcp.server.arguments import Server
from holobench_mcp.server.services import Services, for_requests

_JSON = "application/json"
#: Characters of a name and of a description.
_LONGEST = 500


def register(server: Server, services: Services) -> None:
    """List the newest results and comparisons, of which there is one template each."""

    @for_requests
    def page(cursor: str | None) -> ListResourcesResult:
        entries, next_cursor = services.opened.recent(cursor)
        resources = [
            Resource(
                uri=entry.uri,
                name=digest.plain(entry.name, _LONGEST),
                description=digest.plain(entry.description, _LONGEST),
                mime_type=_JSON,
                size=entry.size,
                annotations=Annotations(last_modified=entry.at),
            )
            for entry in entries
        ]
        return ListResourcesResult(resources=resources, next_cursor=next_cursor)

    async def list_resources(
        _ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        return await anyio.to_thread.run_sync(page, params.cursor if params is not None else None)

    server.serve_method("resources/list", PaginatedRequestParams, list_resources)
