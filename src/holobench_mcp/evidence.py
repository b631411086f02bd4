"""Evidence: two sides of runs in, a calibrated decision out, with the input points that moved.

The unit of independence is the run, one process, wherever a number depends on the machine: two runs of identical code
differ by some percent, and a test that takes the repeats of one process for independent samples finds a difference in
almost any pair. docs/evidence.md tells the rule to people; `formulas` has the statistics. Knows no store.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from holobench_mcp import evidence_points, formulas, wording
from holobench_mcp.aligned import Aligned, align
from holobench_mcp.evidence_points import PointTests
from holobench_mcp.formulas import Estimate, FloatArray
from holobench_mcp.model import (
    DECISIONS_WORST_FIRST,
    Decision,
    Direction,
    Judgement,
    Kind,
    Metric,
    MetricEvidence,
    MetricSettings,
    PointEvidence,
    RunVariance,
)
from holobench_mcp.snapshot import Snapshot

#: Run-to-run standard deviation, in percent, of a metric that depends on the machine, where nothing was measured.
ASSUMED_RUN_SD_PERCENT = 3.0
#: With fewer rounds, or with differences within rounds this much quieter than the runs, rounds are compared as pairs.
#: Looking first and choosing then alarms a little too often (6 % at a nominal 5 %), which the room in the variance
#: takes back; a 10 % change with 3 % noise between runs is still found far more often than by pairs.
_FEW_ROUNDS, _CLEARLY, _ROOM = 4, 0.25, 1.15
#: The worst points are listed one by one, and all are counted: what nobody reads should cost nobody seconds.
MAX_POINTS_LISTED = 1000
_MACHINE_UNITS = re.compile(
    r"(?:[munpµμ]?s|secs?|seconds?|m?sec|min|minutes?|h|hours?|ns|us|ms"  # time
    r"|[kmgt]?hz|.*/\s*(?:s|sec|second|ms|us|min|h)|.*per[ _](?:s|sec|second|min)|[a-z]*ps|cycles?"  # rate
    r"|[kmgtp]?i?b|[kmgt]?i?bytes?|pages"  # memory
    r"|[mkµμn]?j|joules?|[mk]?w|watts?|[kmgm]?wh|%\s*cpu|cpu\s*%)",  # energy and load
    re.IGNORECASE,
)
_NO_RATE = frozenset(
    {"steps", "ops", "reps", "drops", "swaps", "maps", "laps", "props", "caps", "hops", "jumps", "loops"}
)


def depends_on_machine(units: str | None) -> bool:
    """Whether a metric in these units differs between two runs of the same code: time, rate, memory, energy."""
    plain = (units or "").strip().lower()
    return bool(plain) and plain not in _NO_RATE and _MACHINE_UNITS.fullmatch(plain) is not None


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
        tests.append(_test(_Question(metric, chosen, margin_percent, known, paired), aligned, theirs[metric.variable]))
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
            values = np.where(np.isfinite(samples), samples, np.nan)
            numbers.append(float(np.nanmean(np.log(np.nanmedian(values, axis=-1)))))
        if len(numbers) > 1:
            total += float(np.var(numbers, ddof=1)) * (len(numbers) - 1)
            df += len(numbers) - 1
    if df == 0 or total <= 0:
        return None
    return RunVariance(source="store", sd_percent=100 * (total / df) ** 0.5, df=float(df))


# ---------------------------------------------------------------------- one metric


@dataclass(frozen=True)
class _Question:
    """A metric, and how it is to be judged."""

    metric: Metric
    settings: MetricSettings
    margin_percent: float
    known: RunVariance | None
    paired: bool

    @property
    def direction(self) -> Direction:
        return self.settings.direction or self.metric.direction

    @property
    def on_machine(self) -> bool:
        if self.settings.deterministic or self.settings.repeats == "independent":
            return False
        return self.settings.repeats == "within-run" or depends_on_machine(self.metric.units)


@dataclass(frozen=True)
class _Tested:
    """What the samples of one metric say, before it is known how many metrics are judged with it."""

    question: _Question
    scale: Literal["log", "plain", "bool"]
    overall: Estimate | None
    p_overall: float | None
    points: PointTests
    margin: float
    variance: RunVariance
    n_runs: tuple[int, int]
    n_repeats: tuple[int, int]
    kept: npt.NDArray[np.bool_]
    dropped: int
    exact: bool = False
    unable: str | None = None

    @property
    def p(self) -> float | None:
        """The metric's p, over its mean and its points."""
        if self.p_overall is None or self.points.q.size < 2:
            return self.p_overall
        return float(evidence_points.combined_p(self.p_overall, self.points.q.min(), self.points.q.size))


def _test(question: _Question, aligned: Aligned, base_metric: Metric) -> _Tested:
    metric = question.metric
    base = [aligned.baseline_samples(i, metric.variable) for i in range(aligned.n_baseline)]
    cand = [aligned.candidate_samples(i, metric.variable) for i in range(aligned.n_candidate)]
    given = _least_given(base), _least_given(cand)
    if not question.paired:
        base, cand = _without_copies(base), _without_copies(cand)
    everything = [*base, *cand]
    finite = all(np.isfinite(a).all() for a in everything)
    dropped = 0 if finite else sum(int((~np.isfinite(a)).sum()) for a in everything)
    if not finite:
        base = [np.where(np.isfinite(a), a, np.nan) for a in base]
        cand = [np.where(np.isfinite(a), a, np.nan) for a in cand]
        kept = np.logical_and.reduce([np.isfinite(a).any(axis=1) for a in (*base, *cand)])
        base, cand = [a[kept] for a in base], [a[kept] for a in cand]
    else:
        kept = np.ones(aligned.n_points, dtype=np.bool_)
    blank = _Blank(question, (len(base), len(cand)), _repeats(base, cand), given, kept, dropped)
    if base_metric.units != metric.units or base_metric.meaning_version != metric.meaning_version:
        return blank.unable("its declaration changed", incomparable=True)
    if base_metric.direction != metric.direction and question.settings.direction is None:
        return blank.unable("its better direction changed", incomparable=True)
    if not kept.any():
        return blank.unable("no input point was measured on both sides")
    if metric.kind is Kind.bool:
        return _test_proportions(blank, base, cand)
    positive = all((a > 0).all() if finite else (a[~np.isnan(a)] > 0).all() for a in (*base, *cand))
    if positive:
        base, cand = [np.log(a) for a in base], [np.log(a) for a in cand]
    return _test_values(blank, base, cand, log=positive, finite=finite)


@dataclass(frozen=True)
class _Blank:
    """What is known of a metric before any test."""

    question: _Question
    n_runs: tuple[int, int]
    n_repeats: tuple[int, int]
    n_given: tuple[int, int]  #: samples at a point, in all runs together, those of exact copies included
    kept: npt.NDArray[np.bool_]
    dropped: int

    def fill(
        self,
        scale: Literal["log", "plain", "bool"],
        overall: Estimate | None,
        p_overall: float | None,
        margin: float,
        *,
        variance: RunVariance | None = None,
        points: PointTests | None = None,
        exact: bool = False,
        unable: str | None = None,
    ) -> _Tested:
        return _Tested(
            self.question, scale, overall, p_overall, points or evidence_points.nothing(), margin,
            variance or RunVariance(source="none"), self.n_runs, self.n_repeats, self.kept, self.dropped, exact, unable,
        )  # fmt: skip

    def unable(self, why: str, *, incomparable: bool = False) -> _Tested:
        return self.fill("plain", None, None, 0.0, unable=("incomparable: " if incomparable else "") + why)


def _test_values(blank: _Blank, base: list[FloatArray], cand: list[FloatArray], *, log: bool, finite: bool) -> _Tested:
    """A real-valued metric. base, cand: one array a run, of shape (points, repeats), logs already where log."""
    question = blank.question
    scale: Literal["log", "plain"] = "log" if log else "plain"
    margin = _margin(question, base, cand, log=log)
    constant = _constant_difference(base, cand)
    if constant is not None and _known_exactly(blank, constant, base, cand, log=log):
        d = np.where(np.abs(constant) < 1e-14, 0.0, constant)
        overall = Estimate(float(d.mean()), 0.0, float("inf"))
        p = 0.0 if d.any() else 1.0
        return blank.fill(scale, overall, p, margin, points=evidence_points.certain(d), exact=True)
    if blank.n_runs[0] >= 2 or blank.n_runs[1] >= 2:
        return _test_runs(blank, base, cand, scale, margin)
    return _test_one_run_a_side(blank, base[0], cand[0], scale, margin, finite=finite)


def _known_exactly(
    blank: _Blank, difference: FloatArray, base: list[FloatArray], cand: list[FloatArray], *, log: bool
) -> bool:
    """Whether constants on both sides say all there is to say: equal ones, and different ones of a counter."""
    if blank.question.settings.deterministic:
        return True
    if min(blank.n_given) < 2:
        return False
    if not difference.any():
        return True
    if blank.question.on_machine:
        return False  # two times that are constant are a coarse clock's
    if difference.size > 1 or min(blank.n_given) > 2:
        return True
    ends = [float(np.nanmin(side[0])) for side in (base, cand)]
    if log:
        ends = [math.exp(end) for end in ends]
    return evidence_points.differs_by_more_than_rounding(*ends)


def _test_one_run_a_side(
    blank: _Blank, base: FloatArray, cand: FloatArray, scale: Literal["log", "plain"], margin: float, *, finite: bool
) -> _Tested:
    question = blank.question
    (nb, mb, vb), (nc, mc, vc) = _moments(base, finite=finite), _moments(cand, finite=finite)
    known = (nb >= 2) & (nc >= 2)
    if not known.any():
        return blank.fill(scale, None, None, margin, unable="a single sample a side can't tell a change from noise")
    if not known.all():
        nb, mb, vb, nc, mc, vc = (a[known] for a in (nb, mb, vb, nc, mc, vc))
        kept = blank.kept.copy()
        kept[np.flatnonzero(kept)[~known]] = False
        blank = replace(blank, kept=kept)
    d = mc - mb
    sides, dfs = np.stack([vb / nb, vc / nc]), np.stack([nb - 1, nc - 1])
    overall = formulas.stratified_welch(d, sides, dfs)
    variance = _between_runs(question)
    added, added_df = _added_variance(variance, scale, (mb, mc))
    overall = overall.plus(added, added_df)
    if d.size == 1 and min(blank.n_repeats) < 3:
        # Two equal modes part four samples cleanly in one of eight pairs: no test of two repeats can be calibrated.
        why = "two repeats at one point can't tell a change from noise"
        return blank.fill(scale, overall, None, margin, variance=variance, unable=why)
    points = evidence_points.moderated_tests(
        d, np.stack([vb, vc]), dfs, np.stack([1 / nb, 1 / nc]), added=added, added_df=added_df
    )
    return blank.fill(scale, overall, overall.p_value(), margin, variance=variance, points=points)


def _test_runs(
    blank: _Blank, base: list[FloatArray], cand: list[FloatArray], scale: Literal["log", "plain"], margin: float
) -> _Tested:
    """Two or more runs on a side: each gives one number, and one location at each point."""
    question = blank.question
    lb, lc = _locations(base), _locations(cand)  # (runs, points)
    d = lc.mean(axis=0) - lb.mean(axis=0)
    floor = _least_variance(question, scale)
    yb, yc = lb.mean(axis=1), lc.mean(axis=1)
    if question.paired:
        rounds = lc - lb
        numbers = rounds.mean(axis=1)
        spread, spread_df = _spread_of_rounds(yb, yc)
        spread = max(spread, 2 * floor)
        overall = Estimate(float(numbers.mean()), spread / numbers.size, spread_df)
        p, seen = overall.p_value(), spread / 2
        sides = _within_run_shape(rounds, numbers)[None, :]
        dfs, weights = np.array([numbers.size - 1.0]), np.array([1 / numbers.size])
    else:
        overall, p = _between_sides(yb, yc, floor, _of_a_lone_run(base, cand))
        seen = overall.variance / (1 / yb.size + 1 / yc.size)
        sides = np.stack([_within_run_shape(lb, yb), _within_run_shape(lc, yc)])
        dfs, weights = np.array([yb.size - 1.0, yc.size - 1.0]), np.array([1 / yb.size, 1 / yc.size])
    variance = RunVariance(source="runs", sd_percent=100 * seen**0.5 if scale == "log" else None, df=overall.df)
    # What all points of a run share is the run's own; a point's test carries the uncertainty of both.
    columns = np.ones(d.size)
    points = evidence_points.moderated_tests(
        d, sides, np.outer(dfs, columns), np.outer(weights, columns), added=overall.variance, added_df=overall.df
    )
    return blank.fill(scale, overall, p, margin, variance=variance, points=points)


def _spread_of_rounds(yb: FloatArray, yc: FloatArray) -> tuple[float, float]:
    """The variance of a round's difference, with its degrees of freedom. yb, yc: the run numbers, in order of rounds.

    Differences within rounds are free of what drifts between them, and have few degrees of freedom. From four rounds
    on, unless the rounds clearly differ, the runs of each side about their own mean tell it with twice as many.
    """
    within = float((yc - yb).var(ddof=1))
    df = yb.size - 1.0
    pooled = float(yb.var(ddof=1) + yc.var(ddof=1))
    if yb.size < _FEW_ROUNDS or within < _CLEARLY * pooled:
        return within, df
    return _ROOM * pooled, 2 * df


def _between_sides(yb: FloatArray, yc: FloatArray, floor: float, lone: float) -> tuple[Estimate, float]:
    """The effect between the run numbers of two sides, at least one of which has several, and its p.

    floor: the least variance of a run's number. lone: the variance that the repeats of a side's only run give its
    number; the other side's runs can't know of an outlier in it.
    """
    scale = 1 / yb.size + 1 / yc.size
    effect = float(yc.mean() - yb.mean())
    df = float(yb.size + yc.size - 2)
    pooled = (float(np.square(yb - yb.mean()).sum()) + float(np.square(yc - yc.mean()).sum())) / df
    student = Estimate(effect, max(pooled, floor) * scale + lone, df)
    if min(yb.size, yc.size) < 2:
        return student, student.p_value()
    welch = formulas.welch(yb, yc)
    welch = Estimate(effect, max(welch.variance, floor * scale), welch.df)
    if yb.size == yc.size:
        return welch, welch.p_value()
    # With few runs of unequal number Welch's test is too sure where the few happen to agree (7 % at 2 and 5 runs).
    worst = max((welch, student), key=Estimate.p_value)
    return worst, worst.p_value()


def _of_a_lone_run(base: list[FloatArray], cand: list[FloatArray]) -> float:
    """The variance of a lone run's number that its own repeats show; 0 where each side has several runs."""
    lone = base if len(base) == 1 else cand if len(cand) == 1 else None
    if lone is None or lone[0].shape[1] < 2:
        return 0.0
    n, _, variance = _moments(lone[0], finite=bool(np.isfinite(lone[0]).all()))
    several = n >= 2
    return float((variance[several] / n[several]).sum()) / n.size**2


def _within_run_shape(locations: FloatArray, numbers: FloatArray) -> FloatArray:
    """Variance over runs, at each point, of what is left of a location after its run's number. (runs, points)."""
    if numbers.size < 2:
        return np.zeros(locations.shape[1])
    left = locations - numbers[:, None]
    return np.asarray(np.square(left - left.mean(axis=0)).sum(axis=0) / (numbers.size - 1))


def _test_proportions(blank: _Blank, base: list[FloatArray], cand: list[FloatArray]) -> _Tested:
    """A boolean metric: all trials of a side together, in percentage points."""
    question = blank.question
    margin = (question.settings.margin or question.settings.margin_percent or question.margin_percent) / 100
    trials = np.stack([sum(np.isfinite(a).sum(axis=1) for a in side) for side in (base, cand)]).astype(float)
    good = np.stack([sum(np.nansum(a, axis=1) for a in side) for side in (base, cand)])
    rates = good / trials
    d = rates[1] - rates[0]
    same = not d.any() and bool(((rates == 0) | (rates == 1)).all())
    # Agresti & Caffo (2000): two successes and two failures more, shared out over the points, keep the interval honest.
    extra = 2 / d.size
    shrunk = (good + extra) / (trials + 2 * extra)
    variance = float((shrunk * (1 - shrunk) / (trials + 2 * extra)).sum()) / d.size**2
    overall = Estimate(float(d.mean()), 0.0 if same else variance, float("inf"))
    p = 1.0 if same else formulas.mantel_haenszel(good, trials)
    if question.settings.deterministic and d.any():
        p = 0.0
    if min(blank.n_runs) >= 2 and not same:
        by_run = [np.array([np.nanmean(a) for a in side]) for side in (base, cand)]
        between = formulas.welch(*by_run)
        if between.variance > variance:  # the runs differ more than their repeats explain
            overall, p = Estimate(overall.effect, between.variance, between.df), max(p, between.p_value())
    q = formulas.hochberg(formulas.fisher_exact(good, trials)) if d.size > 1 else np.ones_like(d)
    plus = (good + 1) / (trials + 2)
    points = evidence_points.given(d, q, (plus * (1 - plus) / (trials + 2)).sum(axis=0))
    return blank.fill("bool", overall, p, margin, points=points, exact=same)


# ---------------------------------------------------------------------- from a test to a decision


def _decide(tested: _Tested, alpha: float, factor: float, aligned: Aligned) -> MetricEvidence:
    question = tested.question
    if tested.overall is None or tested.p_overall is None:
        return _undecided(tested)
    overall, margin = tested.overall, tested.margin
    worse = _worse_sign(question.direction)
    p = min(1.0, factor * (tested.p or 0.0))
    limit = alpha / factor
    moved = (tested.p or 0.0) <= limit and tested.p_overall <= limit and abs(overall.effect) >= margin
    tests = tested.points
    both = evidence_points.combined_p(tested.p_overall, tests.q, max(tests.q.size, 1))
    moved_points = (tests.q <= limit) & (both <= limit) & (np.abs(tests.effect) >= margin)
    points = _points(tested, moved_points, np.minimum(factor * np.maximum(both, tests.q), 1.0), worse, aligned)
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
    runs, repeats = _needed(tested) if decision is Decision.inconclusive else (None, None)
    evidence = _evidence(
        tested, decision, ci=overall.interval(0.95), p=p, points=points, points_moved=int(moved_points.sum()),
        runs_needed=runs, repeats_needed=repeats,
    )  # fmt: skip
    reason = wording.metric_reason(evidence, question.direction, moved=moved, exact=tested.exact)
    return evidence.model_copy(update={"reason": reason})


def _undecided(tested: _Tested) -> MetricEvidence:
    why = tested.unable or "nothing was measured"
    incomparable = why.startswith("incomparable: ")
    name = tested.question.metric.variable
    told = f"{name} can't be judged: {why.removeprefix('incomparable: ')}."
    return _evidence(
        tested,
        Decision.incomparable if incomparable else Decision.inconclusive,
        ci=None,
        p=None,
        points=(),
        reason=told,
        runs_needed=3 if tested.question.on_machine and not incomparable else None,
        repeats_needed=None if tested.question.on_machine or incomparable else 5,
    )


def _evidence(
    tested: _Tested,
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
    shown = None if effect is None else _shown(tested.scale, effect)
    return MetricEvidence(
        variable=tested.question.metric.variable,
        decision=decision,
        reason=reason,
        effect_percent=shown if tested.scale == "log" else None,
        effect=shown if tested.scale != "log" else None,
        units={"log": "%", "bool": "pp", "plain": tested.question.metric.units}[tested.scale],
        ci=None if ci is None else (_shown(tested.scale, ci[0]), _shown(tested.scale, ci[1])),
        p_value=p,
        n_runs=tested.n_runs,
        n_repeats=tested.n_repeats,
        n_points=int(tested.kept.sum()),
        n_dropped=tested.dropped,
        run_variance=tested.variance,
        margin=_shown(tested.scale, tested.margin),
        points=points,
        points_moved=points_moved,
        runs_needed=runs_needed,
        repeats_needed=repeats_needed,
    )


def _points(
    tested: _Tested, moved: npt.NDArray[np.bool_], p: FloatArray, worse: int, aligned: Aligned
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
        shown = _shown(tested.scale, effect)
        found.append(
            PointEvidence.model_construct(
                inputs=where,
                decision=_word(worse, effect),
                effect_percent=shown if log else None,
                effect=None if log else shown,
                ci=(_shown(tested.scale, ends[0]), _shown(tested.scale, ends[1])),
                p_value=q,
            )
        )
    return tuple(found)


def _extremes(effects: FloatArray) -> tuple[float, ...]:
    return (float(effects.min()), float(effects.max())) if effects.size else ()


def _needed(tested: _Tested) -> tuple[int | None, int | None]:
    """Runs a side, or repeats, that would find an effect of the margin 80 % of the time."""
    overall, question = tested.overall, tested.question
    if overall is None or overall.variance <= 0:
        return None, None
    runs = sum(1 / n for n in tested.n_runs)
    if question.on_machine or max(tested.n_runs) > 1:
        if max(tested.n_runs) > 1:
            sd = (overall.variance / (runs if not question.paired else 1 / tested.n_runs[0])) ** 0.5
        else:
            sd = (overall.variance / 2) ** 0.5
        return formulas.runs_for_power(sd, tested.margin, paired=question.paired), None
    total = 1.96 + 0.8416
    most = max(tested.n_repeats)
    repeats = math.ceil(most * overall.variance * (total / tested.margin) ** 2) if tested.margin > 0 else 10_000
    return None, min(max(repeats, most + 1), 10_000)


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


def _without_copies(runs: list[FloatArray]) -> list[FloatArray]:
    """Runs without exact copies of others: a copy is no further evidence, and would make the runs look alike."""
    if len(runs) == 1:
        return runs
    seen: dict[bytes, FloatArray] = {}
    for samples in runs:
        seen.setdefault(samples.tobytes(), samples)
    return list(seen.values())


def _repeats(base: list[FloatArray], cand: list[FloatArray]) -> tuple[int, int]:
    return (min(a.shape[1] for a in base), min(a.shape[1] for a in cand))


def _moments(samples: FloatArray, *, finite: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count, mean and variance (n − 1) at each point. samples: (points, repeats), NaN missing unless finite."""
    if finite:
        n = np.full(samples.shape[0], float(samples.shape[1]))
        mean = samples.mean(axis=1)
        residual = samples - mean[:, None]
        return n, mean, np.einsum("ij,ij->i", residual, residual) / max(samples.shape[1] - 1, 1)
    there = np.isfinite(samples)
    n = there.sum(axis=1).astype(float)
    filled = np.where(there, samples, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    residual = np.where(there, samples - mean[:, None], 0.0)
    return n, mean, (residual**2).sum(axis=1) / np.maximum(n - 1, 1)


def _locations(runs: list[FloatArray]) -> FloatArray:
    """One number a run and point: the median of its repeats, which outliers of a garbage collector don't move."""
    return np.stack([np.nanmedian(a, axis=1) if np.isnan(a).any() else np.median(a, axis=1) for a in runs])


def _least_given(runs: list[FloatArray]) -> int:
    """The fewest samples at any measured point, in all runs together; what is missing or not finite is none."""
    everything: int = sum(a.shape[1] for a in runs)
    if all(np.isfinite(a).all() for a in runs):
        return everything  # which spares counting at a hundred thousand points
    given = np.sum([np.isfinite(a).sum(axis=1) for a in runs], axis=0)
    return int(given[given > 0].min(initial=everything))


def _constant_difference(base: list[FloatArray], cand: list[FloatArray]) -> FloatArray | None:
    """The difference at each point, where no side varies at any; None where one does."""
    if any((a[0] != a[0, 0]).any() for a in (*base, *cand) if not np.isnan(a[0]).any()):
        return None  # at the first point already, which spares a look at a hundred thousand
    ends = []
    for side in (base, cand):
        low = np.min([np.nanmin(a, axis=1) for a in side], axis=0)
        high = np.max([np.nanmax(a, axis=1) for a in side], axis=0)
        if (low != high).any():
            return None
        ends.append(low)
    return np.asarray(ends[1] - ends[0])


def _margin(question: _Question, base: list[FloatArray], cand: list[FloatArray], *, log: bool) -> float:
    """The margin on the scale of the test: the log of a ratio, or units."""
    percent = question.settings.margin_percent or question.margin_percent
    if log:
        return math.log1p(percent / 100)
    if question.settings.margin is not None:
        return question.settings.margin
    size = [float(np.mean([abs(np.nanmean(a)) for a in side])) for side in (base, cand)]
    return percent / 100 * sum(size) / 2


def _between_runs(question: _Question) -> RunVariance:
    """What is added for one run a side: known from the store, or assumed; nothing for independent repeats."""
    if not question.on_machine:
        return RunVariance(source="none")
    if question.known is not None and question.known.sd_percent is not None:
        return question.known
    return RunVariance(
        source="assumed",
        sd_percent=ASSUMED_RUN_SD_PERCENT,
        note="record 3 runs a side to measure it",
    )


def _added_variance(variance: RunVariance, scale: str, means: tuple[FloatArray, FloatArray]) -> tuple[float, float]:
    """What one run a side adds to the variance of the effect, with its degrees of freedom.

    On the plain scale, where a time was rounded to zero, the percentage is of the mean size. means: at each point.
    """
    if variance.sd_percent is None:
        return 0.0, float("inf")
    size = 1.0 if scale == "log" else float(np.mean([np.abs(m).mean() for m in means]))
    return 2 * (variance.sd_percent / 100 * size) ** 2, float("inf") if variance.df is None else variance.df


def _least_variance(question: _Question, scale: str) -> float:
    """The least variance between runs that is believed: identical run numbers are rounding, not certainty."""
    return (0.1 / 100) ** 2 if question.on_machine and scale == "log" else 0.0


def _worse_sign(direction: Direction) -> int:
    return {Direction.minimize: 1, Direction.maximize: -1, Direction.none: 0}[direction]


def _word(worse: int, effect: float) -> Literal["regressed", "improved"]:
    """A move's name. Without a better direction any move is a regression, as it is for holobench's detector."""
    return "regressed" if worse == 0 or effect * worse > 0 else "improved"


def _shown(scale: str, value: float) -> float:
    """An effect as it is reported: percent of a ratio, percentage points, or units."""
    if scale == "log":
        return 100 * math.expm1(min(value, 700.0))
    return 100 * value if scale == "bool" else value


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
