"""The contract of one result: `result.json`, schema version 1."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field

from holobench_mcp.model.base import Tolerant
from holobench_mcp.model.declarations import Direction

SCHEMA_VERSION = 1


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
    notes: tuple[str, ...] = Field((), description="what must be said of a store that is down")
    contract_only: bool = Field(False, description="it came in without its samples, so nothing can be computed from it")


def benchmark_uri(bench_name: str) -> str:
    """The resource that serves a bench's newest results."""
    return f"holobench://benchmarks/{quote(bench_name, safe='')}"


def result_uri(result_id: str) -> str:
    """The resource that serves a result's contract."""
    return f"holobench://results/{result_id}/result.json"
