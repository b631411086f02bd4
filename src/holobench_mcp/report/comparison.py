"""A comparison as a section of a page: the decision in words first, then what was compared, then the charts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from holobench_mcp import digits
from holobench_mcp.answers import RevisionReport, SingleRuns
from holobench_mcp.digest import figures, holds, own_reason, remarks
from holobench_mcp.model import ComparisonDocument, Decision, Failure, OtherComparison, Side
from holobench_mcp.report import marks
from holobench_mcp.report.details import details
from holobench_mcp.report.forest import forest
from holobench_mcp.report.markup import Markup, element, joined, shortened
from holobench_mcp.report.palette import class_of
from holobench_mcp.report.selection import named, shown_metrics

_CAUSES = {
    "correctness": "wrong answers",
    "claim": "a claim",
    "missing": "something is missing",
    "different": "different",
}
_NAMES = 40
_OTHERS = 200


def comparison_fragment(answer: ComparisonDocument | RevisionReport, runs: Sequence[SingleRuns] = ()) -> str:
    """A comparison as `<section class="hb-comparison">`: its charts, and the same in words and tables.

    answer: what `Workspace.compare` gives, or a measurement of two revisions, of which the worst comparison is shown
    first and every other one below it. runs: what `Workspace.single_runs` gives of its comparisons, for the metrics of
    `detailed_metrics`; without them no single run is drawn. Needs the stylesheet, and no script.
    """
    if isinstance(answer, ComparisonDocument):
        return element("section", *_whole(answer, runs), class_="hb-comparison")
    worst, others = answer.comparisons[:1], answer.comparisons[1:]
    parts: list[Markup | None] = [
        opening(answer.decision, answer.cause, answer.reason, answer.next_step, answer.benchmark)
    ]
    parts += [_failure(answer.head_failure)] if answer.head_failure is not None else []
    parts += [_measured(answer)]
    for document in worst:
        name = element("bdi", shortened(document.candidate.bench_name, 90))
        parts += [element("h3", marks.badge(document.decision), " ", name)] if others or document.also else []
        parts += _body(document, runs)
    parts += [_folded(document, own_reason(answer, document), runs) for document in others]
    return element("section", *parts, class_="hb-comparison")


def opening(decision: Decision | None, cause: str | None, reason: str | None, next_step: str | None, of: str) -> Markup:
    """What to act on: the decision, of what, why, and what to do next."""
    because = f" · {_CAUSES[cause]}" if cause in _CAUSES else ""
    first, *printed = (reason or "").splitlines() or [""]
    return element(
        "header",
        element(
            "h2",
            marks.badge(decision),
            element("span", because, class_="hb-soft") if because else None,
            " ",
            element("bdi", shortened(of, 90), class_="hb-of", title=of if len(of) > 90 else None),
        ),
        element("p", first, class_="hb-reason"),
        element("pre", joined(printed, "\n")) if printed else None,
        element("p", element("b", "Next: "), next_step, class_="hb-next") if next_step else None,
        class_=f"hb-decision {class_of(decision)}",
    )


def _whole(document: ComparisonDocument, runs: Sequence[SingleRuns]) -> list[Markup | None]:
    head = opening(
        document.decision, document.cause, document.reason, document.next_step, document.candidate.bench_name
    )
    return [head, *_body(document, runs)]


def _body(document: ComparisonDocument, runs: Sequence[SingleRuns]) -> list[Markup | None]:
    sides = (document.baseline.result_id, document.candidate.result_id)
    return [
        _compared(document),
        _metrics(document),
        details(document, next((r for r in runs if (r.baseline, r.candidate) == sides), None)),
        _claims(document),
        also(document.also, document.not_measured),
        _trust(document),
    ]


def _folded(document: ComparisonDocument, reason: str, runs: Sequence[SingleRuns]) -> Markup:
    """A further sweep of a measurement, to be opened."""
    name = document.candidate.bench_name
    return element(
        "details",
        element("summary", marks.badge(document.decision), " ", element("bdi", shortened(name, 90))),
        element("p", reason.splitlines()[0] if reason else "", class_="hb-reason"),
        *_body(document, runs),
        class_="hb-folded",
    )


def _failure(failure: Failure) -> Markup:
    lines = [element("p", failure.detail)]
    if failure.output_tail:
        lines.append(element("pre", joined(failure.output_tail.splitlines(), "\n"), tabindex="0"))
    return element("div", element("h3", "How the head failed"), *lines, class_="hb-failure")


# ---------------------------------------------------------------------- what was compared


def _compared(document: ComparisonDocument) -> Markup:
    basis = document.evidence
    rows = [("Baseline", _side(document.baseline)), ("Candidate", _side(document.candidate))]
    if basis is not None:
        rounds = f"{basis.runs[0]} rounds in turn" if basis.replicates == "rounds" else _runs(basis.runs)
        rows.append(("Measured", joined([rounds, f"margin {digits.plain(basis.margin_percent)} %"], " · ")))
    if document.answers is not None:
        by = f", by {named(document.answers.checked_by, 3)}" if document.answers.checked_by else ""
        rows.append(("Answers", joined([f"{document.answers.state}{by}"])))
    if document.measurement:
        rows.append(("Measurement", element("code", document.measurement)))
    return facts(rows)


def facts(rows: Iterable[tuple[str, Markup]]) -> Markup:
    """Names and what they are, in two columns."""
    return element(
        "dl", *(element("div", element("dt", name), element("dd", said)) for name, said in rows), class_="hb-facts"
    )


def _side(side: Side) -> Markup:
    rev = side.rev or str(side.provenance.get("source_revision") or "")[:10]
    parts: list[Markup] = [element("code", rev)] if rev else []
    parts += [element("bdi", f"“{shortened(side.label, 60)}”", title=side.label)] if side.label else []
    parts += [element("span", side.result_id or side.bench_name, class_="hb-soft hb-id")]
    return joined(parts, " ")


def _runs(runs: tuple[int, int]) -> str:
    if runs[0] == runs[1]:
        return f"{runs[0]} run{'' if runs[0] == 1 else 's'} a side"
    return f"{runs[0]} and {runs[1]} runs"


def _measured(report: RevisionReport) -> Markup:
    dirty = " with uncommitted changes" if report.head_dirty else ""
    rows = [
        ("Base", element("code", report.base_revision[:10])),
        ("Head", joined([element("code", report.head_revision[:10]), dirty])),
        ("Measured", joined([f"{report.rounds} rounds in turn" + (f"; {report.stopped}" if report.stopped else "")])),
        ("Measurement", element("code", report.measurement)),
    ]
    return joined([facts(rows), bullets("Notes", report.notes)])


# ---------------------------------------------------------------------- metrics


def _metrics(document: ComparisonDocument) -> Markup:
    shown, others = shown_metrics(document)
    parts: list[Markup | None] = [element("h3", "What changed"), forest(shown) if shown else None]
    parts += [
        element(
            "p", marks.badge(group.decision), f" {group.total:,} more: ", element("bdi", named(group.names, _NAMES))
        )
        for group in others
    ]
    unpaired = document.unpaired
    for side, names in (("candidate", unpaired.candidate_only), ("baseline", unpaired.baseline_only)):
        if names:
            parts.append(element("p", f"Only the {side} has: ", element("bdi", named(names, _NAMES))))
    return element("div", *parts, class_="hb-metrics")


def _claims(document: ComparisonDocument) -> Markup | None:
    claims = [
        f"{c.variable} {c.claim}: {holds(c.candidate.holds)} now"
        + (f", {holds(c.baseline.holds)} before" if c.baseline else "")
        for c in document.claims
    ]
    return bullets("Claims", claims)


def also(others: Sequence[OtherComparison], not_measured: Sequence[str] = ()) -> Markup | None:
    """The other benches that were measured, each with its decision, and those that were not."""
    if not others and not not_measured:
        return None
    listed = [
        element(
            "li",
            marks.badge(other.decision),
            " ",
            element("bdi", shortened(other.bench_name, 90), class_="hb-name"),
            " ",
            element("span", other.reason.splitlines()[0], class_="hb-soft hb-remark") if other.reason else None,
        )
        for other in others[:_OTHERS]
    ]
    rest = len(others) - len(listed)
    return element(
        "div",
        element("h3", "Also measured"),
        element("ul", *listed, class_="hb-also") if listed else None,
        element("p", f"… and {rest:,} more") if rest else None,
        element("p", f"Not measured of this code: {named(not_measured, _NAMES)}") if not_measured else None,
    )


# ---------------------------------------------------------------------- how far it can be trusted


def _trust(document: ComparisonDocument) -> Markup:
    verdicts = figures.threshold_verdicts(document.metrics)
    notes = [*document.notes, *([verdicts] if verdicts and len(verdicts) < 2000 else [])]
    files = remarks.edited_files(document.comparability)
    edited = [f"benchmark files changed: {named(files, 5)}"] if files else []
    return joined([bullets("What limits this", [*edited, *remarks.trust(document)]), bullets("Notes", notes)])


def bullets(title: str, lines: Sequence[str]) -> Markup | None:
    """Remarks below a heading; nothing where there are none."""
    if not lines:
        return None
    return element("div", element("h3", title), element("ul", *(element("li", line) for line in lines)))
