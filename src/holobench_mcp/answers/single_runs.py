"""The single runs behind a comparison, and its points before and after: what a chart draws beside the evidence."""

from __future__ import annotations

from pydantic import Field

from holobench_mcp.model import Frozen, JsonScalar


class PointValues(Frozen):
    """An input point's mean on both sides, in the metric's units; none where a side has no finite sample."""

    inputs: dict[str, JsonScalar]
    baseline: float | None
    candidate: float | None


class MetricRuns(Frozen):
    """A metric's single runs, each as an effect against the mean of the baseline's runs, in the unit of its effect."""

    variable: str
    baseline: tuple[float, ...]
    candidate: tuple[float, ...]
    points: tuple[PointValues, ...] = Field((), description="those that the evidence names")
    spread: tuple[float, ...] = Field((), description="the effects of all points, ascending; of many, evenly chosen")


class SingleRuns(Frozen):
    """The single runs of both sides of a comparison."""

    baseline: str = Field(description="result id")
    candidate: str = Field(description="result id")
    metrics: tuple[MetricRuns, ...] = ()
