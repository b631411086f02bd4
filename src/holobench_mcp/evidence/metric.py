"""What the samples of one metric say: the test of its scale, in runs or in repeats, before a decision is made of it.

Logs where a metric is positive everywhere, units where it isn't, proportions for booleans; exact where there is no
noise to judge. `evidence_runs` has several runs a side, `evidence_points` the tests at each input point.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from holobench_mcp.evidence import formulas, point_tests, run_tests
from holobench_mcp.evidence.aligned import Aligned
from holobench_mcp.evidence.formulas import Estimate, FloatArray
from holobench_mcp.evidence.point_tests import PointTests
from holobench_mcp.model import Direction, Kind, Location, Metric, MetricSettings, RunVariance

#: Run-to-run standard deviation, in percent, of a metric that depends on the machine, where nothing was measured.
ASSUMED_RUN_SD_PERCENT = 3.0
#: Two equal modes part fewer samples cleanly in more than one of twenty pairs, however they are shared out.
_FEWEST_SAMPLES = 6
_SINGLE = "a single sample a side can't tell a change from noise"
_MACHINE_UNITS = re.compile(
    r"(?:[munpµμ]?s|secs?|seconds?|m?sec|min|minutes?|h|hours?"  # time
    r"|[kmgt]?hz|.*/\s*(?:s|sec|second|ms|us|min|h)|.*per[ _](?:s|sec|second|min)|[a-z]*ps|cycles?"  # rate
    r"|[kmgtp]?i?b|[kmgt]?i?bytes?|pages"  # memory
    r"|[mkµμn]?j|joules?|[mk]?w|watts?|[kmg]?wh|%\s*cpu|cpu\s*%)",  # energy and load
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
    exponent: int = 0  #: the test's numbers are in units of 2 to this power
    exact: bool = False
    unable: str | None = None  #: why nothing can be decided; then there is no p
    incomparable: bool = False  #: because the sides declare different things
    location: Location | None = None

    def shown(self, value: float) -> float:
        """An effect as it is reported: percent of a ratio, percentage points, or units."""
        if self.scale == "log":
            return 100 * math.expm1(min(value, 700.0))
        return 100 * value if self.scale == "bool" else _times_two_to(value, self.exponent)

    @property
    def p(self) -> float | None:
        """The metric's p, over its mean and its points."""
        if self.p_overall is None or self.points.q.size < 2:
            return self.p_overall
        return float(point_tests.combined_p(self.p_overall, self.points.q.min(), self.points.q.size))


def examine(question: Question, aligned: Aligned, base_metric: Metric) -> Tested:
    """The test of one metric on both sides. base_metric: its declaration on the baseline's side."""
    metric = question.metric
    base = [aligned.baseline_samples(i, metric.variable) for i in range(aligned.n_baseline)]
    cand = [aligned.candidate_samples(i, metric.variable) for i in range(aligned.n_candidate)]
    everything = [*base, *cand]
    finite = all(np.isfinite(a).all() for a in everything)
    dropped = 0 if finite else sum(int((~np.isfinite(a)).sum()) for a in everything)
    if not finite:
        base, cand = run_tests.with_samples(base, cand, paired=question.paired)
        base = [np.where(np.isfinite(a), a, np.nan) for a in base]
        cand = [np.where(np.isfinite(a), a, np.nan) for a in cand]
        kept = np.logical_and.reduce([np.isfinite(a).any(axis=1) for a in (*base, *cand)])
        base, cand = [a[kept] for a in base], [a[kept] for a in cand]
    else:
        kept = np.ones(aligned.n_points, dtype=np.bool_)
    repeats = min(a.shape[1] for a in base), min(a.shape[1] for a in cand)
    blank = _Blank(question, (len(base), len(cand)), repeats, kept, dropped)
    if any(getattr(base_metric, f) != getattr(metric, f) for f in ("units", "kind", "meaning_version")):
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
    else:
        # In units of a power of two near the largest, which is exact, squares of the largest numbers stay finite.
        largest = max(float(np.nanmax(np.abs(a))) for a in (*base, *cand))
        blank = replace(blank, exponent=max(math.frexp(largest)[1], -900))
        base, cand = ([np.ldexp(a, -blank.exponent) for a in side] for side in (base, cand))
    return _test_values(blank, base, cand, log=positive, finite=finite)


@dataclass(frozen=True)
class _Blank:
    """What is known of a metric before any test."""

    question: Question
    n_runs: tuple[int, int]
    n_repeats: tuple[int, int]
    kept: npt.NDArray[np.bool_]
    dropped: int
    exponent: int = 0

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
            self.question, scale, overall, p_overall, points or point_tests.nothing(), margin,
            variance or RunVariance(source="none"), self.n_runs, self.n_repeats, self.kept, self.dropped,
            self.exponent, exact, unable,
        )  # fmt: skip

    def unable(self, why: str, *, incomparable: bool = False) -> Tested:
        return replace(self.fill("plain", None, None, 0.0, unable=why), incomparable=incomparable)


def _test_values(blank: _Blank, base: list[FloatArray], cand: list[FloatArray], *, log: bool, finite: bool) -> Tested:
    """A real-valued metric. base, cand: one array a run, of shape (points, repeats), logs already where log."""
    question = blank.question
    scale: Literal["log", "plain"] = "log" if log else "plain"
    margin = _margin(blank, base, cand, log=log)
    if max(blank.n_runs) == 1 and not question.settings.deterministic:
        repeated = _where_repeated(blank, base, cand)
        if repeated is None:
            return blank.fill(scale, None, None, margin, unable=_SINGLE)
        blank, base, cand = repeated
    constant = _constant_difference(base, cand)
    if constant is not None and _known_exactly(blank, constant, base, cand, log=log):
        d = np.where(np.abs(constant) < 1e-14, 0.0, constant) if log else constant
        overall = Estimate(float(d.mean()), 0.0, float("inf"))
        p = 0.0 if d.any() else 1.0
        return blank.fill(scale, overall, p, margin, points=point_tests.certain(d), exact=True)
    if constant is not None and not question.on_machine:
        why = "so few equal samples, one step of rounding apart, can't tell a change from noise"
        return blank.fill(scale, None, None, margin, unable=why)
    if not question.paired:
        base, cand = run_tests.without_copies(base), run_tests.without_copies(cand)
        blank = replace(blank, n_runs=(len(base), len(cand)))
    if max(blank.n_runs) > 1:
        return _test_runs(blank, base, cand, scale, margin)
    repeated = _where_repeated(blank, base, cand)
    if repeated is None:
        return blank.fill(scale, None, None, margin, unable=_SINGLE)
    blank, base, cand = repeated
    return _test_one_run_a_side(blank, base[0], cand[0], scale, margin, finite=finite)


def _where_repeated(
    blank: _Blank, base: list[FloatArray], cand: list[FloatArray]
) -> tuple[_Blank, list[FloatArray], list[FloatArray]] | None:
    """The points that have two samples or more on each side, of one run a side; None where there are none."""
    several = np.logical_and.reduce([np.isfinite(a).sum(axis=1) >= 2 for a in (*base, *cand)])
    if several.all():
        return blank, base, cand
    if not several.any():
        return None
    kept = blank.kept.copy()
    kept[np.flatnonzero(kept)[~several]] = False
    return replace(blank, kept=kept), [a[several] for a in base], [a[several] for a in cand]


def _known_exactly(
    blank: _Blank, difference: FloatArray, base: list[FloatArray], cand: list[FloatArray], *, log: bool
) -> bool:
    """Whether constants on both sides say all there is to say: equal ones, and different ones of a counter."""
    if blank.question.settings.deterministic:
        return True
    fewest = min(run_tests.fewest_samples(side) for side in (base, cand))
    if fewest < 2:
        return False
    if not difference.any():
        return True
    if blank.question.on_machine:
        return False  # two times that are constant are a coarse clock's
    differs = np.flatnonzero(difference)
    if differs.size > 1 or fewest > 2:
        return True
    ends = (side[0][differs[0]] for side in (base, cand))
    values = (float(end[np.isfinite(end)][0]) for end in ends)
    unscaled = (math.exp(v) if log else _times_two_to(v, blank.exponent) for v in values)
    return point_tests.differs_by_more_than_rounding(*unscaled)


def _test_one_run_a_side(
    blank: _Blank, base: FloatArray, cand: FloatArray, scale: Literal["log", "plain"], margin: float, *, finite: bool
) -> Tested:
    question = blank.question
    (nb, mb, vb), (nc, mc, vc) = run_tests.moments(base, finite=finite), run_tests.moments(cand, finite=finite)
    d = mc - mb
    sides, dfs = np.stack([vb / nb, vc / nc]), np.stack([nb - 1, nc - 1])
    overall = formulas.stratified_welch(d, sides, dfs)
    variance = _between_runs(question)
    size = np.ones(d.size) if scale == "log" else (np.abs(mb) + np.abs(mc)) / 2
    added, added_df = _added_variance(variance)
    shared = added * float(size.mean()) ** 2
    overall = overall.plus(shared, added_df)
    p = overall.p_value()
    if (nb != nc).any():
        # Few repeats against many: Welch's test is too sure where the few happen to agree (7.6 % at 3 and 30).
        pooled = (vb * (nb - 1) + vc * (nc - 1)) / (nb + nc - 2)
        student = formulas.stratified_welch(d, (pooled * (1 / nb + 1 / nc))[None, :], (nb + nc - 2)[None, :])
        p = max(p, student.plus(shared, added_df).p_value())
    # Two equal modes part four samples cleanly in one of eight pairs: no test of two repeats at one point can be
    # calibrated, and none of more may be surer than that, which counts where several metrics are judged.
    if d.size == 1 and min(nb[0], nc[0]) < _FEWEST_SAMPLES / 2:
        why = "two repeats at one point can't tell a change from noise"
        return blank.fill(scale, overall, None, margin, variance=variance, unable=why)
    p = max(p, 2.0 ** (1 - float((nb + nc).sum())))
    points = point_tests.moderated_tests(
        d, np.stack([vb, vc]), dfs, np.stack([1 / nb, 1 / nc]),
        added=added * size**2, added_df=added_df, relative=added > 0 and scale == "log",
    )  # fmt: skip
    return blank.fill(scale, overall, p, margin, variance=variance, points=points)


def _test_runs(
    blank: _Blank, base: list[FloatArray], cand: list[FloatArray], scale: Literal["log", "plain"], margin: float
) -> Tested:
    """Two or more runs on a side: each gives one number, and one location at each point."""
    question = blank.question
    few = run_tests.are_few(blank.n_runs, paired=question.paired)
    lb, lc = (run_tests.locations(side, few=few) for side in (base, cand))  # (runs, points)
    best = None
    if question.on_machine and scale == "log" and not few and question.direction is not Direction.none:
        best = run_tests.undisturbed(base, cand, (lb, lc), lowest=question.direction is Direction.minimize)
    lb, lc = best or (lb, lc)
    d = lc.mean(axis=0) - lb.mean(axis=0)
    floor = max(_least_variance(question, scale), run_tests.told_by_repeats([*base, *cand]) if few else 0.0)
    yb, yc = lb.mean(axis=1), lc.mean(axis=1)
    if question.paired:
        rounds = lc - lb
        numbers = rounds.mean(axis=1)
        spread, spread_df = run_tests.spread_of_rounds(yb, yc)
        spread = max(spread, 2 * floor)
        overall = Estimate(float(numbers.mean()), spread / numbers.size, spread_df)
        p, seen = overall.p_value(), spread / 2
        sides = run_tests.within_run_shape(rounds, numbers)[None, :]
        dfs, weights = np.full((1, d.size), numbers.size - 1.0), np.array([1 / numbers.size])
    else:
        overall, p = run_tests.between_sides(yb, yc, floor, run_tests.of_a_lone_run(base, cand))
        seen = overall.variance / (1 / yb.size + 1 / yc.size)
        shapes = [run_tests.shape_of_a_side(*side) for side in ((base, lb), (cand, lc))]
        sides, dfs = np.stack([s for s, _ in shapes]), np.stack([df for _, df in shapes])
        weights = np.array([1 / yb.size, 1 / yc.size])
    if best is not None:
        overall = replace(overall, variance=overall.variance * run_tests.ROOM_OF_BEST)
        p = max(p, overall.p_value())
    lone = min(blank.n_runs) == 1 and min(base, cand, key=len)[0].shape[1] == 1
    once = d.size == 1 or max(blank.n_repeats) == 1
    if lone or (once and run_tests.fewest_samples(base) + run_tests.fewest_samples(cand) < _FEWEST_SAMPLES):
        why = "so few runs of one sample can't tell a change from noise"
        return blank.fill(scale, overall, None, margin, unable=why)
    variance = RunVariance(
        source="runs",
        sd_percent=100 * seen**0.5 if scale == "log" else None,
        df=overall.df if math.isfinite(overall.df) else None,
    )
    # What all points of a run share is the run's own; a point's test carries the uncertainty of both.
    points = point_tests.moderated_tests(
        d, sides, dfs, np.outer(weights, np.ones(d.size)), added=overall.variance, added_df=overall.df
    )
    location: Location = "best" if best is not None else "mean" if few else "median"
    return replace(blank.fill(scale, overall, p, margin, variance=variance, points=points), location=location)


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
    points = point_tests.given(d, q, (plus * (1 - plus) / (trials + 2)).sum(axis=0))
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


def _margin(blank: _Blank, base: list[FloatArray], cand: list[FloatArray], *, log: bool) -> float:
    """The margin on the scale of the test: the log of a ratio, or units."""
    settings = blank.question.settings
    percent = settings.margin_percent or blank.question.margin_percent
    if log:
        return math.log1p(percent / 100)
    if settings.margin is not None:
        return _times_two_to(settings.margin, -blank.exponent)
    size = [float(np.mean([np.abs(np.nanmean(a, axis=1)).mean() for a in side])) for side in (base, cand)]
    return percent / 100 * sum(size) / 2


def _times_two_to(value: float, exponent: int) -> float:
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.copysign(sys.float_info.max, value)


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


def _added_variance(variance: RunVariance) -> tuple[float, float]:
    """What one run a side adds to the variance of an effect of size 1, with its degrees of freedom."""
    if variance.sd_percent is None:
        return 0.0, float("inf")
    return 2 * (variance.sd_percent / 100) ** 2, float("inf") if variance.df is None else variance.df


def _least_variance(question: Question, scale: str) -> float:
    """The least variance between runs that is believed: identical run numbers are rounding, not certainty."""
    return (0.1 / 100) ** 2 if question.on_machine and scale == "log" else 0.0
