"""The runs that a comparison rests on, read again for a picture of them."""

from __future__ import annotations

from collections.abc import Collection

from holobench_mcp.answers.single_runs import SingleRuns
from holobench_mcp.model import ComparisonDocument
from holobench_mcp.workspace.library import Library

#: Points of a metric that stand in a picture one by one.
MOST_POINTS = 24


def single_runs(library: Library, document: ComparisonDocument, metrics: Collection[str]) -> SingleRuns | None:
    """Each run of both sides, in some of the metrics; None where there are no samples that could be laid together."""
    from holobench_mcp.evidence.aligned import align
    from holobench_mcp.evidence.run_values import run_values

    base, cand = document.baseline, document.candidate
    if base.result_id is None or cand.result_id is None or not metrics:
        return None
    sides = [
        [library.snapshot_of(one) for one in (side.result_id, *side.replicates) if one is not None]
        for side in (base, cand)
    ]
    if any(run.dataset is None for side in sides for run in side):
        return None
    aligned = align(*sides)
    if aligned is None:
        return None
    return SingleRuns(
        baseline=base.result_id,
        candidate=cand.result_id,
        metrics=tuple(
            run_values(aligned, m.evidence, m.direction, MOST_POINTS)
            for m in document.metrics
            if m.variable in metrics and m.evidence is not None
        ),
    )
