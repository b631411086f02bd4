"""What measured processes used beside what their benchmark says: a change beyond noise is told, and decides nothing.

A head that is as fast with twice the memory, or that keeps a second core busy, is no better; a benchmark of times does
not show it. As it decides nothing, it is told after three rounds already, where a decision needs more: by Student's
test at a strict level, of sides that do not overlap at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from holobench_mcp import digits
from holobench_mcp.evidence.formulas import Estimate
from holobench_mcp.model import Decision, Difference, ProcessUsage
from holobench_mcp.result.snapshot import Snapshot

#: Error rate of each, how many runs a side must have to be worth a look, and the smallest change that is.
_ALPHA, _FEWEST_RUNS, _LEAST = 0.005, 3, math.log(1.03)
#: By metric: its word, its words, its unit, and how much two runs of the same code differ at least (a logarithm).
_USED = {"cpu_s": ("cpu_time", "CPU time", "s", 0.02), "max_rss_mb": ("memory", "peak memory", "MB", 0.005)}
#: What a decision on times has said already, by the word of the caution.
SAID_BY = {"more_cpu_time": Decision.regressed, "less_cpu_time": Decision.improved}


def usage_cautions(baseline: Sequence[Snapshot], candidate: Sequence[Snapshot]) -> tuple[Difference, ...]:
    """Changes of CPU time and peak memory beyond noise, where both sides' processes were measured alike.

    A process whose own figures are the benchmark's metrics is judged by them, and not here.
    """
    sides = (baseline, candidate)
    if min(map(len, sides)) < _FEWEST_RUNS:
        return ()
    used: list[list[ProcessUsage]] = [[u for s in side if (u := s.environment.process) is not None] for side in sides]
    if any(len(u) < len(side) for u, side in zip(used, sides, strict=True)):
        return ()
    # Another import of holobench, or another machine, is another memory.
    alike = {
        (s.environment.way_of_import, s.environment.hostname_hash, s.environment.python) for side in sides for s in side
    }
    if len(alike) > 1:
        return ()
    judged = {metric.variable for metric in candidate[0].metrics}
    found: list[Difference] = []
    for name in _USED:
        if name not in judged:
            before, after = (tuple(getattr(u, name) for u in side) for side in used)
            found += _caution(name, before, after)
    return tuple(found)


@lru_cache(maxsize=256)  # every bench of a measurement has the same processes
def _caution(name: str, before: tuple[float, ...], after: tuple[float, ...]) -> tuple[Difference, ...]:
    if min(*before, *after) <= 0:
        return ()
    word, words, units, spread = _USED[name]
    base, head = np.log(before), np.log(after)
    df = base.size + head.size - 2.0
    squares = float(np.square(base - base.mean()).sum() + np.square(head - head.mean()).sum())
    variance = max(squares / df, spread**2) * (1 / base.size + 1 / head.size)
    change = Estimate(float(head.mean() - base.mean()), variance, df)
    parted = base.max() < head.min() or head.max() < base.min()
    if not parted or abs(change.effect) < _LEAST or change.p_value() > _ALPHA:
        return ()
    more = "more" if change.effect > 0 else "less"
    low, high = (digits.signed(100 * math.expm1(end)) for end in change.interval(1 - _ALPHA))
    was, now = (digits.plain(math.exp(side.mean()), 4) for side in (base, head))
    percent = digits.plain(abs(100 * math.expm1(change.effect)))
    detail = (
        f"the measured process takes {percent} % {more} {words} ({was} {units} before, {now} {units} now; {low} to "
        f"{high} %), which decides nothing here: process_metrics in the benchmark's configuration makes it decide"
    )
    return (Difference(severity="caution", what=f"{more}_{word}", detail=detail),)
