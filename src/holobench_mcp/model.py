"""The ground floor: frozen models of everything that crosses a boundary, and the errors.

Nothing here computes. Every other module may import this one; it imports only pydantic, because the
server must be able to describe its tools before anything heavy is loaded.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1
STORE_FORMAT = 1
#: Error rate of a whole comparison; and of the last look at an interleaved one, whose early look has the other 1 %.
ALPHA, ROUNDS_ALPHA = 0.05, 0.04

JsonScalar = str | int | float | bool | None
Verdict = Literal["improved", "regressed", "unchanged"]
#: What of a run's repeats stands for it; the best ones where others kept the machine busy.
Location = Literal["mean", "median", "best"]


# --------------------------------------------------------------------------- errors


class HolobenchMcpError(Exception):
    """Base of every error that a person or an agent is meant to read."""

    exit_code = 2


class InvalidArgument(HolobenchMcpError, ValueError):
    """An argument is not of the form that its name promises."""


class UnknownResult(HolobenchMcpError, LookupError):
    """No stored result answers to a name."""


class AmbiguousResult(HolobenchMcpError, LookupError):
    """More than one stored result answers to a name."""


class NotComparable(HolobenchMcpError, ValueError):
    """Two results have nothing that can be compared."""


class ConfigError(HolobenchMcpError):
    """The configuration can't be used as it is written."""


class CaptureError(HolobenchMcpError):
    """A result could not be taken in."""


class OutputError(HolobenchMcpError):
    """What was found out can't be written where it should go."""


class Busy(CaptureError):
    """Another measurement is running on this machine."""


class StoreError(HolobenchMcpError):
    """The store can't be opened, read or written."""

    exit_code = 3


class IntegrityError(StoreError):
    """Stored bytes are not the bytes that were recorded."""


# --------------------------------------------------------------------------- declarations


def _lean(schema: dict[str, Any]) -> None:
    """Drop the titles that pydantic makes of names, and write `number or null` as one type, not as a choice of two.

    An agent pays for every word of a tool's schema, and a client that checks an answer against it for every choice.
    """
    schema.pop("title", None)
    for declared in schema.get("properties", {}).values():
        declared.pop("title", None)
        _join_types(declared)


def _join_types(declared: dict[str, Any]) -> None:
    choices = declared.get("anyOf", [])
    if choices and all(set(choice) == {"type"} for choice in choices):
        declared["type"] = [choice["type"] for choice in declared.pop("anyOf")]
    parts = [declared.get("items"), declared.get("additionalProperties"), *declared.get("prefixItems", ()), *choices]
    for part in parts:
        if isinstance(part, dict):
            _join_types(part)


class Frozen(BaseModel):
    """A value: compared by content, never changed; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_lean)


class Direction(StrEnum):
    """Which way is better."""

    minimize = "minimize"
    maximize = "maximize"
    none = "none"


class Kind(StrEnum):
    """What one sample of a metric is."""

    float = "float"
    bool = "bool"


class Input(Frozen):
    """A swept input: one dimension of a result."""

    name: str
    units: str | None = None
    kind: Literal["float", "int", "bool", "str", "datetime"] = "float"


class Metric(Frozen):
    """A scalar that a benchmark measures at every input point."""

    variable: str
    units: str | None = None
    direction: Direction = Direction.minimize
    kind: Kind = Kind.float
    claim: str | None = None
    meaning_version: int = 1


class Environment(Frozen):
    """Where, on what and from which code a result was measured; what comparability reads.

    Unknown facts are None: a result that comes from another tool seldom has them all. Fields that a later
    version adds are kept when an older one reads the manifest.
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=_lean)

    holobench: str | None = None
    python: str | None = None
    numpy: str | None = None
    os: str | None = None
    cpu_model: str | None = None
    cpu_count: int | None = None
    hostname_hash: str | None = None
    git_commit: str | None = None
    git_dirty: bool | None = None
    benchmark_sha256: str | None = Field(None, description="sha256 of the benchmark's source file")
    sweep_sha256: str | None = Field(None, description="sha256 of the sweep class's source")
    command: tuple[str, ...] | None = None
    caches_on: bool | None = None


class Difference(Frozen):
    """One thing that differs between the sides."""

    severity: Literal["blocking", "caution"]
    what: str = Field(description="a stable word, such as 'cpu_model' or 'benchmark_source'")
    detail: str
    variable: str | None = None


class Measurement(Frozen):
    """Which run of which measurement a result is: results that share an id are replicate runs."""

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=_lean)

    id: str
    benchmark: str | None = None
    run: int = Field(0, ge=0, description="0-based; also the round of an interleaved A/B")
    runs: int = Field(1, ge=1)
    side: Literal["base", "head"] | None = None
    sweep: int = Field(0, ge=0, description="which sweep of the command this is")
    measured_by: Literal["server", "recorded"] = "recorded"
    cautions: tuple[Difference, ...] = Field((), description="what an improvement of this side must be doubted for")


class MetricStats(Frozen):
    """The finite samples of one metric in one result, all points and repeats together."""

    n: int
    mean: float | None
    sd: float | None = Field(None, description="sample standard deviation (n − 1)")
    min: float | None
    median: float | None
    max: float | None


class BlobRef(Frozen):
    """Content-addressed bytes in the store."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]


class Manifest(Frozen):
    """One recorded result: all that listing, history and comparability need without its samples."""

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=_lean)

    format: Literal[1] = STORE_FORMAT  # type: ignore[assignment]  # mypy wants the literal spelt out
    result_id: str
    bench_name: str
    executed_at: str
    provenance: dict[str, Any]
    over_time: bool = False
    inputs: tuple[Input, ...] = ()
    shape: tuple[int, ...] = Field((), description="points of each input, then repeats")
    metrics: tuple[Metric, ...] = ()
    stats: dict[str, MetricStats] = {}
    constants: dict[str, JsonScalar] = {}
    environment: Environment = Environment()
    measurement: Measurement | None = None
    definition: str = Field("", description="digest of bench name, inputs, metrics: what makes replicates")
    blobs: dict[str, BlobRef] = {}

    @property
    def source_revision(self) -> str | None:
        """The revision that was measured: as the launcher said, else as git said."""
        return self.provenance.get("source_revision") or self.environment.git_commit

    @property
    def label(self) -> str | None:
        """The display label that the result was given."""
        return self.provenance.get("display_label")


class RefEntry(Frozen):
    """One entry of a named ref's log. The last one is what the name means."""

    bench_name: str
    name: str
    result_id: str
    set_at: str
    set_by: str
    reason: str | None = None
    replaced: str | None = None


# --------------------------------------------------------------------------- the contract of one result


class Tolerant(BaseModel):
    """A document of the contract: keys that a later version adds are kept and ignored."""

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=_lean)


class ClaimOutcome(Tolerant):
    """A claim judged on every sample of one result."""

    claim: str | None = None
    holds: bool | None
    worst_value: float | None
    worst_inputs: dict[str, Any]
    samples: int


class SeriesPoint(Tolerant):
    """One time event of a metric's recorded history."""

    time_event: str
    mean: float | None
    std: float | None
    n: int


class ResultMetric(Tolerant):
    """A metric of one result."""

    variable: str
    units: str | None
    direction: Direction
    optimal_value: float | None
    optimal_inputs: dict[str, Any]
    claim: ClaimOutcome | None = None
    series: list[SeriesPoint] | None = None


class InputVar(Tolerant):
    """A swept input, as the contract names it."""

    name: str
    units: str | None


class Regression(Tolerant):
    """One check that holobench made against the result's own recorded history."""

    variable: str
    method: str
    regressed: bool
    current_value: float | None
    baseline_value: float | None
    change_percent: float | None
    threshold: float | None
    direction: str
    details: str


class Regressions(Tolerant):
    """What holobench found against the result's own recorded history."""

    has_regressions: bool
    has_blocking_regressions: bool = False
    results: list[Regression]


class ResultDocument(Tolerant):
    """`result.json`, schema version 1, with this server's own additive keys."""

    schema_version: Literal[1]
    bench_name: str
    provenance: dict[str, Any]
    input_vars: list[InputVar]
    over_time: bool
    metrics: list[ResultMetric]
    regressions: Regressions
    result_id: str | None = None
    uri: str | None = None


# --------------------------------------------------------------------------- decision and evidence


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


# --------------------------------------------------------------------------- the contract of two results


class Side(Tolerant):
    """One side of a comparison: the result that was named."""

    bench_name: str
    provenance: dict[str, Any]
    result_id: str | None = None
    uri: str | None = None
    replicates: tuple[str, ...] = Field((), description="further runs of the same code that the evidence uses")


class ClaimPair(Tolerant):
    """A claim, judged on both sides."""

    variable: str | None = None
    claim: str
    candidate: ClaimOutcome
    baseline: ClaimOutcome | None


class ComparedMetric(Tolerant):
    """A metric on both sides: the contract's verdict, and beside it the evidence."""

    variable: str
    baseline_value: float | None
    current_value: float | None
    change_percent: float | None
    direction: str
    method: str
    regressed: bool
    verdict: Verdict
    claim: ClaimPair | None = None
    evidence: MetricEvidence | None = None


class Unpaired(Tolerant):
    """Metrics that only one side has."""

    candidate_only: tuple[str, ...]
    baseline_only: tuple[str, ...]


class EvidenceBasis(Frozen):
    """What the decision rests on."""

    alpha: float = Field(0.05, description="error rate of the whole comparison")
    margin_percent: float
    replicates: Literal["auto", "none", "rounds"]
    runs: tuple[int, int] = Field(description="runs of the baseline and of the candidate")
    measured_by: Literal["server", "recorded"] = "recorded"


class Selection(Frozen):
    """How many variants were tried against the same baseline, and what that does to this one's p."""

    comparisons: int
    adjusted_p: float | None
    note: str | None = None


class ComparisonDocument(Tolerant):
    """`comparison.json`, schema version 1, with this server's own additive keys."""

    schema_version: Literal[1]
    decision: Decision | None = None
    reason: str | None = None
    next_step: str | None = None
    baseline: Side
    candidate: Side
    metrics: list[ComparedMetric]
    omitted_metrics: int = Field(0, description="metrics left out of a summary; detail='full' has all")
    summary: dict[str, int]
    claims: list[ClaimPair]
    unpaired: Unpaired
    evidence: EvidenceBasis | None = None
    comparability: tuple[Difference, ...] = ()
    selection: Selection | None = None
    notes: tuple[str, ...] = ()
    uri: str | None = None


def result_uri(result_id: str) -> str:
    """The resource that serves a result's contract."""
    return f"holobench://results/{result_id}/result.json"


def comparison_uri(baseline_id: str, candidate_id: str) -> str:
    """The resource that serves a comparison of two results."""
    return f"holobench://comparisons/{baseline_id}/{candidate_id}/comparison.json"
