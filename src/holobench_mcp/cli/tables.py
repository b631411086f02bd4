"""How documents look: rich tables on a terminal, and in a pipe the plain text that agents get."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from holobench_mcp import digest, digits
from holobench_mcp.answers import History, MetricList, ResultPage, RevisionReport
from holobench_mcp.cli import bars, output
from holobench_mcp.config import Config
from holobench_mcp.digest import figures
from holobench_mcp.model import (
    ComparedMetric,
    ComparisonDocument,
    Decision,
    MetricEvidence,
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
_POINTS = 8


def results(page: ResultPage) -> None:
    """A listing."""
    if not _on_terminal() or not page.results:
        output.out(digest.results(page))
        return
    rows = [
        (r.result_id, r.bench_name, r.executed_at[:19].replace("T", " "), _revision(r.source_revision, r.dirty),
         r.label or "", ", ".join(r.refs), ", ".join(r.metrics))
        for r in page.results
    ]  # fmt: skip
    _table(["result", "bench", "executed (UTC)", "revision", "label", "baselines", "metrics"], rows)
    if page.next_cursor:
        output.note(f"{len(page.results)} of {page.total}; more with --cursor {page.next_cursor}")


def metrics(listed: MetricList) -> None:
    """What a result measured."""
    if not _on_terminal():
        output.out(digest.metrics(listed))
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
        output.out(digest.plain(f"{i.name}{f' [{i.units}]' if i.units else ''}: {', '.join(map(str, i.values))}"))


def result(document: ResultDocument) -> None:
    """One result."""
    output.out(digest.result(document))


def config(loaded: Config) -> None:
    """The configuration in force."""
    output.out(f"project         {loaded.root}")
    output.out(f"configured in   {loaded.file or 'nothing: no [tool.holobench-mcp] in a pyproject.toml'}")
    shared = f", shared by all worktrees of {loaded.store_shared_by}" if loaded.store_shared_by else ""
    output.out(f"store           {loaded.store} (from {loaded.store_from}{shared})")
    output.out(f"margin_percent  {loaded.margin_percent:g}")
    output.out(f"patience_s      {loaded.patience_s:g}")
    keep = loaded.keep.model_dump(exclude_none=True)
    output.out(f"keep            {', '.join(f'{k} = {v:g}' for k, v in keep.items()) or 'everything'}")
    output.out(f"import_roots    {', '.join(map(str, loaded.import_roots)) or 'none'}")
    output.out(f"metrics         {', '.join(loaded.metrics) or 'none configured'}")
    output.out(f"benchmarks      {', '.join(loaded.benchmarks) or 'none configured'}")


def comparison(document: ComparisonDocument) -> None:
    """A comparison: the decision, then a table with each interval drawn."""
    if not _on_terminal():
        output.out(digest.comparison(document))
        return
    _head(document.decision, document.reason, document.next_step)
    _body(document)


def revisions(report: RevisionReport) -> None:
    """Two revisions that were measured: the decision of the whole, then each comparison."""
    if not _on_terminal():
        output.out(digest.revisions(report))
        return
    _head(report.decision, report.reason, report.next_step)
    for line in (report.head_failure.output_tail if report.head_failure else "").splitlines():
        _print(f"[dim]  {_escaped(line)}[/]")
    for document in report.comparisons:
        if len(report.comparisons) > 1:
            _head(document.decision, digest.own_reason(report, document), None, of=f"{document.candidate.bench_name}: ")
        _body(document)
    for note in filter(None, (report.stopped, *report.notes)):
        _print(f"[dim]note:[/] {_escaped(note)}")


def _head(decision: Decision | None, reason: str | None, next_step: str | None, of: str = "") -> None:
    first, *others = digest.head(decision, reason, next_step)
    word, _, rest = first.partition(": ")
    colour = _COLOUR[decision or Decision.inconclusive]
    _print(f"{_escaped(of)}[{colour}]{_escaped(word.lower())}[/]  {_escaped(rest)}")
    for line in others:
        _print(f"[dim]{_escaped(line)}[/]")


def _body(document: ComparisonDocument) -> None:
    for note in digest.notes(document):
        _print(f"[dim]note:[/] {_escaped(note)}")
    _metrics_table(document.metrics)
    for m in document.metrics:
        for text in (figures.points(m.evidence, _POINTS), figures.missing(m.evidence)) if m.evidence else ():
            if text:
                _print(f"[dim]{_escaped(m.variable)}:[/] {_escaped(text)}")
    for d in document.comparability:
        _print(f"[yellow]{d.severity}:[/] {_escaped(d.detail)}")
    for line in figures.limits(document.metrics):
        _print(f"[dim]limit:[/] {_escaped(line)}")
    _print(f"[dim]{_escaped(figures.threshold_verdicts(document.metrics))}[/]")


def _metrics_table(metrics: Sequence[ComparedMetric]) -> None:
    spans = bars.spans([m.evidence for m in metrics if m.evidence])
    rows = [
        (m.variable, _coloured(m), *_figures(m.evidence),
         bars.forest_bar(m.evidence, spans.get(m.evidence.units or "", 1.0) if m.evidence else 1.0), figures.means(m))
        for m in metrics
    ]  # fmt: skip
    reach = _escaped(", ".join(f"± {digits.plain(span)} {units}".strip() for units, span in spans.items()))
    _table(["metric", "decision", "effect", "interval that decided", "sure part", reach, "means"], rows)


def _figures(e: MetricEvidence | None) -> tuple[str, str, str]:
    return (figures.effect(e), figures.interval(e), figures.at_least(e)) if e else ("", "", "")


def history(document: History) -> None:
    """A metric over time, with a sparkline on a terminal."""
    if _on_terminal() and document.series:
        output.out(
            bars.sparkline(
                [p.estimate for p in document.series],
                {c.result_id for c in document.change_points},
                [p.result_id for p in document.series],
            )
        )
    output.out(digest.history(document))


# ---------------------------------------------------------------------- parts


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
    return (revision[:10] if revision else "") + ("+dirty" if dirty else "")


def _print(markup: str) -> None:
    from rich.console import Console

    Console().print(markup)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(digest.plain(text))
