"""What tools and commands take and return, beside the contract's own documents. Computes nothing, as `model` does."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from holobench_mcp.model import (
    Cause,
    ClaimOutcome,
    ComparisonDocument,
    Decision,
    Direction,
    Failure,
    Frozen,
    JsonScalar,
    Kind,
    Limit,
    RefEntry,
)


class CompareOptions(Frozen):
    """How to compare. method and threshold choose the contract's detector; the margin is the evidence's."""

    metrics: tuple[str, ...] | None = None
    method: Literal["percentage", "adaptive", "delta", "absolute"] | None = None
    threshold: float | None = None
    margin_percent: float | None = None
    replicates: Literal["auto", "none"] = "auto"
    detail: Literal["summary", "full"] = "summary"
    include_change: bool = False


class ImportReport(Frozen):
    """What came of importing a file."""

    reason: str | None = Field(None, description="what must be said of what was imported")
    path: str
    result_ids: tuple[str, ...]


class RunReport(Frozen):
    """What came of running a command."""

    returncode: int
    result_ids: tuple[str, ...]
    problems: tuple[str, ...] = ()


class ResultRow(Frozen):
    """One result in a listing."""

    result_id: str
    bench_name: str
    executed_at: str
    source_revision: str | None
    dirty: bool | None
    label: str | None
    metrics: tuple[str, ...]
    refs: tuple[str, ...] = ()


class ResultPage(Frozen):
    """A page of results, newest first."""

    reason: str | None = Field(None, description="why there are none, or what is left out")
    results: tuple[ResultRow, ...]
    total: int = Field(description="results that match, on all pages")
    next_cursor: str | None = None


class InputValues(Frozen):
    """A swept input and where it was measured."""

    name: str
    units: str | None
    values: tuple[JsonScalar, ...]
    n_values: int = Field(description="how many there are, when values shows only the first of them")


class MetricRow(Frozen):
    """A metric of one result, summed up."""

    variable: str
    units: str | None
    direction: Direction
    kind: Kind
    n: int = Field(description="finite samples, which mean and sd are of")
    n_total: int = Field(description="samples that were to be measured")
    missing: int = 0
    infinite: int = 0
    mean: float | None
    sd: float | None = None
    optimal_value: float | None
    optimal_inputs: dict[str, Any]
    claim: ClaimOutcome | None = None


class MetricList(Frozen):
    """What a result measured, and over which inputs."""

    reason: str | None = Field(None, description="what must be said of the result that the name found")
    result_id: str
    bench_name: str
    inputs: tuple[InputValues, ...]
    metrics: tuple[MetricRow, ...]


class BenchmarkRow(Frozen):
    """A benchmark that the configuration allows to run."""

    name: str
    description: str
    command: tuple[str, ...]
    runs: int
    parameters: dict[str, dict[str, Any]] = {}
    protected: tuple[str, ...] = ()
    checks_answers: bool | None = Field(
        None, description="whether anything says that its answers are right; none before it was measured"
    )


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


class BaselineList(Frozen):
    """What every named baseline means now."""

    reason: str | None = Field(None, description="why there are none, or what is left out")
    baselines: tuple[RefEntry, ...]


class BaselineSet(Frozen):
    """A baseline's new entry, and how the new result compares with the one that it replaced."""

    entry: RefEntry
    runs: int = Field(1, description="recorded runs of this code, all of which stand for it")
    decision: Decision | None = None
    note: str | None = None


class Verification(Frozen):
    """What reading a whole store found."""

    store: str
    problems: tuple[str, ...] = Field((), description="what is damaged")
    notes: tuple[str, ...] = Field((), description="what could not be checked")
