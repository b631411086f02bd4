"""A comparison as a pull request comment: what decides first, the worst metrics next, and never too long for one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from holobench_mcp import digest
from holobench_mcp.answers import RevisionReport
from holobench_mcp.digest import figures
from holobench_mcp.model import ComparedMetric, ComparisonDocument, Decision

MARK = {
    Decision.regressed: "🔴",
    Decision.improved: "🟢",
    Decision.unchanged: "⚪",
    Decision.inconclusive: "🟡",
    Decision.incomparable: "🟣",
}
#: A comment on GitHub holds 65,536 characters; a bot adds some of its own.
MAX_COMMENT = 60_000
#: Comparisons that are written out in one comment; of more, the decisions are.
_MAX_DOCUMENTS = 15
#: Notes, differences and limits that are written out.
_MAX_REMARKS = 20
#: What the table's head, the ids and the lines on what is left out take.
_FRAME = 700
_POINTS = 5
#: What would call somebody, and what would become a link: neither is ours to send.
_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_ADDRESS = re.compile(r"(?<=\w)(?=://\S)|(?<=\bwww)(?=\.\S)", re.IGNORECASE)
_COLUMNS = ("metric", "decision", "effect", "interval that decided", "sure part", "means, baseline → candidate")


def revisions_markdown(report: RevisionReport) -> str:
    """What measuring two revisions came to, as one comment: the whole first, then each comparison, worst first."""
    documents = report.comparisons
    if len(documents) == 1 and report.head_failure is None:
        return comparison_markdown(documents[0])
    lines = [*_opening(report.decision, report.reason, report.next_step, MAX_COMMENT // 10), ""]
    whole, others = documents[:_MAX_DOCUMENTS], documents[_MAX_DOCUMENTS:]
    rest = [
        f"- {MARK[decision]} {_md(d.candidate.bench_name, 100)}: {decision.value}"
        for d in others
        for decision in [d.decision or Decision.inconclusive]
    ]
    fitting = _fitting(rest, MAX_COMMENT // 10)
    if len(fitting) < len(rest):
        fitting.append(_rest(len(rest) - len(fitting), "comparisons"))
    room = (MAX_COMMENT - _length(lines) - _length(fitting)) // max(1, len(whole))
    for document in whole:
        block = document.model_copy(update={"reason": digest.own_reason(report, document)})
        lines += [comparison_markdown(block, most=room - 4, named=True), ""]
    return "\n".join([*lines, *fitting]).rstrip()


def refusal_markdown(reason: str) -> str:
    """That nothing was measured, and why: what an earlier comment says must not be taken for this code's."""
    return "\n".join(["### ⚠️ Benchmark: not measured", "", *_sentence(reason, MAX_COMMENT // 10)])


def comparison_markdown(document: ComparisonDocument, *, most: int = MAX_COMMENT, named: bool = False) -> str:
    """A comparison, worst metrics first, in at most so many characters. named: say of which benchmark it is."""
    of = document.candidate.bench_name if named else None
    opening = _opening(document.decision, document.reason, document.next_step, most // 6, of=of)
    room = most - _length(opening) - _FRAME
    remarks = _fitting([f"> {_md(remark, most // 12)}" for remark in _remarks(document)][:_MAX_REMARKS], room // 4)
    rows = [_row(m) for m in document.metrics]
    shown = _fitting(rows, (room - _length(remarks)) * 2 // 3)
    moved = [f"- {_md(m.variable, 200)}: {_md(text, 500)}" for m in document.metrics for text in _points(m)]
    points = _fitting(moved, room - _length(remarks) - _length(shown))
    lines = [*opening, "", *(_table(shown) if shown else [])]
    if len(shown) < len(rows):
        lines += ["", _rest(len(rows) - len(shown), "metrics, none worse")]
    lines += ["", *points] if points else []
    if len(points) < len(moved):
        lines += ["", _rest(len(moved) - len(points), "lines on points that moved")]
    lines += ["", "  \n".join(remarks)] if remarks else []
    if len(remarks) < len(_remarks(document)):
        lines += ["", _rest(len(_remarks(document)) - len(remarks), "remarks")]
    return "\n".join([*lines, "", f"<sub>{document.baseline.result_id} → {document.candidate.result_id}</sub>"])


# ---------------------------------------------------------------------- parts


def _opening(
    decision: Decision | None, reason: str | None, next_step: str | None, most: int, *, of: str | None = None
) -> list[str]:
    """The lines to act on."""
    decision = decision or Decision.inconclusive
    name = f" {_md(of, 100)}" if of is not None else ""
    lines = [f"### {MARK[decision]} Benchmark{name}: {decision.value}", "", *_sentence(reason or "", most)]
    if next_step:
        lines += ["", f"**Next:** {_md(next_step, most)}"]
    return lines


def _sentence(text: str, most: int) -> list[str]:
    """A reason. The output of a command that failed, behind its first line, is a block of code."""
    first, *printed = text.splitlines() or [""]
    lines = [_md(first, most)]
    if printed:
        lines += ["", *_fitting([f"    {digest.plain(line[:500])}" for line in printed], most)]
    return lines


def _remarks(document: ComparisonDocument) -> list[str]:
    return [
        *(f"{d.severity}: {d.detail}" for d in document.comparability),
        *digest.notes(document),
        *(f"limit: {limit}" for limit in figures.limits(document.metrics)),
        *([figures.threshold_verdicts(document.metrics)] if document.metrics else []),
    ]


def _points(m: ComparedMetric) -> list[str]:
    if m.evidence is None:
        return []
    return [text for text in (figures.points(m.evidence, _POINTS), figures.missing(m.evidence)) if text]


def _table(rows: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(_COLUMNS)} |", f"|{' --- |' * len(_COLUMNS)}", *rows]


def _row(m: ComparedMetric) -> str:
    e = m.evidence
    cells = [_md(m.variable, 200)]
    cells += [f"{MARK[e.decision]} {e.decision.value}"] if e else ["not judged"]
    cells += [_md(figure) if figure else "–" for figure in _figures(m)]
    return f"| {' | '.join([*cells, _md(figures.means(m))])} |"


def _figures(m: ComparedMetric) -> list[str]:
    if m.evidence is None:
        return ["", "", ""]
    return [figures.effect(m.evidence), figures.interval(m.evidence), figures.at_least(m.evidence)]


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """The first lines that fit."""
    fitting: list[str] = []
    for line in lines:
        room -= len(line) + 3
        if room < 0:
            break
        fitting.append(line)
    return fitting


def _rest(count: int, what: str) -> str:
    return f"… and {count} more {what}: `holobench-mcp compare --json` has all."


def _length(lines: Sequence[str]) -> int:
    """With two characters for each line's end."""
    return sum(len(line) + 3 for line in lines)


def _md(text: str, most: int = 500) -> str:
    """Text that can't break out of its place in Markdown, and has a bound."""
    written = ""
    for sign in digest.plain(text.replace("\n", " ")):
        written += f"\\{sign}" if sign in "\\`*_{}[]<>|#~&$" else sign
        if len(written) >= most:
            written += "…"
            break
    return _MENTION.sub("@<!-- -->", _ADDRESS.sub(r"\\", written))
