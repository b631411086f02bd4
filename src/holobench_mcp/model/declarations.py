"""What was measured and where: the declarations, the environment and the manifest of one recorded result."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from holobench_mcp.model.base import Frozen, JsonScalar, lean

STORE_FORMAT = 1


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


class ProcessUsage(Frozen):
    """What a measured process and its children used, those included that had ended and were waited for."""

    wall_s: float = Field(description="from its exec to its end")
    cpu_s: float = Field(description="user and system time")
    max_rss_mb: float = Field(
        description="peak resident memory in 1e6 bytes: of the largest process, or of all that ran at one time if more"
    )
    rss_is_bound: bool = Field(False, description="whether the peak is only known to be no larger")


class Environment(Frozen):
    """Where, on what and from which code a result was measured; what comparability reads.

    Unknown facts are None: a result that comes from another tool seldom has them all. Fields that a later
    version adds stay when an older one reads the manifest.
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=lean)

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
    holobench_import: Literal["light", "whole"] | None = Field(
        None, description="light: without the plotting packages, which measured runs do without where they can"
    )
    process: ProcessUsage | None = Field(None, description="what the process used that measured it")

    @property
    def way_of_import(self) -> Literal["light", "whole"] | None:
        """How holobench was imported: whole wherever nobody said otherwise; None where there was no holobench."""
        return self.holobench_import or ("whole" if self.holobench else None)


class Difference(Frozen):
    """One thing that differs between the sides."""

    severity: Literal["blocking", "caution"]
    what: str = Field(description="a stable word, such as 'cpu_model' or 'benchmark_source'")
    detail: str
    variable: str | None = None
    files: tuple[str, ...] = Field((), description="files of the benchmark that the change edits, where they are known")
    next_step: str | None = None


class Measurement(Frozen):
    """Which run of which measurement a result is: results that share an id are replicate runs."""

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=lean)

    id: str
    benchmark: str | None = None
    run: int = Field(0, ge=0, description="0-based; also the round of an interleaved A/B")
    runs: int = Field(1, ge=1)
    side: Literal["base", "head"] | None = None
    sweep: int = Field(0, ge=0, description="which sweep of the command this is")
    measured_by: Literal["server", "recorded"] = "recorded"
    guarded: bool = Field(False, description="whether the code passed its guard before it was measured")
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

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=lean)

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


class JournalEntry(Frozen):
    """What was recorded in a store, and removed from it, between two places of its journal."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra=lean)

    recorded: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    place: int | None = Field(None, description="its own place: an entry that was moved is known")
    digests: dict[str, str] = Field({}, description="sha256 of documents that never change, by their keys")
    documents: tuple[str, ...] = Field((), description="keys of documents that were written and may change")
    gone: tuple[str, ...] = Field((), description="keys of other documents than results that were removed")
    versions: dict[str, str] = Field({}, description="sha256 of documents that change, before they are put there")
    rebuilt: dict[str, str] = Field({}, description="sha256 of other entries of the journal that repair made anew")
    since: int | None = Field(None, description="the place of the first entry that its chain vouches for")
    chain: str | None = Field(None, description="sha256 of the sha256s of all entries from there to this one")
