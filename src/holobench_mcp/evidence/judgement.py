"""Evidence: two sides of runs in, a calibrated decision out, with the input points that moved.

The unit of independence is the run, one process, wherever a number depends on the machine: two runs of identical code
differ by some percent, and a test that takes the repeats of one process for independent samples finds a difference in
almost any pair. docs/evidence.md tells the rule to people; `evidence_metric` tests one metric, `formulas` has the
statistics. Here metrics share their error rate, and tests become decisions. Knows no store.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from holobench_mcp.evidence import formulas, point_tests, wording
from holobench_mcp.evidence.aligned import Aligned, align
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.levels import run_number
from holobench_mcp.evidence.metric import Question, Tested, depends_on_machine, examine
from holobench_mcp.model import (
    DECISIONS_WORST_FIRST,
    Decision,
    Direction,
    Judgement,
    MetricEvidence,
    MetricSettings,
    PointEvidence,
    RunVariance,
)
from holobench_mcp.result.snapshot import Snapshot

__all__ = ["depends_on_machine", "judge", "run_variance_from"]

#: The worst points are listed one by one, and all are counted: what nobody reads should cost nobody seconds.
MAX_POINTS_LISTED = 1000
#: Fewer runs a side know too little of how much they differ to be asked for.
_FEWEST_RUNS = 3
#: With fewer degrees of freedom, how many runs would settle it is anybody's guess: a few more come first.
_KNOWS_ITS_SPREAD = 3


def judge(
    baseline: Sequence[Snapshot],
    candidate: Sequence[Snapshot],
    *,
    margin_percent: float = 3.0,
    alpha: float = 0.05,
    run_variance: Literal["auto", "none"] | Mapping[str, RunVariance] = "auto",
    paired: bool = False,
    settings: Mapping[str, MetricSettings] | None = None,
    metrics: Sequence[str] | None = None,
) -> Judgement:
    """What happened between two sides, each one or more runs of the same code.

    margin_percent: the smallest change that matters. alpha: error rate of the whole comparison, over all metrics and
    points. run_variance: what is known of run-to-run variance, for sides of one run each; "auto" assumes 3 % for
    metrics that depend on the machine, "none" takes all repeats for independent. paired: the i-th runs of both sides
    were measured in turn, so that drift cancels.
    settings: what is configured, by metric. metrics: only these.

    Raises ValueError for a side without runs, a margin or an alpha that can't be one, and pairs that don't match.
    """
    _check(baseline, candidate, margin_percent, alpha, paired)
    theirs = {m.variable: m for m in baseline[0].metrics}
    shared = [m for m in candidate[0].metrics if m.variable in theirs and (metrics is None or m.variable in metrics)]
    aligned = align(baseline, candidate) if shared else None
    if aligned is None or aligned.n_points == 0:
        reason = "The results share no metric." if not shared else "The results share no input point."
        return Judgement(decision=Decision.incomparable, reason=reason)
    tests = []
    for metric in shared:
        chosen = (settings or {}).get(metric.variable, MetricSettings())
        known = run_variance.get(metric.variable) if isinstance(run_variance, Mapping) else None
        if run_variance == "none":
            chosen = chosen.model_copy(update={"repeats": "independent"})
        question = Question(metric, chosen, margin_percent, known, paired)
        tests.append(examine(question, aligned, theirs[metric.variable]))
    # A metric that is equal in every sample can't be found changed, so it takes no share (Tarone 1990).
    factors = _holm_factors([None if t.exact and t.p == 1 else t.p for t in tests])
    judged = [_decide(t, alpha, factor, aligned) for t, factor in zip(tests, factors, strict=True)]
    judged.sort(key=lambda m: (DECISIONS_WORST_FIRST.index(m.decision), -abs(m.effect_percent or m.effect or 0.0)))
    return Judgement(
        decision=judged[0].decision,
        reason=wording.overall_reason(judged),
        next_step=wording.next_step(judged),
        metrics=tuple(judged),
    )


def run_variance_from(groups: Sequence[Sequence[Snapshot]], variable: str) -> RunVariance | None:
    """Run-to-run variance of a metric, pooled over groups of replicate runs; None where it can't be told.

    It is the whole variance between run numbers, what the repeats of a run leave included: added to the variance within
    a run it errs on the safe side. Only for metrics judged in percent.
    """
    total, df = 0.0, 0
    for group in groups:
        numbers = []
        for snapshot in group:
            samples = snapshot.samples.get(variable)
            if samples is None or not np.isfinite(samples).any():
                continue
            known = samples[np.isfinite(samples)]
            if (known <= 0).any():
                return None
            values = np.log(np.where(np.isfinite(samples), samples, np.nan)).reshape(-1, samples.shape[-1])
            numbers.append(run_number(values[np.isfinite(values).any(axis=1)]))
        if len(numbers) > 1:
            total += float(np.var(numbers, ddof=1)) * (len(numbers) - 1)
            df += len(numbers) - 1
    if df == 0 or total <= 0:
        return None
    return RunVariance(source="store", sd_percent=100 * (total / df) ** 0.5, df=float(df))


# ---------------------------------------------------------------------- from a test to a decision


def _decide(tested: Tested, alpha: float, factor: float, aligned: Aligned) -> MetricEvidence:
    question = tested.question
    if tested.overall is None or tested.p_overall is None:
        return _undecided(tested)
    overall, margin = tested.overall, tested.margin
    worse = _worse_sign(question.direction)
    p = min(1.0, factor * (tested.p or 0.0))
    limit = alpha / factor
    moved = (tested.p or 0.0) <= limit and tested.p_overall <= limit and abs(overall.effect) >= margin
    tests = tested.points
    q = tests.q if not moved or tests.q_moving is None else np.minimum(tests.q, tests.q_moving)
    both = point_tests.combined_p(tested.p_overall, q, max(q.size, 1))
    moved_points = (q <= limit) & (both <= limit) & (np.abs(tests.effect) >= margin)
    points = _points(tested, moved_points, np.minimum(factor * np.maximum(both, q), 1.0), worse, aligned)
    signs = {_word(worse, overall.effect)} if moved else set()
    signs |= {_word(worse, float(e)) for e in _extremes(tests.effect[moved_points])}
    low, high = overall.interval(0.90)
    within = -margin <= low and high <= margin
    if "regressed" in signs:
        decision = Decision.regressed
    elif "improved" in signs:
        decision = Decision.improved
    elif within or (tested.exact and abs(overall.effect) < margin):
        decision = Decision.unchanged
    else:
        decision = Decision.inconclusive
    runs, repeats = _needed(tested, limit) if decision is Decision.inconclusive else (None, None)
    evidence = _evidence(
        tested, decision, ci=overall.interval(0.95), p=p, points=points, points_moved=int(moved_points.sum()),
        runs_needed=runs, repeats_needed=repeats,
    )  # fmt: skip
    reason = wording.metric_reason(evidence, question.direction, moved=moved, exact=tested.exact)
    return evidence.model_copy(update={"reason": reason})


def _undecided(tested: Tested) -> MetricEvidence:
    measured = not tested.incomparable and tested.kept.any()
    on_machine = tested.question.on_machine
    return _evidence(
        tested,
        Decision.incomparable if tested.incomparable else Decision.inconclusive,
        ci=None,
        p=None,
        points=(),
        reason=f"{tested.question.metric.variable} can't be judged: {tested.unable or 'nothing was measured'}.",
        runs_needed=_FEWEST_RUNS if measured and on_machine else None,
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
        effect_percent=shown if tested.scale == "log" else None,
        effect=shown if tested.scale != "log" else None,
        units={"log": "%", "bool": "pp", "plain": tested.question.metric.units}[tested.scale],
        ci=None if ci is None else (tested.shown(ci[0]), tested.shown(ci[1])),
        p_value=p,
        n_runs=tested.n_runs,
        n_repeats=tested.n_repeats,
        n_points=int(tested.kept.sum()),
        n_dropped=tested.dropped,
        run_variance=tested.variance,
        location=tested.location,
        margin=tested.shown(tested.margin),
        points=points,
        points_moved=points_moved,
        runs_needed=runs_needed,
        repeats_needed=repeats_needed,
    )


def _points(
    tested: Tested, moved: npt.NDArray[np.bool_], p: FloatArray, worse: int, aligned: Aligned
) -> tuple[PointEvidence, ...]:
    """The points that moved: what got worse first, and of those the largest. At most MAX_POINTS_LISTED."""
    if not moved.any():
        return ()
    places = np.flatnonzero(moved)
    effects = tested.points.effect[places]
    badness = effects * worse if worse else np.abs(effects)
    order = places[np.argsort(-badness, kind="stable")[:MAX_POINTS_LISTED]]
    inputs = aligned.inputs_at(np.flatnonzero(tested.kept)[order])
    low, high = tested.points.intervals(order)
    log = tested.scale == "log"
    found = []
    for where, effect, *ends, q in zip(
        inputs, tested.points.effect[order].tolist(), low.tolist(), high.tolist(), p[order].tolist(), strict=True
    ):
        shown = tested.shown(effect)
        found.append(
            PointEvidence.model_construct(
                inputs=where,
                decision=_word(worse, effect),
                effect_percent=shown if log else None,
                effect=None if log else shown,
                ci=(tested.shown(ends[0]), tested.shown(ends[1])),
                p_value=q,
            )
        )
    return tuple(found)


def _extremes(effects: FloatArray) -> tuple[float, ...]:
    return (float(effects.min()), float(effects.max())) if effects.size else ()


def _needed(tested: Tested, limit: float) -> tuple[int | None, int | None]:
    """Runs a side, or repeats, that would find an effect of the margin 80 % of the time. limit: the metric's α."""
    overall, question = tested.overall, tested.question
    if overall is None or overall.variance <= 0:
        return None, None
    alpha = limit * point_tests.least_share_of_mean(tested.points.q.size)
    there = max(tested.n_runs)
    if question.on_machine or there > 1:
        if overall.df < _KNOWS_ITS_SPREAD:
            return max(there + 1, _FEWEST_RUNS), None
        runs = 1 / there if question.paired and there > 1 else sum(1 / n for n in tested.n_runs)
        sd = (overall.variance / runs) ** 0.5
        needed = formulas.runs_for_power(sd, tested.margin, alpha=alpha, paired=question.paired)
        return max(needed, there + 1, _FEWEST_RUNS), None
    total = formulas.t_quantile(1 - alpha / 2, math.inf) + formulas.t_quantile(0.8, math.inf)
    most = max(tested.n_repeats)
    ratio = min(overall.variance**0.5 / tested.margin, 1e6) if tested.margin > 0 else 1e6
    return None, min(max(math.ceil(most * (total * ratio) ** 2), most + 1), 10_000)


# ---------------------------------------------------------------------- parts


def _check(
    baseline: Sequence[Snapshot], candidate: Sequence[Snapshot], margin: float, alpha: float, paired: bool
) -> None:
    if not baseline or not candidate:
        raise ValueError("judge: each side needs at least one run")
    if not (math.isfinite(margin) and margin > 0):
        raise ValueError(f"judge: margin_percent must be above 0, not {margin}")
    if not 0 < alpha < 1:
        raise ValueError(f"judge: alpha must be between 0 and 1, not {alpha}")
    if paired and (len(baseline) != len(candidate)):
        raise ValueError(f"judge: pairs need as many runs on each side, not {len(baseline)} and {len(candidate)}")


def _worse_sign(direction: Direction) -> int:
    return {Direction.minimize: 1, Direction.maximize: -1, Direction.none: 0}[direction]


def _word(worse: int, effect: float) -> Literal["regressed", "improved"]:
    """A move's name. Without a better direction any move is a regression, as it is for holobench's detector."""
    return "regressed" if worse == 0 or effect * worse > 0 else "improved"


def _holm_factors(p_values: Sequence[float | None]) -> list[float]:
    """What each metric's p is multiplied with so that the whole comparison keeps its error rate (Holm 1979)."""
    known = np.array([p for p in p_values if p is not None])
    if known.size == 0:
        return [1.0] * len(p_values)
    adjusted = iter(formulas.holm(known))
    factors = []
    for p in p_values:
        if p is None:
            factors.append(1.0)
            continue
        after = float(next(adjusted))
        factors.append(max(1.0, after / p) if p > 0 else float(known.size))
    return factors
