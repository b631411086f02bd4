"""Two results on one axis of time, with what holobench's detector reads of a dataset, and nothing of xarray's work.

The detector slices, averages and reads values, some sixty times for three metrics; by xarray that is two thirds of a
warm comparison. What it is given here has the same arrays under the same names, so that its numbers are the same to
the last bit, which tests hold it to. Whatever a later detector reads besides is not there, upon which
`contract_comparison` gives it the dataset itself.
"""

from __future__ import annotations

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
    """A named array with dimensions: as much of a DataArray as is read."""

    def __init__(
        self, values: npt.NDArray[Any], dims: tuple[Hashable, ...], time: Values | None, attrs: Mapping[Any, Any]
    ) -> None:
        self.values, self.dims, self.attrs, self._time = values, dims, attrs, time

    @property
    def sizes(self) -> dict[Hashable, int]:
        """The length of each dimension."""
        return dict(zip(self.dims, self.values.shape, strict=True))

    @property
    def size(self) -> int:
        """How many values there are."""
        return self.values.size

    def isel(self, *, over_time: int | slice) -> Values:
        """The values at a place, or at some places, of the time."""
        axis = self.dims.index(_TIME)
        values = self.values[(slice(None),) * axis + (over_time,)]
        dims = self.dims if isinstance(over_time, slice) else (*self.dims[:axis], *self.dims[axis + 1 :])
        return Values(values, dims, None, self.attrs)

    def mean(self, dim: Sequence[Hashable] | None = None, *, skipna: bool) -> Values:
        """The mean over some dimensions, or all, of what is no NaN; NaN of nothing. xarray's, to the last bit."""
        if not skipna or self.values.dtype.kind not in "fib" or _accelerated():
            import xarray as xr

            means = xr.Variable(self.dims, self.values).mean(dim=dim, skipna=skipna)
            return Values(means.values, means.dims, None, self.attrs)
        axes = tuple(range(self.values.ndim)) if dim is None else tuple(self.dims.index(name) for name in dim)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
            values = np.nanmean(self.values, axis=axes)
        dims = tuple(name for axis, name in enumerate(self.dims) if axis not in axes)
        return Values(np.asarray(values), dims, None, self.attrs)

    def __getitem__(self, name: str) -> Values:
        if name != _TIME or self._time is None:
            raise AttributeError(name)
        return self._time


class Stacked:
    """Results on an axis of time: as much of a Dataset as is read."""

    def __init__(
        self, labels: Sequence[str], stacks: Mapping[str, tuple[tuple[Hashable, ...], npt.NDArray[Any]]]
    ) -> None:
        time = Values(np.asarray(labels), (_TIME,), None, {})
        self._variables: dict[str, Values] = {
            name: Values(values, (_TIME, *dims), time, {}) for name, (dims, values) in stacks.items()
        }
        self.coords = {_TIME: time}
        self.sizes: dict[Hashable, int] = {_TIME: len(labels)}
        for variable in self._variables.values():
            self.sizes |= variable.sizes
        self.dims = frozenset(self.sizes)

    def __contains__(self, name: object) -> bool:
        return name in self._variables or name in self.coords

    def __getitem__(self, name: str) -> Values:
        return self._variables[name] if name in self._variables else self.coords[name]
