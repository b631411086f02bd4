"""Measuring two revisions in turn, and comparing them."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import BeforeValidator, Field

from holobench_mcp.config import MAX_ROUNDS
from holobench_mcp.server.services import Services, described
from holobench_mcp.server.shapes import Measured
from holobench_mcp.server.tools.arguments import RUNS, Parameters
from holobench_mcp.server.tools.waiting import WaitSeconds, wait_for_answer


def _none_for_auto(rounds: object) -> object:
    """What is advertised is a number; the word for none is taken too."""
    return None if isinstance(rounds, str) and rounds.strip().lower() == "auto" else rounds


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="Compare two revisions by measuring both", annotations=RUNS)
    @described
    async def compare_revisions(
        ctx: Context[Any],
        benchmark: Annotated[str, Field(description="One of list_benchmarks")],
        base: Annotated[
            str, Field(description="The code before: a branch, tag or hash; merge-base finds where the work began")
        ] = "merge-base",
        head: Annotated[
            str, Field(description="The code after: worktree is the working tree with its uncommitted changes")
        ] = "worktree",
        rounds: Annotated[
            Annotated[int, Field(ge=2, le=MAX_ROUNDS)] | None,
            BeforeValidator(_none_for_auto),
            Field(description="Runs of each side, in turn; auto, or left out, until all is settled"),
        ] = None,
        max_seconds: Annotated[
            float | None, Field(gt=0, description="Stop after the round that passes this; 120 where rounds is auto")
        ] = None,
        parameters: Parameters = None,
        wait_seconds: WaitSeconds = None,
    ) -> Annotated[CallToolResult, Measured]:
        """Did the change make it faster? Measures two revisions in turn, in temporary checkouts, and gives the
        decision with its evidence: nothing else needs to be called. The benchmark's own files are taken from the base
        on both sides. Takes minutes: where the answer is not there in time, call wait_measurement as next_step says."""
        return await wait_for_answer(
            ctx,
            services,
            lambda: services.workspace.measuring.start_revisions(
                benchmark,
                base=base,
                head=head,
                rounds="auto" if rounds is None else rounds,
                max_seconds=max_seconds,
                parameters=parameters,
            ),
            wait_seconds,
        )
