"""What is recorded, pinned and taken in, as data: rows, as many as there is room for, and how many there are."""

from __future__ import annotations

from typing import Any

from holobench_mcp.answers import (
    BaselineList,
    BaselineSet,
    ImportedBench,
    ImportReport,
    MetricList,
    MetricRow,
    ResultPage,
    ResultRow,
    Structure,
)
from holobench_mcp.answers.short import (
    BaselineSetShort,
    BaselineShort,
    BaselinesShort,
    ContractShort,
    ImportShort,
    InputShort,
    MeasuredShort,
    MetricsShort,
    ResultShort,
    ResultsShort,
)
from holobench_mcp.digest import room
from holobench_mcp.digest.documents import document_of
from holobench_mcp.digest.listing import baseline_sentences
from holobench_mcp.digest.room import Room, cut
from holobench_mcp.digest.words import few, holds
from holobench_mcp.model import Direction, RefEntry, ResultDocument

_BETTER = {Direction.minimize: "lower", Direction.maximize: "higher", Direction.none: None}
#: Ids of an import that are listed, and baselines.
_ROWS = 20
#: Of an imported file, so many benchmarks and results are listed.
_IMPORTED = 12
#: Of each of them, so many metrics, each in so many characters.
_METRICS, _NAME = 10, 60


def results(page: ResultPage) -> ResultsShort:
    """A page of results. Its ids and its cursor are always whole, however long the other words are."""
    shown = f"{len(page.results)} of {page.total} results, newest first."
    return room.fitting(
        lambda r: ResultsShort(
            status="ok" if page.results else "empty",
            reason=" ".join(
                filter(None, [shown if page.results else None, page.reason and cut(page.reason, r.reason)])
            ),
            next_step=page.next_step,
            total=page.total,
            next_cursor=page.next_cursor,
            results=tuple(_result(row, r) for row in page.results),
        ),
        room.page(len(page.results)),
        _size,
    )


def metrics(listed: MetricList) -> MetricsShort:
    """What one result measured."""
    page = listed.metrics[listed.begin :]
    return room.fitting(
        lambda r: MetricsShort(
            status="ok",
            reason=cut(_measured(listed), r.reason),
            result_id=listed.result_id,
            bench_name=listed.bench_name,
            inputs=tuple(
                InputShort(name=i.name, units=i.units, values=i.values[: 4 * r.points], n_values=i.n_values)
                for i in listed.inputs[: max(1, r.metrics)]
            ),
            next_cursor=listed.cursor(r.metrics),
            metrics=tuple(_metric(m) for m in page[: r.metrics]),
            other_metrics=tuple(m.variable for m in page[r.metrics : r.metrics + r.names]),
            n_other_metrics=max(0, len(page) - r.metrics),
        ),
        room.budget(len(listed.metrics)),
        _size,
    )


def contract(document: ResultDocument) -> ResultDocument:
    """The contract itself, whole, behind what it is."""
    n, found = len(document.metrics), [x.variable for x in document.regressions.results if x.regressed]
    history = f"regressed against its own history: {few(found, 3)}" if found else "no regressions in its history"
    reason = f"The contract of {document.result_id}: {n} metric{'s' if n != 1 else ''}, {history}."
    reason = " ".join([*document.notes, reason])
    return document.model_copy(update={"status": "ok", "reason": cut(reason, room.ROOMS[0].reason)})


def exported(document: ResultDocument) -> ResultDocument | ContractShort:
    """The contract itself, behind what it is; where it is longer than an answer may be, where it is."""
    size = room.size_of(document_of(document))
    names = [m.variable for m in document.metrics]
    if size <= room.MOST - room.SMALL:
        return contract(document)
    return room.fitting(
        lambda r: ContractShort(
            status="too_long",
            reason=" ".join(cut(note, r.reason) + " " for note in document.notes)
            + f"The contract of {document.result_id} has {size:,} characters, more than an answer may have: read "
            "the resource of uri, or call list_metrics.",
            next_step=f"list_metrics(result={document.result_id!r})",
            result_id=document.result_id or "",
            bench_name=document.bench_name,
            characters=size,
            metrics=tuple(names[: r.names]),
            more_metrics=max(0, len(names) - r.names),
            uri=document.uri or "",
        ),
        room.LARGE,
        _size,
    )


def baselines(listed: BaselineList) -> BaselinesShort:
    """What every named baseline means now: the newest, as many as there is room for."""
    rows, n = listed.baselines[listed.begin :], len(listed.baselines)
    reason = " ".join(filter(None, [f"{n} baseline{'s' if n != 1 else ''}." if n else None, listed.reason]))
    return room.fitting(
        lambda r: BaselinesShort(
            status="ok" if rows else "empty",
            reason=cut(reason, r.reason),
            total=n,
            next_cursor=listed.cursor(_rows(r)),
            baselines=tuple(_baseline(b, r) for b in rows[: _rows(r)]),
        ),
        room.page(min(len(rows), _ROWS)),
        _size,
    )


def _rows(r: Room) -> int:
    return _ROWS if r.names > _ROWS else r.metrics


def baseline_set(change: BaselineSet) -> BaselineSetShort:
    """A baseline's new entry."""
    entry = change.entry
    return BaselineSetShort(
        status="set",
        reason=cut(". ".join(baseline_sentences(change)), room.ROOMS[0].reason),
        bench_name=entry.bench_name,
        name=entry.name,
        result_id=entry.result_id,
        runs=change.runs,
        replaced=entry.replaced,
        against_replaced=change.decision,
    )


def imported(report: ImportReport) -> ImportShort:
    """What a file gave: its first benchmarks, and the first ids of their results."""
    return ImportShort(
        status=report.status,
        reason=cut(report.reason, room.ROOMS[0].reason),
        next_step=report.next_step,
        path=report.path,
        format=report.format,
        measurement=report.measurement,
        benches=tuple(map(_imported_bench, report.benches[:_IMPORTED])),
        total=report.n_results,
        result_ids=report.result_ids[:_IMPORTED],
    )


# ---------------------------------------------------------------------- rows


def _imported_bench(bench: ImportedBench) -> ImportedBench:
    """A benchmark of a file, with as many of its metrics as a line has room for."""
    shown = tuple(cut(name, _NAME) for name in bench.metrics[:_METRICS])
    return bench.model_copy(update={"metrics": shown, "more_metrics": len(bench.metrics) - len(shown)})


def _result(row: ResultRow, r: Room) -> ResultShort:
    most = min(6, r.names // 5)
    rev = row.source_revision
    return ResultShort(
        result_id=row.result_id,
        bench_name=cut(row.bench_name, r.line // 2),
        executed_at=f"{row.executed_at[:19]}Z" if r.points > 1 else None,
        rev=cut(rev[:10] if len(rev) == 40 else rev, 20) if rev else None,
        dirty=bool(row.dirty),
        label=cut(row.label, r.line // 4) if row.label else None,
        metrics=tuple(cut(name, r.line // 4) for name in row.metrics[:most]),
        more_metrics=max(0, len(row.metrics) - most),
        baselines=tuple(cut(name, r.line // 4) for name in row.refs[: r.points]),
    )


def _measured(listed: MetricList) -> str:
    points = 1
    for i in listed.inputs:
        points *= max(1, i.n_values)
    n = len(listed.metrics)
    what = f"{listed.bench_name} measured {n} metric{'s' if n != 1 else ''} at {points:,} input point"
    failing = [m.variable for m in listed.metrics if m.claim is not None and m.claim.holds is False]
    fails = f" {', '.join(failing[:3])} {holds(False).lower()} its claim." if failing else ""
    return " ".join(filter(None, [f"{what}{'s' if points != 1 else ''}.{fails}", listed.reason]))


def _metric(m: MetricRow) -> MeasuredShort:
    claim: dict[str, Any] = {} if m.claim is None else {"claim": m.claim.claim, "claim_holds": m.claim.holds}
    return MeasuredShort(
        variable=m.variable,
        units=m.units,
        better=_BETTER[m.direction],
        mean=m.mean,
        sd=m.sd,
        n=m.n,
        missing=m.missing,
        infinite=m.infinite,
        best=m.optimal_value,
        best_at=m.optimal_inputs if m.optimal_value is not None else {},
        **claim,
    )


def _baseline(b: RefEntry, r: Room) -> BaselineShort:
    return BaselineShort(
        bench_name=cut(b.bench_name, r.line),
        name=cut(b.name, r.line),
        result_id=b.result_id,
        set_at=f"{b.set_at[:19]}Z",
        set_by=cut(b.set_by, 40),
        reason=cut(b.reason, r.line) if b.reason else None,
    )


def _size(short: Structure) -> int:
    return room.size_of(short.document())
