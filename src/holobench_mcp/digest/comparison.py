"""A comparison: the decision first, then what to do, then the other benches, then each metric on a line."""

from __future__ import annotations

from collections.abc import Sequence

from holobench_mcp.digest import figures, remarks, room
from holobench_mcp.digest.room import ROOMS, Room, cut, first_lines
from holobench_mcp.digest.selection import Group, selected, selected_others
from holobench_mcp.digest.words import few, holds, joined, revision
from holobench_mcp.model import AnswersCheck, ComparedMetric, ComparisonDocument, Decision, OtherComparison, Side


def comparison(doc: ComparisonDocument) -> str:
    """The whole comparison, in as much room as its number of metrics and sweeps gives it."""
    most = room.budget(len(doc.metrics) + len(doc.also))
    return room.fitting(
        lambda r: joined([*head(doc.decision, doc.reason, doc.next_step, most=r.reason), *body(doc, r)]), most, len
    )


def head(decision: Decision | None, reason: str | None, next_step: str | None, *, most: int = 10_000) -> list[str]:
    """The lines to act on: the decision with its reason, and what to do next, each of at most so many characters.

    A reason can end with a failed command's output: that is indented, so that none of it passes for a line of ours.
    """
    first, *output = cut(reason or "", most).splitlines() or [""]
    lines = [f"{decision.value.upper() if decision else 'NOT JUDGED'}: {first}".rstrip()]
    lines += [f"    {line}" for line in output]
    if next_step:
        lines.append(f"Next: {cut(next_step, most)}")
    return lines


def body(doc: ComparisonDocument, r: Room, answers: AnswersCheck | None = None) -> list[str]:
    """What stands behind the decision, in so much room: the whole is in the resource.

    answers: what is known of them over all sweeps, where there are several.
    """
    lines = [f"Note: {note}" for note in first_lines(doc.notes, r)]
    lines += _others(doc, r)
    files = remarks.edited_files(doc.comparability)
    lines += [f"benchmark files changed: {few(files, 5)}"] if files else []
    lines += answers_line(answers or doc.answers)
    lines.append(f"baseline {_side(doc.baseline)} | candidate {_side(doc.candidate)}")
    detailed, groups = selected(doc, r.metrics)
    lines += [_metric(m, r) for m in detailed]
    lines += [_group(g, r.names) for g in groups]
    lines += [
        f"claim {c.variable} {c.claim}: {holds(c.candidate.holds)} now"
        + (f", {holds(c.baseline.holds)} before" if c.baseline else "")
        for c in doc.claims[: r.metrics]
    ]
    for side, names in (("candidate", doc.unpaired.candidate_only), ("baseline", doc.unpaired.baseline_only)):
        if names:
            lines.append(f"only the {side} has: {few(names, r.names)}")
    lines += [f"trust: {line}" for line in first_lines(remarks.trust(doc), r)]
    verdicts = figures.threshold_verdicts(doc.metrics)
    lines += [verdicts] if verdicts and r.names else []
    if doc.uri:
        lines.append(f"full: {doc.uri}")
    return [line if line.startswith("full: ") else cut(line, _longest(r)) for line in lines]


def answers_line(check: AnswersCheck | None) -> list[str]:
    """Whether the code still gives the same answers, and what says so."""
    if check is None:
        return []
    by = f", by {few(check.checked_by, 3)}" if check.checked_by else ""
    return [f"answers: {check.state}{by}"]


def notes(doc: ComparisonDocument) -> list[str]:
    """What else a reader must know, how many variants were tried and what else was measured among it."""
    tried = doc.selection.note if doc.selection is not None else None
    return [*doc.notes, *([tried] if tried else []), *others(doc)]


def others(doc: ComparisonDocument) -> list[str]:
    """What else was measured of the code, a line a bench, and what was not."""
    return _others(doc, ROOMS[0])


def other_benches(also: Sequence[OtherComparison], r: Room) -> list[str]:
    """The other benches: a line for each that moved, and one for all of a decision of those that did not."""
    listed, groups = selected_others(also, r.others, r.names)
    lines = [f"Also {o.bench_name}: {o.decision.value}" + (f": {o.reason}" if o.reason else "") for o in listed]
    for group in groups:
        more = f" … and {group.total - len(group.names)} more" if group.total > len(group.names) else ""
        names = f": {', '.join(group.names)}{more}" if group.names else ""
        lines.append(f"Also {group.total} {'benches' if group.total > 1 else 'bench'} {group.decision.value}{names}")
    return [cut(line, _longest(r)) for line in lines]


def _others(doc: ComparisonDocument, r: Room) -> list[str]:
    lines = other_benches(doc.also, r)
    if doc.not_measured:
        lines.append(f"Not measured of this code: {few(doc.not_measured, r.names)}")
    return [cut(line, _longest(r)) for line in lines]


def _metric(m: ComparedMetric, r: Room) -> str:
    e = m.evidence
    if e is None:
        return f"- {m.variable}: not judged; means {figures.means(m)}"
    size = figures.effect(e)
    few = r.all_points if r.unchanged or e.decision is not Decision.unchanged else 0
    if e.decided_by == "points":  # each of which has its interval
        parts = [f"{e.decision.value} by its points, on the whole {size}"]
    else:
        parts = [f"{e.decision.value}{f' {size}' if size else ''}", figures.interval(e), figures.at_least(e)]
    parts.append(f"means {figures.means(m)}")
    parts += [figures.missing(e), figures.points(e, r.points, of_few=few)]
    return f"- {m.variable}: {'; '.join(part for part in parts if part)}"


def _group(group: Group, most: int) -> str:
    """Metrics that are named only."""
    word = group.decision.value if group.decision is not None else "not judged"
    names = f": {few(group.names, most)}" if most else ""
    return f"- {len(group.names)} {'metrics' if len(group.names) > 1 else 'metric'} {word}{names}"


def _longest(r: Room) -> int:
    """A line of figures is longer than a remark: it has points."""
    return r.line + 110 * max(r.points, r.all_points)


def _side(side: Side) -> str:
    commit = side.provenance.get("source_revision")
    code = side.rev or (revision(str(commit), None) if commit else "")
    rev = f" rev {code}" if code else ""
    runs = f" +{len(side.replicates)} runs" if side.replicates else ""
    return f"{side.result_id or side.bench_name}{rev}{runs}"
