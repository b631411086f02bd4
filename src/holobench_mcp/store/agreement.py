"""Whether a manifest still says what was recorded: its id vouches for the blobs, and the blobs for the rest of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from holobench_mcp.model import Kind, Manifest, ResultDocument

if TYPE_CHECKING:
    import xarray as xr

    from holobench_mcp.snapshot import Snapshot


def declared_otherwise(manifest: Manifest, document: ResultDocument, dataset: xr.Dataset | None) -> str | None:
    """What a manifest declares otherwise than the stored contract and samples do; None when they agree."""
    declared = [(m.variable, m.units, m.direction, m.claim) for m in manifest.metrics]
    recorded = [(m.variable, m.units, m.direction, m.claim.claim if m.claim else None) for m in document.metrics]
    inputs = [(i.name, i.units) for i in manifest.inputs], [(i.name, i.units) for i in document.input_vars]
    for what, agree in (
        ("bench_name", manifest.bench_name == document.bench_name),
        ("provenance", manifest.provenance == document.provenance),
        ("inputs", inputs[0] == inputs[1]),
        ("metrics", declared == recorded),
    ):
        if not agree:
            return what
    for metric in manifest.metrics:
        if dataset is not None and metric.kind is Kind.bool:
            values = np.asarray(dataset[metric.variable].values)
            if not (np.isin(values, (0, 1)) | np.isnan(values)).all():
                return f"the kind of {metric.variable}"
    return None


def summed_up_otherwise(manifest: Manifest, snapshot: Snapshot) -> str | None:
    """Which of the figures that a manifest keeps of its samples are not theirs; None when all are."""
    shape = next((array.shape for array in snapshot.samples.values()), ())
    for what, ours, theirs in (
        ("shape", manifest.shape, shape),
        ("stats", manifest.stats, snapshot.stats()),
        ("definition", manifest.definition, snapshot.definition()),
    ):
        if ours != theirs:
            return what
    return None
