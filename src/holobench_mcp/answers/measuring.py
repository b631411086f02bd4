"""What may be measured, and what a measurement came to."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from holobench_mcp.model import Cause, ComparisonDocument, Decision, Failure, Frozen, MeasurementStatus


class RunReport(Frozen):
    """What came of running a command."""

    returncode: int
    result_ids: tuple[str, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class TooNoisy(Frozen):
    """A metric whose noise would need more than 50 runs a side to show its margin, by the runs that are recorded."""

    variable: str
    margin_percent: float
    can_show_percent: float = Field(description="the smallest change that as many runs show")
    runs: int = Field(description="a side, as last measured")


class BenchmarkRow(Frozen):
    """A benchmark that the configuration allows to run."""

    name: str
    description: str
    command: tuple[str, ...]
    runs: int
    parameters: dict[str, dict[str, Any]] = {}
    protected: tuple[str, ...] = ()
    benches: tuple[str, ...] = Field((), description="what it recorded when it was last measured")
    metrics: tuple[str, ...] = ()
    points: int | None = Field(None, description="input points of a run, as last measured")
    seconds_a_run: float | None = None
    checks_answers: bool | None = Field(
        None, description="whether anything says that its answers are right; none before it was measured"
    )
    too_noisy: tuple[TooNoisy, ...] = Field((), description="metrics that can't show their margin")


class BenchmarkList(Frozen):
    """The benchmarks that can be run from here."""

    benchmarks: tuple[BenchmarkRow, ...]


class MeasurementReport(Frozen):
    """What measuring a benchmark recorded."""

    measurement: str
    benchmark: str
    runs: int
    result_ids: tuple[str, ...]
    seconds: float
    next_step: str
    notes: tuple[str, ...] = ()


class RunningMeasurement(Frozen):
    """A measurement that has no answer yet: how far it is. It has no decision before it is over."""

    status: MeasurementStatus | Literal["waiting"] = Field(description="waiting: for another one of this machine")
    reason: str
    next_step: str | None = None
    measurement: str
    benchmark: str
    rounds_done: int
    rounds_planned: int = Field(description="the most, where rounds go on until every metric is settled")
    seconds_left: float | None = None


class RevisionReport(Frozen):
    """An interleaved A/B measurement of two revisions: one decision, and the comparisons that came of it.

    The decision is the worst of its comparisons; a head that can't be measured is `regressed`, cause `missing`.
    """

    decision: Decision
    cause: Cause | None = None
    reason: str
    next_step: str | None = None
    measurement: str
    benchmark: str
    base_revision: str
    head_revision: str
    head_dirty: bool = False
    rounds: int
    stopped: str | None
    head_failure: Failure | None = None
    protected_changed: tuple[str, ...]
    notes: tuple[str, ...]
    comparisons: tuple[ComparisonDocument, ...]
