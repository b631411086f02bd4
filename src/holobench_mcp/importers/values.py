"""Plain values and arrays out of doubles, each array from its bytes and a checked dtype. Part of the quarantine."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import numpy.typing as npt

from holobench_mcp.importers.doubles import Double, NotAResult, last_part
from holobench_mcp.importers.times import time_of
from holobench_mcp.result.coordinates import without_objects

_DTYPE = re.compile(r"[biufc]\d{1,2}|[SU]\d{1,7}|O8?|[Mm]8")
_TIME_UNITS = frozenset({b"D", b"h", b"m", b"s", b"ms", b"us", b"ns"})


def scalar_of(value: Any) -> Any:
    """A value as JSON can hold it; an enum's member is what it was made of."""
    if isinstance(value, Double):
        match (value.named, last_part(value.named), value.args):
            case (_, "scalar", (Double() as dtype, bytes() as raw)):
                array = np.frombuffer(raw, dtype=_dtype_of(dtype))
                return scalar_of(str(array[0]) if array.dtype.kind in "Mm" else array[0])
            case (_, "YamlSelection", (str() as key, _)):
                return key
            case (name, flavour, (str(), *_) as parts) if name.startswith("pathlib."):
                return str((PureWindowsPath if "Windows" in flavour else PurePosixPath)(*parts))
            case _ if (when := time_of(value)) is not None:
                return str(when)
            case (_, _, (only,)):
                return scalar_of(only)
        return repr(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def exact_scalar_of(value: Any) -> Any:
    """A number that the parent can read back exactly, NaN and infinities too."""
    plain = value
    if isinstance(value, Double) and last_part(value.named) == "scalar":
        match value.args:
            case (Double() as dtype, bytes() as raw):
                plain = np.frombuffer(raw, dtype=_dtype_of(dtype))[0].item()
    return {"float": repr(plain)} if isinstance(plain, float) else scalar_of(plain)


def array_of(double: Any, depth: int = 0) -> npt.NDArray[Any] | None:
    """The array inside an xarray or pandas object, whichever way this version of them wraps it."""
    if not isinstance(double, Double) or depth > 8:
        return None
    if double.named.startswith("numpy."):
        return _numpy_array(double)
    attributes = double.attributes()
    for part in [*double.args, attributes]:
        if isinstance(part, dict) and {"start", "stop", "step"} <= set(part):
            return np.arange(*(int(part[key]) for key in ("start", "stop", "step")))
    for part in _inside(double):
        if (array := array_of(part, depth + 1)) is not None:
            dtype = attributes.get("_dtype")
            kind = _dtype_of(dtype).kind if isinstance(dtype, Double) and dtype.named == "numpy.dtype" else ""
            # Times with a zone are stored as UTC and shown as objects: that is how xarray puts them in words.
            return array.astype(object) if kind == "O" and array.dtype.kind == "M" else array
    return None


def _numpy_array(double: Double) -> npt.NDArray[Any] | None:
    """An array from what its double was given. Only objects come as a list; bytes are never taken for pointers."""
    match (last_part(double.named), double.args, double.state):
        case ("_frombuffer", (bytes() | bytearray() as raw, Double() as dtype, tuple() as shape, str() as order), _):
            pass
        case ("_reconstruct", _, (_, tuple() as shape, Double() as dtype, fortran, bytes() | bytearray() as raw)):
            order = "F" if fortran else "C"
        case ("_reconstruct", _, (_, tuple() as shape, Double() as dtype, _, list() as raw)):
            order = "C"
        case _:
            return None
    plain = _dtype_of(dtype)
    if isinstance(raw, list) != plain.hasobject or order not in ("C", "F"):
        raise NotAResult("an array of its result is not what it claims to be")
    if isinstance(raw, list):
        flat = np.empty(len(raw), dtype=object)
        flat[:] = raw
        return flat.reshape(shape)
    return np.frombuffer(raw, dtype=plain).reshape(shape, order="F" if order == "F" else "C")


def _dtype_of(double: Double) -> np.dtype[Any]:
    """A plain dtype, from its code and byte order; structures and subarrays are in no result."""
    code, state = double.args[0] if double.args else None, double.state
    if double.named != "numpy.dtype" or not isinstance(code, str) or not _DTYPE.fullmatch(code):
        raise NotAResult(f"an array of its result is of the dtype {code!r:.40}, which holds no samples")
    order, unit = "=", ""
    if isinstance(state, tuple) and len(state) > 1:
        order = state[1] if state[1] in ("<", ">", "|", "=") else "="
        if len(state) > 8 and code[0] in "Mm":
            match state[8]:
                case (_, (bytes() as name, int() as count, 1, 1)) if name in _TIME_UNITS and count > 0:
                    unit = f"[{count}{name.decode()}]"
    return np.dtype(f"{order}{code}{unit}")


def _inside(double: Double) -> Iterator[Any]:
    pending: list[Any] = [double.args, double.state]
    while pending:
        part = pending.pop(0)
        if isinstance(part, Double):
            yield part
        elif isinstance(part, list | tuple):
            pending.extend(part)
        elif isinstance(part, dict):
            pending.extend(part.get(k) for k in ("array", "data", "_data", "_ndarray", "values") if k in part)
            pending.extend(v for v in part.values() if isinstance(v, Double) and v.named.startswith("numpy."))


def plain_array_of(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An array of objects as one without. Raises NotAResult for an object that only its own code can put in words."""
    flat = []
    for value in array.ravel().tolist():
        plain = scalar_of(value)
        if isinstance(value, Double) and plain == repr(value):
            raise NotAResult(f"an input of its result is a {value.named}, which only its own code can put in words")
        flat.append(plain)
    return without_objects(flat).reshape(array.shape)
