"""What an agent reads: each result as a few lines of text that are enough to act on.

Some clients show their model only the text, so nothing that matters may be in the structure alone; and every line is
paid for, so nothing that doesn't may be in the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from holobench_mcp.answers import (
    BaselineList,
    BaselineSet,
    BenchmarkList,
    History,
    ImportReport,
    MeasurementReport,
    MetricList,
    ResultPage,
    RevisionReport,
)
from holobench_mcp.model import (
    ComparedMetric,
    ComparisonDocument,
    Direction,
    MetricEvidence,
    PointEvidence,
    RefEntry,
    ResultDocument,
    Side,
)

_MAX_LINE = 320
#: Measurements of a history that are written out.
MAX_SERIES = 40


def comparison(doc: ComparisonDocument) -> str:
    """The decision first, then each metric on a line, then what else differs."""
    decision = doc.decision.value.upper() if doc.decision else "VERDICTS ONLY"
    lines = [f"{decision}: {doc.reason}"]
    if doc.next_step:
        lines.append(f"Next: {doc.next_step}")
    lines += [f"Note: {note}" for note in doc.notes]
    if doc.selection is not None and doc.selection.note:
        lines.append(f"Selection: {doc.selection.note}")
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
    return _joined(
        line if len(line) <= _MAX_LINE or i < 2 else line[: _MAX_LINE - 1] + "…" for i, line in enumerate(lines)
    )


def results(page: ResultPage) -> str:
    """One line a result."""
    if not page.results:
        return (
            "No recorded result matches. Without arguments, list_results shows all there are; "
            "holobench-mcp run -- python your_benchmark.py records one."
        )
    lines = [
        f"{r.result_id}  {r.bench_name}  {r.executed_at[:19]}Z  rev {_revision(r.source_revision, r.dirty)}"
        + (f"  label {r.label!r}" if r.label else "")
        + (f"  [{', '.join(r.refs)}]" if r.refs else "")
        + f"  metrics: {_few(r.metrics)}"
        for r in page.results
    ]
    shown = f"{len(page.results)} of {page.total} results, newest first."
    more = f" More: cursor={page.next_cursor!r}" if page.next_cursor else ""
    return _joined([shown + more, *lines])


def metrics(listed: MetricList) -> str:
    """The inputs, then one line a metric."""
    lines = [f"{listed.result_id} ({listed.bench_name})"]
    for i in listed.inputs:
        more = f" … {i.n_values} values" if i.n_values > 12 else ""
        lines.append(f"input {i.name}{_unit(i.units)}: {', '.join(map(str, i.values[:12]))}{more}")
    for m in listed.metrics:
        better = {
            Direction.minimize: "lower is better",
            Direction.maximize: "higher is better",
            Direction.none: "no better direction",
        }
        line = f"{m.variable}{_unit(m.units)}: mean {number(m.mean)} ± {number(m.sd)} (n={m.n}), {better[m.direction]}"
        if m.optimal_value is not None:
            line += f", best {number(m.optimal_value)}{_at(m.optimal_inputs)}"
        if m.claim is not None:
            line += f", claim {m.claim.claim} {holds(m.claim.holds)} (worst {number(m.claim.worst_value)})"
        lines.append(line)
    return _joined(lines)


def result(document: ResultDocument) -> str:
    """The contract's facts, one line a metric."""
    told = document.provenance
    lines = [
        f"{document.result_id} ({document.bench_name}), executed {told.get('executed_at')}, "
        f"revision {told.get('source_revision') or 'unknown'}, inputs: "
        f"{', '.join(i.name + _unit(i.units) for i in document.input_vars) or 'none'}"
    ]
    for m in document.metrics:
        line = (
            f"{m.variable}{_unit(m.units)} ({m.direction.value}): best {number(m.optimal_value)}{_at(m.optimal_inputs)}"
        )
        if m.claim is not None:
            line += f", claim {m.claim.claim} {holds(m.claim.holds)}"
        if m.series:
            line += f", {len(m.series)} time events, last mean {number(m.series[-1].mean)}"
        lines.append(line)
    found = [r for r in document.regressions.results if r.regressed]
    lines.append(
        "against its own recorded history: "
        + ("; ".join(f"{r.variable} regressed ({r.details})" for r in found) if found else "no regressions")
    )
    lines.append(f"stored document: {document.uri}")
    return _joined(lines)


def history(told: History) -> str:
    """What happened, then each measurement on a line."""
    at = f" at {', '.join(f'{k}={v}' for k, v in told.point.items())}" if told.point else ""
    lines = [told.summary, f"{told.bench_name} {told.metric}{_unit(told.units)}{at}, oldest first:"]
    stepped = {c.result_id: c for c in told.change_points}
    for p in told.series[-MAX_SERIES:]:
        interval = f" [{number(p.ci[0])}, {number(p.ci[1])}]" if p.ci else ""
        lines.append(
            f"{p.executed_at[:16]}Z {number(p.estimate)}{interval} rev {_revision(p.source_revision, None)}"
            f" {p.result_id}"
        )
        if p.result_id in stepped:
            c = stepped[p.result_id]
            size = f"{c.effect_percent:+.3g} %" if c.effect_percent is not None else f"{c.effect:+.3g}"
            lines[-1] += f"  <- step {size}, confidence {c.confidence:.3f}"
    if len(told.series) > MAX_SERIES:
        lines.insert(2, f"… {len(told.series) - MAX_SERIES} earlier measurements")
    lines += [
        f"holobench {d['method']}: {'regressed' if d['regressed'] else 'no regression'} ({d['details']})"
        for d in told.detectors
    ]
    return _joined(lines)


def benchmarks(listed: BenchmarkList) -> str:
    """One line a benchmark, and its parameters."""
    lines = []
    for b in listed.benchmarks:
        lines.append(f"{b.name}: {b.description or ' '.join(b.command)} ({b.runs} runs a measurement)")
        for name, p in b.parameters.items():
            bounds = f"one of {p['choices']}" if p.get("choices") else f"{p.get('min')} to {p.get('max')}"
            told = f"  parameter {name}: {p['type']}, {bounds}, default {p['default']} {p.get('description', '')}"
            lines.append(told.rstrip())
    lines.append("compare_revisions(benchmark) measures the working tree against its merge base and decides.")
    return _joined(lines)


def measurement(report: MeasurementReport) -> str:
    """What was recorded, and what to call next."""
    told = f"Measured {report.benchmark}: {report.runs} runs in {report.seconds:.0f} s, recorded as"
    return _joined([told, *report.result_ids, f"Next: {report.next_step}"])


def revisions(report: RevisionReport) -> str:
    """The comparison first; how it was measured last."""
    lines = [comparison(c) for c in report.comparisons]
    lines.append(
        f"measured by the server: {report.rounds} interleaved rounds of {report.benchmark}, base "
        f"{report.base_revision[:10]}, head {report.head_revision[:10]}"
        + (f"; {report.stopped}" if report.stopped else "")
    )
    return "\n".join([*lines, *map(plain, report.notes)])


def imported(report: ImportReport) -> str:
    """The ids that a file gave."""
    return f"Imported {len(report.result_ids)} results from {plain(report.path)}:\n" + "\n".join(report.result_ids)


def baselines(listed: BaselineList) -> str:
    """One line a baseline."""
    if not listed.baselines:
        return (
            "No baseline is set. set_baseline pins one; until then, compare_results takes the newest earlier result of "
            "other code."
        )
    return _joined(_baseline(b) for b in listed.baselines)


def baseline_set(told: BaselineSet) -> str:
    """The new entry, and how it compares with what it replaced."""
    lines = [_baseline(told.entry)]
    if told.entry.replaced:
        lines.append(
            f"replaced {told.entry.replaced}"
            + (f", against which it is {told.decision.value}" if told.decision else "")
        )
    if told.note:
        lines.append(told.note)
    return _joined(lines)


# ---------------------------------------------------------------------- parts


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(map(plain, lines))


def plain(line: str) -> str:
    """A line as one: a unit or a label that came with a file can't begin another, or reach a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def _baseline(b: RefEntry) -> str:
    why = f": {b.reason}" if b.reason else ""
    return f"{b.bench_name}@{b.name} is {b.result_id}, set {b.set_at[:16]}Z by {b.set_by}{why}"


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


def _side(side: Side) -> str:
    revision = side.provenance.get("source_revision")
    told = f" rev {str(revision)[:10]}" if revision else ""
    runs = f" +{len(side.replicates)} runs" if side.replicates else ""
    return f"{side.result_id}{told}{runs}"


def _revision(revision: str | None, dirty: bool | None) -> str:
    return (revision[:10] if revision else "unknown") + ("+uncommitted" if dirty else "")


def _unit(units: str | None) -> str:
    return f" [{units}]" if units else ""


def number(value: float | None) -> str:
    """Five significant digits."""
    return "none" if value is None else f"{value:.5g}"


def holds(outcome: bool | None) -> str:
    """Whether a claim holds, in a word."""
    return "not measured" if outcome is None else "holds" if outcome else "FAILS"


def _at(inputs: Mapping[str, object]) -> str:
    return f" at {', '.join(f'{k}={v}' for k, v in inputs.items())}" if inputs else ""


def _few(names: Iterable[str], most: int = 6) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
