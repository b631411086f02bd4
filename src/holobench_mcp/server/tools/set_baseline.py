"""Pinning a result."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field

from holobench_mcp import digest
from holobench_mcp.answers import BaselineSet
from holobench_mcp.server.services import Services, answer, for_agents
from holobench_mcp.server.tools.arguments import ResultName


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(
        title="Set a baseline",
        annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False),
    )
    @for_agents
    def set_baseline(
        result: ResultName,
        name: Annotated[str, Field(description="The baseline's name")] = "baseline",
        reason: Annotated[str | None, Field(description="Why; needed for a result that regressed")] = None,
    ) -> Annotated[CallToolResult, BaselineSet]:
        """Pin a result, with all runs of its measurement, as what later ones are compared with. What the name meant
        before is kept in its log."""
        answered = services.workspace.set_baseline(result, name, reason)
        return answer(digest.baseline_set(answered), answered)
