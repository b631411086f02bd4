"""The configuration: as it may be written, and as it is in force."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, field_validator

from holobench_mcp.config.benchmarks import PLACEHOLDER, BenchmarkConfig, BenchmarkName
from holobench_mcp.config.http import HttpConfig
from holobench_mcp.model import Frozen, MetricSettings

TABLE = "tool.holobench-mcp"
#: How long a call waits for a measurement before it says how far it is: most clients end a call after 60 s.
PATIENCE_S = 45.0


class Retention(Frozen):
    """Which results `gc` leaves in the store: what any of its rules keeps. Without a rule, all of them."""

    days: float | None = Field(
        None, gt=0, le=36_500, description="those that are younger than so many days", examples=[365]
    )
    results: int | None = Field(None, ge=1, description="so many of each benchmark, the newest", examples=[200])

    def __bool__(self) -> bool:
        return self.days is not None or self.results is not None


class FileConfig(Frozen):
    """The table as it may be written."""

    store: str | None = Field(
        None,
        description="a folder, or s3://…, gs://…, az://…; .holobench/ unless given",
        examples=["s3://bucket/results"],
    )
    margin_percent: float = Field(
        3.0, gt=0, le=1000, description="the smallest change that matters, in percent", examples=[5]
    )
    patience_s: float = Field(
        PATIENCE_S,
        ge=1,
        le=3600,
        description="how long a call waits for a measurement before it says how far it is, in seconds",
        examples=[300],
    )
    import_roots: tuple[str, ...] = Field(
        (), description="folders that import_results may read, beside the project", examples=[["../saved"]]
    )
    keep: Retention = Field(
        Retention(), description="which results gc leaves in the store; all unless given", examples=[{"days": 365}]
    )
    chain: bool = Field(
        False, description="whether each entry of the store's journal vouches for all before it", examples=[True]
    )
    metrics: dict[str, MetricSettings] = Field(
        {},
        description="what is known of a metric, by 'metric' or 'bench.metric'",
        examples=[{"sort.time_ms": {"margin_percent": 5}}],
    )
    benchmarks: dict[BenchmarkName, BenchmarkConfig] = Field(
        {}, description="what an agent may run, by its name", examples=[{"sort": {"command": ["python", "bench.py"]}}]
    )
    http: HttpConfig = Field(HttpConfig(), description="serving over HTTP", examples=[{"hosts": ["bench.example.com"]}])

    @field_validator("benchmarks")
    @classmethod
    def _parameters_declared(cls, value: dict[str, BenchmarkConfig]) -> dict[str, BenchmarkConfig]:
        for name, benchmark in value.items():
            for key, placeholder in _undeclared(benchmark):
                known = ", ".join(f"{{{parameter}}}" for parameter in (*benchmark.parameters, "tree"))
                raise ValueError(
                    f"{key} of {name} has {{{placeholder}}}, which it does not declare; it has {known}. Declare it "
                    f"under [{TABLE}.benchmarks.{name}.parameters], or write {{{{{placeholder}}}}} for the text itself"
                )
            if place := PLACEHOLDER.search(benchmark.cwd):
                raise ValueError(f"cwd of {name} has {place[0]}, but a folder takes no parameters")
        return value


class Config(Frozen):
    """The configuration in force, and where each of its parts came from."""

    root: Path
    file: Path | None
    store: str
    store_from: str
    #: The main working tree's project, where this one is in a linked worktree that uses its store.
    store_shared_by: Path | None = None
    margin_percent: float = 3.0
    patience_s: float = PATIENCE_S
    import_roots: tuple[Path, ...] = ()
    keep: Retention = Retention()
    chain: bool = False
    metrics: dict[str, MetricSettings] = {}
    benchmarks: dict[str, BenchmarkConfig] = {}
    http: HttpConfig = HttpConfig()

    def settings_for(self, bench_name: str, variables: tuple[str, ...]) -> dict[str, MetricSettings]:
        """What is configured for a bench's metrics: `bench.metric` before `metric`."""
        found = {v: self.metrics.get(f"{bench_name}.{v}") or self.metrics.get(v) for v in variables}
        return {v: s for v, s in found.items() if s is not None}


def _undeclared(benchmark: BenchmarkConfig) -> Iterator[tuple[str, str]]:
    """The keys of a benchmark with a placeholder that nothing will replace, and the placeholder's name."""
    declared = {*benchmark.parameters, "tree"}
    places = [("command", word) for word in benchmark.command]
    places += [("setup", word) for word in benchmark.setup or ()]
    places += [("guard", word) for word in benchmark.guard or ()]
    places += [("results", benchmark.results or "")]
    places += [(f"env.{name}", value) for name, value in benchmark.env.items()]
    for key, text in places:
        for place in PLACEHOLDER.finditer(text):
            of_a_shell = text[: place.start()].endswith("$")
            if not place[1] and not of_a_shell and place[2] not in declared:
                yield key, place[2]
