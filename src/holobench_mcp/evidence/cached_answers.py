"""Samples that look as if a side gives answers again that it has computed before, from memory or from disk.

A cache can be an honest change, so nothing is refused: whoever reads an improvement is told that a fresh input would
not see its speed. One rule serves both results that are compared and runs that are being measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from holobench_mcp import digits
from holobench_mcp.model import Difference, Direction, Kind

if TYPE_CHECKING:
    from holobench_mcp.evidence.formulas import FloatArray
    from holobench_mcp.result.snapshot import Snapshot

#: How many times the slowest later one a first sample or run costs, beyond what the base's does, to look like a cache.
_FACTOR = 1.5


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
    """A metric as what it costs: (runs, points, repeats), and (points, repeats) of the side's very first run."""

    runs: FloatArray
    first: FloatArray | None

    @property
    def typical(self) -> float:
        return float(np.exp(np.log(np.median(self.runs, axis=-1)).mean()))

    @property
    def first_sample(self) -> float:
        """How many times the slowest later sample the first one at a point costs: the median over runs and points."""
        if self.runs.shape[-1] < 2:
            return 1.0
        return float(np.median(self.runs[..., 0] / self.runs[..., 1:].max(axis=-1)))

    @property
    def first_run(self) -> float:
        """The same of the first run and the later ones. The slowest, as a busy machine makes any one run slow."""
        if self.first is None:
            return 1.0
        return float(np.median(np.median(self.first, axis=-1) / np.median(self.runs, axis=-1).max(axis=0)))


def cached_answers(base: SideRuns, head: SideRuns) -> tuple[Difference, ...]:
    """Cautions for a head that is fast only where it has been before.

    A first sample at a point, or a side's first run, is always a little slower. It is told of when the head is the
    faster side, and its first costs half as much again as the slowest later one, and half as much again as that of the
    base does.
    """
    cautions = []
    for sweep, snapshots in enumerate(zip(*head.rounds, strict=False)):
        for metric in snapshots[0].metrics:
            ours, theirs = (_costs(side, sweep, metric.variable) for side in (base, head))
            if ours is None or theirs is None:
                continue
            if ours.runs.shape[1] == theirs.runs.shape[1] and theirs.typical >= ours.typical:
                continue
            for what, where, before, now in (
                ("sample at each input", "between samples", ours.first_sample, theirs.first_sample),
                ("run", "between runs", ours.first_run, theirs.first_run),
            ):
                if now > _FACTOR * max(1.0, before):
                    detail = (
                        f"{metric.variable}: the head's first {what} is {digits.plain(now)} times as slow as the later "
                        f"ones, the base's {digits.plain(before)} times. It looks as if the head keeps its "
                        f"answers {where}"
                    )
                    cautions.append(
                        Difference(severity="caution", what="cached_answers", detail=detail, variable=metric.variable)
                    )
    return tuple(cautions)


def _costs(side: SideRuns, sweep: int, variable: str) -> _Costs | None:
    """None where the metric is not a cost or a rate, runs differ in their points, or no point is known in all runs."""
    runs = [*([side.first] if side.first else []), *side.rounds]
    if not side.rounds or any(len(run) <= sweep or variable not in run[sweep].samples for run in runs):
        return None
    metric = runs[0][sweep].metric(variable)
    arrays = [run[sweep].samples[variable] for run in runs]
    if metric.direction is Direction.none or metric.kind is not Kind.float or len({a.shape for a in arrays}) != 1:
        return None
    stacked = np.stack([a.reshape(-1, a.shape[-1]) for a in arrays])
    known = (np.isfinite(stacked) & (stacked > 0)).all(axis=(0, 2))
    if not known.any():
        return None
    cost = stacked[:, known] if metric.direction is Direction.minimize else 1 / stacked[:, known]
    return _Costs(cost[1:], cost[0]) if side.first else _Costs(cost, None)
