"""The contract of two results: `comparison.json`, schema version 1, with this server's additive keys."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from holobench_mcp.model.base import Frozen, Tolerant
from holobench_mcp.model.declarations import Difference
from holobench_mcp.model.evidence import AnswersState, Cause, Decision, MetricEvidence
from holobench_mcp.model.result import ClaimOutcome

Verdict = Literal["improved", "regressed", "unchanged"]


class Side(Tolerant):
    """One side of a comparison: the result that was named."""

    bench_name: str
    provenance: dict[str, Any]
    result_id: str | None = None
    rev: str | None = Field(None, description="the revision, with +dirty for uncommitted code")
    label: str | None = Field(None, description="the label that somebody chose")
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

    alpha: float = Field(0.05, description="error rate of all that is judged together")
    alpha_unchanged: float = Field(0.05, description="how often a metric may be called unchanged that is not")
    margin_percent: float
    replicates: Literal["auto", "none", "rounds"]
    runs: tuple[int, int] = Field(description="runs of the baseline and of the candidate")
    benches: int = Field(1, description="how many benches are judged together, and share the error rate")
    measured_by: Literal["server", "recorded"] = "recorded"


class Selection(Frozen):
    """How many variants were tried against the same baseline, and what that does to this one's p."""

    comparisons: int
    adjusted_p: float | None
    note: str | None = None


class OtherComparison(Frozen):
    """Another bench or sweep of the same code, with its own decision."""

    bench_name: str
    decision: Decision
    cause: Cause | None = None
    reason: str
    baseline: str | None = Field(None, description="result id")
    candidate: str | None = Field(None, description="result id; none where it is missing")
    uri: str | None = None


class AnswersCheck(Frozen):
    """Whether the code still gives the same answers, and which metrics say so."""

    state: AnswersState
    checked_by: tuple[str, ...] = ()


class ComparisonDocument(Tolerant):
    """`comparison.json`, schema version 1, with this server's own additive keys: what to act on stands first."""

    decision: Decision | None = None
    cause: Cause | None = Field(None, description="what kind of thing the decision speaks of")
    reason: str | None = None
    next_step: str | None = None
    schema_version: Literal[1]
    baseline: Side
    candidate: Side
    metrics: list[ComparedMetric]
    summary: dict[str, int]
    claims: list[ClaimPair]
    unpaired: Unpaired
    evidence: EvidenceBasis | None = None
    answers: AnswersCheck | None = None
    comparability: tuple[Difference, ...] = ()
    selection: Selection | None = None
    notes: tuple[str, ...] = ()
    also: tuple[OtherComparison, ...] = Field((), description="the other benches that were measured of this code")
    not_measured: tuple[str, ...] = Field((), description="benches of this project that this code was not measured by")
    measurement: str | None = Field(None, description="in whose rounds both sides were measured")
    order: Literal["git", "time", "named"] | None = Field(None, description="how the older code was told")
    uri: str | None = None


class ComparisonEntry(Tolerant):
    """An entry of the log of comparisons: which two results were compared, when, and what it came to then."""

    baseline: str = Field(description="result id")
    candidate: str = Field(description="result id")
    search: str = Field("", description="which search for an improvement the candidate is a variant of")
    compared_at: str
    key: str | None = Field(None, description="where it stands in the store: an entry that was moved is known")
    decision: Decision | None = Field(None, description="with nothing asked for but the default")
    reason: str | None = None


def comparison_uri(baseline_id: str, candidate_id: str) -> str:
    """The resource that serves a comparison of two results."""
    return f"holobench://comparisons/{baseline_id}/{candidate_id}/comparison.json"
