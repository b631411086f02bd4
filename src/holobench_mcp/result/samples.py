"""The samples.npz codec: a result's dataset as an archive in which nothing can run, bit for bit.

What an archive claims to hold is checked before a byte of it is unpacked: anybody may have written the file.
"""

from __future__ import annotations

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from holobench_mcp.model import IntegrityError, InvalidArgument
from holobench_mcp.result import npz
from holobench_mcp.result.coordinates import plain_array
from holobench_mcp.result.replication import Replication
from holobench_mcp.result.sample_arrays import SampleArrays
from holobench_mcp.result.snapshot import Snapshot, in_order

if TYPE_CHECKING:
    import xarray as xr

#: A sweep of 10⁷ samples is 80 MB; past this an archive is an accident or an attack.
MAX_SAMPLES = 200_000_000
#: Bytes that stand before an array in an archive, and some.
_HEADER = 256
#: What reading an archive fails with, when it is none or was made up.
_UNREADABLE = (
    ValueError, KeyError, OSError, EOFError, TypeError, MemoryError, OverflowError, RecursionError, RuntimeError,
    struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def encode_samples(snapshot: Snapshot) -> bytes:
    """`sample_parts`, joined."""
    return b"".join(sample_parts(snapshot))


def sample_parts(snapshot: Snapshot) -> list[bytes | memoryview]:
    """The dataset as an npz archive: `metric/<name>`, `coord/<name>`, `dims`, and `count/<name>`, `sd/<name>` where a
    metric has a replication of its own. Bit-exact; the same bytes each time, in parts.

    Raises InvalidArgument for a result without samples, and for more of them than are ever read back.
    """
    if not snapshot.has_samples:
        raise InvalidArgument("a contract-only result has no samples to encode.")
    variables = snapshot.arrays.variables
    dims = [i.name for i in snapshot.inputs] + ["repeat"]
    arrays: dict[str, npt.NDArray[Any]] = {"dims": np.array(dims, dtype=np.str_)}
    for name in dims:
        arrays[f"coord/{name}"] = plain_array(variables[name].values)
    for metric in snapshot.metrics:
        if metric.variable in variables:
            values = in_order(snapshot.arrays, metric.variable, dims)
            arrays[f"metric/{metric.variable}"] = np.ascontiguousarray(values)
        if (held := snapshot.replication.get(metric.variable)) is not None:
            arrays[f"count/{metric.variable}"] = np.array(held.count, order="C")
            if held.sd is not None:
                arrays[f"sd/{metric.variable}"] = np.array(held.sd, order="C")
    size = sum(array.nbytes + _HEADER for array in arrays.values())
    if size > 8 * MAX_SAMPLES:  # it would be stored, and never be read
        raise InvalidArgument(f"samples: a result has at most {8 * MAX_SAMPLES:,} bytes of samples, not {size:,}.")
    return npz.parts(arrays)


def decode_samples(data: bytes, *, name: str = "samples.npz") -> xr.Dataset:
    """The dataset of an npz archive: `decode_archive` without what it says of how many samples there are."""
    return decode_archive(data, name=name).dataset()


def decode_archive(data: bytes, *, name: str = "samples.npz") -> SampleArrays:
    """The arrays of an npz archive, checked to be those of a result.

    Nothing in it can run, and what it claims to hold is checked before it is read.

    Raises IntegrityError for anything that is not an archive that `encode_samples` could have written.
    """
    try:
        arrays = read_archive(data)
        dims = tuple([str(d) for d in arrays.pop("dims")])
        coords = {key.removeprefix("coord/"): a for key, a in arrays.items() if key.startswith("coord/")}
        metrics = {key.removeprefix("metric/"): a for key, a in arrays.items() if key.startswith("metric/")}
        for array, kinds in [*((a, "fiub") for a in metrics.values()), *((a, "fiubUM") for a in coords.values())]:
            if array.dtype.kind not in kinds or array.size == 0:
                raise ValueError(f"it holds an array of {array.dtype} and the shape {array.shape}")
        sizes = tuple([coords[d].size for d in dims])
        if len(set(dims)) != len(dims) or any(coords[d].ndim != 1 for d in dims):
            raise ValueError(f"its dimensions are {', '.join(dims)}")
        for key, array in metrics.items():
            if array.shape != sizes or key in dims:
                raise ValueError(f"{key} has the shape {array.shape}, not {sizes}")
        return SampleArrays(dims, {d: coords[d] for d in dims}, metrics, _replication(arrays, metrics))
    except _UNREADABLE as problem:
        raise IntegrityError(f"{name} is not a samples archive ({problem}).") from problem


def _replication(
    arrays: Mapping[str, npt.NDArray[Any]], metrics: Mapping[str, npt.NDArray[Any]]
) -> dict[str, Replication]:
    found: dict[str, Replication] = {}
    for key, count in arrays.items():
        if key.startswith("count/"):
            metric = key.removeprefix("count/")
            found[metric] = Replication(count, arrays.get(f"sd/{metric}"))
            found[metric].check(metrics[metric])
    return found


def read_archive(data: bytes) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an npz archive, by name. Raises ValueError or a zip error for anything else."""
    if len(data) <= 8 * MAX_SAMPLES and (arrays := npz.read(data)) is not None:
        return arrays
    _check_archive(data)
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}


def _check_archive(data: bytes) -> None:
    """Refuse an archive whose members claim more than a result can hold, before a byte is unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        claimed = sum(member.file_size for member in archive.infolist())
        if claimed > 8 * MAX_SAMPLES or (claimed > 1 << 20 and claimed > 1100 * len(data)):
            raise ValueError(f"it claims {claimed:,} bytes in {len(data):,}")
        for member in archive.infolist():
            with archive.open(member) as stream:
                version = np.lib.format.read_magic(stream)
                header = (
                    np.lib.format.read_array_header_1_0(stream)
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0(stream)
                )
            shape, _, dtype = header
            if dtype.hasobject:
                raise ValueError(f"{member.filename} holds objects")
            if math.prod(shape) * dtype.itemsize > member.file_size:
                raise ValueError(f"{member.filename} claims the shape {shape}, which it has no bytes for")
