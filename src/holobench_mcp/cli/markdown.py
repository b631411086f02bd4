"""A comparison as a pull request comment."""

from __future__ import annotations

from holobench_mcp import digest
from holobench_mcp.model import ComparisonDocument, Decision

_MARK = {
    Decision.regressed: "🔴",
    Decision.improved: "🟢",
    Decision.unchanged: "⚪",
    Decision.inconclusive: "🟡",
    Decision.incomparable: "🟣",
}


def comparison_markdown(document: ComparisonDocument) -> str:
    """A comparison as a pull request comment."""
    decision = document.decision or Decision.inconclusive
    lines = [f"### {_MARK[decision]} Benchmark: {decision.value}", "", _md(document.reason or "")]
    if document.next_step:
        lines += ["", f"**Next:** {_md(document.next_step)}"]
    lines += ["", "| metric | decision | effect (95 % interval) | threshold verdict | baseline → candidate |"]
    lines += ["| --- | --- | --- | --- | --- |"]
    for m in document.metrics:
        judged = f"{_MARK[m.evidence.decision]} {m.evidence.decision.value}" if m.evidence else "–"
        size = digest.effect(m.evidence).strip() if m.evidence else "–"
        values = f"{digest.number(m.baseline_value)} → {digest.number(m.current_value)}"
        lines.append(f"| {_md(m.variable)} | {judged} | {_md(size)} | {m.verdict} | {values} |")
    moved = [
        f"- {_md(m.variable)}: {_md(digest.point(p, m.evidence.units))}"
        for m in document.metrics
        if m.evidence
        for p in m.evidence.points[:5]
    ]
    if moved:
        lines += ["", "Input points that moved:", "", *moved]
    remarks = [f"{d.severity}: {d.detail}" for d in document.comparability] + digest.notes(document)
    if remarks:
        lines += ["", "  \n".join(f"> {_md(remark)}" for remark in remarks)]
    lines += ["", f"<sub>{document.baseline.result_id} → {document.candidate.result_id}</sub>"]
    return "\n".join(lines)


def _md(text: str) -> str:
    """Text that can't break out of its place in Markdown."""
    for mark in "\\`*_{}[]<>|#":
        text = text.replace(mark, "\\" + mark)
    return digest.plain(text.replace("\n", " "))
