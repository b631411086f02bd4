"""The short forms of what lists, shows and records: rows without what is empty, and how many there are beside them."""

from __future__ import annotations

from pydantic import Field

from holobench_mcp.answers.listing import ImportedBench
from holobench_mcp.answers.structure import Figure, Structure
from holobench_mcp.model import Decision, JsonScalar


class ListedShort(Structure):
    """What every list begins with."""

    status: str = Field(description="ok, or empty")
    reason: str
    next_step: str | None = None


class ResultShort(Structure):
    """One result in a listing."""

    result_id: str
    bench_name: str
    executed_at: str | None = None
    rev: str | None = None
    dirty: bool = False
    label: str | None = None
    metrics: tuple[str, ...] = ()
    more_metrics: int = 0
    baselines: tuple[str, ...] = ()


class ResultsShort(ListedShort):
    """A page of results, newest first."""

    total: int
    next_cursor: str | None = None
    results: tuple[ResultShort, ...] = ()


class InputShort(Structure):
    """A swept input."""

    name: str
    units: str | None = None
    values: tuple[JsonScalar, ...] = ()
    n_values: int = 0


class MeasuredShort(Structure):
    """A metric of one result."""

    variable: str
    units: str | None = None
    better: str | None = None
    mean: Figure | None = None
    sd: Figure | None = None
    n: int
    missing: int = 0
    infinite: int = 0
    best: Figure | None = None
    best_at: dict[str, JsonScalar] = {}
    claim: str | None = None
    claim_holds: bool | None = None


class MetricsShort(ListedShort):
    """What one result measured."""

    result_id: str
    bench_name: str
    inputs: tuple[InputShort, ...] = ()
    next_cursor: str | None = None
    metrics: tuple[MeasuredShort, ...] = ()
    other_metrics: tuple[str, ...] = ()
    n_other_metrics: int = 0


class ContractShort(ListedShort):
    """A contract that is too long for one answer: what it is of, and where the whole is."""

    result_id: str
    bench_name: str
    characters: int
    metrics: tuple[str, ...] = ()
    more_metrics: int = 0
    uri: str


class BaselineShort(Structure):
    """What a baseline means now."""

    bench_name: str
    name: str
    result_id: str
    set_at: str
    set_by: str
    reason: str | None = None


class BaselinesShort(ListedShort):
    """What every named baseline means now."""

    total: int
    next_cursor: str | None = None
    baselines: tuple[BaselineShort, ...] = ()


class BaselineSetShort(Structure):
    """A baseline's new entry."""

    status: str = Field(description="set, or unchanged")
    reason: str
    bench_name: str
    name: str
    result_id: str
    runs: int
    replaced: str | None = None
    against_replaced: Decision | None = None


class ImportShort(ListedShort):
    """What came of importing a file."""

    path: str
    format: str
    measurement: str | None = None
    benches: tuple[ImportedBench, ...] = ()
    total: int
    result_ids: tuple[str, ...] = ()


class ParameterShort(Structure):
    """A parameter that a call may set."""

    name: str
    type: str
    default: JsonScalar = None
    choices: tuple[JsonScalar, ...] = ()
    min: Figure | None = None
    max: Figure | None = None
    description: str | None = None


class TooNoisyShort(Structure):
    """A metric whose noise would need more than 50 runs a side to show its margin."""

    variable: str
    margin_percent: Figure
    can_show_percent: Figure
    runs: int


class BenchmarkShort(Structure):
    """A benchmark that can be run from here, and what it measured when it was last run."""

    name: str
    description: str | None = None
    runs: int
    benches: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    points: int = 0
    seconds_a_run: Figure | None = None
    answers: str | None = None
    too_noisy: tuple[TooNoisyShort, ...] = ()
    parameters: tuple[ParameterShort, ...] = ()


class BenchmarksShort(ListedShort):
    """The benchmarks that can be run from here."""

    benchmarks: tuple[BenchmarkShort, ...] = ()
    more_benchmarks: tuple[str, ...] = ()


class MeasurementShort(ListedShort):
    """What measuring a benchmark recorded."""

    measurement: str
    benchmark: str
    runs: int
    seconds: Figure
    total: int
    result_ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
