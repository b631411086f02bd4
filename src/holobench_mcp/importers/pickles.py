"""Saved results, taken in without trust: pickles through the quarantine, contract files through their schema.

The process that calls this never unpickles. What the quarantined child hands back is JSON and npz, and is checked here
as if an enemy had written it.
"""

from __future__ import annotations

import json
import math
import os
import signal
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy.typing as npt
from pydantic import Field, ValidationError, model_validator

from holobench_mcp.model import (
    CaptureError,
    Environment,
    Frozen,
    Input,
    IntegrityError,
    JsonScalar,
    Metric,
    ResultDocument,
    fault_in,
)
from holobench_mcp.result import upstream
from holobench_mcp.result.samples import read_archive
from holobench_mcp.result.snapshot import Snapshot

if TYPE_CHECKING:
    import xarray as xr

MAX_PICKLE_BYTES = 1 << 30
MAX_CONTRACT_BYTES = 16 << 20
#: What a pickle may cost: a base, and so much for each of its bytes. A few opcodes can ask for any number of bytes, and
#: can name one object so often that walking it never ends.
_ANSWER_BYTES, _ANSWER_BYTES_A_BYTE = 32 << 20, 8
_MEMORY_BYTES, _MEMORY_BYTES_A_BYTE = 1 << 30, 16
_CPU_S, _BYTES_A_CPU_S = 20, 1 << 20
#: How long the child may take to end after its last word.
_EXIT_S = 10.0
#: What rebuilding a result can fail with, when what it is built from was made up.
_UNREADABLE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError, EOFError, MemoryError, RecursionError,
    IntegrityError, CaptureError, zipfile.BadZipFile, zlib.error, NotImplementedError,
)  # fmt: skip
_TIMEOUT_S = 120.0
_BOOT = "import sys; sys.path.insert(0, {path!r}); from holobench_mcp.importers.quarantine import main; main()"


class _ExactFloat(Frozen):
    float: Literal["nan", "inf", "-inf"] | str = Field(max_length=40)


class _Described(Frozen):
    """What the quarantine says of one result."""

    @model_validator(mode="after")
    def _printable(self) -> _Described:
        names = [self.bench_name, *(m.variable for m in self.metrics), *(str(i.get("name")) for i in self.inputs)]
        for name in names:
            if not name.strip() or not name.isprintable():
                raise ValueError(f"a name is of printable characters, not {name!r:.60}")
        return self

    bench_name: str = Field(max_length=1000)
    execution: dict[str, JsonScalar] | None
    time_event: str | None
    over_time: bool
    inputs: tuple[dict[str, JsonScalar], ...]
    metrics: tuple[Metric, ...]
    constants: tuple[tuple[str, JsonScalar], ...]
    caches_on: bool
    regressions: tuple[dict[str, _ExactFloat | JsonScalar], ...] | None
    dims: dict[str, tuple[str, ...]]


def read_pickle(
    source: Path | bytes,
    *,
    name: str | None = None,
    environment: Environment | None = None,
    timeout_s: float = _TIMEOUT_S,
    max_bytes: int = MAX_PICKLE_BYTES,
) -> list[Snapshot]:
    """Every result of a saved pickle: of one result, of several, or of several pickles in a row.

    Raises CaptureError, naming the file, for one that is too large, takes too long, is cut short, is no result, or
    names something that a result never needs. Nothing that it names is run.
    """
    told = name or (str(source) if isinstance(source, Path) else "the pickle")
    with TemporaryFile() as spooled:
        stream = _opened(source, spooled, told, max_bytes)
        try:
            frames = _quarantined(stream, told, timeout_s)
        finally:
            stream.close()
    snapshots = [_snapshot(header, archive, told, environment) for header, archive in frames]
    if not snapshots:
        raise CaptureError(f"{told} holds no result.")
    return snapshots


def read_contract(path: Path) -> Snapshot:
    """A contract-only result, from a `result.json`. Raises CaptureError, naming the file and the key."""
    try:
        if not path.is_file():
            raise CaptureError(f"{path} is not a file.")
        if path.stat().st_size > MAX_CONTRACT_BYTES:
            raise CaptureError(f"{path} has {path.stat().st_size:,} bytes; a result.json has at most 16 MiB.")
        document = json.loads(
            path.read_text(encoding="utf-8"),
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair can't be stored again
    except (OSError, UnicodeDecodeError) as problem:
        raise CaptureError(f"{path} can't be read: {problem}.") from problem
    except (ValueError, RecursionError) as problem:
        raise CaptureError(f"{path} is not JSON ({problem}).") from problem
    if not isinstance(document, dict) or "schema_version" not in document:
        raise CaptureError(f"{path} is not a result.json: it has no schema_version.")
    version = document["schema_version"]
    if version != 1 or isinstance(version, bool) or not isinstance(version, int):
        raise CaptureError(f"{path} says schema_version {version!r:.40}; this version reads 1.")
    if {"baseline", "candidate"} <= set(document):
        raise CaptureError(f"{path} is a comparison.json; import the two results that it compares.")
    try:
        parsed = ResultDocument.model_validate(document)
        metrics = tuple(
            Metric(variable=m.variable, units=m.units, direction=m.direction, claim=m.claim.claim if m.claim else None)
            for m in parsed.metrics
        )
        inputs = tuple(Input(name=i.name, units=i.units) for i in parsed.input_vars)
        for what in (parsed.bench_name, *(m.variable for m in metrics), *(i.name for i in inputs)):
            if not what.strip() or not what.isprintable():
                raise CaptureError(f"{path}: a name is of printable characters, not {what!r:.60}.")
    except ValidationError as problem:
        raise CaptureError(f"{path}: {fault_in(problem)}") from problem
    # What a server added when it exported the document says where it was, not what it is.
    own = {key: value for key, value in document.items() if key not in ("result_id", "uri")}
    snapshot = Snapshot(
        bench_name=parsed.bench_name,
        provenance=own["provenance"],
        inputs=inputs,
        metrics=metrics,
        dataset=None,
        regressions=own["regressions"],
        over_time=parsed.over_time,
        document=own,
    )
    try:
        snapshot.check_provenance()
    except ValueError as problem:
        raise CaptureError(f"{path}: {problem}.") from problem
    return snapshot


# ---------------------------------------------------------------------- the child


def _opened(source: Path | bytes, spooled: BinaryIO, told: str, max_bytes: int) -> BinaryIO:
    try:
        # A FIFO or a device would keep us waiting for its other end.
        if isinstance(source, Path) and not source.is_file():
            raise CaptureError(f"{told} is not a file.")
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
    except OSError as problem:
        raise CaptureError(f"{told} can't be read: {problem.strerror}.") from problem
    if size > max_bytes:
        raise CaptureError(f"{told} has {size:,} bytes; at most {max_bytes:,} are read.")
    if size == 0:
        raise CaptureError(f"{told} is empty.")
    if isinstance(source, Path):
        try:
            return source.open("rb")
        except OSError as problem:
            raise CaptureError(f"{told} can't be read: {problem.strerror}.") from problem
    spooled.write(source)
    spooled.seek(0)
    return spooled


def _quarantined(stream: BinaryIO, told: str, timeout_s: float) -> list[tuple[dict[str, Any], bytes]]:
    boot = _BOOT.format(path=str(Path(__file__).resolve().parents[2]))
    size = os.fstat(stream.fileno()).st_size
    memory = _MEMORY_BYTES + _MEMORY_BYTES_A_BYTE * size
    seconds = max(1, min(int(timeout_s), _CPU_S + size // _BYTES_A_CPU_S))
    most = _ANSWER_BYTES + _ANSWER_BYTES_A_BYTE * size
    child = subprocess.Popen(
        [sys.executable, "-P", "-s", "-E", "-B", "-c", boot, str(memory), str(seconds)],
        stdin=stream,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        cwd="/" if sys.platform != "win32" else None,
        start_new_session=True,
    )
    # What it sends is held in memory here, so that it may not send without end.
    out = bytearray()
    receiver = threading.Thread(target=_receive, args=(child, out, most), daemon=True)
    receiver.start()
    try:
        receiver.join(timeout_s)
        if receiver.is_alive():
            raise CaptureError(f"{told} took more than {timeout_s:g} s to read; nothing of it was run.")
        if len(out) <= most:
            with suppress(subprocess.TimeoutExpired):
                child.wait(_EXIT_S)
    finally:
        if child.poll() is None:
            child.kill()
        receiver.join()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
    if len(out) > most:
        raise CaptureError(f"{told} has {size:,} bytes and unfolds into more than {most:,}, which no result does.")
    frames = list(_frames(bytes(out), told))
    if child.returncode != 0:
        if -child.returncode in (getattr(signal, "SIGXCPU", None), getattr(signal, "SIGKILL", None)):
            raise CaptureError(f"{told} takes more time or memory to read than a result may.")
        raise CaptureError(f"{told} can't be read: its quarantine failed (exit status {child.returncode}).")
    return frames


def _receive(child: subprocess.Popen[bytes], out: bytearray, most: int) -> None:
    if child.stdout is None:
        return
    with suppress(OSError, ValueError):
        while len(out) <= most and (chunk := os.read(child.stdout.fileno(), 1 << 20)):
            out += chunk


def _frames(out: bytes, told: str) -> list[tuple[dict[str, Any], bytes]]:
    frames, at = [], 0
    while at < len(out):
        try:
            text_size, archive_size = struct.unpack_from(">QQ", out, at)
            header = json.loads(out[at + 16 : at + 16 + text_size])
            if not isinstance(header, dict):
                raise ValueError("a header is an object")
        except (struct.error, ValueError, RecursionError) as problem:
            raise CaptureError(f"{told} can't be read: its quarantine broke off.") from problem
        archive = out[at + 16 + text_size : at + 16 + text_size + archive_size]
        at += 16 + text_size + archive_size
        if "refused" in header:
            raise CaptureError(
                f"{told} names {_shown(header['refused'])}, which a holobench result never needs. It was refused, and "
                "nothing in it was run."
            )
        if "error" in header:
            raise CaptureError(f"{told} is not a saved holobench result: {_shown(header['error'])}.")
        frames.append((header, archive))
    return frames


# ---------------------------------------------------------------------- rebuilding


def _snapshot(header: Mapping[str, Any], archive: bytes, told: str, environment: Environment | None) -> Snapshot:
    try:
        described = _Described.model_validate(header)
        arrays = {key.removeprefix("v/"): array for key, array in read_archive(archive).items()}
        double = _result_double(described, arrays)
        known = environment or Environment()
        if known.caches_on is None:
            known = known.model_copy(update={"caches_on": described.caches_on})
        snapshot = Snapshot.from_result(double, environment=known)
        snapshot.check_provenance()
        return snapshot
    except _UNREADABLE as problem:
        said = _shown(problem)
        raise CaptureError(f"{told} is not a result that can be read: {said}.") from problem


def _shown(said: object) -> str:
    """What came from a pickle, fit for a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(said)[:300])


def _result_double(described: _Described, arrays: Mapping[str, npt.NDArray[Any]]) -> SimpleNamespace:
    """What the contract reads of a BenchResult, from plain data."""
    execution = described.execution
    cfg = SimpleNamespace(
        bench_name=described.bench_name,
        result_vars=[upstream.declare(metric) for metric in described.metrics],
        input_vars=[SimpleNamespace(name=i["name"], units=i.get("units")) for i in described.inputs],
        const_vars=[(SimpleNamespace(name=name), value) for name, value in described.constants],
        over_time=described.over_time,
        execution=None if execution is None else SimpleNamespace(to_dict=lambda: dict(execution)),
        time_event=described.time_event,
    )
    ds = _dataset(described, arrays)
    regressions = None
    if described.regressions is not None:
        regressions = upstream.regression_report([_exact(r) for r in described.regressions])
    return SimpleNamespace(
        bench_cfg=cfg,
        ds=ds,
        identity=SimpleNamespace(bench_name=described.bench_name),
        regression_report=regressions,
        get_optimal_value_indices=lambda rv: upstream.optimal_value_indices(ds, rv),
    )


def _dataset(described: _Described, arrays: Mapping[str, npt.NDArray[Any]]) -> xr.Dataset:
    import xarray as xr

    metrics = {m.variable for m in described.metrics}
    dims = {d for name in metrics & set(arrays) for d in described.dims[name]}
    coords = {name: (described.dims[name], arrays[name]) for name in arrays if name not in metrics and name in dims}
    return xr.Dataset({name: (described.dims[name], arrays[name]) for name in metrics & set(arrays)}, coords=coords)


def _exact(record: Mapping[str, _ExactFloat | JsonScalar]) -> dict[str, Any]:
    return {key: float(value.float) if isinstance(value, _ExactFloat) else value for key, value in record.items()}


def _no_constant(text: str) -> None:
    raise ValueError(f"it has a {text}, which strict JSON has not")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text:.40} is too large for a number")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError("an object has the same key twice")
    return told
