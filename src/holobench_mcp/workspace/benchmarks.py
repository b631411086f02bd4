"""The configured benchmarks, listed: what each measured, how long that took and what checked it, when last run."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence

from holobench_mcp.answers import BenchmarkList, BenchmarkRow, TooNoisy
from holobench_mcp.config import BenchmarkConfig
from holobench_mcp.model import IntegrityError, Manifest
from holobench_mcp.workspace.library import Library


def list_benchmarks(library: Library) -> BenchmarkList:
    """The benchmarks that the configuration allows to run. What was never measured has no figures."""
    configured = library.config.benchmarks.items()
    return BenchmarkList(benchmarks=tuple(_row(library, name, benchmark) for name, benchmark in configured))


def _row(library: Library, name: str, benchmark: BenchmarkConfig) -> BenchmarkRow:
    newest = _newest_of_each(library, name)
    return BenchmarkRow(
        name=name,
        description=benchmark.description,
        command=benchmark.command,
        runs=benchmark.runs,
        parameters={k: p.model_dump(mode="json", exclude_none=True) for k, p in benchmark.parameters.items()},
        protected=benchmark.protected,
        benches=tuple(m.bench_name for m in newest),
        metrics=tuple(dict.fromkeys(metric.variable for m in newest for metric in m.metrics)),
        points=sum(math.prod(m.shape[:-1]) for m in newest) or None,
        seconds_a_run=_seconds_a_run(library, newest),
        checks_answers=_checks_answers(library, newest, guarded=benchmark.guard is not None),
        too_noisy=_too_noisy(library, newest),
    )


def _newest_of_each(library: Library, name: str) -> list[Manifest]:
    """The newest result of every bench that a benchmark records."""
    index = library.index()
    benches = index.distinct("bench_name", benchmark=name)
    return [m for bench in benches for m in index.select(benchmark=name, bench_name=bench, limit=1)]


def _seconds_a_run(library: Library, newest: Sequence[Manifest]) -> float | None:
    """What one process took, in the newest measurement that knows it. A round of two revisions is two of them."""
    for measured in (m.measurement for m in sorted(newest, key=lambda m: m.executed_at, reverse=True)):
        try:
            document = None if measured is None else library.measurement(measured.id)
        except IntegrityError:  # `verify` tells of it; a list goes without its seconds
            continue
        if document is not None and document.seconds_a_round is not None:
            return document.seconds_a_round / (2 if document.kind == "revisions" else 1)
    return None


def _too_noisy(library: Library, newest: Sequence[Manifest]) -> tuple[TooNoisy, ...]:
    """The metrics that no number of runs would show the margin of, worst first. What can't be read tells of none."""
    from holobench_mcp.workspace.run_noise import too_noisy

    rows: dict[str, TooNoisy] = {}
    for m in newest:
        with contextlib.suppress(IntegrityError):  # `verify` tells of it
            for row in too_noisy(library, m):
                known = rows.get(row.variable)
                rows[row.variable] = row if known is None else max(row, known, key=_noise_beyond_margin)
    return tuple(sorted(rows.values(), key=_noise_beyond_margin, reverse=True))


def _noise_beyond_margin(row: TooNoisy) -> float:
    return row.can_show_percent / row.margin_percent


def _checks_answers(library: Library, newest: Sequence[Manifest], *, guarded: bool) -> bool | None:
    """Whether every bench that a benchmark records checks its answers, as it was last measured, or a guard does."""
    from holobench_mcp.evidence.answer_checks import checks_answers

    if guarded:
        return True
    variables = [tuple(metric.variable for metric in m.metrics) for m in newest]
    settings = [library.config.settings_for(m.bench_name, v) for m, v in zip(newest, variables, strict=True)]
    checked = [checks_answers(m.metrics, s) for m, s in zip(newest, settings, strict=True)]
    return all(checked) if checked else None
