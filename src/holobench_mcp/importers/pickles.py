"""Saved results, taken in without trust: pickles, through the quarantine.

The process that calls this never unpickles. What the quarantined child hands back is JSON and npz, and is checked here
as if an enemy had written it.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy.typing as npt
from pydantic import Field, model_validator

from holobench_mcp.importers.child_process import printable, read_in_quarantine
from holobench_mcp.model import CaptureError, Environment, Frozen, IntegrityError, JsonScalar, Metric
from holobench_mcp.result import upstream
from holobench_mcp.result.bench_result import moment_of, storable
from holobench_mcp.result.samples import read_archive
from holobench_mcp.result.snapshot import Snapshot

if TYPE_CHECKING:
    import xarray as xr

MAX_PICKLE_BYTES = 1 << 30
#: What rebuilding a result can fail with, when what it is built from was made up.
_UNREADABLE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError, EOFError, MemoryError, RecursionError,
    IntegrityError, CaptureError, zipfile.BadZipFile, zlib.error, NotImplementedError,
)  # fmt: skip
_TIMEOUT_S = 120.0


class _ExactFloat(Frozen):
    float: Literal["nan", "inf", "-inf"] | str = Field(max_length=40)


class _DescribedInput(Frozen):
    name: str
    units: str | None = None


class _Described(Frozen):
    """What the quarantine says of one result."""

    @model_validator(mode="after")
    def _printable(self) -> _Described:
        names = [self.bench_name, *(m.variable for m in self.metrics), *(i.name for i in self.inputs)]
        for name in names:
            if not name.strip() or not name.isprintable():
                raise ValueError(f"a name is of printable characters, not {name!r:.60}")
        return self

    bench_name: str = Field(max_length=1000)
    execution: dict[str, JsonScalar] | None
    time_event: str | None
    over_time: bool
    inputs: tuple[_DescribedInput, ...]
    metrics: tuple[Metric, ...]
    constants: tuple[tuple[str, JsonScalar], ...]
    caches_on: bool
    sweep: str | None = Field(None, max_length=1000)
    regressions: tuple[dict[str, _ExactFloat | JsonScalar], ...] | None
    dims: dict[str, tuple[str, ...]]


def read_pickle(
    source: Path | bytes,
    *,
    name: str | None = None,
    environment: Environment | Callable[[str | None], Environment] | None = None,
    timeout_s: float = _TIMEOUT_S,
    max_bytes: int = MAX_PICKLE_BYTES,
) -> list[Snapshot]:
    """Every result of a saved pickle: of one result, of several, or of several pickles in a row.

    environment: what is known of where they were measured, or of each by `module.Class` of its sweep.
    Raises CaptureError, naming the file, for one that is too large, takes too long, is cut short, is no result, or
    names something that a result never needs. Nothing that it names is run.
    """
    label = name or (str(source) if isinstance(source, Path) else "the pickle")
    with TemporaryFile() as spooled:
        stream = _opened(source, spooled, label, max_bytes)
        try:
            frames = read_in_quarantine(stream, label, timeout_s)
        finally:
            stream.close()
    snapshots = [snapshot_of(header, archive, label, environment) for header, archive in frames]
    if not snapshots:
        raise CaptureError(f"{label} holds no result.")
    return snapshots


def _opened(source: Path | bytes, spooled: BinaryIO, label: str, max_bytes: int) -> BinaryIO:
    try:
        # A FIFO or a device would keep us waiting for its other end.
        if isinstance(source, Path) and not source.is_file():
            raise CaptureError(f"{label} is not a file.")
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
    except OSError as problem:
        raise CaptureError(f"{label} can't be read: {problem.strerror}.") from problem
    if size > max_bytes:
        raise CaptureError(f"{label} has {size:,} bytes; at most {max_bytes:,} are read.")
    if size == 0:
        raise CaptureError(f"{label} is empty.")
    if isinstance(source, Path):
        try:
            return source.open("rb")
        except OSError as problem:
            raise CaptureError(f"{label} can't be read: {problem.strerror}.") from problem
    spooled.write(source)
    spooled.seek(0)
    return spooled


def snapshot_of(
    header: Mapping[str, Any],
    archive: bytes,
    label: str,
    environment: Environment | Callable[[str | None], Environment] | None,
) -> Snapshot:
    """A result from the quarantine's description and archive of it. Raises CaptureError for what is none."""
    try:
        described = _Described.model_validate(header)
        moment = _moment(described, read_archive(archive))
        known = (environment(described.sweep) if callable(environment) else environment) or Environment()
        if known.caches_on is None:
            known = known.model_copy(update={"caches_on": described.caches_on})
        snapshot = storable(moment, known, None)
        snapshot.check_provenance()
        return snapshot
    except _UNREADABLE as problem:
        raise CaptureError(f"{label} is not a result that can be read: {printable(problem)}.") from problem


def _moment(described: _Described, archive: Mapping[str, npt.NDArray[Any]]) -> Snapshot:
    for metric in described.metrics:
        if metric.claim is not None:
            upstream.check_claim(metric.claim)
    regressions = None
    if described.regressions is not None:
        regressions = upstream.regression_report([_exact(r) for r in described.regressions]).to_dict()
    event = {"time_event": described.time_event} if described.time_event else {}
    return moment_of(
        _dataset(described, {key.removeprefix("v/"): array for key, array in archive.items()}),
        bench_name=described.bench_name,
        provenance={**(described.execution or {}), **event},
        inputs=[(i.name, i.units) for i in described.inputs],
        metrics=described.metrics,
        constants=dict(described.constants),
        regressions=regressions,
        over_time=described.over_time,
    )


def _dataset(described: _Described, arrays: Mapping[str, npt.NDArray[Any]]) -> xr.Dataset:
    import xarray as xr

    metrics = {m.variable for m in described.metrics}
    dims = {d for name in metrics & set(arrays) for d in described.dims[name]}
    coords = {name: (described.dims[name], arrays[name]) for name in arrays if name not in metrics and name in dims}
    return xr.Dataset({name: (described.dims[name], arrays[name]) for name in metrics & set(arrays)}, coords=coords)


def _exact(record: Mapping[str, _ExactFloat | JsonScalar]) -> dict[str, Any]:
    return {key: float(value.float) if isinstance(value, _ExactFloat) else value for key, value in record.items()}
