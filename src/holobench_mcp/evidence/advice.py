"""What would settle a metric: how many runs, or repeats; and what the present ones can show, where that is too many."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from holobench_mcp.config import MAX_ROUNDS, MAX_RUNS
from holobench_mcp.evidence import error_rate, formulas
from holobench_mcp.evidence.formulas import Estimate
from holobench_mcp.evidence.question import Tested
from holobench_mcp.model import ALPHA

#: Fewer runs a side know too little of how much they differ to be asked for.
FEWEST_RUNS = 3
#: No more repeats are asked for.
MAX_REPEATS = 1000
_POWER = 0.8
#: With fewer degrees of freedom the spread may easily be smaller than it looks, so that nothing is given up too early.
_KNOWS_ITS_SPREAD = 3
#: From so many standard errors on a change beyond the margin is looked at further, where the margin itself is out of
#: reach: 13 % of comparisons of the same code get there.
_SEEMS_REAL = 1.5


@dataclass(frozen=True)
class Advice:
    """What would settle it: runs a side, or repeats; neither, where more of them than may be asked for would not.

    can_show: the smallest change, on the scale of the test, that the present samples show four times of five; the
    margin itself where that is less, and what can't be settled then is a change as large as the margin.
    """

    runs: int | None = None
    repeats: int | None = None
    can_show: float | None = None


def advice(tested: Tested, limit: float, alpha_unchanged: float = ALPHA) -> Advice:
    """What would settle a metric that is inconclusive. limit: the metric's α; alpha_unchanged: of being unchanged."""
    overall, question, margin = tested.overall, tested.question, tested.samples.margin
    if overall is None or overall.variance <= 0 or margin <= 0:
        return Advice()
    alpha = limit * error_rate.least_share_of_mean(tested.points.q.size)
    sd = overall.variance**0.5
    df = max(overall.df, 1.0)
    can_show = max((formulas.t_quantile(1 - alpha / 2, df) + formulas.t_quantile(_POWER, df)) * sd, margin)
    if tested.variance.source == "suite":
        return Advice(
            FEWEST_RUNS, None, can_show
        )  # what others disturbed in single runs tells nothing of the code's own
    if overall.df < _KNOWS_ITS_SPREAD:
        sd *= (overall.df / special.chdtri(overall.df, 1 - _POWER)) ** 0.5
    in_runs = question.on_machine or max(tested.samples.n_runs) > 1
    there = max(tested.samples.n_runs if in_runs else tested.samples.n_repeats)
    paired = question.paired and in_runs and there > 1
    by_noise = _for_power(sd, margin, alpha, tested, in_runs=in_runs, paired=paired)
    by_margin = there * _times_for_sameness(overall, sd, margin, alpha_unchanged)
    least = max(there + 1, FEWEST_RUNS) if in_runs else there + 1
    needed = max(by_noise, math.ceil(min(by_margin, 1e9)), least)
    most = (MAX_ROUNDS if paired else MAX_RUNS) if in_runs else MAX_REPEATS
    size = abs(overall.effect)
    if needed > most and size > max(margin, _SEEMS_REAL * overall.variance**0.5):
        needed = max(_for_power(sd, size, alpha, tested, in_runs=in_runs, paired=paired), least)
    if needed > most:
        return Advice(can_show=can_show)
    return Advice(needed if in_runs else None, None if in_runs else needed, can_show)


def _for_power(sd: float, size: float, alpha: float, tested: Tested, *, in_runs: bool, paired: bool) -> int:
    """How many runs or repeats find an effect of a size four times of five."""
    samples = tested.samples
    if in_runs:
        share = 1 / max(samples.n_runs) if paired else sum(1 / n for n in samples.n_runs)
        return formulas.runs_for_power(sd / share**0.5, size, alpha=alpha, power=_POWER, paired=paired)
    total = formulas.t_quantile(1 - alpha / 2, math.inf) + formulas.t_quantile(_POWER, math.inf)
    return math.ceil(min(max(samples.n_repeats) * (total * min(sd / size, 1e6)) ** 2, 1e9))


def _times_for_sameness(overall: Estimate, sd: float, margin: float, alpha: float) -> float:
    """How many times as many samples show that an effect, as large as it looks, lies within the margin; 0 beyond it."""
    room = margin - abs(overall.effect)
    return (formulas.t_quantile(1 - alpha, max(overall.df, 8.0)) * sd / room) ** 2 if room > 0 else 0.0
