"""What is recorded, imported and pinned."""

from __future__ import annotations

import base64
import json
from typing import Any, Literal

from pydantic import Field

from holobench_mcp.model import ClaimOutcome, Decision, Direction, Frozen, JsonScalar, Kind, RefEntry


def encoded_cursor(*place: str | int) -> str:
    """A place in a list as a caller hands it back."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def decoded_cursor(cursor: str, kinds: tuple[type, ...]) -> tuple[Any, ...] | None:
    """The place that a cursor is of, if its parts are of these kinds; None for what is no such cursor."""
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii", "strict")))
    except (ValueError, RecursionError):
        return None
    return tuple(place) if isinstance(place, list) and [type(part) for part in place] == list(kinds) else None


def age_of(entry: RefEntry) -> tuple[str, str, str]:
    """What baselines are listed by, the largest first: no two have the same."""
    return entry.set_at, entry.bench_name, entry.name


class ImportedBench(Frozen):
    """One benchmark of a file that was imported."""

    bench_name: str
    metrics: tuple[str, ...]
    points: int = Field(description="input points; 0 where they are not known")
    runs: int
    more_metrics: int = Field(0, description="of the benchmark, where not all are listed")


class ImportReport(Frozen):
    """What came of importing a file."""

    status: Literal["ok"] = "ok"
    reason: str = Field(description="what was recorded, and what was left out")
    next_step: str | None = None
    path: str
    format: str
    measurement: str | None = None
    n_results: int
    n_benches: int
    benches: tuple[ImportedBench, ...] = Field(description="the first of them")
    result_ids: tuple[str, ...] = Field(description="the first of them")


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
    next_step: str | None = None
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
    begin: int = Field(0, description="the first metric of this page; the metrics are all of them")

    def cursor(self, shown: int) -> str | None:
        """Where the page behind so many metrics of this one begins; None where there is none."""
        end = self.begin + shown
        return encoded_cursor(self.result_id, end) if shown and end < len(self.metrics) else None


class BaselineList(Frozen):
    """What every named baseline means now."""

    reason: str | None = Field(None, description="why there are none, or what is left out")
    baselines: tuple[RefEntry, ...] = Field(description="the newest first")
    begin: int = Field(0, description="the first baseline of this page; the baselines are all of them")

    def cursor(self, shown: int) -> str | None:
        """Where the page behind so many baselines of this one begins; None where there is none."""
        end = self.begin + shown
        return encoded_cursor(*age_of(self.baselines[end - 1])) if shown and end < len(self.baselines) else None


class BaselineSet(Frozen):
    """A baseline's new entry, and how the new result compares with the one that it replaced."""

    entry: RefEntry
    runs: int = Field(1, description="recorded runs of this code, all of which stand for it")
    decision: Decision | None = None
    note: str | None = None
