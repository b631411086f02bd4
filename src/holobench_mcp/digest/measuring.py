"""What may be measured, and what a measurement came to."""

from __future__ import annotations

from typing import Any

from holobench_mcp.answers import BenchmarkList, MeasurementReport, RevisionReport, RunningMeasurement
from holobench_mcp.digest.comparison import body, head
from holobench_mcp.digest.words import joined, revision
from holobench_mcp.model import ComparisonDocument


def benchmarks(listed: BenchmarkList) -> str:
    """One line a benchmark, and its parameters."""
    lines = []
    for b in listed.benchmarks:
        unchecked = "; nothing checks its answers" if b.checks_answers is False else ""
        lines.append(f"{b.name}: {b.description or ' '.join(b.command)} ({b.runs} runs a measurement{unchecked})")
        lines += [f"  parameter {name}: {_parameter(p)}" for name, p in b.parameters.items()]
    lines.append("compare_revisions(benchmark) measures the working tree against its merge base and decides.")
    return joined(lines)


def _parameter(p: dict[str, Any]) -> str:
    """A parameter's type, what it may be, and its default; whole numbers as whole numbers."""
    bounds = f"one of {', '.join(map(str, p['choices']))}" if p.get("choices") else ""
    if not bounds and "min" in p and "max" in p:
        bounds = f"{p['min']:g} to {p['max']:g}"
    return ", ".join(filter(None, [p["type"], bounds, f"default {p['default']}", p.get("description", "")]))


def measurement(report: MeasurementReport) -> str:
    """What was recorded, and what to call next."""
    measured = f"Measured {report.benchmark}: {report.runs} runs in {report.seconds:.0f} s, recorded as"
    return joined([measured, *report.result_ids, *report.notes, f"Next: {report.next_step}"])


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
    lines = head(report.decision, report.reason, report.next_step)
    if report.head_failure is not None and report.head_failure.output_tail:
        lines += ["The end of the head's output:", *report.head_failure.output_tail.splitlines()]
    for c in report.comparisons:
        if len(report.comparisons) > 1:
            lines.append(f"{c.candidate.bench_name}: {head(c.decision, own_reason(report, c), None)[0]}")
        lines += body(c)
    lines.append(
        f"measured by the server: {report.rounds} interleaved rounds of {report.benchmark}, base "
        f"{revision(report.base_revision, None)}, head {revision(report.head_revision, report.head_dirty)}"
        + (f"; {report.stopped}" if report.stopped else "")
    )
    return joined([*lines, *report.notes])
