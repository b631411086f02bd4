"""Samples that look as if a side gives answers again that it has computed before, from memory or from disk.

A cache can be an honest change, so nothing is refused: whoever reads an improvement is told that a fresh input would
not see its speed. One rule serves both results that are compared and runs that are being measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from holobench_mcp import digits
from holobench_mcp.model import Difference, Direction, Kind, Metric

if TYPE_CHECKING:
    from holobench_mcp.evidence.formulas import FloatArray
    from holobench_mcp.result.snapshot import Snapshot

#: How often a head may be told of that keeps nothing, over all metrics of a comparison.
_ALPHA = 0.01
#: How much more than the base any honest head may have to warm up: other code loads and allocates other things.
_WARM_UP = float(np.log(1.25))
#: How much runs usually differ, and for how many runs that counts beside those that are at hand.
_RUN_SD, _PRIOR_DF = 0.03, 4
#: Samples that are looked at together: 8 MB of them.
_MOST_AT_ONCE = 1_000_000
_FRESH_SAMPLES = (
    "Measure with fresh inputs: give the code at each sample an input that it has not had, such as one that is seeded "
    "by a counter."
)
_FRESH_RUNS = (
    "Measure with fresh inputs: give the code in each run inputs that it has not had, such as ones that are seeded by "
    "the time, or empty the places that it writes to."
)


@dataclass
class SideRuns:
    """What one side's processes measured: its very first one, a warm-up, apart from those that count.

    A process may run several sweeps: each is one snapshot. Where no warm-up is known, `first` is empty.
    """

    first: Sequence[Snapshot] = ()
    rounds: list[Sequence[Snapshot]] = field(default_factory=list)

    def warm_up(self, snapshots: Sequence[Snapshot]) -> None:
        """Take the first of the warm-ups."""
        self.first = self.first or snapshots


@dataclass(frozen=True)
class _Costs:
    """A metric's costs as logarithms: (runs, points, repeats), and (points, repeats) of the side's very first run."""

    runs: FloatArray
    first: FloatArray | None
    later: FloatArray  #: what is typical of a run at each point, its first sample apart: (runs, points)
    level: FloatArray  #: the same of all runs: (points,)

    @property
    def first_samples(self) -> FloatArray:
        """Shape (runs, points)."""
        return self.runs[..., 0]

    @cached_property
    def first_run(self) -> FloatArray:
        """What is typical of the very first run. Shape (points,)."""
        return self.level if self.first is None else np.median(self.first, axis=-1)


def cached_answers(base: SideRuns, head: SideRuns) -> tuple[Difference, ...]:
    """Cautions for a head that is fast only where it has been before.

    A first sample at a point, or a side's first run, is always a little slower. It is told of when the head is the
    faster side, and more than half of what it saves is not saved by its first ones: beyond what the base's are slower,
    and beyond chance, at 1 % over all metrics, runs and points.
    """
    pairs = []
    for sweep, snapshots in enumerate(zip(*head.rounds, strict=False)):
        costs = _costs(base, head, sweep, snapshots[0].metrics)
        pairs += [(m.variable, *costs[m.variable]) for m in snapshots[0].metrics if m.variable in costs]
    pairs = [(variable, before, after) for variable, before, after in pairs if after.level.mean() < before.level.mean()]
    cautions = []
    looks = len(pairs) * (2 if base.first and head.first else 1)
    for variable, before, after in pairs:
        for p, excesses, what, where, step in (
            (_p_of_samples, _excess_of_samples, "sample at each input", "between samples", _FRESH_SAMPLES),
            (_p_of_run, _excess_of_run, "run", "between runs", _FRESH_RUNS),
        ):
            if p(before, after) * looks > _ALPHA:
                continue
            then, now = (digits.plain(float(np.exp(excesses(side).mean()))) for side in (before, after))
            detail = (
                f"{variable}: the head's first {what} is {now} times as slow as the later ones, the base's {then} "
                f"times: most of what it saves is not saved there. It looks as if the head keeps its answers {where}"
            )
            cautions.append(
                Difference(severity="caution", what="cached_answers", detail=detail, variable=variable, next_step=step)
            )
    return tuple(cautions)


def _p_of_samples(before: _Costs, after: _Costs) -> float:
    """One-sided; never below the chance that the first of so many samples is the slowest one each time."""
    if before.runs.shape[-1] < 2 or after.runs.shape[-1] < 2:
        return 1.0
    beyond = after.first_samples - _limit(before, after)
    warm_up = _excess_of_samples(before)
    resolution = float(after.runs.shape[-1]) ** -beyond.size
    return max(resolution, _p([_units(beyond), _units(warm_up), before.later.mean(axis=1)], beyond, warm_up))


def _p_of_run(before: _Costs, after: _Costs) -> float:
    """One-sided: the first run of each side is one more run, as noisy as the base's later ones are."""
    if before.first is None or after.first is None or len(after.runs) < 2:
        return 1.0
    beyond, warm_up = after.first_run - _limit(before, after), _excess_of_run(before)
    runs = before.later.mean(axis=1)
    return _p([runs], beyond, warm_up, lone_runs=2)


def _limit(before: _Costs, after: _Costs) -> FloatArray:
    """What a first one may cost of which half of what the head saves is saved. Shape (points,)."""
    middle: FloatArray = np.log((np.exp(before.level) + np.exp(after.level)) / 2)
    limit: FloatArray = np.maximum(after.level + _WARM_UP, middle)
    return limit


def _p(parts: Sequence[FloatArray], beyond: FloatArray, warm_up: FloatArray, *, lone_runs: int = 0) -> float:
    """One-sided, of what is beyond the limit and beyond the base's own warm-up.

    parts: numbers of independent units, the mean of each of which has a share in the variance. Few of them may agree by
    chance, so that each variance is moderated by one that is usual between runs (Smyth 2004, with a prior of the
    project's own). lone_runs: how many single runs as noisy as the first part's stand beside its mean.
    """
    mean = float(beyond.mean()) - max(float(warm_up.mean()), 0.0)
    if mean <= 0:
        return 1.0
    variance = 0.0
    for units in parts:
        df = len(units) - 1
        own = float(units.var(ddof=1)) if df else 0.0
        moderated = (df * own + _PRIOR_DF * _RUN_SD**2) / (df + _PRIOR_DF)
        variance += moderated * (1 / len(units) + lone_runs)
    df = min(len(units) for units in parts) - 1 + _PRIOR_DF
    return float(special.stdtr(df, -mean / np.sqrt(variance)))


def _units(values: FloatArray) -> FloatArray:
    """Runs, where there are several, else points."""
    units: FloatArray = values.mean(axis=1) if len(values) > 1 else values[0]
    return units


def _excess_of_samples(side: _Costs) -> FloatArray:
    return side.first_samples - side.later


def _excess_of_run(side: _Costs) -> FloatArray:
    return side.first_run - np.median(np.median(side.runs, axis=-1), axis=0)


# ---------------------------------------------------------------------- the costs of many metrics at once


class _Form(NamedTuple):
    """What metrics must have alike on a side to be looked at together."""

    direction: Direction
    shape: tuple[int, int, int]  #: runs, points, repeats


def _costs(base: SideRuns, head: SideRuns, sweep: int, metrics: Sequence[Metric]) -> dict[str, tuple[_Costs, _Costs]]:
    """Both sides of metrics, at the points that are known in all runs; without those of which none is.

    Of many metrics each has but few samples: those of one form are looked at together.
    """
    alike: dict[tuple[_Form, _Form], list[str]] = {}
    for metric in metrics:
        before, after = (_form(side, sweep, metric.variable) for side in (base, head))
        if before is not None and after is not None and before.shape[1] == after.shape[1]:
            alike.setdefault((before, after), []).append(metric.variable)
    costs: dict[str, tuple[_Costs, _Costs]] = {}
    for forms, variables in alike.items():
        most = max(1, _MOST_AT_ONCE // max(1, sum(math.prod(form.shape) for form in forms)))
        for start in range(0, len(variables), most):
            together = variables[start : start + most]
            sides = [_logs(side, sweep, together, form) for side, form in zip((base, head), forms, strict=True)]
            costs |= _where_known(base, head, sides, together)
    return costs


def _where_known(
    base: SideRuns, head: SideRuns, sides: Sequence[FloatArray], variables: Sequence[str]
) -> dict[str, tuple[_Costs, _Costs]]:
    """The costs of metrics of one form. sides: the logarithms of each, as `_logs` has them."""
    known = np.logical_and.reduce([np.isfinite(logs).all(axis=(1, 3)) for logs in sides])
    whole = known.all(axis=1)
    costs: dict[str, tuple[_Costs, _Costs]] = {}
    if known.size and whole.any():
        before, after = (_each(s, logs[whole]) for s, logs in zip((base, head), sides, strict=True))
        costs |= zip(compress(variables, whole), zip(before, after, strict=True), strict=True)
    for place in np.flatnonzero(known.any(axis=1) & ~whole).tolist():
        before, after = (
            _each(s, logs[[place]][:, :, known[place]]) for s, logs in zip((base, head), sides, strict=True)
        )
        costs[variables[place]] = before[0], after[0]
    return costs


def _each(side: SideRuns, logs: FloatArray) -> list[_Costs]:
    first, runs = (logs[:, 0], logs[:, 1:]) if side.first else (None, logs)
    later = np.median(runs[..., 1:] if runs.shape[-1] > 1 else runs, axis=-1)
    level = np.median(later, axis=1)
    return [_Costs(runs[i], None if first is None else first[i], later[i], level[i]) for i in range(len(logs))]


def _form(side: SideRuns, sweep: int, variable: str) -> _Form | None:
    """None where the metric is neither a cost nor a rate, or runs differ in their points."""
    runs = _runs(side)
    if not side.rounds or any(len(run) <= sweep or variable not in run[sweep].samples for run in runs):
        return None
    metric = runs[0][sweep].metric(variable)
    shapes = {run[sweep].samples[variable].shape for run in runs}
    if metric.direction is Direction.none or metric.kind is not Kind.float or len(shapes) != 1:
        return None
    shape = shapes.pop()
    return _Form(metric.direction, (len(runs), math.prod(shape[:-1]), shape[-1]))


def _logs(side: SideRuns, sweep: int, variables: Sequence[str], form: _Form) -> FloatArray:
    """Logarithms, (metrics, runs, points, repeats), the very first run before the others where it is known.

    What has none is not finite.
    """
    arrays = [run[sweep].samples[variable] for variable in variables for run in _runs(side)]
    stacked = np.stack(arrays).astype(np.float64).reshape(len(variables), *form.shape)
    logs = np.log(stacked, out=np.full(stacked.shape, np.nan), where=stacked > 0)
    return logs if form.direction is Direction.minimize else -logs


def _runs(side: SideRuns) -> list[Sequence[Snapshot]]:
    return [*([side.first] if side.first else []), *side.rounds]
