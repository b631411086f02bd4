"""From a test to a decision: the word, its interval, the points that moved, and what would settle it.

docs/evidence.md tells the rule. Knows one metric and its share of the error rate; `judgement` knows all of them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from holobench_mcp.evidence import advice, error_rate, wording
from holobench_mcp.evidence.aligned import Aligned
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.point_tests import PointTests
from holobench_mcp.evidence.question import Tested
from holobench_mcp.model import Decision, Direction, MetricEvidence, PointEvidence

#: The worst points are listed one by one, and all are counted: what nobody reads should cost nobody seconds.
MAX_POINTS_LISTED = 1000


def decide(tested: Tested, alpha: float, factor: float, aligned: Aligned) -> MetricEvidence:
    """What became of a metric. alpha: of the whole comparison; factor: what its p-values are multiplied with."""
    question = tested.question
    if tested.overall is None or tested.p_overall is None:
        return _undecided(tested)
    overall, margin = tested.overall, tested.samples.margin
    worse = _worse_sign(question.direction)
    p = min(1.0, factor * (tested.p or 0.0))
    limit = alpha / factor
    moved = (tested.p or 0.0) <= limit and tested.p_overall <= limit and abs(overall.effect) >= margin
    tests = tested.points.deciding(mean_moved=moved)
    both = error_rate.combined_p(tested.p_overall, tests.q, max(tests.q.size, 1))
    moved_points = (tests.q <= limit) & (both <= limit) & (np.abs(tests.effect) >= margin)
    adjusted = np.minimum(factor * np.maximum(both, tests.q), 1.0)
    points = _points(tested, tests, moved_points, adjusted, worse, aligned)
    signs = {_word(worse, overall.effect)} if moved else set()
    signs |= {_word(worse, float(e)) for e in _extremes(tests.effect[moved_points])}
    low, high = overall.interval(0.90)
    within = -margin <= low and high <= margin
    if "regressed" in signs:
        decision = Decision.regressed
    elif "improved" in signs:
        decision = Decision.improved
    elif within:
        decision = Decision.unchanged
    else:
        decision = Decision.inconclusive
    runs, repeats = advice.needed(tested, limit) if decision is Decision.inconclusive else (None, None)
    evidence = _evidence(
        tested, decision, ci=overall.interval(0.95), p=p, points=points, points_moved=int(moved_points.sum()),
        runs_needed=runs, repeats_needed=repeats,
    )  # fmt: skip
    reason = wording.metric_reason(evidence, question.direction, moved=moved, exact=tested.exact)
    return evidence.model_copy(update={"reason": reason})


def _undecided(tested: Tested) -> MetricEvidence:
    measured = not tested.incomparable and tested.samples.places.any()
    on_machine = tested.question.on_machine
    return _evidence(
        tested,
        Decision.incomparable if tested.incomparable else Decision.inconclusive,
        ci=None,
        p=None,
        points=(),
        reason=f"{tested.question.metric.variable} can't be judged: {tested.unable or 'nothing was measured'}.",
        runs_needed=advice.FEWEST_RUNS if measured and on_machine else None,
        repeats_needed=5 if measured and not on_machine else None,
    )


def _evidence(
    tested: Tested,
    decision: Decision,
    *,
    ci: tuple[float, float] | None,
    p: float | None,
    points: tuple[PointEvidence, ...],
    points_moved: int = 0,
    reason: str = "",
    runs_needed: int | None = None,
    repeats_needed: int | None = None,
) -> MetricEvidence:
    effect = tested.overall.effect if tested.overall is not None else None
    shown = None if effect is None else tested.shown(effect)
    return MetricEvidence(
        variable=tested.question.metric.variable,
        decision=decision,
        reason=reason,
        effect_percent=shown if tested.samples.scale == "log" else None,
        effect=shown if tested.samples.scale != "log" else None,
        units=tested.units,
        ci=None if ci is None else tested.shown_interval(ci),
        p_value=p,
        n_runs=tested.samples.n_runs,
        n_repeats=tested.samples.n_repeats,
        n_points=int(tested.samples.places.sum()),
        n_dropped=tested.samples.dropped,
        run_variance=tested.variance,
        location=tested.location,
        margin=tested.shown(tested.samples.margin),
        points=points,
        points_moved=points_moved,
        runs_needed=runs_needed,
        repeats_needed=repeats_needed,
    )


def _points(
    tested: Tested, tests: PointTests, moved: npt.NDArray[np.bool_], p: FloatArray, worse: int, aligned: Aligned
) -> tuple[PointEvidence, ...]:
    """The points that moved: what got worse first, and of those the largest. At most MAX_POINTS_LISTED."""
    if not moved.any():
        return ()
    places = np.flatnonzero(moved)
    effects = tests.effect[places]
    badness = effects * worse if worse else np.abs(effects)
    order = places[np.argsort(-badness, kind="stable")[:MAX_POINTS_LISTED]]
    inputs = aligned.inputs_at(np.flatnonzero(tested.samples.places)[order])
    low, high = tests.intervals(order)
    log = tested.samples.scale == "log"
    found = []
    for where, effect, *ends, q in zip(
        inputs, tests.effect[order].tolist(), low.tolist(), high.tolist(), p[order].tolist(), strict=True
    ):
        shown = tested.shown(effect)
        found.append(
            PointEvidence.model_construct(
                inputs=where,
                decision=_word(worse, effect),
                effect_percent=shown if log else None,
                effect=None if log else shown,
                ci=tested.shown_interval(ends),
                p_value=q,
            )
        )
    return tuple(found)


def _extremes(effects: FloatArray) -> tuple[float, ...]:
    return (float(effects.min()), float(effects.max())) if effects.size else ()


def _worse_sign(direction: Direction) -> int:
    return {Direction.minimize: 1, Direction.maximize: -1, Direction.none: 0}[direction]


def _word(worse: int, effect: float) -> Literal["regressed", "improved"]:
    """A move's name. Without a better direction any move is a regression, as it is for holobench's detector."""
    return "regressed" if worse == 0 or effect * worse > 0 else "improved"
