"""What may be measured, and what a measurement came to."""

from __future__ import annotations

from holobench_mcp.answers import BenchmarkList, MeasurementReport, RevisionReport
from holobench_mcp.digest.comparison import comparison
from holobench_mcp.digest.words import joined, plain


def benchmarks(listed: BenchmarkList) -> str:
    """One line a benchmark, and its parameters."""
    lines = []
    for b in listed.benchmarks:
        lines.append(f"{b.name}: {b.description or ' '.join(b.command)} ({b.runs} runs a measurement)")
        for name, p in b.parameters.items():
            bounds = f"one of {p['choices']}" if p.get("choices") else f"{p.get('min')} to {p.get('max')}"
            line = f"  parameter {name}: {p['type']}, {bounds}, default {p['default']} {p.get('description', '')}"
            lines.append(line.rstrip())
    lines.append("compare_revisions(benchmark) measures the working tree against its merge base and decides.")
    return joined(lines)


def measurement(report: MeasurementReport) -> str:
    """What was recorded, and what to call next."""
    measured = f"Measured {report.benchmark}: {report.runs} runs in {report.seconds:.0f} s, recorded as"
    return joined([measured, *report.result_ids, f"Next: {report.next_step}"])


def revisions(report: RevisionReport) -> str:
    """The comparison first; how it was measured last."""
    lines = [comparison(c) for c in report.comparisons]
    lines.append(
        f"measured by the server: {report.rounds} interleaved rounds of {report.benchmark}, base "
        f"{report.base_revision[:10]}, head {report.head_revision[:10]}"
        + (f"; {report.stopped}" if report.stopped else "")
    )
    return "\n".join([*lines, *map(plain, report.notes)])
