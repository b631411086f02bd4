"""Pinning a result; of one that regressed, the person is asked, where the client can ask."""

# Annotations are values here, not texts: the SDK finds the question by the function in one of them, which is local.

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from holobench_mcp import digest
from holobench_mcp.model import HolobenchMcpError
from holobench_mcp.server.services import Services, answer, for_agents
from holobench_mcp.server.shapes import Listed
from holobench_mcp.server.tools.arguments import ResultName

#: What the log has of somebody who agreed without a word.
_NO_WORDS = "confirmed when asked"


class Consent(BaseModel):
    """What a person is asked for."""

    reason: str = Field("", description="Why this is meant to be the baseline")


def register(server: MCPServer[Any], services: Services) -> None:
    """Add the tool."""

    def consent(result: str, name: str, reason: str | None, ctx: Context[Any, Any]) -> Consent | Elicit[Consent] | None:
        """Ask about a regressed result that comes without a reason. What else is wrong, the tool itself says."""
        if reason is not None or not _can_ask(ctx):
            return None
        try:
            hidden = services.workspace.hidden_regression(result, name)
        except HolobenchMcpError:
            return None
        return None if hidden is None else Elicit(f"{digest.plain(hidden)} Pin it all the same?", Consent)

    @server.tool(
        title="Set a baseline",
        annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False),
    )
    @for_agents
    def set_baseline(
        result: ResultName,
        agreed: Annotated[ElicitationResult[Consent], Resolve(consent)],
        name: Annotated[str, Field(description="The baseline's name")] = "baseline",
        reason: Annotated[str | None, Field(description="Why; needed for a result that regressed")] = None,
    ) -> Annotated[CallToolResult, Listed]:
        """Pin a result, with all runs of its measurement, as what later ones are compared with. What the name meant
        before is kept in its log."""
        if not isinstance(agreed, AcceptedElicitation):
            raise ToolError(
                f"The person was asked, as {result} regressed against what {name} means now, and did not agree: "
                "nothing was changed."
            )
        if agreed.data is not None:
            reason = agreed.data.reason.strip() or _NO_WORDS
        answered = services.workspace.set_baseline(result, name, reason)
        return answer(digest.baseline_set(answered), answered)


def _can_ask(ctx: Context[Any, Any]) -> bool:
    """Whether the client shows a person questions: it says so; before modes were told apart, without naming one."""
    capabilities = ctx.client_capabilities if ctx.protocol_version is not None else None  # None outside of a request
    elicitation = capabilities.elicitation if capabilities is not None else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)
