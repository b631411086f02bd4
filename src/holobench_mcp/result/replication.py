"""How many samples stand behind each input point, where that differs from point to point or only their mean is known.

A tool that measures one point five times and the next a thousand times gives no rectangle. Its samples are padded to
one with NaN, and the counts say what is padding and what is missing. Without them nobody could tell the two apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Replication:
    """Of one metric. count, sd: shape (points of each input …).

    count: how many samples were taken; 0 at a point that is none of the benchmark's. sd: of an aggregate, whose first
    repeat is the mean of `count` samples that nobody has; NaN where their spread is not known either.
    """

    count: IntArray
    sd: FloatArray | None = None

    def padding(self, repeats: int) -> BoolArray:
        """Which places of an array (points …, repeats) no sample was taken for."""
        held = self.count if self.sd is None else np.minimum(self.count, 1)
        return np.asarray(np.arange(repeats) >= held[..., None])

    def check(self, samples: FloatArray) -> None:
        """Raise ValueError where the counts are not those of the samples."""
        if self.count.shape != samples.shape[:-1] or self.count.dtype.kind not in "iu" or (self.count < 0).any():
            raise ValueError(f"its counts are not one for each of the {samples.shape[:-1]} points")
        if self.sd is None:
            if (self.count > samples.shape[-1]).any():
                raise ValueError(f"it counts more samples than the {samples.shape[-1]} repeats there are")
        elif self.sd.shape != self.count.shape or self.sd.dtype.kind != "f" or (self.sd < 0).any():
            raise ValueError("its standard deviations are not one for each point")
        if not np.isnan(samples[self.padding(samples.shape[-1])]).all():
            raise ValueError("it has samples where its counts say that none were taken")


def per_point(values: npt.NDArray[np.generic], replication: Mapping[str, Replication], variable: str) -> FloatArray:
    """Samples with every input point counting alike: (points …, 1), the mean of each; NaN where there is none."""
    floats = values.astype(np.float64)
    counts = np.isfinite(floats).sum(axis=-1, keepdims=True)
    held = replication.get(variable)
    if held is not None and held.sd is not None:
        return np.ascontiguousarray(floats[..., :1])
    total = np.where(np.isfinite(floats), floats, 0.0).sum(axis=-1, keepdims=True)
    return np.asarray(np.where(counts > 0, total / np.maximum(counts, 1), np.nan))
