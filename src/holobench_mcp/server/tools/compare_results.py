"""What became of the code between two recorded results."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import Field

from holobench_mcp import digest
from holobench_mcp.answers import CompareOptions
from holobench_mcp.model import Undecided
from holobench_mcp.server.services import Services, answer, for_agents
from holobench_mcp.server.shapes import Decided
from holobench_mcp.server.tools.arguments import NAMES, READS


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    @server.tool(title="Compare two benchmark results", annotations=READS)
    @for_agents
    def compare_results(
        baseline: Annotated[
            str,
            Field(
                description="The code before the change, named alike. Default: what set_baseline pinned, else the "
                "newest earlier result of other code"
            ),
        ] = "baseline",
        candidate: Annotated[str, Field(description=f"The code after the change: {NAMES}")] = "latest",
        metrics: Annotated[list[str] | None, Field(description="Only these metrics")] = None,
        method: Annotated[
            Literal["percentage", "adaptive", "delta", "absolute"] | None,
            Field(description="holobench's detector behind `verdict`; percentage unless given"),
        ] = None,
        threshold: Annotated[float | None, Field(description="That detector's threshold")] = None,
        margin_percent: Annotated[
            float | None, Field(description="Smallest change that matters; 3 % unless configured")
        ] = None,
        replicates: Annotated[
            Literal["auto", "none"],
            Field(description="auto: use every recorded run of the same code as evidence"),
        ] = "auto",
        detail: Annotated[
            Literal["summary", "full"], Field(description="full: the whole contract and evidence")
        ] = "summary",
    ) -> Annotated[CallToolResult, Decided]:
        """Did a change make the benchmark better or worse? Gives `decision` (regressed, improved, unchanged,
        inconclusive or incomparable), `reason`, `next_step`, and per metric the effect with its interval and the input
        points that moved. Call it with no arguments after recording the changed code."""
        options = CompareOptions(
            metrics=tuple(metrics) if metrics is not None else None,
            method=method,
            threshold=threshold,
            margin_percent=margin_percent,
            replicates=replicates,
            detail=detail,
        )
        try:
            found = services.workspace.compare(baseline, candidate, options)
            is_default = (baseline, candidate) == ("baseline", "latest")
            sides = {} if is_default else {"baseline": baseline, "candidate": candidate}
            document = services.workspace.measuring.with_call(found, sides)
        except Undecided as problem:
            undecided = services.workspace.measuring.undecided(problem)
            return answer(digest.unfinished(undecided), undecided)
        return answer(digest.comparison(document), document, whole=detail == "full")
