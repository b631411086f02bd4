"""A comparison on a terminal: the decision, then each metric with its interval drawn around zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from holobench_mcp import digest
from holobench_mcp.answers import RevisionReport
from holobench_mcp.cli import bars, output, terminal
from holobench_mcp.cli.layout import Column, Drawing, paragraph, table
from holobench_mcp.cli.tables import marked
from holobench_mcp.digest import figures
from holobench_mcp.model import ComparedMetric, ComparisonDocument, Decision, MetricEvidence

if TYPE_CHECKING:
    from rich.text import Text

COLOUR = {
    Decision.regressed: "bold red",
    Decision.improved: "bold green",
    Decision.unchanged: "green",
    Decision.inconclusive: "yellow",
    Decision.incomparable: "magenta",
}
_POINTS = 8
#: So many metrics have a row each; of more, those that did not move are named.
_ROWS = 40
_NAMED = 60


def comparison(document: ComparisonDocument) -> None:
    """A comparison: the decision, then a table with each interval drawn."""
    if not terminal.is_there():
        output.out(digest.comparison(document))
        return
    lines = [*_head(document.decision, document.reason, document.next_step), *_body(document)]
    terminal.show([*lines, *_once_more(document.decision, len(lines))])


def revisions(report: RevisionReport) -> None:
    """Two revisions that were measured: the decision of the whole, then each comparison."""
    if not terminal.is_there():
        output.out(digest.revisions(report))
        return
    lines = _head(report.decision, report.reason, report.next_step)
    tail = report.head_failure.output_tail if report.head_failure else None
    for line in (tail or "").splitlines():
        lines += paragraph(_dim(f"  {terminal.shown(line)}"), terminal.size()[0], 4)
    for document in report.comparisons:
        if len(report.comparisons) > 1:
            of = f"{document.candidate.bench_name}: "
            lines += _head(document.decision, digest.own_reason(report, document), None, of=of)
        lines += _body(document)
    for note in filter(None, (report.stopped, *report.notes)):
        lines += marked("note:", "dim", note)
    terminal.show([*lines, *_once_more(report.decision, len(lines))])


def _head(decision: Decision | None, reason: str | None, next_step: str | None, of: str = "") -> list[Text]:
    from rich.text import Text

    width = terminal.size()[0]
    first, *others = digest.head(decision, reason, next_step)
    word, _, rest = first.partition(": ")
    line = Text().append(terminal.shown(of)).append(word.lower(), style=COLOUR[decision or Decision.inconclusive])
    lines = paragraph(line.append(f"  {terminal.shown(rest)}"), width)
    for other in others:
        lines += paragraph(_dim(terminal.shown(other)), width, 6 if other.startswith("    ") else 2)
    return lines


def _once_more(decision: Decision | None, lines: int) -> list[Text]:
    """The decision again, where its line has left the screen."""
    if decision is None or lines < terminal.size()[1]:
        return []
    return marked(decision.value, COLOUR[decision], "is the decision: its reason stands at the top.")


def _body(document: ComparisonDocument) -> list[Text]:
    width = terminal.size()[0]
    lines = [line for note in digest.notes(document) for line in marked("note:", "dim", note)]
    rows, groups = (document.metrics, []) if len(document.metrics) <= _ROWS else digest.selected(document, _ROWS)
    lines += _metrics_table(rows)
    for group in groups:
        word = group.decision.value if group.decision else "not judged"
        lines += marked(f"{len(group.names)} more {word}:", "dim", digest.few(group.names, _NAMED))
    for m in rows:
        for said in (figures.points(m.evidence, _POINTS), figures.missing(m.evidence)) if m.evidence else ():
            lines += marked(f"{m.variable}:", "dim", said) if said else []
    for d in document.comparability:
        lines += marked(f"{d.severity}:", "yellow", d.detail)
    for limit in figures.limits(document.metrics):
        lines += marked("limit:", "dim", limit)
    verdicts = figures.threshold_verdicts(document.metrics)
    return lines + (paragraph(_dim(terminal.shown(verdicts)), width) if verdicts else [])


def _metrics_table(metrics: Sequence[ComparedMetric]) -> list[Text]:
    if not metrics:
        return []
    judged = [m.evidence for m in metrics]
    spans = bars.spans([e for e in judged if e])
    names = Column("metric", [terminal.shown(m.variable) for m in metrics])
    styles = [COLOUR[e.decision] if e else "" for e in judged]
    columns = [
        Column("decision", [e.decision.value if e else "not judged" for e in judged], must=True, styles=styles),
        Column("effect", _each(judged, figures.effect), said="effect {}", must=True),
        Column("interval that decided", _each(judged, figures.interval), most=36),
        Column("sure part", _each(judged, figures.at_least)),
        Column("means", [terminal.shown(figures.means(m)) for m in metrics], said="means {}"),
    ]

    def bar(row: int, width: int) -> str:
        e = judged[row]
        return terminal.shown(bars.forest_bar(e, spans[e.units or ""], width)) if e else ""

    drawing = Drawing(lambda width: terminal.shown(bars.axis(spans, width)), bar)
    lines = table(names, columns, terminal.size()[0], drawing=drawing, drawn_at=2)
    reach = terminal.shown(f"intervals are drawn within {bars.reach(spans)}") if len(spans) > 1 else ""
    return lines + (paragraph(_dim(reach), terminal.size()[0]) if reach else [])


def _each(judged: Sequence[MetricEvidence | None], figure: Callable[[MetricEvidence], str]) -> list[str]:
    return [terminal.shown(figure(e)) if e else "" for e in judged]


def _dim(text: str) -> Text:
    from rich.text import Text

    return Text(text, style="dim")
