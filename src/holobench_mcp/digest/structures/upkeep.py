"""What a command came to that is no tool: how a run ended, whether a store is whole."""

from __future__ import annotations

from holobench_mcp.answers import RunReport, Verification
from holobench_mcp.answers.short import ListedShort


def ran(report: RunReport) -> ListedShort:
    """How a command ended, and how many results came of it."""
    n = len(report.result_ids)
    ended = f"The command ended with exit status {report.returncode}, and {n} result{'s were' if n != 1 else ' was'}"
    status = "failed" if report.returncode else "ok" if n else "empty"
    return ListedShort(status=status, reason=" ".join([f"{ended} recorded.", *report.problems[:3]]))


def verified(found: Verification) -> ListedShort:
    """Whether anything of a store is damaged."""
    n = len(found.problems)
    damaged = f"{n} stored object{'s are' if n != 1 else ' is'} damaged, such as: {found.problems[0]}" if n else ""
    return ListedShort(
        status="damaged" if n else "ok",
        reason=damaged or "Everything was read, and nothing is damaged.",
        next_step=found.next_step,
    )
