"""A comparison: the decision first, then what to do, then the other benches, then each metric on a line."""

from __future__ import annotations

from holobench_mcp.digest import figures
from holobench_mcp.digest.words import holds, joined, revision
from holobench_mcp.model import ComparedMetric, ComparisonDocument, Decision, Side

_MAX_LINE = 320
#: Metrics whose points are written out; of those behind them, the worst point is.
_WITH_POINTS = 5
_POINTS = 3
#: Other benches that are written out.
_MAX_OTHERS = 20


def comparison(doc: ComparisonDocument) -> str:
    """The whole comparison."""
    return joined([*head(doc.decision, doc.reason, doc.next_step), *body(doc)])


def head(decision: Decision | None, reason: str | None, next_step: str | None) -> list[str]:
    """The lines to act on: the decision with its reason, and what to do next.

    A reason can end with a failed command's output: that is indented, so that none of it passes for a line of ours.
    """
    first, *output = (reason or "").splitlines() or [""]
    lines = [f"{decision.value.upper() if decision else 'NOT JUDGED'}: {first}".rstrip()]
    lines += [f"    {line}" for line in output]
    if next_step:
        lines.append(f"Next: {next_step}")
    return lines


def body(doc: ComparisonDocument) -> list[str]:
    """What stands behind the decision. Long lines are cut: the whole is in the structure and the resource."""
    lines = [f"Note: {note}" for note in doc.notes]
    if doc.selection is not None and doc.selection.note:
        lines.append(f"Selection: {doc.selection.note}")
    lines += others(doc)
    lines.append(f"baseline {_side(doc.baseline)} | candidate {_side(doc.candidate)}")
    lines += [_metric(m, _POINTS if i < _WITH_POINTS else 1) for i, m in enumerate(doc.metrics)]
    if doc.omitted_metrics:
        lines.append(f"… and {doc.omitted_metrics} more metrics, none worse (detail='full' has all)")
    lines += [
        f"claim {c.variable} {c.claim}: {holds(c.candidate.holds)} now"
        + (f", {holds(c.baseline.holds)} before" if c.baseline else "")
        for c in doc.claims
    ]
    for side, names in (("candidate", doc.unpaired.candidate_only), ("baseline", doc.unpaired.baseline_only)):
        if names:
            lines.append(f"only the {side} has: {', '.join(names)}")
    lines += [f"{d.severity}: {d.detail}" for d in doc.comparability]
    lines += [f"limit: {limit}" for limit in figures.limits(doc.metrics)]
    verdicts = figures.threshold_verdicts(doc.metrics)
    lines += [verdicts] if verdicts else []
    if doc.uri:
        lines.append(f"full: {doc.uri}")
    return [line if len(line) <= _MAX_LINE else line[: _MAX_LINE - 1] + "…" for line in lines]


def notes(doc: ComparisonDocument) -> list[str]:
    """What else a reader must know, how many variants were tried and what else was measured among it."""
    tried = doc.selection.note if doc.selection is not None else None
    return [*doc.notes, *([tried] if tried else []), *others(doc)]


def others(doc: ComparisonDocument) -> list[str]:
    """What else was measured of the code, a line a bench, and what was not."""
    lines = [f"Also {o.bench_name}: {o.decision.value}: {o.reason}" for o in doc.also[:_MAX_OTHERS]]
    more = len(doc.also[_MAX_OTHERS:]) + doc.omitted_also
    if more:
        lines.append(f"… and {more} more benches, none worse")
    if doc.not_measured:
        lines.append(f"Not measured of this code: {', '.join(doc.not_measured)}")
    return lines


def _metric(m: ComparedMetric, most_points: int) -> str:
    e = m.evidence
    if e is None:
        return f"- {m.variable}: not judged; means {figures.means(m)}"
    size = figures.effect(e)
    parts = [f"{e.decision.value}{f' {size}' if size else ''}"]
    parts += [figures.interval(e), figures.at_least(e), f"means {figures.means(m)}"]
    parts += [figures.missing(e), figures.points(e, most_points)]
    return f"- {m.variable}: {'; '.join(part for part in parts if part)}"


def _side(side: Side) -> str:
    commit = side.provenance.get("source_revision")
    code = side.rev or (revision(str(commit), None) if commit else "")
    rev = f" rev {code}" if code else ""
    runs = f" +{len(side.replicates)} runs" if side.replicates else ""
    return f"{side.result_id or side.bench_name}{rev}{runs}"
