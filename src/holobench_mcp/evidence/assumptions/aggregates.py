"""One run a side, of which a tool told only each point's mean and spread: Welch's test takes no more than these.

Outliers, modes and drift don't show in them, so the answer says that there were no samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from holobench_mcp.evidence import run_tests
from holobench_mcp.evidence.aligned import Aligned
from holobench_mcp.evidence.assumptions import repeats
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.question import Aggregate, Samples, Tested


def of_sides(
    aligned: Aligned, variable: str, base: Sequence[FloatArray], cand: Sequence[FloatArray]
) -> tuple[Aggregate, Aggregate] | None:
    """Both sides as aggregates, where each has it in one run and one of the two is nothing else; None elsewhere."""
    if not any(variable in run.replication for run in aligned.runs):
        return None
    runs = [[i for i, samples in enumerate(side) if np.isfinite(samples).any()] for side in (base, cand)]
    if [len(at) for at in runs] != [1, 1]:
        return None
    (b,), (c,) = runs
    held = [aligned.replication(b, variable), aligned.replication(len(base) + c, variable)]
    if all(h is None or h.sd is None for h in held):
        return None
    sides = []
    for h, samples in zip(held, (base[b], cand[c]), strict=True):
        if h is not None and h.sd is not None:
            sides.append(Aggregate(h.count.astype(np.float64), samples[:, 0], h.sd))
        else:
            n, mean, variance = run_tests.moments(np.where(np.isfinite(samples), samples, np.nan), finite=False)
            sides.append(Aggregate(n, mean, np.sqrt(variance)))
    return sides[0], sides[1]


def holds(samples: Samples) -> bool:
    """Whether a side is an aggregate."""
    return samples.aggregates is not None


def test(samples: Samples) -> Tested:
    """Welch's test over the points that have a spread on both sides, and moderated tests at each."""
    known = np.logical_and.reduce([(side.n >= 2) & np.isfinite(side.sd) for side in samples.aggregates or ()])
    if not known.any():
        return samples.unable("only a mean is known of a side, not the spread that tells a change from noise")
    samples = samples.only(known)
    assert samples.aggregates is not None  # noqa: S101 - `only` takes none away
    base, cand = (_moments(side, samples) for side in samples.aggregates)
    return repeats.by_moments(samples, base, cand)


def _moments(side: Aggregate, samples: Samples) -> repeats.Moments:
    """Number, mean and variance on the scale of the test; on the log scale by the delta method."""
    if samples.scale == "log":
        return side.n, np.log(side.mean), np.square(side.sd / side.mean)
    return side.n, np.ldexp(side.mean, -samples.exponent), np.square(np.ldexp(side.sd, -samples.exponent))
