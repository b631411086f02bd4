"""What the samples of one metric say: the test of its scale, in runs or in repeats, before a decision is made of it.

Logs where a metric is positive everywhere, units where it isn't, proportions for booleans; exact where there is no
noise to judge. `evidence_runs` has several runs a side, `evidence_points` the tests at each input point.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from holobench_mcp import evidence_points, evidence_runs, formulas
from holobench_mcp.aligned import Aligned
from holobench_mcp.evidence_points import PointTests
from holobench_mcp.formulas import Estimate, FloatArray
from holobench_mcp.model import Direction, Kind, Metric, MetricSettings, RunVariance

#: Run-to-run standard deviation, in percent, of a metric that depends on the machine, where nothing was measured.
ASSUMED_RUN_SD_PERCENT = 3.0
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


@dataclass(frozen=True)
class Question:
    """A metric, and how it is to be judged."""

    metric: Metric
    settings: MetricSettings
    margin_percent: float
    known: RunVariance | None
    paired: bool

    @property
    def direction(self) -> Direction:
        """Which way is better: as configured, else as declared."""
        return self.settings.direction or self.metric.direction

    @property
    def on_machine(self) -> bool:
        """Whether two runs of the same code differ by more than their repeats tell."""
        if self.settings.deterministic or self.settings.repeats == "independent":
            return False
        return self.settings.repeats == "within-run" or depends_on_machine(self.metric.units)


@dataclass(frozen=True)
class Tested:
    """What the samples of one metric say, before it is known how many metrics are judged with it."""

    question: Question
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


def examine(question: Question, aligned: Aligned, base_metric: Metric) -> Tested:
    """The test of one metric on both sides. base_metric: its declaration on the baseline's side."""
    metric = question.metric
    base = [aligned.baseline_samples(i, metric.variable) for i in range(aligned.n_baseline)]
    cand = [aligned.candidate_samples(i, metric.variable) for i in range(aligned.n_candidate)]
    given = len(base) * base[0].shape[1], len(cand) * cand[0].shape[1]
    if not question.paired:
        base, cand = evidence_runs.without_copies(base), evidence_runs.without_copies(cand)
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
    repeats = min(a.shape[1] for a in base), min(a.shape[1] for a in cand)
    blank = _Blank(question, (len(base), len(cand)), repeats, given, kept, dropped)
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

    question: Question
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
    ) -> Tested:
        return Tested(
            self.question, scale, overall, p_overall, points or evidence_points.nothing(), margin,
            variance or RunVariance(source="none"), self.n_runs, self.n_repeats, self.kept, self.dropped, exact, unable,
        )  # fmt: skip

    def unable(self, why: str, *, incomparable: bool = False) -> Tested:
        return self.fill("plain", None, None, 0.0, unable=("incomparable: " if incomparable else "") + why)


def _test_values(blank: _Blank, base: list[FloatArray], cand: list[FloatArray], *, log: bool, finite: bool) -> Tested:
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
    ends = [float(np.exp(side[0][0, 0]) if log else side[0][0, 0]) for side in (base, cand)]
    return evidence_points.differs_by_more_than_rounding(*ends)


def _test_one_run_a_side(
    blank: _Blank, base: FloatArray, cand: FloatArray, scale: Literal["log", "plain"], margin: float, *, finite: bool
) -> Tested:
    question = blank.question
    (nb, mb, vb), (nc, mc, vc) = evidence_runs.moments(base, finite=finite), evidence_runs.moments(cand, finite=finite)
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
) -> Tested:
    """Two or more runs on a side: each gives one number, and one location at each point."""
    question = blank.question
    lb, lc = evidence_runs.locations(base), evidence_runs.locations(cand)  # (runs, points)
    d = lc.mean(axis=0) - lb.mean(axis=0)
    floor = _least_variance(question, scale)
    yb, yc = lb.mean(axis=1), lc.mean(axis=1)
    if question.paired:
        rounds = lc - lb
        numbers = rounds.mean(axis=1)
        spread, spread_df = evidence_runs.spread_of_rounds(yb, yc)
        spread = max(spread, 2 * floor)
        overall = Estimate(float(numbers.mean()), spread / numbers.size, spread_df)
        p, seen = overall.p_value(), spread / 2
        sides = evidence_runs.within_run_shape(rounds, numbers)[None, :]
        dfs, weights = np.array([numbers.size - 1.0]), np.array([1 / numbers.size])
    else:
        overall, p = evidence_runs.between_sides(yb, yc, floor, evidence_runs.of_a_lone_run(base, cand))
        seen = overall.variance / (1 / yb.size + 1 / yc.size)
        sides = np.stack([evidence_runs.within_run_shape(lb, yb), evidence_runs.within_run_shape(lc, yc)])
        dfs, weights = np.array([yb.size - 1.0, yc.size - 1.0]), np.array([1 / yb.size, 1 / yc.size])
    variance = RunVariance(source="runs", sd_percent=100 * seen**0.5 if scale == "log" else None, df=overall.df)
    # What all points of a run share is the run's own; a point's test carries the uncertainty of both.
    columns = np.ones(d.size)
    points = evidence_points.moderated_tests(
        d, sides, np.outer(dfs, columns), np.outer(weights, columns), added=overall.variance, added_df=overall.df
    )
    return blank.fill(scale, overall, p, margin, variance=variance, points=points)


def _test_proportions(blank: _Blank, base: list[FloatArray], cand: list[FloatArray]) -> Tested:
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


# ---------------------------------------------------------------------- parts


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


def _margin(question: Question, base: list[FloatArray], cand: list[FloatArray], *, log: bool) -> float:
    """The margin on the scale of the test: the log of a ratio, or units."""
    percent = question.settings.margin_percent or question.margin_percent
    if log:
        return math.log1p(percent / 100)
    if question.settings.margin is not None:
        return question.settings.margin
    size = [float(np.mean([abs(np.nanmean(a)) for a in side])) for side in (base, cand)]
    return percent / 100 * sum(size) / 2


def _between_runs(question: Question) -> RunVariance:
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


def _least_variance(question: Question, scale: str) -> float:
    """The least variance between runs that is believed: identical run numbers are rounding, not certainty."""
    return (0.1 / 100) ** 2 if question.on_machine and scale == "log" else 0.0
