"""What is recorded and pinned: results, metrics, one result, baselines."""

from __future__ import annotations

from holobench_mcp.answers import BaselineList, BaselineSet, ImportReport, MetricList, MetricRow, ResultPage, ResultRow
from holobench_mcp.digest import room
from holobench_mcp.digest.room import Room, cut
from holobench_mcp.digest.words import at, few, holds, joined, number, revision, unit
from holobench_mcp.model import Direction, RefEntry, ResultDocument
from holobench_mcp.model.text import plain

#: Ids of an import, and baselines, that are written out.
_ROWS = 20
#: Of an imported file, so many benchmarks and results are listed.
_IMPORTED = 12
_BETTER = {
    Direction.minimize: "lower is better",
    Direction.maximize: "higher is better",
    Direction.none: "no better direction",
}


def results(page: ResultPage) -> str:
    """One line a result. Ids and cursor are whole, however long the other words are."""
    if not page.results:
        said = [page.reason or "No result is on this page.", *([f"Next: {page.next_step}"] if page.next_step else [])]
        return "\n".join(map(plain, said))
    shown = f"{len(page.results)} of {page.total} results, newest first."
    more = f" More: cursor={page.next_cursor!r}" if page.next_cursor else ""
    return room.fitting(
        lambda r: joined(
            [
                shown + more,
                *([cut(page.reason, r.reason)] if page.reason else []),
                *(_result_line(row, r) for row in page.results),
            ]
        ),
        room.page(len(page.results)),
        len,
    )


def _result_line(row: ResultRow, r: Room) -> str:
    parts = [row.result_id, cut(row.bench_name, r.line // 2)]
    parts += [f"{row.executed_at[:19]}Z"] if r.points > 1 else []
    parts += [f"rev {revision(row.source_revision, row.dirty)}"]
    parts += [f"label {cut(row.label, r.line // 4)!r}"] if row.label else []
    parts += [f"[{cut(', '.join(row.refs), r.line)}]"] if row.refs and r.points else []
    names = min(6, r.names // 5)
    parts += [f"metrics: {cut(few(row.metrics, names), r.line)}"] if names else []
    return "  ".join(parts)


def metrics(listed: MetricList) -> str:
    """The inputs, then one line a metric."""
    return room.fitting(lambda r: joined(_metrics(listed, r)), room.budget(len(listed.metrics)), len)


def _metrics(listed: MetricList, r: Room) -> list[str]:
    lines = [f"{listed.result_id} ({listed.bench_name})", *([cut(listed.reason, r.reason)] if listed.reason else [])]
    values = 4 * r.points
    for i in listed.inputs[: max(1, r.metrics)]:
        more = f" … {i.n_values} values" if i.n_values > values else ""
        lines.append(cut(f"input {i.name}{unit(i.units)}: {', '.join(map(str, i.values[:values]))}", r.line) + more)
    page = listed.metrics[listed.begin :]
    lines += [_metric_line(m) for m in page[: r.metrics]]
    others = [m.variable for m in page[r.metrics :]]
    more = f" More: cursor={cursor!r}" if (cursor := listed.cursor(r.metrics)) else ""
    return [*lines, *([f"{len(others)} more metrics: {few(others, r.names)}{more}"] if others else [])]


def _metric_line(m: MetricRow) -> str:
    line = f"{m.variable}{unit(m.units)}: mean {number(m.mean)} ± {number(m.sd)} (n={samples(m)})"
    line += f", {_BETTER[m.direction]}"
    if m.optimal_value is not None:
        line += f", best {number(m.optimal_value)}{at(m.optimal_inputs)}"
    if m.claim is not None:
        line += f", claim {m.claim.claim} {holds(m.claim.holds)} (worst {number(m.claim.worst_value)})"
    return line


def samples(m: MetricRow) -> str:
    """How many finite samples there are, of how many, and what the others are."""
    if m.n == m.n_total:
        return str(m.n)
    lost = [f"{count} {what}" for count, what in ((m.missing, "missing"), (m.infinite, "infinite")) if count]
    return f"{m.n} of {m.n_total}: {', '.join(lost)}"


def result(document: ResultDocument) -> str:
    """The contract's facts, one line a metric."""
    return room.fitting(lambda r: joined(_result(document, r)), room.budget(len(document.metrics)), len)


def _result(document: ResultDocument, r: Room) -> list[str]:
    provenance = document.provenance
    inputs = few([i.name + unit(i.units) for i in document.input_vars], max(1, r.names)) or "none"
    lines = [
        *(cut(note, r.reason) for note in document.notes),
        f"{document.result_id} ({document.bench_name}), executed {provenance.get('executed_at')}, "
        f"revision {provenance.get('source_revision') or 'unknown'}, inputs: {inputs}",
    ]
    for m in document.metrics[: r.metrics]:
        line = (
            f"{m.variable}{unit(m.units)} ({m.direction.value}): best {number(m.optimal_value)}{at(m.optimal_inputs)}"
        )
        if m.claim is not None:
            line += f", claim {m.claim.claim} {holds(m.claim.holds)}"
        if m.series:
            line += f", {len(m.series)} time events, last mean {number(m.series[-1].mean)}"
        lines.append(line)
    others = [m.variable for m in document.metrics[r.metrics :]]
    lines += [f"{len(others)} more metrics: {few(others, r.names)}"] if others else []
    found = [f"{x.variable} regressed ({x.details})" for x in document.regressions.results if x.regressed]
    shown = "; ".join(cut(one, r.line) for one in found[: max(1, r.metrics)]) or "no regressions"
    lines.append(f"against its own recorded history: {shown}")
    if document.contract_only:
        lines.append("contract-only: it came in without its samples, so nothing can be computed from it")
    return [*lines, f"stored document: {document.uri}"]


def imported(report: ImportReport) -> str:
    """What came of a file: its benchmarks, and the ids of its results."""
    lines = [f"{plain(report.path)} ({report.format}): {plain(report.reason)}"]
    if report.next_step:
        lines.append(f"Next: {report.next_step}")
    for bench in report.benches[:_IMPORTED]:
        points = f"{bench.points} points, " if bench.points > 1 else ""
        metrics = few([cut(plain(name), 60) for name in bench.metrics], 10)
        lines.append(f"{plain(bench.bench_name)}: {metrics} ({points}runs: {bench.runs})")
    lines += [f"… and {report.n_benches - _IMPORTED} more benchmarks"] if report.n_benches > _IMPORTED else []
    lines += report.result_ids[:_IMPORTED]
    lines += [f"… and {report.n_results - _IMPORTED} more results"] if report.n_results > _IMPORTED else []
    return joined(lines)


def baselines(listed: BaselineList) -> str:
    """One line a baseline, the newest first."""
    says = [listed.reason] if listed.reason else []
    rows = listed.baselines[listed.begin :]
    more = [f"… and {len(rows) - _ROWS} more: cursor={listed.cursor(_ROWS)!r}"] if len(rows) > _ROWS else []
    return room.fitting(
        lambda r: joined([*says, *(cut(_baseline(b), 2 * r.line) for b in rows[:_ROWS]), *more]),
        room.page(min(len(rows), _ROWS)),
        len,
    )


def baseline_set(change: BaselineSet) -> str:
    """The new entry, and how it compares with what it replaced."""
    return joined(baseline_sentences(change))


def baseline_sentences(change: BaselineSet) -> list[str]:
    """The same, sentence by sentence."""
    lines = [_baseline(change.entry)]
    if change.entry.replaced:
        lines.append(
            f"replaced {change.entry.replaced}"
            + (f", against which it is {change.decision.value}" if change.decision else "")
        )
    return [*lines, *([change.note] if change.note else [])]


def _baseline(b: RefEntry) -> str:
    why = f": {b.reason}" if b.reason else ""
    return f"{b.bench_name}@{b.name} is {b.result_id}, set {b.set_at[:16]}Z by {b.set_by}{why}"
