"""A metric over time."""

from __future__ import annotations

from holobench_mcp import digits
from holobench_mcp.answers import History
from holobench_mcp.digest.words import joined, number, revision, unit

#: Measurements of a history that are written out.
MAX_SERIES = 40


def history(document: History) -> str:
    """What happened, then each measurement on a line."""
    at = f" at {', '.join(f'{k}={v}' for k, v in document.point.items())}" if document.point else ""
    lines = [document.summary, *(f"limit: {limit.detail}" for limit in document.limits)]
    order = {"git": "in the order of commits", "time": "by time of measurement"}.get(
        document.order, "by commit, or time"
    )
    lines.append(f"{document.bench_name} {document.metric}{unit(document.units)}{at}, oldest first, {order}:")
    head = len(lines)
    stepped = {c.result_id: c for c in document.change_points}
    for p in document.series[-MAX_SERIES:]:
        interval = f" [{number(p.ci[0])}, {number(p.ci[1])}]" if p.ci else ""
        lines.append(
            f"{p.executed_at[:16]}Z {number(p.estimate)}{interval} rev {revision(p.source_revision, p.dirty)}"
            f" {p.result_id}"
        )
        if p.missing_points:
            lines[-1] += f" ({p.missing_points} points without a sample)"
        if p.result_id in stepped:
            c = stepped[p.result_id]
            percent = c.effect_percent
            size = digits.signed(c.effect or 0.0) if percent is None else f"{digits.signed(percent)} %"
            lines[-1] += f"  <- step {size}, confidence {c.confidence:.3f}"
    if len(document.series) > MAX_SERIES:
        lines.insert(head, f"… {len(document.series) - MAX_SERIES} earlier measurements")
    lines += [
        f"holobench's threshold detector {d['method']}: {'over' if d['regressed'] else 'within'} its threshold "
        f"({d['details']})"
        for d in document.detectors
    ]
    return joined(lines)
