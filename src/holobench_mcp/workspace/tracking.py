"""A metric's history in a store: the series of the newest result, explained and said in words."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from holobench_mcp import digits
from holobench_mcp.answers import ChangePoint, DetectableStep, DriftReport, History, HistoryPoint
from holobench_mcp.evidence.change_points import Step, detectable_steps, more_needed
from holobench_mcp.evidence.detectors import upstream_detectors
from holobench_mcp.evidence.drift import Drift, explain
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.levels import Level, LevelScale, levels
from holobench_mcp.evidence.question import depends_on_machine
from holobench_mcp.evidence.series import MIN_SERIES
from holobench_mcp.evidence.shared_points import SharedPoints, shared_points
from holobench_mcp.model import InvalidArgument, JsonScalar, Kind, Limit, Manifest, Metric, UnknownResult, progress
from holobench_mcp.result.identity import label_of, revision_text
from holobench_mcp.workspace.series import Series, choose_series, is_uncommitted, source_edits

if TYPE_CHECKING:
    from holobench_mcp.result.snapshot import Snapshot
    from holobench_mcp.workspace.library import Library

#: holobench's detectors that need no threshold of their own.
DETECTORS: Mapping[str, float | None] = {"adaptive": None, "percentage": None}
#: Two runs of a metric that depends on the machine never agree better than this, on the log scale.
_LEAST_SD = 0.001
#: No float's logarithm is larger; and a power of two below which squares of what is left are too small.
_LARGEST_LOG, _LEAST_EXPONENT = 709.78, -900
_NAMED = 4
#: The newest results of a bench that a history is looked for in: all runs of a thousand codes, and half a second.
_MOST_RESULTS = 20_000


@dataclass(frozen=True)
class _Levels:
    """The series as numbers: a level for each code, None for a gap."""

    metric: Metric
    scale: LevelScale
    series: Series
    points: SharedPoints
    levels: tuple[Level | None, ...]
    exponent: int  #: on the plain scale levels are in units of 2 to this power, so that no square of one overflows

    @property
    def values(self) -> FloatArray:
        return np.array([np.nan if one is None else one.value for one in self.levels], dtype=np.float64)

    @property
    def n(self) -> int:
        return sum(one is not None for one in self.levels)

    @property
    def least_sd(self) -> float:
        return _LEAST_SD if self.scale == "log" and depends_on_machine(self.metric.units) else 0.0

    @property
    def units(self) -> str | None:
        """The unit of an effect."""
        return {"log": "%", "rate": "pp", "plain": self.metric.units}[self.scale]

    def value(self, level: float) -> float:
        """A level in the metric's unit."""
        return math.exp(min(level, _LARGEST_LOG)) if self.scale == "log" else self._unscaled(level)

    def size(self, effect: float) -> float:
        """An effect in its unit."""
        if self.scale == "log":
            return 100 * math.expm1(min(effect, 700.0))
        return 100 * effect if self.scale == "rate" else self._unscaled(effect)

    def text(self, effect: float) -> str:
        """An effect in words."""
        return f"{digits.signed(self.size(effect))} {self.units or ''}".rstrip()

    def _unscaled(self, number: float) -> float:
        try:
            return math.ldexp(number, self.exponent)
        except OverflowError:
            return math.copysign(sys.float_info.max, number)


def metric_history(
    library: Library,
    bench_name: str,
    metric: str,
    *,
    point: Mapping[str, JsonScalar] | None = None,
    limit: int = 50,
    uncommitted: bool = False,
    detectors: Mapping[str, float | None] = DETECTORS,
    begin: Callable[[Sequence[str]], int] | None = None,
) -> History:
    """A metric over the newest codes that were measured by a bench, oldest first.

    begin: gives, of the revisions of these codes, the place of the first that is looked at. Raises UnknownResult for a
    bench without results, InvalidArgument for a metric or a point that it does not have.
    """
    results = library.index().select(bench_name=bench_name, limit=_MOST_RESULTS)
    if not results:
        raise UnknownResult(f"benchmark: nothing was recorded of {bench_name!r:.80}.")
    declared = next((d for m in results for d in m.metrics if d.variable == metric), None)
    if declared is None:
        names = ", ".join(m.variable for m in results[0].metrics)
        raise InvalidArgument(f"metric: {bench_name} has no {metric!r:.80}; it has {names}.")
    series = choose_series(
        library.config.root, library.snapshot, results, declared, uncommitted=uncommitted, limit=limit
    )
    if begin is not None:
        series = replace(series, codes=series.codes[begin([runs[-1].source_revision or "" for runs in series.codes]) :])
    numbers = _levels(library, series, declared, point)
    steps, drift = explain(numbers.values, least_sd=numbers.least_sd)
    margin = library.config.settings_for(bench_name, (metric,)).get(metric)
    detectable = _detectable(numbers, (margin and margin.margin_percent) or library.config.margin_percent)
    changes = tuple(_change_point(step, numbers) for step in steps)
    newest = [runs[-1] for runs, one in zip(series.codes, numbers.levels, strict=True) if one is not None]
    return History(
        bench_name=bench_name,
        metric=metric,
        units=declared.units,
        direction=declared.direction,
        point=None if point is None else dict(point),
        order=series.order,
        series=tuple(_history_point(i, numbers) for i in range(len(series.codes))),
        change_points=changes,
        drift=None if drift is None else DriftReport(confidence=1 - drift.p_value, **_sized(drift, numbers)),
        detectable=None if steps or drift is not None else detectable,
        limits=(
            *(Limit(what="store_down", detail=remark) for remark in library.remarks()),
            *_gaps(numbers),
            *series.limits,
            *_points_left_out(numbers),
            *_edits(series, changes),
        ),
        detectors=tuple(
            upstream_detectors(
                [numbers.points.at_common(library.snapshot(m), metric) for m in newest], declared, detectors
            )
        ),
        summary=_summary(numbers, steps, drift, detectable),
    )


def _levels(library: Library, series: Series, metric: Metric, point: Mapping[str, JsonScalar] | None) -> _Levels:
    try:
        points = shared_points(_read(library, series), metric.variable, point)
    except KeyError as problem:
        if series.codes:
            raise InvalidArgument(str(problem.args[0])) from problem
        points = SharedPoints({}, np.ones(1, dtype=np.bool_), (), {})
    usable = [points.usable(i) for i in range(len(series.codes))]
    positive = all(bool((run[np.isfinite(run)] > 0).all()) for runs in usable for run in runs)
    scale: LevelScale = "rate" if metric.kind is Kind.bool else "log" if positive else "plain"
    exponent = 0
    if scale == "plain":
        largest = max((float(np.nanmax(np.abs(run))) for runs in usable for run in runs), default=1.0)
        exponent = max(math.frexp(largest)[1], _LEAST_EXPONENT)
        usable = [[np.ldexp(run, -exponent) for run in runs] for runs in usable]
    return _Levels(metric, scale, series, points, tuple(levels(usable, scale)), exponent)


def _read(library: Library, series: Series) -> list[list[Snapshot]]:
    """Every run of every code."""
    codes = []
    for n, runs in enumerate(series.codes):
        progress.say("reading the history", n, len(series.codes))
        codes.append([library.snapshot(m) for m in runs])
    return codes


def _detectable(numbers: _Levels, margin_percent: float) -> DetectableStep | None:
    least = detectable_steps(numbers.values, least_sd=numbers.least_sd)
    if least is None or np.nanmax(numbers.values) == np.nanmin(numbers.values):
        return None
    step = math.log1p(margin_percent / 100)
    more = more_needed(numbers.values, step, least_sd=numbers.least_sd) if numbers.scale == "log" else None
    return DetectableStep(
        middle=numbers.size(least.middle),
        newest=numbers.size(least.newest),
        n_newest=least.n_newest,
        units=numbers.units,
        more_needed=more,
    )


def _history_point(i: int, numbers: _Levels) -> HistoryPoint:
    runs, one, samples = numbers.series.codes[i], numbers.levels[i], numbers.points.runs[i]
    last = runs[-1]
    return HistoryPoint(
        result_id=last.result_id,
        executed_at=last.executed_at,
        source_revision=last.source_revision,
        dirty=is_uncommitted(last),
        label=label_of(last),
        estimate=None if one is None else numbers.value(one.value),
        ci=None if one is None or one.ci is None else (numbers.value(one.ci[0]), numbers.value(one.ci[1])),
        n=0 if one is None else one.n,
        n_runs=0 if one is None else one.n_runs,
        missing_points=max((run.missing for run in samples), default=0),
        infinite=sum(run.infinite for run in samples),
    )


def _change_point(step: Step, numbers: _Levels) -> ChangePoint:
    codes = numbers.series.codes
    first = codes[step.index][0]
    before = next(codes[i][-1] for i in range(step.index - 1, -1, -1) if numbers.levels[i] is not None)
    return ChangePoint(
        result_id=codes[step.index][-1].result_id,
        executed_at=first.executed_at,
        after_revision=before.source_revision,
        source_revision=first.source_revision,
        confidence=1 - step.p_value,
        **_sized(step, numbers),
    )


def _sized(change: Step | Drift, numbers: _Levels) -> dict[str, Any]:
    """An effect and its interval, in percent where it was found on the log scale, else in units."""
    low, high = change.ci
    name = "effect_percent" if numbers.scale == "log" else "effect"
    return {name: numbers.size(change.effect), "ci": (numbers.size(low), numbers.size(high))}


# ---------------------------------------------------------------------- in words


def _summary(numbers: _Levels, steps: Sequence[Step], drift: Drift | None, detectable: DetectableStep | None) -> str:
    metric, n, codes = numbers.metric.variable, numbers.n, numbers.series.codes
    if steps:
        last = steps[-1]
        before = next(codes[i][-1] for i in range(last.index - 1, -1, -1) if numbers.levels[i] is not None)
        span = f"{_code(before)}..{_code(codes[last.index][0])}"
        times = "once" if len(steps) == 1 else f"{len(steps)} times, last"
        return (
            f"{metric} stepped {times} in {n} measurements: by {numbers.text(last.effect)} at "
            f"{codes[last.index][-1].result_id} (revisions {span})."
        )
    if drift is not None:
        return f"{metric} drifted by {numbers.text(drift.effect)} over {n} measurements, without a single step."
    if n < MIN_SERIES:
        has = f"{metric} has {n} measurement{'' if n == 1 else 's'} of different code"
        return f"{has}: too few to tell a step from noise, {MIN_SERIES - n} more are needed."
    if detectable is None:
        return f"{metric} is the same in all {n} measurements."
    return f"{metric} shows no step and no drift in {n} measurements. {_could_show(detectable)}"


def _could_show(detectable: DetectableStep) -> str:
    middle, newest = (
        f"{digits.plain(value, 2)} {detectable.units or ''}".rstrip()
        for value in (detectable.middle, detectable.newest)
    )
    sentence = (
        f"At their noise they would show a step of {middle} in their middle, and of {newest} in the newest "
        f"{detectable.n_newest}; a smaller one can't be told yet."
    )
    if detectable.more_needed:
        sentence += f" {detectable.more_needed} more would show one as small as the margin."
    return sentence


def _code(m: Manifest) -> str:
    return revision_text(m.source_revision, is_uncommitted(m)) or label_of(m) or "unknown"


def _gaps(numbers: _Levels) -> list[Limit]:
    """Measurements that are not in the series, or only with fewer points, as samples were missing or not finite."""
    limits = []
    gaps = [i for i, one in enumerate(numbers.levels) if one is None]
    partial = [
        i for i, one in enumerate(numbers.levels) if one is not None and any(r.missing for r in numbers.points.runs[i])
    ]
    for what, indices, words in (
        ("missing_samples", gaps, "gave too few finite samples to stand in the series"),
        ("missing_samples", partial, "gave no finite sample at points that are left out of all"),
    ):
        if indices:
            named = ", ".join(_gap_text(i, numbers) for i in indices[-_NAMED:])
            more = f" and {len(indices) - _NAMED} more" if len(indices) > _NAMED else ""
            detail = f"{len(indices)} of {len(numbers.levels)} measurements {words}: {named}{more}."
            limits.append(Limit(what=what, detail=detail, variable=numbers.metric.variable))
    infinite = [i for i, runs in enumerate(numbers.points.runs) if any(run.infinite for run in runs)]
    if infinite:
        total = sum(run.infinite for i in infinite for run in numbers.points.runs[i])
        named = ", ".join(_code(numbers.series.codes[i][-1]) for i in infinite[-_NAMED:])
        several = "" if len(infinite) == 1 else "s"
        detail = f"{total} samples were infinite and are left out, in {len(infinite)} measurement{several} ({named})."
        limits.append(Limit(what="not_finite", detail=detail, variable=numbers.metric.variable))
    return limits


def _gap_text(i: int, numbers: _Levels) -> str:
    runs = numbers.points.runs[i]
    code = _code(numbers.series.codes[i][-1])
    if not runs:
        return f"{code} (none of the points)"
    worst = max(runs, key=lambda run: run.missing)
    if not worst.missing_at or not worst.missing_at[0]:
        return f"{code} (no sample)"
    at = "; ".join(", ".join(f"{name}={value}" for name, value in point.items()) for point in worst.missing_at)
    return f"{code} ({worst.missing} of {worst.n_points} points: {at})"


def _points_left_out(numbers: _Levels) -> list[Limit]:
    """Input values that only some of the measurements have."""
    limits = []
    for name, values in numbers.points.partial.items():
        listed = ", ".join(map(str, values[:_NAMED])) + (
            f" and {len(values) - _NAMED} more" if len(values) > _NAMED else ""
        )
        shared = len(numbers.points.coordinates[name])
        detail = (
            f"{name} was {listed} in some measurements only: left out, the series is of the {shared} "
            f"value{'' if shared == 1 else 's'} that all have."
        )
        limits.append(Limit(what="points", detail=detail))
    return limits


def _edits(series: Series, changes: Sequence[ChangePoint]) -> list[Limit]:
    """What to say of edits of the benchmark: a step where one was may be the benchmark's."""
    edited = source_edits(series.codes)
    if not edited:
        return []
    detail = f"the benchmark's own source changed at {', '.join(edited[-_NAMED:])}"
    stepped = {revision_text(change.source_revision, dirty=False) for change in changes}
    at_steps = [code for code in edited if code in stepped]
    detail += f": the step at {', '.join(at_steps)} may be the benchmark's." if at_steps else "."
    return [Limit(what="benchmark_source", detail=detail)]
