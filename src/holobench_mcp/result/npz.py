"""An npz archive as `numpy.savez` writes it, read and written at a tenth of the time that numpy and `zipfile` take.

A history reads a thousand archives of a few hundred bytes each, whose headers are always the same. What is anything but
the plainest archive (packed, with a comment, of another version, with a member twice) is not read here: `read` says so
by None, and `samples` reads it the long way, which says what is wrong with it. Nothing can run, as no object is read.

What is written is the same to the last byte, as a result's id is made of its digest, and is not copied together: an
array's own memory is a part of it.
"""

from __future__ import annotations

import io
import math
import struct
import sys
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MAGIC = b"\x93NUMPY\x01\x00"
#: Flags of a member: none, or that its name is UTF-8.
_PLAIN, _UTF8 = 0, 0x800
_LARGEST = 0xFFFFFFFF
#: Members and bytes from which on an archive needs a larger directory than this module writes.
_MAX_MEMBERS, _MAX_BYTES = 0xFFFF, 0x7FFFFFFF
#: Bytes that stand around an array at most, without its name.
_AROUND = 1024
#: Version 4.5 of the format, with sizes of 64 bits in a member's own header; 1 January 1980.
_VERSION, _DATE = 45, 0x21
#: Of what system a file's attributes are, and that its owner may read and write it.
_SYSTEM, _ATTRIBUTES = 0 if sys.platform == "win32" else 3, 0o600 << 16
_SIZES = struct.Struct("<2H2Q")


def read(data: bytes) -> dict[str, npt.NDArray[Any]] | None:
    """The arrays of an archive, by name; None for one that is not as `numpy.savez` writes it, or damaged."""
    try:
        return _arrays(data)
    except (struct.error, ValueError, TypeError, IndexError, KeyError, UnicodeDecodeError, SyntaxError):
        return None


def _arrays(data: bytes) -> dict[str, npt.NDArray[Any]] | None:
    mark, disk, first_disk, here, count, size, start, comment = _END.unpack_from(data, len(data) - _END.size)
    if mark != b"PK\5\6" or disk or first_disk or here != count or comment or start + size != len(data) - _END.size:
        return None
    arrays: dict[str, npt.NDArray[Any]] = {}
    place = start
    for _ in range(count):
        entry = _ENTRY.unpack_from(data, place)
        mark, _, _, flags, packing, _, _, crc, packed, whole, n_name, n_extra, n_comment, _, _, _, header = entry
        plain = mark == b"PK\1\2" and not (packing or n_extra or n_comment) and flags in (_PLAIN, _UTF8)
        if not plain or packed != whole or whole == _LARGEST:
            return None
        place += _ENTRY.size
        raw = data[place : place + n_name]
        place += n_name
        member = _member(data, header, raw, start, whole)
        if member is None or zlib.crc32(member) != crc:
            return None
        name = raw.decode("utf-8" if flags else "ascii")
        array = _array(member)
        if array is None or not name.endswith(".npy") or name[:-4] in arrays:
            return None
        arrays[name[:-4]] = array
    return arrays if place == start + size else None


def _member(data: bytes, header: int, name: bytes, end: int, size: int) -> memoryview | None:
    """The bytes of a member, whose own header is of the same name and stands before them."""
    local = _LOCAL.unpack_from(data, header)
    begin = header + _LOCAL.size + local[-2] + local[-1]
    named = data[header + _LOCAL.size : header + _LOCAL.size + local[-2]] == name
    return memoryview(data)[begin : begin + size] if local[0] == b"PK\3\4" and named and begin + size <= end else None


def _array(member: memoryview) -> npt.NDArray[Any] | None:
    (length,) = struct.unpack_from("<H", member, len(_MAGIC))
    begin = len(_MAGIC) + 2 + length
    if member[: len(_MAGIC)] != _MAGIC or begin > len(member):
        return None
    shape, by_columns, dtype = _header(bytes(member[len(_MAGIC) : begin]))
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(member) - begin or not dtype.itemsize:
        return None
    flat = np.frombuffer(member, dtype, offset=begin).copy()
    return flat.reshape(shape, order="F" if by_columns else "C")


@lru_cache(maxsize=256)
def _header(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether it is by columns, and dtype: read once, as results of one sweep have the same."""
    return np.lib.format.read_array_header_1_0(io.BytesIO(header))


def parts(arrays: Mapping[str, npt.NDArray[Any]]) -> list[bytes | memoryview]:
    """What `numpy.savez` writes of arrays, in parts. Raises ValueError for an array of objects."""
    whole = sum(array.nbytes + 2 * len(name.encode()) + _AROUND for name, array in arrays.items())
    if len(arrays) >= _MAX_MEMBERS or whole > _MAX_BYTES or not all(map(_is_plain, arrays.values())):
        return _by_numpy(arrays)
    written, directory, place = list[bytes | memoryview](), list[bytes](), 0
    for name, array in arrays.items():
        header, body = _npy_header(array.shape, array.dtype), _bytes_of(array)
        crc, size = zlib.crc32(body, zlib.crc32(header)), len(header) + len(body)
        raw, flags = f"{name}.npy".encode(), _PLAIN if name.isascii() else _UTF8
        local = _LOCAL.pack(b"PK\3\4", _VERSION, flags, 0, 0, _DATE, crc, _LARGEST, _LARGEST, len(raw), _SIZES.size)
        before = local + raw + _SIZES.pack(1, 16, size, size) + header
        written += (before, body)
        made_by = _SYSTEM << 8 | _VERSION
        entry = (made_by, _VERSION, flags, 0, 0, _DATE, crc, size, size, len(raw), 0, 0, 0, 0, _ATTRIBUTES, place)
        directory.append(_ENTRY.pack(b"PK\1\2", *entry) + raw)
        place += len(before) + len(body)
    listed = b"".join(directory)
    end = _END.pack(b"PK\5\6", 0, 0, len(arrays), len(arrays), len(listed), place, 0)
    return [*written, listed + end]


def _is_plain(array: npt.NDArray[Any]) -> bool:
    """Whether an array is by rows, as `numpy.savez` writes all but those that are by columns, and of no objects."""
    return not array.dtype.hasobject and (array.flags.c_contiguous or not array.flags.f_contiguous)


def _by_numpy(arrays: Mapping[str, npt.NDArray[Any]]) -> list[bytes | memoryview]:
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **cast("Any", arrays))
    return [stream.getbuffer()]


def _bytes_of(array: npt.NDArray[Any]) -> memoryview:
    """The memory of an array, whatever its dtype: of times numpy gives none by itself."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data if array.nbytes else memoryview(b"")


@lru_cache(maxsize=256)
def _npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """What stands before an array's bytes, its mark and version included."""
    stream = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, described)
    return stream.getvalue()
