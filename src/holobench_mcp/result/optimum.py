"""Where a metric was best, by holobench's own definition: the contract's `optimal_value` and `optimal_inputs`.

holobench masks the dataset with `xarray.where(…, drop=True)`, which takes most of the time of recording a small result.
This is the same by plain indexing, oddities included: of several best places, the value is looked for where the first
of each input's values meet, and is null where they do not meet in a best place; each input is the last of its values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from holobench_mcp.model import Direction, Metric
from holobench_mcp.result.strict_json import finite_or_none

if TYPE_CHECKING:
    import xarray as xr

    from holobench_mcp.result.plain_dataset import PlainDataset, PlainVariable


def optimum(dataset: xr.Dataset | PlainDataset, metric: Metric, inputs: Sequence[str]) -> dict[str, Any]:
    """`optimal_value` and `optimal_inputs` of a metric: null and empty where nothing finite was measured."""
    samples = dataset.variables.get(metric.variable)
    if samples is None:
        return {"optimal_value": None, "optimal_inputs": {}}
    try:
        values = np.asarray(samples.values)
        values = values if values.dtype.kind in "fiub" else values.astype(np.float64)
        is_best = values == _best(values, metric.direction)
        places = _places_by_dim(is_best)
        first = tuple(along[0] for along in places)
        value = float(values[first]) if is_best[first] else None
        by_dim = dict(zip(samples.dims, places, strict=True))
        where = {
            name: coordinate_scalar(_cropped(dataset.variables[name], by_dim))
            for name in inputs
            if name in dataset.coords and set(dataset.variables[name].dims) <= set(samples.dims)
        }
    except (ValueError, IndexError, TypeError):  # no samples at all, none that is a number
        return {"optimal_value": None, "optimal_inputs": {}}
    return {"optimal_value": finite_or_none(value), "optimal_inputs": where}


def coordinate_scalar(values: npt.ArrayLike) -> Any:  # noqa: ANN401 - a JSON scalar
    """One coordinate value as JSON can hold it; the last one where several points tie."""
    flat = np.asarray(values).ravel()
    if flat.size == 0:
        return None
    value = flat[-1]
    value = value.item() if hasattr(value, "item") else value
    return finite_or_none(value) if isinstance(value, float) else value


def _best(values: npt.NDArray[Any], direction: Direction) -> Any:  # noqa: ANN401 - a number of the array's own kind
    """The largest or smallest sample that is not NaN. Raises ValueError for an array without samples."""
    if values.dtype.kind == "f":
        return (np.fmax if direction is Direction.maximize else np.fmin).reduce(values, axis=None)
    return values.max() if direction is Direction.maximize else values.min()


def _places_by_dim(mask: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.intp]]:
    """For each dimension, the positions at which anything is set."""
    flat = np.flatnonzero(mask)  # by itself a tenth of the time of looking for places in all dimensions
    places = np.unravel_index(flat, mask.shape) if mask.ndim else ()
    return [along if along.size == 1 else np.unique(along) for along in places]


def _cropped(coordinate: xr.Variable | PlainVariable, places: dict[Any, npt.NDArray[np.intp]]) -> npt.NDArray[Any]:
    values = np.asarray(coordinate.values)
    if len(coordinate.dims) == 1:
        return values[places[coordinate.dims[0]]]
    return values[np.ix_(*(places[dim] for dim in coordinate.dims))] if coordinate.dims else values
