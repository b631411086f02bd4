"""What is recorded and pinned: results, metrics, one result, baselines."""

from __future__ import annotations

from holobench_mcp.answers import BaselineList, BaselineSet, ImportReport, MetricList, MetricRow, ResultPage
from holobench_mcp.digest.words import at, few, holds, joined, number, plain, revision, unit
from holobench_mcp.model import Direction, RefEntry, ResultDocument

_BETTER = {
    Direction.minimize: "lower is better",
    Direction.maximize: "higher is better",
    Direction.none: "no better direction",
}


def results(page: ResultPage) -> str:
    """One line a result."""
    if not page.results:
        return plain(page.reason or "No result is on this page.")
    lines = [
        f"{r.result_id}  {r.bench_name}  {r.executed_at[:19]}Z  rev {revision(r.source_revision, r.dirty)}"
        + (f"  label {r.label!r}" if r.label else "")
        + (f"  [{', '.join(r.refs)}]" if r.refs else "")
        + f"  metrics: {few(r.metrics)}"
        for r in page.results
    ]
    shown = f"{len(page.results)} of {page.total} results, newest first."
    more = f" More: cursor={page.next_cursor!r}" if page.next_cursor else ""
    return joined([shown + more, *([page.reason] if page.reason else []), *lines])


def metrics(listed: MetricList) -> str:
    """The inputs, then one line a metric."""
    lines = [f"{listed.result_id} ({listed.bench_name})", *([listed.reason] if listed.reason else [])]
    for i in listed.inputs:
        more = f" … {i.n_values} values" if i.n_values > 12 else ""
        lines.append(f"input {i.name}{unit(i.units)}: {', '.join(map(str, i.values[:12]))}{more}")
    for m in listed.metrics:
        line = f"{m.variable}{unit(m.units)}: mean {number(m.mean)} ± {number(m.sd)} (n={_samples(m)})"
        line += f", {_BETTER[m.direction]}"
        if m.optimal_value is not None:
            line += f", best {number(m.optimal_value)}{at(m.optimal_inputs)}"
        if m.claim is not None:
            line += f", claim {m.claim.claim} {holds(m.claim.holds)} (worst {number(m.claim.worst_value)})"
        lines.append(line)
    return joined(lines)


def _samples(m: MetricRow) -> str:
    """How many finite samples there are, of how many, and what the others are."""
    if m.n == m.n_total:
        return str(m.n)
    lost = [f"{count} {what}" for count, what in ((m.missing, "missing"), (m.infinite, "infinite")) if count]
    return f"{m.n} of {m.n_total}: {', '.join(lost)}"


def result(document: ResultDocument) -> str:
    """The contract's facts, one line a metric."""
    provenance = document.provenance
    lines = [
        f"{document.result_id} ({document.bench_name}), executed {provenance.get('executed_at')}, "
        f"revision {provenance.get('source_revision') or 'unknown'}, inputs: "
        f"{', '.join(i.name + unit(i.units) for i in document.input_vars) or 'none'}"
    ]
    for m in document.metrics:
        line = (
            f"{m.variable}{unit(m.units)} ({m.direction.value}): best {number(m.optimal_value)}{at(m.optimal_inputs)}"
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
    if document.contract_only:
        lines.append("contract-only: it came in without its samples, so nothing can be computed from it")
    lines.append(f"stored document: {document.uri}")
    return joined(lines)


def imported(report: ImportReport) -> str:
    """The ids that a file gave."""
    lines = [f"Imported {len(report.result_ids)} results from {plain(report.path)}:", *report.result_ids]
    return joined([*lines, *([report.reason] if report.reason else [])])


def baselines(listed: BaselineList) -> str:
    """One line a baseline."""
    if not listed.baselines:
        return joined(
            [
                *([listed.reason] if listed.reason else []),
                "set_baseline pins one; until then, compare_results takes the newest earlier result of other code.",
            ]
        )
    return joined([*([listed.reason] if listed.reason else []), *map(_baseline, listed.baselines)])


def baseline_set(change: BaselineSet) -> str:
    """The new entry, and how it compares with what it replaced."""
    lines = [_baseline(change.entry)]
    if change.entry.replaced:
        lines.append(
            f"replaced {change.entry.replaced}"
            + (f", against which it is {change.decision.value}" if change.decision else "")
        )
    if change.note:
        lines.append(change.note)
    return joined(lines)


def _baseline(b: RefEntry) -> str:
    why = f": {b.reason}" if b.reason else ""
    return f"{b.bench_name}@{b.name} is {b.result_id}, set {b.set_at[:16]}Z by {b.set_by}{why}"
