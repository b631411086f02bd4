"""A dataset's arrays by name, with as much of xarray's Dataset as the contract reads of one.

Through xarray, each array that is read makes an object of its own: for a small result that took longer than writing it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class PlainVariable:
    """An array with its dimensions."""

    dims: tuple[Hashable, ...]
    values: npt.NDArray[Any]


@dataclass(frozen=True)
class PlainDataset:
    """Variables by name, and those among them that are coordinates. whole: makes the dataset itself."""

    variables: Mapping[Hashable, PlainVariable]
    coords: Mapping[Hashable, PlainVariable]
    whole: Callable[[], xr.Dataset]

    def __getitem__(self, name: Hashable) -> xr.DataArray:
        """A variable with all that xarray knows of it: for who reads more than is here."""
        return self.whole()[name]

    @classmethod
    def of(cls, dataset: xr.Dataset) -> PlainDataset:
        """A dataset's arrays, as they are."""
        variables = {name: PlainVariable(v.dims, np.asarray(v.values)) for name, v in dataset.variables.items()}
        return cls(variables, {name: variables[name] for name in dataset.coords}, lambda: dataset)
