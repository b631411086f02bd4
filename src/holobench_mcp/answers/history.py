"""A metric over the code that was measured."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from holobench_mcp.model import Direction, Frozen, JsonScalar, Limit


class HistoryPoint(Frozen):
    """A metric at one code: all its runs together."""

    result_id: str = Field(description="its newest run")
    executed_at: str
    source_revision: str | None
    dirty: bool = False
    label: str | None = None
    estimate: float | None = Field(description="null where too little was measured: a gap")
    ci: tuple[float, float] | None
    n: int
    n_runs: int
    missing_points: int = Field(0, description="points without a finite sample in one of its runs")
    infinite: int = Field(0, description="samples that were infinite")


class ChangePoint(Frozen):
    """Where a metric stepped: the first measurement after the step."""

    result_id: str
    executed_at: str
    after_revision: str | None = Field(description="the last revision before the step")
    source_revision: str | None
    effect_percent: float | None = None
    effect: float | None = Field(None, description="in units; percentage points of a boolean's rate")
    ci: tuple[float, float] | None
    confidence: float = Field(description="1 − p: how seldom a series without a step looks like this")


class DriftReport(Frozen):
    """A slow change over the whole series, without a step."""

    effect_percent: float | None = None
    effect: float | None = None
    ci: tuple[float, float] | None
    confidence: float


class DetectableStep(Frozen):
    """What a series without a step could have shown four times of five."""

    middle: float = Field(description="a step in its middle, in percent or in units")
    newest: float = Field(description="a step of its newest measurements only")
    n_newest: int = Field(description="how many of them that takes")
    units: str | None
    more_needed: int | None = Field(None, description="further measurements that show a step of the margin")


class History(Frozen):
    """A metric over the code that was measured, oldest first."""

    bench_name: str
    metric: str
    units: str | None
    direction: Direction
    point: dict[str, JsonScalar] | None = None
    order: Literal["git", "time", "mixed"] = Field("time", description="of code, as git has it, or of measurement")
    series: tuple[HistoryPoint, ...]
    change_points: tuple[ChangePoint, ...]
    drift: DriftReport | None = None
    detectable: DetectableStep | None = None
    limits: tuple[Limit, ...] = Field((), description="what is left out of the series, and what it can't show")
    detectors: tuple[dict[str, Any], ...] = Field((), description="holobench's own over-time detectors, verbatim")
    summary: str = ""
