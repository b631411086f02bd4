"""A result's samples as plain arrays: what an archive of them holds, and what a result is recorded from."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from holobench_mcp.result.plain_dataset import PlainDataset, PlainVariable
from holobench_mcp.result.replication import Replication

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class SampleArrays:
    """What an archive holds. A dataset of it takes longer to make than all else of reading a small result."""

    dims: tuple[str, ...]  #: the inputs, then `repeat`
    coordinates: Mapping[str, npt.NDArray[Any]]  #: of each dimension
    metrics: Mapping[str, npt.NDArray[Any]]  #: of all dimensions, in their order
    replication: Mapping[str, Replication]

    def plain(self) -> PlainDataset:
        """The same by name, as the contract reads it."""
        coords: dict[Hashable, PlainVariable] = {
            name: PlainVariable((name,), self.coordinates[name]) for name in self.dims
        }
        metrics: dict[Hashable, PlainVariable] = {n: PlainVariable(self.dims, a) for n, a in self.metrics.items()}
        return PlainDataset(coords | metrics, coords, self.dataset)

    def dataset(self) -> xr.Dataset:
        """The same as a dataset."""
        import xarray as xr

        return xr.Dataset(
            {name: (self.dims, array) for name, array in self.metrics.items()},
            coords={name: (name, self.coordinates[name]) for name in self.dims},
        )
