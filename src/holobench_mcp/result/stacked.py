"""Two results on one axis of time, with what holobench's detector reads of a dataset, and nothing of xarray's work.

The detector slices, averages and reads values, some sixty times for three metrics; by xarray that is two thirds of a
warm comparison. What it is given here has the same arrays under the same names, so that its numbers are the same to
the last bit, which tests hold it to. Whatever a later detector reads besides is not there, upon which
`contract_comparison` gives it the dataset itself.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

_TIME = "over_time"


@cache
def _accelerated() -> bool:
    """Whether xarray takes its means by another package than numpy, which adds in another order."""
    return any(find_spec(package) is not None for package in ("bottleneck", "numbagg"))


class Values:
    """A named array with dimensions, of one or several times: as much of a DataArray as is read.

    parts: the arrays of one shape that stand at the times, in order, or the one of a single time. labels: of the times.
    brief: `values` has one sample a time, that tells whether there is any; means are of all of them.
    """

    def __init__(
        self,
        parts: Sequence[npt.NDArray[Any]],
        dims: tuple[Hashable, ...],
        labels: npt.NDArray[Any] | None = None,
        *,
        brief: bool = False,
    ) -> None:
        self.dims, self.attrs, self._parts, self._labels, self._brief = dims, dict[Any, Any](), parts, labels, brief

    @property
    def values(self) -> npt.NDArray[Any]:
        """The samples, the time first."""
        return _stacked([_one(part) for part in self._parts] if self._brief else self._parts, over_time=self._over_time)

    @property
    def sizes(self) -> dict[Hashable, int]:
        """The length of each dimension."""
        shape = self._parts[0].shape if self._parts else (0,) * (len(self.dims) - 1)
        return dict(zip(self.dims, (len(self._parts), *shape) if self._over_time else shape, strict=True))

    @property
    def size(self) -> int:
        """How many values there are."""
        return sum(part.size for part in self._parts)

    def isel(self, *, over_time: int | slice) -> Values:
        """The values at a place, or at some places, of the time."""
        if isinstance(over_time, slice):
            return Values(self._parts[over_time], self.dims, brief=self._brief)
        return Values([self._parts[over_time]], self.dims[1:], brief=self._brief)

    def mean(self, dim: Sequence[Hashable] | None = None, *, skipna: bool) -> Values:
        """The mean over some dimensions, or all, of what is no NaN; NaN of nothing. xarray's, to the last bit."""
        values = _stacked(self._parts, over_time=self._over_time)
        axes = tuple(range(values.ndim)) if dim is None else tuple(self.dims.index(name) for name in dim)
        if not skipna or values.dtype.kind not in "fib" or _accelerated():
            import xarray as xr

            means = xr.Variable(self.dims, values).mean(dim=dim, skipna=skipna).values
        else:
            means = _mean(values, axes)
        dims = tuple(name for axis, name in enumerate(self.dims) if axis not in axes)
        return Values(list(means) if dims and dims[0] == _TIME else [means], dims)

    def __getitem__(self, name: str) -> Values:
        if name != _TIME or self._labels is None:
            raise AttributeError(name)
        return Values(list(self._labels), (_TIME,))

    @property
    def _over_time(self) -> bool:
        return self.dims[:1] == (_TIME,)


class Stacked:
    """Results on an axis of time: as much of a Dataset as is read.

    times: how many there are. stacks: by variable, the dimensions of a result, and its array of each time.
    brief: as `Values` has it, for a detector that judges by means.
    """

    def __init__(
        self, times: int, stacks: Mapping[str, tuple[tuple[Hashable, ...], Sequence[npt.NDArray[Any]]]], *, brief: bool
    ) -> None:
        # Only plots show the labels of times, and of each sample its own: small numbers take the least to copy.
        labels = np.arange(times, dtype=np.int8 if times < 128 else np.int32)
        self._variables: dict[str, Values] = {
            name: Values(_in_order(arrays), (_TIME, *dims), labels, brief=brief)
            for name, (dims, arrays) in stacks.items()
        }
        self.coords = {_TIME: Values(list(labels), (_TIME,))}
        self.sizes: dict[Hashable, int] = {_TIME: times}
        for variable in self._variables.values():
            self.sizes |= variable.sizes
        self.dims = frozenset(self.sizes)

    def __contains__(self, name: object) -> bool:
        return name in self._variables or name in self.coords

    def __getitem__(self, name: str) -> Values:
        return self._variables[name] if name in self._variables else self.coords[name]


def _in_order(parts: Sequence[npt.NDArray[Any]]) -> Sequence[npt.NDArray[Any]]:
    """The arrays as a stack of them has them in memory, which decides in which order they are added up."""
    return parts if all(part.flags.c_contiguous for part in parts) else list(np.stack(parts))


def _stacked(parts: Sequence[npt.NDArray[Any]], *, over_time: bool) -> npt.NDArray[Any]:
    if not over_time:
        return np.asarray(parts[0])
    return np.asarray(parts[0])[np.newaxis] if len(parts) == 1 else np.stack(parts) if parts else np.empty(0)


def _one(part: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A sample that is no NaN where there is one, in an array of as many dimensions."""
    flat = part.reshape(-1)
    if flat.size and flat.dtype.kind == "f" and np.isnan(flat[0]):
        flat = flat[np.argmin(np.isnan(flat)) :]
    return flat[:1].reshape((-1,) + (1,) * (part.ndim - 1)) if part.ndim else part


def _mean(values: npt.NDArray[Any], axes: tuple[int, ...]) -> npt.NDArray[Any]:
    """`np.nanmean`, without the copy that it makes of what has no NaN."""
    if values.dtype == np.float64 and values.size and not np.isnan(values).any():
        count = math.prod(values.shape[axis] for axis in axes)
        return np.asarray(np.sum(values, axis=axes) / count)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=axes))
