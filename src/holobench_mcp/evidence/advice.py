"""What would settle a metric: how many runs, or repeats, and what the present ones can show."""

from __future__ import annotations

import math

from holobench_mcp.evidence import error_rate, formulas
from holobench_mcp.evidence.question import Tested

#: Fewer runs a side know too little of how much they differ to be asked for.
FEWEST_RUNS = 3
#: With fewer degrees of freedom, how many runs would settle it is anybody's guess: a few more come first.
_KNOWS_ITS_SPREAD = 3


def needed(tested: Tested, limit: float) -> tuple[int | None, int | None]:
    """Runs a side, or repeats, that would find an effect of the margin 80 % of the time. limit: the metric's α."""
    overall, question = tested.overall, tested.question
    if overall is None or overall.variance <= 0:
        return None, None
    alpha = limit * error_rate.least_share_of_mean(tested.points.q.size)
    there = max(tested.samples.n_runs)
    if question.on_machine or there > 1:
        if overall.df < _KNOWS_ITS_SPREAD:
            return max(there + 1, FEWEST_RUNS), None
        runs = 1 / there if question.paired and there > 1 else sum(1 / n for n in tested.samples.n_runs)
        sd = (overall.variance / runs) ** 0.5
        needed = formulas.runs_for_power(sd, tested.samples.margin, alpha=alpha, paired=question.paired)
        return max(needed, there + 1, FEWEST_RUNS), None
    total = formulas.t_quantile(1 - alpha / 2, math.inf) + formulas.t_quantile(0.8, math.inf)
    most = max(tested.samples.n_repeats)
    ratio = min(overall.variance**0.5 / tested.samples.margin, 1e6) if tested.samples.margin > 0 else 1e6
    return None, min(max(math.ceil(most * (total * ratio) ** 2), most + 1), 10_000)
