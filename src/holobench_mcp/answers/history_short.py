"""The short form of a metric's history: what happened and when, then its newest measurements."""

from __future__ import annotations

from typing import Literal

from holobench_mcp.answers.structure import Figure, Structure
from holobench_mcp.model import JsonScalar


class LevelShort(Structure):
    """A metric at one code; without an estimate where too little was measured."""

    rev: str | None = None
    dirty: bool = False
    at: str
    estimate: Figure | None = None
    interval: tuple[Figure, Figure] | None = None
    runs: int = 1
    result_id: str | None = None


class StepShort(Structure):
    """A step between two revisions, or a drift over all of them."""

    after_rev: str | None = None
    rev: str | None = None
    at: str | None = None
    result_id: str | None = None
    effect: Figure | None = None
    units: str | None = None
    interval: tuple[Figure, Figure] | None = None
    confidence: Figure


class DetectableShort(Structure):
    """What a series without a step could have shown four times of five."""

    middle: Figure
    newest: Figure
    n_newest: int
    units: str | None = None
    more_needed: int | None = None


class HistoryShort(Structure):
    """A metric over the code that was measured, oldest first."""

    status: Literal["stepped", "drifted", "no_step_found", "too_few"]
    reason: str
    next_step: str | None = None
    bench_name: str
    metric: str
    units: str | None = None
    better: str | None = None
    order: str
    point: dict[str, JsonScalar] = {}
    change_points: tuple[StepShort, ...] = ()
    more_change_points: int = 0
    drift: StepShort | None = None
    detectable: DetectableShort | None = None
    limits: tuple[str, ...] = ()
    over_threshold: tuple[str, ...] = ()
    measurements: int
    series: tuple[LevelShort, ...] = ()
