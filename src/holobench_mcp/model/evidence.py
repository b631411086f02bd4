"""The calibrated answer about two sides, metric by metric, and what a person configured of a metric."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from holobench_mcp.model.base import Frozen, JsonScalar
from holobench_mcp.model.declarations import Direction

#: Error rate of a whole comparison; of one in rounds, of all looks at it together.
ALPHA = 0.05
#: What of a run's repeats stands for it; the best ones where others kept the machine busy.
Location = Literal["mean", "median", "best"]
#: What kind of thing a decision speaks of, so that a wrong answer is not taken for a slow one.
Cause = Literal["performance", "correctness", "claim", "missing", "different"]
#: What is worse of two regressions: a wrong answer, then none, then a slow one.
CAUSES_WORST_FIRST: tuple[Cause | None, ...] = ("correctness", "claim", "missing", "performance", "different", None)
#: Whether the answers of the code are what they were, as far as the benchmark checks them.
AnswersState = Literal["same", "wrong", "better", "unknown", "unchecked"]


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

    margin_percent: float | None = Field(
        None,
        gt=0,
        le=1000,
        allow_inf_nan=False,
        description="the smallest change of this metric that matters, in percent",
        examples=[5],
    )
    margin: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="margin in the metric's units, for metrics not judged in percent",
        examples=[0.5],
    )
    direction: Direction | None = Field(
        None, description="which way is better, for a metric that declares none", examples=["maximize"]
    )
    repeats: Literal["independent", "within-run"] | None = Field(
        None, description="independent: repeats of one process may count as runs", examples=["independent"]
    )
    deterministic: bool = Field(False, description="whether any difference is real", examples=[True])
    correctness: bool = Field(
        False, description="whether it says that answers are right: it may not get worse at all", examples=[True]
    )


class RunVariance(Frozen):
    """How much two runs of identical code differ, and how that is known."""

    source: Literal["runs", "store", "suite", "assumed", "none"]
    sd_percent: float | None = Field(None, description="run-to-run standard deviation, percent of the location")
    df: float | None = None
    measurements: int | None = Field(None, description="earlier measurements of this machine that it was learnt from")
    unlike_past: bool = Field(False, description="the runs contradict what earlier measurements showed, and go alone")
    note: str | None = None


class Limit(Frozen):
    """Something that limits what an answer is worth, as a value: nobody should have to read it out of a sentence."""

    what: str = Field(
        description="stable word: assumed_variance, suite_spread, busy_machine, disturbed_runs, few_runs, few_repeats, "
        "few_points, missing_samples, not_finite, appeared, cannot_show_margin, unlike_the_past"
    )
    detail: str = Field(description="one sentence, with its numbers")
    variable: str | None = None


class PointEvidence(Frozen):
    """One input point: one that moved; or, where there are few, any. Each is judged beside all the others."""

    inputs: dict[str, JsonScalar]
    decision: Literal["regressed", "improved", "unchanged", "inconclusive"]
    effect_percent: float | None = None
    effect: float | None = None
    ci: tuple[float, float] = Field(description="95 % interval of this point's own effect")
    p_value: float | None = None

    @property
    def size(self) -> float:
        """The effect, in the unit that it is told in."""
        return _size(self.effect_percent, self.effect)


class MetricEvidence(Frozen):
    """What the samples say about one metric: the effect of candidate against baseline."""

    variable: str
    decision: Decision
    cause: Cause | None = Field(None, description="what a decision speaks of; null where unchanged or inconclusive")
    reason: str
    effect_percent: float | None = Field(None, description="percent; null when judged on the plain scale")
    effect: float | None = Field(None, description="in units (percentage points for booleans)")
    units: str | None = Field(None, description="unit of effect, ci and margin: '%', 'pp' or the metric's own")
    ci: tuple[float, float] | None = Field(None, description="interval of the effect, at interval_level")
    interval_level: float | None = Field(
        None, description="0.9 where the metric is unchanged, 0.95 elsewhere; of rounds, the look's own"
    )
    decided_by: Literal["mean", "points"] | None = Field(
        None, description="whether the mean over the points moved, or single points only"
    )
    at_least_percent: float | None = Field(None, description="the sure part: the end of the interval nearest to zero")
    at_least: float | None = Field(None, description="the same, in units")
    p_value: float | None = Field(None, description="adjusted over points and metrics")
    n_runs: tuple[int, int] = (0, 0)
    n_repeats: tuple[int, int] = (0, 0)
    n_points: int = 0
    n_dropped: int = Field(0, description="samples that were missing or not finite")
    run_variance: RunVariance | None = None
    location: Location | None = Field(None, description="what of a run's repeats stands for it, with several runs")
    disturbed_runs: tuple[int, int] | None = Field(
        None, description="runs of each side far from its others, where these are given little weight (trimmed means)"
    )
    margin: float | None = Field(None, description="the margin that was used")
    margin_asked: float | None = Field(None, description="what the call asked for, in percent; it wins")
    margin_configured: float | None = Field(None, description="what is configured of the metric, in its units")
    points: tuple[PointEvidence, ...] = ()
    points_at_rest: tuple[PointEvidence, ...] = Field((), description="those that did not move, where there are few")
    points_moved: int = 0
    points_unchanged: int = Field(0, description="points shown unchanged; the rest may have moved or not")
    points_tested: int = Field(0, description="how many points those that moved were chosen from")
    missing: int = Field(0, description="points with finite samples in the baseline and none in the candidate")
    missing_points: tuple[dict[str, JsonScalar], ...] = Field((), description="the first of them")
    appeared: int = Field(0, description="points with finite samples in the candidate and none in the baseline")
    limits: tuple[Limit, ...] = ()
    runs_needed: int | None = None
    repeats_needed: int | None = None
    can_show_percent: float | None = Field(
        None, description="of an inconclusive metric: the smallest change that so much measured shows 4 times of 5"
    )
    can_show: float | None = Field(None, description="the same, in units")

    @property
    def size(self) -> float:
        """The effect, in the unit that it is told in; 0 where none is known."""
        return _size(self.effect_percent, self.effect)


class Judgement(Frozen):
    """The decision over all shared metrics."""

    decision: Decision
    cause: Cause | None = None
    reason: str
    next_step: str | None = None
    metrics: tuple[MetricEvidence, ...] = ()
    limits: tuple[Limit, ...] = ()


def _size(percent: float | None, units: float | None) -> float:
    return percent if percent is not None else units or 0.0
