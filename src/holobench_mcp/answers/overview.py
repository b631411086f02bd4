"""All benches of a store at a glance: what was decided last of each, how its metrics went, and how noisy they are."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from holobench_mcp.answers.history import History
from holobench_mcp.answers.listing import ResultRow
from holobench_mcp.answers.measuring import TooNoisy
from holobench_mcp.model import ComparisonDocument, Decision, Direction, Frozen, Kind


class ComparedSide(Frozen):
    """One side of a comparison that the log has."""

    result_id: str
    rev: str | None = Field(None, description="the revision, with +dirty for uncommitted code")
    label: str | None = None


class LoggedComparison(Frozen):
    """A comparison as the log has it: what it came to when it was made."""

    decision: Decision
    reason: str | None = None
    compared_at: str
    baseline: ComparedSide
    candidate: ComparedSide


class OverviewMetric(Frozen):
    """A metric of a bench: its newest value, how it went, and how far its runs differ."""

    variable: str
    units: str | None = None
    direction: Direction = Direction.minimize
    kind: Kind = Kind.float
    value: float | None = Field(None, description="mean of the newest measurement's samples")
    values: tuple[float | None, ...] = Field((), description="the same of the newest measurements, oldest first")
    noise_percent: float | None = Field(None, description="standard deviation between runs of one code")
    noise_runs: int = Field(0, description="runs that it is known from, less one for each code")
    margin_percent: float | None = None
    too_noisy: TooNoisy | None = Field(None, description="where no number of runs that may be asked for helps")


class OverviewBench(Frozen):
    """A bench at a glance."""

    bench_name: str
    comparison: LoggedComparison | None = Field(
        None, description="of the newest code that was compared; none where none was"
    )
    metrics: tuple[OverviewMetric, ...] = Field((), description="the first of them")
    metrics_more: int = 0
    n_results: int = Field(0, description="runs that are recorded of it")
    runs: int = Field(0, description="runs of the newest measurement")
    result_id: str | None = Field(None, description="the newest")
    measured_at: str | None = None
    rev: str | None = None
    label: str | None = None
    answers_checked: bool | None = Field(None, description="whether anything says that its answers are right")
    problems: tuple[str, ...] = Field((), description="what of it can't be read")

    @property
    def is_unfit(self) -> bool:
        """Whether a metric is too noisy for its margin."""
        return any(metric.too_noisy is not None for metric in self.metrics)


class Overview(Frozen):
    """All benches of a store, what needs a look first."""

    decision: Decision | None = Field(None, description="the worst of them; none where nothing was compared")
    reason: str
    next_step: str | None = None
    n_results: int
    benches: tuple[OverviewBench, ...]
    notes: tuple[str, ...] = Field((), description="what of the store can't be read, or is of an earlier time")


class BenchReport(Frozen):
    """All that there is to see of a bench: where it stands, its newest comparison whole, and how its metrics went."""

    bench: OverviewBench
    comparison: ComparisonDocument | None = Field(None, description="the newest, as it comes out now")
    histories: tuple[History, ...] = ()
    comparisons: tuple[LoggedComparison, ...] = Field((), description="of its newest code, the newest first")
    results: tuple[ResultRow, ...] = Field((), description="the newest")
    notes: tuple[str, ...] = ()


class SiteWritten(Frozen):
    """What came of writing a store's site."""

    status: Literal["ok"] = "ok"
    reason: str
    next_step: str | None = None
    path: str
    pages: int
    n_bytes: int
    changed: int = Field(0, description="files that are others than they were")
    removed: int = Field(0, description="files of the site that are not made any more")
    notes: tuple[str, ...] = ()
