"""The figures of a judged metric, spelt once: text, Markdown and the terminal's table show the same ones."""

from __future__ import annotations

from holobench_mcp import digits
from holobench_mcp.digest.words import few, number
from holobench_mcp.model import ComparedMetric, Decision, JsonScalar, Limit, MetricEvidence, PointEvidence

_NAMED_POINTS = 3


def signed(value: float, units: str | None) -> str:
    """A change, with its sign and unit."""
    return f"{digits.signed(value)} {units or ''}".rstrip()


def effect(e: MetricEvidence) -> str:
    """The best estimate of an effect; nothing where none is known."""
    size = e.effect_percent if e.effect_percent is not None else e.effect
    return "" if size is None else signed(size, e.units)


def interval(e: MetricEvidence) -> str:
    """The interval that decided, with its level: 90 % where the metric is shown unchanged, else 95 %.

    Where single points moved, theirs decided. That of the mean may hold zero, and would seem to deny the decision.
    """
    if e.decided_by == "points":
        return "by its points"
    if e.ci is None:
        return ""
    return f"{(e.interval_level or 0.95) * 100:g} % interval {digits.signed(e.ci[0])} to {digits.signed(e.ci[1])}"


def at_least(e: MetricEvidence) -> str:
    """The sure part of a change."""
    sure = e.at_least_percent if e.at_least_percent is not None else e.at_least
    return "" if sure is None else f"at least {signed(sure, e.units)}"


def place(inputs: dict[str, JsonScalar]) -> str:
    """An input point by its coordinates."""
    return ", ".join(f"{name}={value}" for name, value in inputs.items()) or "overall"


def point(p: PointEvidence, units: str | None) -> str:
    """An input point that moved: where, by how much, and its own interval."""
    return f"{place(p.inputs)} {signed(p.size, units)} ({digits.signed(p.ci[0])} to {digits.signed(p.ci[1])})"


def points(e: MetricEvidence, most: int, *, of_few: int = 0) -> str:
    """The points that moved, worst first, and of how many they were chosen. of_few: so many points are all shown."""
    total = e.points_tested or e.n_points
    moved = e.points_moved or len(e.points)
    every = (*e.points, *e.points_at_rest)
    if len(every) == total <= of_few and e.points_at_rest:
        at_rest = [f"{point(p, e.units)} {p.decision}" for p in e.points_at_rest]
        return f"{moved} of {total} points moved: " + "; ".join([*(point(p, e.units) for p in e.points), *at_rest])
    shown = e.points[: most if total > of_few else max(most, of_few)]
    count = f"{moved:,} of {total:,} points moved"
    if e.points_tested and moved < total:  # of a point that did not move more may be known, or nothing
        count += f", {e.points_unchanged:,} shown unchanged" if e.points_unchanged else ", none shown unchanged"
    if not shown:
        return count if total > 1 and e.points_tested else ""
    more = ["…"] if len(shown) < max(e.points_moved, len(e.points)) else []
    return f"{count}: " + "; ".join([*(point(p, e.units) for p in shown), *more])


def missing(e: MetricEvidence) -> str:
    """The points that gave no sample on the candidate's side, and those that only it has."""
    parts = []
    if e.missing:
        named = "; ".join(place(p) for p in e.missing_points[:_NAMED_POINTS])
        more = f" and {e.missing - min(_NAMED_POINTS, len(e.missing_points))} more"
        parts.append(
            f"no samples any more at {e.missing} points: {named}"
            + (more if e.missing > min(_NAMED_POINTS, len(e.missing_points)) else "")
        )
    if e.appeared:
        parts.append(f"{e.appeared} points that only the candidate has")
    return "; ".join(parts)


def means(m: ComparedMetric) -> str:
    """The pooled means of both sides, as the contract has them."""
    return f"{number(m.baseline_value)} → {number(m.current_value)}"


def limits(metrics: list[ComparedMetric]) -> list[str]:
    """What limits the answer, each kind once: whose it is, and for how many metrics more it holds."""
    by_kind: dict[str, list[Limit]] = {}
    for m in metrics:
        for limit in m.evidence.limits if m.evidence else ():
            by_kind.setdefault(limit.what, []).append(limit)
    lines = []
    for kind, found in by_kind.items():
        others = len({limit.variable for limit in found} - {found[0].variable})
        more = f" So for {others} {'metric' if others == 1 else 'metrics'} more." if others else ""
        lines.append(f"{kind}: {found[0].detail}{more}")
    return lines


def threshold_verdicts(metrics: list[ComparedMetric]) -> str:
    """The contract's verdicts, named for what they are: a threshold on means, which knows nothing of noise."""
    by_verdict: dict[str, list[str]] = {}
    for m in metrics:
        change = f" ({digits.signed(m.change_percent)} %)" if m.change_percent is not None else ""
        by_verdict.setdefault(m.verdict, []).append(f"{m.variable}{change}")
    order = [d.value for d in (Decision.regressed, Decision.improved, Decision.unchanged)]
    groups = [f"{verdict} {few(by_verdict[verdict])}" for verdict in order if verdict in by_verdict]
    return f"threshold verdict on means: {'; '.join(groups)}" if groups else ""
