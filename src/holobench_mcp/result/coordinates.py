"""The values of a swept input as an array without objects, so that they can be stored, compared and ordered.

bencher keeps the members of an enum, and whatever else a sweep selects from, as objects. Written as text alone, an
enum's number would not be the number any more that the contract gives for it. Imports numpy only, as the quarantine
does, except for times.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

InputKind = Literal["float", "int", "bool", "str", "datetime"]

_INT64 = range(-(2**63), 2**63)


def without_objects(values: Iterable[Any]) -> npt.NDArray[Any]:
    """Shape (values,): numbers, booleans or times without a zone where all are such, else everything as text."""
    plain = [v.item() if isinstance(v, np.number | np.bool_) else v for v in values]
    kinds = {type(v) for v in plain}
    if kinds == {bool}:
        return np.array(plain, dtype=np.bool_)
    if kinds == {int} and all(v in _INT64 for v in plain):
        return np.array(plain, dtype=np.int64)
    if kinds in ({float}, {int, float}) and all(_is_exact(v) for v in plain):
        return np.array(plain, dtype=np.float64)
    if kinds == {datetime} and all(v.tzinfo is None for v in plain):
        return np.array(plain, dtype="datetime64[us]")
    return np.array([str(v) for v in plain], dtype=np.str_)


def plain_array(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An array without objects, of the same values; an enum's member counts as its value."""
    if values.dtype.kind in "fiubUM":
        return values
    return without_objects(of_enum(v) for v in values.tolist())


def as_index(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An input's values as a dataset has them: of times, in units that pandas knows; of numbers, no halves."""
    native = values.dtype.isnative
    if native and (values.dtype.kind in "iubU" or values.dtype in (np.float64, np.float32)):
        return values
    import xarray as xr

    return np.asarray(xr.IndexVariable("values", values).values)  # type: ignore[no-untyped-call]  # xarray left its types out


def kind_of(values: npt.ArrayLike) -> InputKind:
    """What the values of an input are."""
    kinds: dict[str, InputKind] = {"f": "float", "i": "int", "u": "int", "b": "bool", "M": "datetime"}
    return kinds.get(np.asarray(values).dtype.kind, "str")


def of_enum(value: Any) -> Any:  # noqa: ANN401 - anything a sweep may hold
    """An enum's member as its value, which is what a saved result keeps of it."""
    return value.value if isinstance(value, Enum) else value


def _is_exact(value: float) -> bool:
    """Whether a finite number is the same as a float64."""
    return bool(np.isfinite(value)) if isinstance(value, float) else value in _INT64 and float(value) == value


def plain_values(values: npt.NDArray[Any]) -> list[str | int | float | bool]:
    """An input's values as JSON and the contract have them: a time in ISO 8601, as precise as it is."""
    if values.dtype.kind != "M":
        return [v if isinstance(v, str | int | float | bool) else str(v) for v in values.tolist()]
    return [v.isoformat() if isinstance(v, date) else str(t) for v, t in zip(values.tolist(), values, strict=True)]


def in_common(values: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values that an input has on both sides, sorted. 1, "1" and true are three values, though one to numpy."""
    if any((values.dtype.kind == kind) != (other.dtype.kind == kind) for kind in "UMb"):
        return values[:0]
    if values.dtype.kind != other.dtype.kind:
        # numpy would compare an int with a float, or with one without a sign, as floats, which round beyond 2⁵³.
        exact = sorted(set(values.tolist()) & set(other.tolist()))
        return np.array(exact, dtype=values.dtype)
    return np.intersect1d(values, other)
