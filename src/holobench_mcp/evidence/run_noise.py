"""How much runs of the same code differ, from recorded runs alone, and which change such runs can show.

A benchmark whose noise no number of runs that may be asked for overcomes is known before anybody measures with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from holobench_mcp.config import MAX_ROUNDS
from holobench_mcp.evidence import error_rate, formulas
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.levels import run_number
from holobench_mcp.evidence.run_tests import slowed
from holobench_mcp.model import ALPHA, Direction
from holobench_mcp.result.snapshot import Snapshot

#: With fewer degrees of freedom nothing is said of a benchmark's noise.
_FEWEST_DF = 3
#: A benchmark is called too noisy only where its noise is that large with this confidence.
_CONFIDENCE = 0.95
_POWER = 0.8


@dataclass(frozen=True)
class RunNoise:
    """How much runs differ: of independent runs, or of the two sides of a round, whose common drift cancels."""

    sd: float  #: of a run's number, or of a round's difference; logarithms
    df: int
    runs: int  #: a side, of the largest group: the effort that is made
    paired: bool = False


def run_numbers(snapshot: Snapshot, variable: str, direction: Direction) -> tuple[float, float] | None:
    """A run's number, on the scale of percent, and by how much it was slowed; None where it has none on this scale."""
    logs = _logs(snapshot, variable)
    return None if logs is None else (run_number(logs), slowed(logs, direction))


def noise_of_runs(groups: Sequence[Sequence[float | None]]) -> RunNoise | None:
    """The noise of a metric between independent runs, pooled over groups of replicate runs; None where it is unknown.

    groups: the runs' numbers, as `run_numbers` has them; None of a run that has none. Only for metrics judged in
    percent.
    """
    return _pooled([[number for number in group if number is not None] for group in groups], paired=False)


def noise_of_rounds(rounds: Sequence[Sequence[float | None]]) -> RunNoise | None:
    """The noise of a metric's difference between a round's base and head; None where it is unknown."""
    return _pooled([[head - base for base, head in rounds if base is not None and head is not None]], paired=True)


def too_noisy_for(margin_percent: float, noise: RunNoise, points: int) -> float | None:
    """The change in percent that as many runs as were made show, of a metric too noisy for a margin; None of others.

    Too noisy: more than 50 runs a side would be needed to find a change of the margin four times of five, even were
    the noise as small as it can be by what is known of it. points: input points, which share the metric's α.
    """
    if noise.df < _FEWEST_DF:
        return None
    margin, alpha = math.log1p(margin_percent / 100), ALPHA * error_rate.least_share_of_mean(points)
    least_sd = noise.sd * float(noise.df / special.chdtri(noise.df, 1 - _CONFIDENCE)) ** 0.5
    if formulas.runs_for_power(least_sd, margin, alpha=alpha, power=_POWER, paired=noise.paired) <= MAX_ROUNDS:
        return None
    n, sides = max(noise.runs, 2), 1 if noise.paired else 2
    df = sides * (n - 1)
    times = formulas.t_quantile(1 - alpha / 2, df) + formulas.t_quantile(_POWER, df)
    return 100 * math.expm1(max(times * noise.sd * (sides / n) ** 0.5, margin))


# ---------------------------------------------------------------------- parts


def _pooled(groups: Sequence[Sequence[float]], *, paired: bool) -> RunNoise | None:
    """The standard deviation within groups of numbers."""
    known = [group for group in groups if len(group) > 1]
    df = sum(len(group) - 1 for group in known)
    total = sum(float(np.var(group, ddof=1)) * (len(group) - 1) for group in known)
    return RunNoise((total / df) ** 0.5, df, max(map(len, known)), paired) if df and total > 0 else None


def _logs(snapshot: Snapshot, variable: str) -> FloatArray | None:
    """The logarithms of a run's samples at the points that have one, (points, repeats), NaN missing.

    None without a finite sample, or with one that has no logarithm.
    """
    samples = snapshot.samples.get(variable)
    if samples is None or not np.isfinite(samples).any() or (samples[np.isfinite(samples)] <= 0).any():
        return None
    values = np.log(np.where(np.isfinite(samples), samples, np.nan)).reshape(-1, samples.shape[-1])
    return np.asarray(values[np.isfinite(values).any(axis=1)])
