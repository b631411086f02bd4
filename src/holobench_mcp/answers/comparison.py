"""The short form of a comparison: what became of the code, by how much, where, and how far that can be trusted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from holobench_mcp.answers.structure import Figure, Structure
from holobench_mcp.model import AnswersState, Cause, Decision, JsonScalar, Verdict


class SideShort(Structure):
    """One side: which code, and how often it was measured."""

    result_id: str | None = None
    rev: str | None = None
    dirty: bool = False
    label: str | None = None
    runs: int = 0


class Compared(Structure):
    """What was compared, and against which margin."""

    base: SideShort
    head: SideShort
    margin_percent: Figure | None = None
    rounds: int | None = None


class PointShort(Structure):
    """An input point."""

    at: dict[str, JsonScalar]
    effect: Figure
    interval: tuple[Figure, Figure]
    decision: Decision


class MetricShort(Structure):
    """A metric: the contract's verdict, and what the evidence says."""

    variable: str
    decision: Decision | None
    cause: Cause | None = None
    effect: Figure | None = None
    units: str | None = None
    interval: tuple[Figure, Figure] | None = None  #: the one that decided: of the mean, so not where points did
    decided_by: Literal["points"] | None = None
    verdict: Verdict
    baseline_value: Figure | None = None
    current_value: Figure | None = None
    points: tuple[PointShort, ...] = ()
    points_moved: int = 0
    points_unchanged: int = 0
    points_inconclusive: int = 0
    points_missing: int = 0
    missing_at: tuple[dict[str, JsonScalar], ...] = ()


class MetricGroup(Structure):
    """Metrics that are not detailed: which decision and verdict they have, how many there are, and the first names."""

    decision: Decision | None
    verdict: Verdict
    count: int
    variables: tuple[str, ...] = ()


class OtherShort(Structure):
    """Another bench or sweep of the same code."""

    benchmark: str
    decision: Decision
    cause: Cause | None = None
    reason: str = ""


class OtherGroup(Structure):
    """Other benches that did not move, or are too many to be told one by one: their number, and the first names."""

    decision: Decision
    count: int
    benchmarks: tuple[str, ...] = ()


class FailureShort(Structure):
    """How the head failed."""

    what: str
    rounds_failed: int = 0
    rounds: int = 0
    output: str = Field("", description="the end of what it printed")


class ComparisonShort(Structure):
    """A comparison, or a measurement of two revisions, in its short form."""

    decision: Decision | None
    cause: Cause | None = None
    reason: str
    next_step: str | None = None
    measurement: str | None = None
    benchmark: str
    answers: AnswersState | None = None
    answers_checked_by: tuple[str, ...] = ()
    benchmark_files_changed: tuple[str, ...] = ()
    metrics: tuple[MetricShort, ...] = ()
    other_metrics: tuple[MetricGroup, ...] = ()
    only_base: tuple[str, ...] = ()
    only_head: tuple[str, ...] = ()
    also: tuple[OtherShort, ...] = ()
    also_grouped: tuple[OtherGroup, ...] = ()
    not_measured: tuple[str, ...] = ()
    failure: FailureShort | None = None
    trust: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    compared: Compared
    full: str | None = None
