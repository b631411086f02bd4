"""All benches of a store at a glance: the newest decision of each, how its metrics went, how noisy they are.

The newest decision is that of the newest code that was compared: who looks into an old one does not change the view.

What is read is the newest results of each bench, by the index, and what the log of comparisons has of their code:
the same effort in a store of a hundred thousand results. Parts are cached by the ids that they are made of.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from holobench_mcp.answers.overview import (
    ComparedSide,
    LoggedComparison,
    Overview,
    OverviewBench,
    OverviewMetric,
)
from holobench_mcp.model import (
    DECISIONS_WORST_FIRST,
    HolobenchMcpError,
    IntegrityError,
    Manifest,
    StoreError,
    UnknownResult,
)
from holobench_mcp.result.identity import group_by, identity_of, label_of, measurement_of, revision_text
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.listing import left_out
from holobench_mcp.workspace.run_noise import MetricNoise, run_noise
from holobench_mcp.workspace.tries import variant_key

#: Measurements of a line, and the newest results of a bench that they are looked for in.
_MEASUREMENTS, _RESULTS = 30, 150
#: Metrics of a bench that are shown; a suite's row would be a page long.
METRICS = 4
#: Entries of the log that are looked at for the newest decision of a bench.
_ENTRIES = 8


@dataclass(frozen=True)
class _Part:
    """What the results of a bench tell by themselves, and the codes that the log of comparisons is asked about."""

    bench: OverviewBench
    codes: tuple[str, ...]


def overview(library: Library, benches: Sequence[str] | None = None) -> Overview:
    """Every bench of the store, what needs a look first; or those that are named.

    A part that can't be read is named in `notes` or in the bench's `problems`. Raises UnknownResult for a bench that
    nothing was recorded of.
    """
    with library.at_one_moment():
        index = library.index()
        names = index.bench_names() if benches is None else list(benches)
        notes = [*library.remarks(), *_log_problem(library)]
        rows = sorted((_bench(library, name) for name in names), key=_worst_first)
        if (damaged := left_out(index.unreadable)) is not None:
            notes.append(damaged)
    decisions = [row.comparison.decision for row in rows if row.comparison is not None]
    return Overview(
        decision=min(decisions, key=DECISIONS_WORST_FIRST.index, default=None),
        reason=_reason(rows),
        n_results=sum(row.n_results for row in rows),
        benches=tuple(rows),
        notes=tuple(notes),
    )


def comparisons_of(library: Library, bench_name: str, limit: int) -> list[LoggedComparison]:
    """What comparisons of a bench's newest code came to when they were made: of the newest code first."""
    with library.at_one_moment():
        library.index()
        _log_problem(library)
        return _logged(library, _part(library, bench_name).codes, limit)[0]


def overview_state(library: Library) -> Hashable:
    """What is another as soon as an overview may be: it costs next to nothing to ask."""
    with library.at_one_moment():
        index = library.index()
        problem = _log_problem(library)
        return index.version, library.comparison_log.version, *problem, *library.remarks()


def _log_problem(library: Library) -> list[str]:
    """Bring the log of comparisons up to date; what to say where that can't be done, so that what is known is shown."""
    try:
        library.comparison_log.refresh()
    except StoreError as problem:
        return [f"The newest decisions may be missing: {problem}"]
    return []


# ---------------------------------------------------------------------- one bench


def _bench(library: Library, bench_name: str) -> OverviewBench:
    try:
        part = _part(library, bench_name)
        logged, problems = _logged(library, part.codes, 1)
    except UnknownResult:
        raise
    except HolobenchMcpError as problem:
        return OverviewBench(bench_name=bench_name, problems=(str(problem),))
    return part.bench.model_copy(
        update={
            "n_results": library.index().count(bench_name=bench_name),
            "comparison": logged[0] if logged else None,
            "problems": (*part.bench.problems, *problems),
        }
    )


def _part(library: Library, bench_name: str) -> _Part:
    ids = library.index().ids(bench_name=bench_name, limit=_RESULTS)
    if not ids:
        raise UnknownResult(f"benchmark: nothing was recorded of {bench_name!r:.80}.")
    return library.cached(("overview", bench_name, *ids), lambda: _made(library, bench_name))


def _made(library: Library, bench_name: str) -> _Part:
    found = library.index().select(bench_name=bench_name, limit=_RESULTS)
    newest = found[0]
    measured = group_by(_alike(found, newest), measurement_of)[-_MEASUREMENTS:]
    noises = {noise.variable: noise for noise in run_noise(library, newest)}
    bench = OverviewBench(
        bench_name=bench_name,
        metrics=tuple(_metric(newest, i, measured, noises) for i in range(min(len(newest.metrics), METRICS))),
        metrics_more=max(len(newest.metrics) - METRICS, 0),
        runs=len(measured[-1]),
        result_id=newest.result_id,
        measured_at=newest.executed_at,
        rev=revision_text(newest.source_revision, newest.environment.git_dirty),
        label=label_of(newest),
        answers_checked=_answers_checked(library, newest),
        problems=_problems(library, measured[-1]),
    )
    return _Part(bench, tuple(dict.fromkeys(map(variant_key, found))))


def _alike(found: Sequence[Manifest], newest: Manifest) -> list[Manifest]:
    """The results that measured what the newest did, on its machine: a line of others shows what nobody changed."""
    machine, sweep = identity_of(newest).machine, _sweep(newest)
    return [
        m
        for m in found
        if m.definition == newest.definition and _sweep(m) == sweep and identity_of(m).machine == machine
    ]


def _sweep(manifest: Manifest) -> int:
    return manifest.measurement.sweep if manifest.measurement is not None else 0


def _metric(
    newest: Manifest, i: int, measured: Sequence[Sequence[Manifest]], noises: dict[str, MetricNoise]
) -> OverviewMetric:
    declared = newest.metrics[i]
    values = tuple(_mean(runs, declared.variable) for runs in measured)
    noise = noises.get(declared.variable)
    return OverviewMetric(
        variable=declared.variable,
        units=declared.units,
        direction=declared.direction,
        kind=declared.kind,
        value=values[-1],
        values=values,
        noise_percent=None if noise is None else noise.sd_percent,
        noise_runs=0 if noise is None else noise.df,
        margin_percent=None if noise is None else noise.margin_percent,
        too_noisy=None if noise is None else noise.too_noisy,
    )


def _mean(runs: Iterable[Manifest], variable: str) -> float | None:
    """The mean over the runs of a measurement of their samples' means; None where none has a finite sample."""
    stats = (m.stats.get(variable) for m in runs)
    means = [s.mean for s in stats if s is not None and s.mean is not None and math.isfinite(s.mean)]
    return math.fsum(mean / len(means) for mean in means) if means else None


def _answers_checked(library: Library, newest: Manifest) -> bool:
    from holobench_mcp.evidence.answer_checks import checks_answers

    measured = newest.measurement
    benchmark = library.config.benchmarks.get(measured.benchmark or "") if measured is not None else None
    guarded = (measured is not None and measured.guarded) or (benchmark is not None and benchmark.guard is not None)
    settings = library.config.settings_for(newest.bench_name, tuple(m.variable for m in newest.metrics))
    return checks_answers(newest.metrics, settings, guarded=guarded)


def _problems(library: Library, runs: Sequence[Manifest]) -> tuple[str, ...]:
    """What can't be read of the newest measurement. Its newest run is looked at: `verify` reads everything."""
    try:
        library.store.snapshot(runs[-1])
    except (IntegrityError, StoreError) as problem:
        return (str(problem),)
    return ()


# ---------------------------------------------------------------------- decisions


def _logged(library: Library, codes: Iterable[str], limit: int) -> tuple[list[LoggedComparison], tuple[str, ...]]:
    """The newest comparisons of some candidates, as the log has them, and what of the log can't be read."""
    found, problems = list[tuple[str, LoggedComparison]](), list[str]()
    log = library.comparison_log
    for key in log.of_candidates(codes, max(_ENTRIES, limit)):
        try:
            entry = log.entry(key)
        except (IntegrityError, StoreError) as problem:
            problems.append(str(problem))
            continue
        if entry is None or entry.decision is None:
            continue
        sides = [_result(library, result_id) for result_id in (entry.baseline, entry.candidate)]
        baseline, candidate = sides
        if baseline is not None and candidate is not None:
            logged = LoggedComparison(
                decision=entry.decision,
                reason=entry.reason,
                compared_at=entry.compared_at,
                baseline=_side(baseline),
                candidate=_side(candidate),
            )
            found.append((candidate.executed_at, logged))
    found.sort(key=lambda one: (one[0], one[1].compared_at, one[1].baseline.result_id), reverse=True)
    return [logged for _, logged in found[:limit]], tuple(problems)


def _result(library: Library, result_id: str) -> Manifest | None:
    """A result of an entry; None where it is not there any more."""
    found = library.index().select(id_prefix=result_id, limit=1)
    return found[0] if found and found[0].result_id == result_id else None


def _side(m: Manifest) -> ComparedSide:
    rev = revision_text(m.source_revision, m.environment.git_dirty)
    return ComparedSide(result_id=m.result_id, rev=rev, label=label_of(m))


# ---------------------------------------------------------------------- in words

#: Behind the decisions: a bench that was never compared.
_NEVER = len(DECISIONS_WORST_FIRST)


def _worst_first(row: OverviewBench) -> tuple[bool, int, str, str]:
    rank = _NEVER if row.comparison is None else DECISIONS_WORST_FIRST.index(row.comparison.decision)
    return not row.problems, rank, row.bench_name.lower(), row.bench_name


def _reason(rows: Sequence[OverviewBench]) -> str:
    if not rows:
        return "Nothing is recorded yet."
    counts = Counter(row.comparison.decision if row.comparison is not None else None for row in rows)
    words = [f"{counts[d]} {d.value}" for d in DECISIONS_WORST_FIRST if counts[d]]
    if counts[None]:
        words.append(f"{counts[None]} never compared")
    unfit = sum(row.is_unfit for row in rows)
    noisy = f" {unfit} {'is' if unfit == 1 else 'are'} too noisy for {'its' if unfit == 1 else 'their'} margin."
    return f"Of {len(rows)} bench{'es' if len(rows) != 1 else ''}: {', '.join(words)}.{noisy if unfit else ''}"
