"""A comparison: the decision first, then each metric on a line, then what else differs."""

from __future__ import annotations

from holobench_mcp.digest.words import holds, joined, number
from holobench_mcp.model import ComparedMetric, ComparisonDocument, MetricEvidence, PointEvidence, Side

_MAX_LINE = 320
#: Other benches that are written out.
_MAX_OTHERS = 20


def comparison(doc: ComparisonDocument) -> str:
    """The decision first, then each metric on a line, then what else differs."""
    decision = doc.decision.value.upper() if doc.decision else "VERDICTS ONLY"
    lines = [f"{decision}: {doc.reason}"]
    if doc.next_step:
        lines.append(f"Next: {doc.next_step}")
    lines += [f"Note: {note}" for note in doc.notes]
    if doc.selection is not None and doc.selection.note:
        lines.append(f"Selection: {doc.selection.note}")
    lines += others(doc)
    lines.append(f"baseline {_side(doc.baseline)} | candidate {_side(doc.candidate)}")
    lines += [_metric(m) for m in doc.metrics]
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
    if doc.uri:
        lines.append(f"full: {doc.uri}")
    return joined(
        line if len(line) <= _MAX_LINE or i < 2 else line[: _MAX_LINE - 1] + "…" for i, line in enumerate(lines)
    )


def notes(doc: ComparisonDocument) -> list[str]:
    """What else a reader must know, how many variants were tried among it."""
    tried = doc.selection.note if doc.selection is not None else None
    return [*doc.notes, *([tried] if tried else []), *others(doc)]


def others(doc: ComparisonDocument) -> list[str]:
    """What else was measured of the code, a line a bench, and what was not."""
    lines = [f"Also {o.bench_name}: {o.decision.value}: {o.reason}" for o in doc.also[:_MAX_OTHERS]]
    if len(doc.also) > _MAX_OTHERS:
        lines.append(f"… and {len(doc.also) - _MAX_OTHERS} more benches, none worse (also has all)")
    if doc.not_measured:
        lines.append(f"Not measured of this code: {', '.join(doc.not_measured)}")
    return lines


def effect(e: MetricEvidence) -> str:
    """An effect with its 95 % interval."""
    size = e.effect_percent if e.effect_percent is not None else e.effect
    if size is None:
        return ""
    interval = f" [{e.ci[0]:+.3g}, {e.ci[1]:+.3g}]" if e.ci is not None else ""
    return f" {size:+.3g}{interval} {e.units or ''}".rstrip()


def point(p: PointEvidence, units: str | None) -> str:
    """An input point and by how much it moved."""
    size = p.effect_percent if p.effect_percent is not None else p.effect
    where = ", ".join(f"{k}={v}" for k, v in p.inputs.items()) or "overall"
    return f"{where} {'' if size is None else format(size, '+.3g')} {units or ''}".rstrip()


def _metric(m: ComparedMetric) -> str:
    e = m.evidence
    change = f"{m.change_percent:+.1f} %" if m.change_percent is not None else "no percentage"
    verdict = f"verdict {m.verdict} ({change}: {number(m.baseline_value)} → {number(m.current_value)})"
    if e is None:
        return f"- {m.variable}: {verdict}"
    line = f"- {m.variable}: {e.decision.value}{effect(e)}; {verdict}"
    if e.points:
        line += "; moved: " + "; ".join(point(p, e.units) for p in e.points)
        if e.points_moved > len(e.points):
            line += f"; … {e.points_moved} points in all"
    if e.run_variance is not None and e.run_variance.source == "assumed":
        line += f"; run-to-run variance assumed ({number(e.run_variance.sd_percent)} %)"
    return line


def _side(side: Side) -> str:
    rev = f" rev {side.rev}" if side.rev else ""
    runs = f" +{len(side.replicates)} runs" if side.replicates else ""
    return f"{side.result_id}{rev}{runs}"
