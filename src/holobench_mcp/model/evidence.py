"""The calibrated answer about two sides, metric by metric, and what a person configured of a metric."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from holobench_mcp.model.base import Frozen, JsonScalar
from holobench_mcp.model.declarations import Direction

#: Error rate of a whole comparison; and of the last look at an interleaved one, whose early look has the other 1 %.
ALPHA, ROUNDS_ALPHA = 0.05, 0.04
#: What of a run's repeats stands for it; the best ones where others kept the machine busy.
Location = Literal["mean", "median", "best"]


class Decision(StrEnum):
    """The calibrated answer, beside the contract's verdict."""

    regressed = "regressed"
    improved = "improved"
    unchanged = "unchanged"
    inconclusive = "inconclusive"
    incomparable = "incomparable"


#: Worst first: the decision of a whole comparison is the worst of its metrics'.
DECISIONS_WORST_FIRST = (
    Decision.regressed,
    Decision.incomparable,
    Decision.inconclusive,
    Decision.improved,
    Decision.unchanged,
)


class MetricSettings(Frozen):
    """What a person knows about a metric that its declaration does not say."""

    margin_percent: float | None = Field(None, gt=0, le=1000, allow_inf_nan=False)
    margin: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="margin in the metric's units, for metrics not judged in percent",
    )
    direction: Direction | None = None
    repeats: Literal["independent", "within-run"] | None = None
    deterministic: bool = False
    correctness: bool = False


class RunVariance(Frozen):
    """How much two runs of identical code differ, and how that is known."""

    source: Literal["runs", "store", "assumed", "none"]
    sd_percent: float | None = Field(None, description="run-to-run standard deviation, percent of the location")
    df: float | None = None
    note: str | None = None


class PointEvidence(Frozen):
    """One input point that moved."""

    inputs: dict[str, JsonScalar]
    decision: Literal["regressed", "improved"]
    effect_percent: float | None = None
    effect: float | None = None
    ci: tuple[float, float] | None = None
    p_value: float | None = None


class MetricEvidence(Frozen):
    """What the samples say about one metric: the effect of candidate against baseline."""

    variable: str
    decision: Decision
    reason: str
    effect_percent: float | None = Field(None, description="percent; null when judged on the plain scale")
    effect: float | None = Field(None, description="in units (percentage points for booleans)")
    units: str | None = Field(None, description="unit of effect, ci and margin: '%', 'pp' or the metric's own")
    ci: tuple[float, float] | None = Field(None, description="95 % interval of the effect")
    p_value: float | None = Field(None, description="adjusted over points and metrics")
    n_runs: tuple[int, int] = (0, 0)
    n_repeats: tuple[int, int] = (0, 0)
    n_points: int = 0
    n_dropped: int = Field(0, description="samples that were missing or not finite")
    run_variance: RunVariance | None = None
    location: Location | None = Field(None, description="what of a run's repeats stands for it, with several runs")
    margin: float | None = None
    points: tuple[PointEvidence, ...] = ()
    points_moved: int = 0
    runs_needed: int | None = None
    repeats_needed: int | None = None


class Judgement(Frozen):
    """The decision over all shared metrics."""

    decision: Decision
    reason: str
    next_step: str | None = None
    metrics: tuple[MetricEvidence, ...] = ()
