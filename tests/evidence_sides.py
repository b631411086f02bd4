"""Sides for the tests of evidence: a run is one array of (points, repeats) a metric."""

from __future__ import annotations

import numpy as np

from holobench_mcp import Snapshot
from holobench_mcp.model import Judgement, MetricEvidence


def run(*samples, units="", kind="float", direction="minimize", inputs=None, names=None) -> Snapshot:
    arrays = [np.asarray(a, dtype=float) for a in samples]
    arrays = [a[None, :] if a.ndim == 1 else a for a in arrays]
    names = names or [f"m{i}" for i in range(len(arrays))]
    return Snapshot.build(
        bench_name="b",
        inputs={"x": range(arrays[0].shape[0])} if inputs is None else inputs,
        metrics={n: {"units": units, "kind": kind, "direction": direction} for n in names},
        samples=dict(zip(names, arrays, strict=True)),
        executed_at="2026-01-01T00:00:00+00:00",
    )


def only(judgement: Judgement) -> MetricEvidence:
    assert len(judgement.metrics) == 1
    return judgement.metrics[0]


def lognormal(seed: int, shape=(10, 5), sd=0.15, level=100.0):
    return level * np.exp(sd * np.random.default_rng(seed).standard_normal(shape))
