"""What is asked of one metric, what a test is given, and what it gives back: the values between the tests.

Every test under `assumptions/` takes `Samples` and returns `Tested`, so that they can be chosen from by one table.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from holobench_mcp.evidence import error_rate, point_tests
from holobench_mcp.evidence.formulas import Estimate, FloatArray
from holobench_mcp.evidence.guards import GUARDS, Guards
from holobench_mcp.evidence.past_noise import PastNoise
from holobench_mcp.evidence.point_tests import PointTests
from holobench_mcp.model import Direction, Kind, Location, Metric, MetricSettings, RunVariance

#: The smallest change that matters, in percent, where nobody says otherwise.
DEFAULT_MARGIN_PERCENT = 3.0
Scale = Literal["log", "plain", "bool"]

_MACHINE_UNITS = re.compile(
    r"(?:(?:[munpµμ]?s|secs?|seconds?|m?sec|min|minutes?|h|hours?)(?:/op)?"  # time, and time an operation
    r"|[kmgt]?hz|.*/\s*(?:s|sec|second|ms|us|ns|min|h)|.*per[ _](?:s|sec|second|min)|[a-z]*ps|cycles?"  # rate
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
    margin_asked: float | None  #: percent, where the call asks for one
    past: PastNoise | None  #: what earlier measurements showed of its noise
    paired: bool
    margin_default: float = DEFAULT_MARGIN_PERCENT
    guards: Guards = GUARDS

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
class Aggregate:
    """A run of which each point's mean is known, with the number and the spread of its samples: shapes (points,)."""

    n: FloatArray
    mean: FloatArray
    sd: FloatArray  #: NaN where it is not known

    def only(self, rows: npt.NDArray[np.bool_]) -> Aggregate:
        """Some of the points."""
        return Aggregate(self.n[rows], self.mean[rows], self.sd[rows])


@dataclass(frozen=True)
class Samples:
    """What a test is given: one array a run, (points, repeats), logs already where the scale is; NaN is missing."""

    question: Question
    scale: Scale
    baseline: tuple[FloatArray, ...]
    candidate: tuple[FloatArray, ...]
    places: npt.NDArray[np.bool_]  #: which of the shared input points the arrays' rows are
    dropped: int = 0  #: samples that are missing or not finite
    padded: bool = False  #: whether runs have fewer samples at some points than at others, and NaN beyond them
    aggregates: tuple[Aggregate, Aggregate] | None = None  #: of one run a side, where samples are known only as means
    exponent: int = 0  #: numbers on the plain scale are in units of 2 to this power

    @property
    def runs(self) -> tuple[FloatArray, ...]:
        """All runs of both sides."""
        return (*self.baseline, *self.candidate)

    @property
    def n_runs(self) -> tuple[int, int]:
        """How many runs each side has."""
        return len(self.baseline), len(self.candidate)

    @property
    def n_repeats(self) -> tuple[int, int]:
        """How many repeats the runs of each side have at least."""
        if self.aggregates is not None:
            base, cand = (int(side.n.min()) if side.n.size else 0 for side in self.aggregates)
            return base, cand
        return _fewest(self.baseline, padded=self.padded), _fewest(self.candidate, padded=self.padded)

    @property
    def complete(self) -> bool:
        """Whether every run has a finite sample wherever its arrays have a place for one."""
        return self.dropped == 0 and not self.padded

    @property
    def margin(self) -> float:
        """The margin that is used, on the scale of the test: what was asked, else configured, else the default."""
        asked = self.question.margin_asked
        if asked is not None:
            return self._of_percent(asked)
        configured = self.margin_configured
        return self._of_percent(self.question.margin_default) if configured is None else configured

    @property
    def margin_configured(self) -> float | None:
        """The margin that is configured of this metric, on the scale of the test."""
        settings = self.question.settings
        units = settings.margin if self.scale != "log" else None
        if units is not None:
            return units / 100 if self.scale == "bool" else times_two_to(units, -self.exponent)
        return None if settings.margin_percent is None else self._of_percent(settings.margin_percent)

    def _of_percent(self, percent: float) -> float:
        if self.scale == "log":
            return math.log1p(percent / 100)
        if self.scale == "bool":
            return percent / 100
        if not self.places.any():
            return 0.0
        size = [
            float(np.mean([np.abs(np.nanmean(a, axis=1)).mean() for a in side]))
            for side in (self.baseline, self.candidate)
        ]
        return percent / 100 * sum(size) / 2

    def where_repeated(self) -> Samples | None:
        """Only the points that have two samples or more in every run, without which there is no variance."""
        if self.complete and min(a.shape[1] for a in self.runs) >= 2:
            return self
        several = np.logical_and.reduce([np.isfinite(a).sum(axis=1) >= 2 for a in self.runs])
        if several.all():
            return self
        return self.only(several) if several.any() else None

    def only(self, rows: npt.NDArray[np.bool_]) -> Samples:
        """Some of the points."""
        places = self.places.copy()
        places[np.flatnonzero(places)[~rows]] = False
        base, cand = (tuple(a[rows] for a in side) for side in (self.baseline, self.candidate))
        pair = self.aggregates and (self.aggregates[0].only(rows), self.aggregates[1].only(rows))
        return replace(self, baseline=base, candidate=cand, places=places, aggregates=pair)

    def answer(
        self,
        overall: Estimate | None,
        *,
        points: PointTests | None = None,
        variance: RunVariance | None = None,
        p: float | None = None,
        exact: bool = False,
        location: Location | None = None,
    ) -> Tested:
        """What a test found. p: where it is larger than the estimate's own, which is widened to agree with it."""
        if overall is not None:
            overall = overall if p is None else overall.no_surer_than(p)
            p = max(p or 0.0, overall.p_value())
        return Tested(
            self, overall, p, points or point_tests.nothing(), variance or RunVariance(source="none"), exact, location
        )

    def unable(self, why: str, *, incomparable: bool = False) -> Tested:
        """That nothing can be decided, and why."""
        return replace(self.answer(None), unable=why, incomparable=incomparable)


@dataclass(frozen=True)
class Tested:
    """What the samples of one metric say, before it is known how many metrics are judged with it."""

    samples: Samples
    overall: Estimate | None
    p_overall: float | None
    points: PointTests
    variance: RunVariance
    exact: bool = False
    location: Location | None = None
    unable: str | None = None  #: why nothing can be decided; then there is no p
    incomparable: bool = False  #: because the sides declare different things
    disturbed: tuple[int, int] | None = None  #: runs of each side that a trimmed mean gives little weight

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.samples.question

    @cached_property
    def p(self) -> float | None:
        """The metric's p, over its mean and its points."""
        if self.p_overall is None or self.points.q.size < 2:
            return self.p_overall
        n = self.points.q.size
        return float(error_rate.combined_p(self.p_overall, self.points.q.min(), n))

    def with_margin(self, asked: float | None, default: float) -> Tested:
        """The same under another margin, of which no test knows. asked: percent; default: where nothing is asked."""
        if (asked, default) == (self.question.margin_asked, self.question.margin_default):
            return self
        question = replace(self.question, margin_asked=asked, margin_default=default)
        return replace(self, samples=replace(self.samples, question=question))

    def shown(self, value: float) -> float:
        """An effect as it is reported: percent of a ratio, percentage points, or units."""
        match self.samples.scale:
            case "log":
                return 100 * math.expm1(min(value, 700.0))
            case "bool":
                return 100 * min(max(value, -1.0), 1.0)
            case _:
                return times_two_to(value, self.samples.exponent)

    def shown_interval(self, ends: Sequence[float]) -> tuple[float, float]:
        """An interval as it is reported."""
        low, high = ends
        return self.shown(low), self.shown(high)

    @property
    def units(self) -> str | None:
        """The unit of what is reported."""
        return {"log": "%", "bool": "pp", "plain": self.question.metric.units}[self.samples.scale]


def times_two_to(value: float, exponent: int) -> float:
    """value · 2^exponent, at most the largest number there is."""
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.copysign(sys.float_info.max, value)


def _fewest(runs: Sequence[FloatArray], *, padded: bool) -> int:
    counts = (int(np.isfinite(a).sum(axis=1).min(initial=a.shape[1])) if padded else a.shape[1] for a in runs)
    return min(counts)


def is_proportion(samples: Samples) -> bool:
    """Whether the metric is a boolean."""
    return samples.question.metric.kind is Kind.bool
