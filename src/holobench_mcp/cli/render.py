"""How things look: rich tables on a terminal, the agents' plain text in a pipe, Markdown for a pull request."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from holobench_mcp import digest
from holobench_mcp.answers import History, MetricList, ResultPage
from holobench_mcp.config import Config
from holobench_mcp.model import (
    ComparedMetric,
    ComparisonDocument,
    Decision,
    MetricEvidence,
    OutputError,
    ResultDocument,
)

if TYPE_CHECKING:
    from rich.text import Text

_COLOUR = {
    Decision.regressed: "bold red",
    Decision.improved: "bold green",
    Decision.unchanged: "green",
    Decision.inconclusive: "yellow",
    Decision.incomparable: "magenta",
}
_MARK = {
    Decision.regressed: "🔴",
    Decision.improved: "🟢",
    Decision.unchanged: "⚪",
    Decision.inconclusive: "🟡",
    Decision.incomparable: "🟣",
}
_FOREST_WIDTH = 33


def out(text: str) -> None:
    """A line on stdout. When its reader has gone, nothing: the exit status is still of use. Raises OutputError."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as problem:
        # What is still to be written, at exit too, must not fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(problem, BrokenPipeError):
            raise OutputError(f"The output can't be written: {problem.strerror}.") from problem


def note(text: str) -> None:
    """A line on stderr, marked as ours."""
    with suppress(OSError, AttributeError):  # closed, or nobody reads it
        lines = "\n".join(map(digest.plain, text.splitlines()))
        sys.stderr.write(f"holobench-mcp: {lines}\n")
        sys.stderr.flush()


def results(page: ResultPage) -> None:
    """A listing."""
    if not _on_terminal() or not page.results:
        out(digest.results(page))
        return
    rows = [
        (r.result_id, r.bench_name, r.executed_at[:19].replace("T", " "), _revision(r.source_revision, r.dirty),
         r.label or "", ", ".join(r.refs), ", ".join(r.metrics))
        for r in page.results
    ]  # fmt: skip
    _table(["result", "bench", "executed (UTC)", "revision", "label", "baselines", "metrics"], rows)
    if page.next_cursor:
        note(f"{len(page.results)} of {page.total}; more with --cursor {page.next_cursor}")


def metrics(listed: MetricList) -> None:
    """What a result measured."""
    if not _on_terminal():
        out(digest.metrics(listed))
        return
    rows = [
        (m.variable, m.units or "", m.direction.value, str(m.n), digest.number(m.mean), digest.number(m.sd),
         digest.number(m.optimal_value), ", ".join(f"{k}={v}" for k, v in m.optimal_inputs.items()),
         f"{m.claim.claim} {digest.holds(m.claim.holds)}" if m.claim else "")
        for m in listed.metrics
    ]  # fmt: skip
    _table(
        ["metric", "units", "better", "n", "mean", "sd", "best", "best at", "claim"],
        rows,
        title=listed.result_id,
    )
    for i in listed.inputs:
        out(f"{i.name}{f' [{i.units}]' if i.units else ''}: {', '.join(map(str, i.values))}")


def result(document: ResultDocument) -> None:
    """One result."""
    out(digest.result(document))


def config(loaded: Config) -> None:
    """The configuration in force."""
    out(f"project         {loaded.root}")
    out(f"configured in   {loaded.file or 'nothing: no [tool.holobench-mcp] in a pyproject.toml'}")
    out(f"store           {loaded.store} (from {loaded.store_from})")
    out(f"margin_percent  {loaded.margin_percent:g}")
    out(f"import_roots    {', '.join(map(str, loaded.import_roots)) or 'none'}")
    out(f"metrics         {', '.join(loaded.metrics) or 'none configured'}")
    out(f"benchmarks      {', '.join(loaded.benchmarks) or 'none configured'}")


def comparison(document: ComparisonDocument) -> None:
    """A comparison: the decision, then a table with each interval drawn."""
    if not _on_terminal():
        out(digest.comparison(document))
        return
    from rich.console import Console

    console = Console()
    decision = document.decision or Decision.inconclusive
    console.print(f"[{_COLOUR[decision]}]{decision.value}[/]  {_escaped(document.reason or '')}")
    if document.next_step:
        console.print(f"[dim]next:[/] {_escaped(document.next_step)}")
    for told in _notes(document):
        console.print(f"[dim]note:[/] {_escaped(told)}")
    spans = _spans([m.evidence for m in document.metrics if m.evidence])
    rows = [
        (m.variable, _coloured(m), digest.effect(m.evidence).strip() if m.evidence else "",
         forest_bar(m.evidence, spans.get(m.evidence.units or "", 1.0) if m.evidence else 1.0), m.verdict,
         f"{digest.number(m.baseline_value)} → {digest.number(m.current_value)}")
        for m in document.metrics
    ]  # fmt: skip
    _table(
        [
            "metric",
            "decision",
            "effect [95 %]",
            _escaped(", ".join(f"± {span:.3g} {units}".strip() for units, span in spans.items())),
            "verdict",
            "pooled means",
        ],
        rows,
    )
    for m in document.metrics:
        if m.evidence and m.evidence.points:
            moved = "; ".join(digest.point(p, m.evidence.units) for p in m.evidence.points[:8])
            console.print(f"[dim]{_escaped(m.variable)} moved at:[/] {_escaped(moved)}")
    for d in document.comparability:
        console.print(f"[yellow]{d.severity}:[/] {_escaped(d.detail)}")


def history(told: History) -> None:
    """A metric over time, with a sparkline on a terminal."""
    if _on_terminal() and told.series:
        out(
            sparkline(
                [p.estimate for p in told.series],
                {c.result_id for c in told.change_points},
                [p.result_id for p in told.series],
            )
        )
    out(digest.history(told))


def sparkline(values: Sequence[float | None], stepped: Collection[str] = (), ids: Sequence[str] = ()) -> str:
    """Values as eight heights of bars; `|` stands before a measurement at which the metric stepped."""
    known = [v for v in values if v is not None]
    if not known:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1.0
    bars = [" " if v is None else "▁▂▃▄▅▆▇█"[min(7, int((v - low) / span * 8))] for v in values]
    marks = ["|" if i < len(ids) and ids[i] in stepped else "" for i in range(len(values))]
    return "".join(mark + bar for mark, bar in zip(marks, bars, strict=True))


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
    said = [f"{d.severity}: {d.detail}" for d in document.comparability] + _notes(document)
    if said:
        lines += ["", "  \n".join(f"> {_md(told)}" for told in said)]
    lines += ["", f"<sub>{document.baseline.result_id} → {document.candidate.result_id}</sub>"]
    return "\n".join(lines)


def forest_bar(evidence: MetricEvidence | None, span: float, width: int = _FOREST_WIDTH) -> str:
    """An interval as a bar around zero: `·····┼──●──·····`. span: the effect at either edge."""
    cells = ["·"] * width
    middle = width // 2
    if evidence is not None and evidence.ci is not None and span > 0:
        low, high = (_cell(edge, span, width) for edge in evidence.ci)
        for i in range(low, high + 1):
            cells[i] = "─"
        size = evidence.effect_percent if evidence.effect_percent is not None else evidence.effect
        cells[middle] = "┼" if cells[middle] == "─" else "│"
        if size is not None:
            cells[_cell(size, span, width)] = "●"
    else:
        cells[middle] = "│"
    return "".join(cells)


# ---------------------------------------------------------------------- parts


def _notes(document: ComparisonDocument) -> list[str]:
    """What else a reader must know, how many variants were tried among it."""
    tried = document.selection.note if document.selection is not None else None
    return [*document.notes, *([tried] if tried else [])]


def _cell(value: float, span: float, width: int) -> int:
    return max(0, min(width - 1, round((value / span + 1) / 2 * (width - 1))))


def _spans(evidence: Sequence[MetricEvidence]) -> dict[str, float]:
    """How far the bars reach: to the farthest end of an interval, apart for each unit."""
    spans: dict[str, float] = {}
    for e in evidence:
        edges = [abs(edge) for edge in e.ci or ()]
        spans[e.units or ""] = max([*edges, spans.get(e.units or "", 0.0)])
    return {units: span or 1.0 for units, span in spans.items()}


def _coloured(m: ComparedMetric) -> str | Text:
    from rich.text import Text

    return Text(m.evidence.decision.value, style=_COLOUR[m.evidence.decision]) if m.evidence else ""


def _on_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _table(columns: Sequence[str], rows: Sequence[Sequence[str | Text]], *, title: str | None = None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(digest.plain(cell)) for cell in row))
    Console().print(table)


def _revision(revision: str | None, dirty: bool | None) -> str:
    return (revision[:10] if revision else "") + (" +uncommitted" if dirty else "")


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(digest.plain(text))


def _md(text: str) -> str:
    """Text that can't break out of its place in Markdown."""
    for mark in "\\`*_{}[]<>|#":
        text = text.replace(mark, "\\" + mark)
    return digest.plain(text.replace("\n", " "))
