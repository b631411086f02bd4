"""A comparison as a pull request comment: what decides first, the worst metrics next, and never too long for one."""

from __future__ import annotations

from collections.abc import Sequence

from holobench_mcp import digest
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
_COLUMNS = ("metric", "decision", "effect", "interval that decided", "sure part", "means, baseline → candidate")


def comments(documents: Sequence[ComparisonDocument]) -> str:
    """Several comparisons as one comment, worst first."""
    whole, others = documents[:_MAX_DOCUMENTS], documents[_MAX_DOCUMENTS:]
    rest = [
        f"- {MARK[decision]} {_md(d.candidate.bench_name, 100)}: {decision.value}"
        for d in others
        for decision in [d.decision or Decision.inconclusive]
    ]
    lines = _fitting(rest, MAX_COMMENT // 10)
    if len(lines) < len(rest):
        lines.append(_rest(len(rest) - len(lines), "comparisons"))
    room = (MAX_COMMENT - sum(len(line) + 1 for line in lines)) // max(1, len(whole))
    named = len(documents) > 1
    return "\n\n".join(
        [*(comparison_markdown(d, most=room - 2, named=named) for d in whole), *filter(None, ["\n".join(lines)])]
    )


def comparison_markdown(document: ComparisonDocument, *, most: int = MAX_COMMENT, named: bool = False) -> str:
    """A comparison, worst metrics first, in at most so many characters. named: say of which benchmark it is."""
    opening = _opening(document, most // 6, named=named)
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


def _opening(document: ComparisonDocument, most: int, *, named: bool) -> list[str]:
    decision = document.decision or Decision.inconclusive
    of = f" {_md(document.candidate.bench_name, 100)}" if named else ""
    lines = [f"### {MARK[decision]} Benchmark{of}: {decision.value}", "", _md(document.reason or "", most)]
    if document.next_step:
        lines += ["", f"**Next:** {_md(document.next_step, most)}"]
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
    for sign in text.replace("\n", " "):
        written += f"\\{sign}" if sign in "\\`*_{}[]<>|#" else sign
        if len(written) >= most:
            written += "…"
            break
    return digest.plain(written)
