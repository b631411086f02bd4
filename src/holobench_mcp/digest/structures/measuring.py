"""What may be measured, and what a measurement recorded, as data."""

from __future__ import annotations

from typing import Any

from holobench_mcp.answers import BenchmarkList, BenchmarkRow, MeasurementReport
from holobench_mcp.answers.short import BenchmarkShort, BenchmarksShort, MeasurementShort, ParameterShort, TooNoisyShort
from holobench_mcp.digest import room
from holobench_mcp.digest.room import Room, cut, first_lines

#: Ids of a measurement's runs that are listed: the newest.
_IDS = 12
_CHECKED = {True: "checked", False: "unchecked", None: None}


def benchmarks(listed: BenchmarkList) -> BenchmarksShort:
    """The benchmarks that can be run from here."""
    rows = listed.benchmarks
    n = len(rows)
    return room.fitting(
        lambda r: BenchmarksShort(
            status="ok" if n else "empty",
            reason=f"{n} benchmark{'s' if n != 1 else ''}. compare_revisions measures the working tree against where "
            "the work began, and decides.",
            next_step=f"compare_revisions(benchmark={rows[0].name!r})" if n == 1 else None,
            benchmarks=tuple(_benchmark(b, r) for b in rows[: max(1, r.metrics)]),
            more_benchmarks=tuple(b.name for b in rows[max(1, r.metrics) :][: r.names]),
        ),
        room.page(n),
        lambda s: room.size_of(s.document()),
    )


def measurement(report: MeasurementReport) -> MeasurementShort:
    """What was recorded, and what to call next."""
    plural = "" if report.runs == 1 else "s"
    return MeasurementShort(
        status="finished",
        reason=f"{report.benchmark} was measured: {report.runs} run{plural} in {report.seconds:.0f} s.",
        next_step=report.next_step,
        measurement=report.measurement,
        benchmark=report.benchmark,
        runs=report.runs,
        seconds=report.seconds,
        total=len(report.result_ids),
        result_ids=report.result_ids[-_IDS:],
        notes=tuple(first_lines(report.notes, room.ROOMS[3])),
    )


def _benchmark(b: BenchmarkRow, r: Room) -> BenchmarkShort:
    return BenchmarkShort(
        name=b.name,
        description=cut(b.description or " ".join(b.command), r.line),
        runs=b.runs,
        benches=tuple(cut(name, r.line) for name in b.benches[: r.points]),
        metrics=tuple(cut(name, r.line) for name in b.metrics[: min(8, r.names)]),
        points=b.points or 0,
        seconds_a_run=b.seconds_a_run,
        answers=_CHECKED[b.checks_answers],
        too_noisy=tuple(
            TooNoisyShort(
                variable=cut(n.variable, r.line),
                margin_percent=n.margin_percent,
                can_show_percent=n.can_show_percent,
                runs=n.runs,
            )
            for n in b.too_noisy[: r.points]
        ),
        parameters=tuple(_parameter(name, p, r) for name, p in list(b.parameters.items())[: r.metrics]),
    )


def _parameter(name: str, p: dict[str, Any], r: Room) -> ParameterShort:
    said = p.get("description")
    return ParameterShort(
        name=name,
        type=p["type"],
        default=p.get("default"),
        choices=tuple(p.get("choices") or ())[:10],
        min=p.get("min"),
        max=p.get("max"),
        description=cut(said, r.line) if said else None,
    )
