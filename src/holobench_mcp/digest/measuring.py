"""What may be measured, and what a measurement came to."""

from __future__ import annotations

from typing import Any

from holobench_mcp import digits
from holobench_mcp.answers import (
    BenchmarkList,
    BenchmarkRow,
    MeasurementReport,
    RevisionReport,
    RunningMeasurement,
    TooNoisy,
)
from holobench_mcp.digest import remarks, room
from holobench_mcp.digest.comparison import body, head, other_benches
from holobench_mcp.digest.room import Room, cut, first_lines
from holobench_mcp.digest.selection import as_other
from holobench_mcp.digest.words import few, joined, revision
from holobench_mcp.model import ComparisonDocument

#: Ids of a measurement's runs that are written out: the newest.
_IDS = 12


def benchmarks(listed: BenchmarkList) -> str:
    """One line a benchmark: what it measures, as last seen, and its parameters."""
    last = "compare_revisions(benchmark) measures the working tree against its merge base and decides."
    return room.fitting(lambda r: joined([*_benchmarks(listed, r), last]), room.page(len(listed.benchmarks)), len)


def _benchmarks(listed: BenchmarkList, r: Room) -> list[str]:
    most = max(1, r.metrics)
    lines = []
    for b in listed.benchmarks[:most]:
        lines.append(f"{b.name}: {cut(b.description or ' '.join(b.command), r.line)} ({'; '.join(_last_run(b, r))})")
        lines += [f"  {cut(_noise(n), r.line)}" for n in b.too_noisy[: r.points]]
        named = list(b.parameters.items())[:most]
        lines += [f"  parameter {name}: {cut(_parameter(p), r.line)}" for name, p in named]
    others = [b.name for b in listed.benchmarks[most:]]
    return [*lines, *([f"{len(others)} more: {few(others, r.names)}"] if others else [])]


def _last_run(b: BenchmarkRow, r: Room) -> list[str]:
    """What a benchmark measures, as it was last measured."""
    parts = [f"measures {few(b.metrics, min(8, r.names))}"] if b.metrics and r.names else []
    parts += [f"{b.points:,} points"] if b.points else []
    parts += [f"{digits.plain(b.seconds_a_run, 2)} s a run"] if b.seconds_a_run is not None else []
    parts += [f"{b.runs} runs a measurement"]
    return [*parts, *(["nothing checks its answers"] if b.checks_answers is False else [])]


def _noise(n: TooNoisy) -> str:
    """What a metric's noise hides, with what would be seen of it."""
    margin, shows = digits.plain(n.margin_percent), digits.plain(n.can_show_percent)
    return f"{n.variable} is too noisy for a margin of {margin} %: {n.runs} runs a side can show {shows} %"


def _parameter(p: dict[str, Any]) -> str:
    """A parameter's type, what it may be, and its default; whole numbers as whole numbers."""
    bounds = f"one of {', '.join(map(str, p['choices']))}" if p.get("choices") else ""
    if not bounds and "min" in p and "max" in p:
        bounds = f"{p['min']:g} to {p['max']:g}"
    return ", ".join(filter(None, [p["type"], bounds, f"default {p['default']}", p.get("description", "")]))


def measurement(report: MeasurementReport) -> str:
    """What was recorded, and what to call next."""
    plural = "" if report.runs == 1 else "s"
    measured = f"Measured {report.benchmark}: {report.runs} run{plural} in {report.seconds:.0f} s, recorded as"
    ids = report.result_ids[-_IDS:]
    earlier = len(report.result_ids) - len(ids)
    more = [f"… and {earlier} earlier ones"] if earlier else []
    return joined([measured, *ids, *more, *first_lines(report.notes, room.ROOMS[3]), f"Next: {report.next_step}"])


def unfinished(report: RunningMeasurement) -> str:
    """How far a measurement is, and what to call next."""
    return joined(
        [f"{report.status.upper()}: {report.reason}", *([f"Next: {report.next_step}"] if report.next_step else [])]
    )


def own_reason(report: RevisionReport, document: ComparisonDocument) -> str:
    """A sweep's reason, where the report's own has not said it already."""
    return "as said above." if document.reason and document.reason in report.reason else document.reason or ""


def revisions(report: RevisionReport) -> str:
    """The decision of the whole, then each comparison; how it was measured last."""
    documents = report.comparisons
    count = len(documents) - 1 + (len(documents[0].metrics) if documents else 1)
    return room.fitting(lambda r: joined(_revisions(report, r)), room.budget(count), len)


def _revisions(report: RevisionReport, r: Room) -> list[str]:
    """In so much room: the worst comparison in full, of the others the decision with its reason."""
    lines = head(report.decision, report.reason, report.next_step, most=r.reason)
    if report.head_failure is not None and report.head_failure.output_tail:
        lines += ["The end of the head's output:", *_end_of(report.head_failure.output_tail, r)]
    if report.comparisons:
        worst, *others = report.comparisons
        first = head(worst.decision, own_reason(report, worst), None, most=r.line)[0]
        lines += [f"{worst.candidate.bench_name}: {first}"] if others else []
        lines += body(worst, r, remarks.gravest_answers(report.comparisons))
        also = [as_other(d).model_copy(update={"reason": own_reason(report, d)}) for d in others]
        lines += other_benches(also, r)
    lines.append(
        f"measured by the server: {report.rounds} interleaved rounds of {report.benchmark}, base "
        f"{revision(report.base_revision, None)}, head {revision(report.head_revision, report.head_dirty)}"
        + (f"; {report.stopped}" if report.stopped else "")
    )
    return [*lines, *(cut(note, r.line) for note in report.notes[: r.remarks])]


def _end_of(output: str, r: Room) -> list[str]:
    """The last lines of a command's output, indented so that none of them passes for one of ours."""
    tail = output if len(output) <= 3 * r.line else "…" + output[-3 * r.line :]
    return [f"    {line}" for line in tail.splitlines()]
