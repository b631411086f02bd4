"""Whether a manifest still says what was recorded: its id vouches for the blobs, and the blobs for the rest of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from holobench_mcp.model import Kind, Manifest, MetricStats, ResultDocument
from holobench_mcp.result.upstream import claim_text

if TYPE_CHECKING:
    from holobench_mcp.result.sample_arrays import SampleArrays
    from holobench_mcp.result.snapshot import Snapshot


def declared_otherwise(manifest: Manifest, document: ResultDocument, arrays: SampleArrays | None) -> str | None:
    """What a manifest declares otherwise than the stored contract and samples do; None when they agree."""
    declared = [(m.variable, m.units, m.direction) for m in manifest.metrics]
    recorded = [(m.variable, m.units, m.direction) for m in document.metrics]
    inputs = [(i.name, i.units) for i in manifest.inputs], [(i.name, i.units) for i in document.input_vars]
    for what, agree in (
        ("bench_name", manifest.bench_name == document.bench_name),
        ("provenance", manifest.provenance == document.provenance),
        ("inputs", inputs[0] == inputs[1]),
        ("metrics", declared == recorded),
    ):
        if not agree:
            return what
    for metric, recorded_metric in zip(manifest.metrics, document.metrics, strict=True):
        ours, theirs = metric.claim, recorded_metric.claim.claim if recorded_metric.claim else None
        if arrays is not None and (claim_text(ours) if ours is not None else None) != theirs:
            return f"the claim of {metric.variable}"
        if arrays is not None and metric.kind is Kind.bool:
            values = arrays.metrics[metric.variable]
            if not (np.isin(values, (0, 1)) | np.isnan(values)).all():
                return f"the kind of {metric.variable}"
    return None


def summed_up_otherwise(manifest: Manifest, snapshot: Snapshot) -> str | None:
    """Which of the figures that a manifest keeps of its samples are not theirs; None when all are."""
    if manifest.shape != next((array.shape for array in snapshot.samples.values()), ()):
        return "their shape"
    found = snapshot.stats()
    if set(found) != set(manifest.stats):
        return "what is measured"
    return next((name for name in found if not _alike(manifest.stats[name], found[name])), None)


def _alike(one: MetricStats, other: MetricStats) -> bool:
    """Whether figures agree but for rounding: another processor adds up in another order."""
    size = max((abs(value) for value in (other.min, other.max) if value is not None), default=0.0)
    pairs = ((getattr(one, name), getattr(other, name)) for name in MetricStats.model_fields)
    return all(
        a == b or (a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9 * size))
        for a, b in pairs
    )
