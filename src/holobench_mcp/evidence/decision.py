"""From a test to a decision: the word, the interval that decided, the points that moved, and what limits it.

docs/evidence.md tells the rule. Knows one metric and its share of the error rate; `judgement` knows all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from holobench_mcp.evidence import advice, error_rate, limits, wording
from holobench_mcp.evidence.aligned import Aligned
from holobench_mcp.evidence.correctness import worse_answers
from holobench_mcp.evidence.coverage import Coverage
from holobench_mcp.evidence.disturbed_runs import may_be_of_one_side
from holobench_mcp.evidence.formulas import FloatArray
from holobench_mcp.evidence.point_tests import PointTests
from holobench_mcp.evidence.question import Tested
from holobench_mcp.model import ALPHA, Cause, Decision, Direction, Kind, Limit, MetricEvidence, PointEvidence

#: The worst points are listed one by one, and all are counted: what nobody reads should cost nobody seconds.
MAX_POINTS_LISTED = 1000
#: Where there are no more points, each is listed, also those that did not move.
FEW_POINTS = 8
#: The least level of the interval that is printed of a metric that moved; and from where on one needs more digits.
_MOVED_LEVEL, _NEARLY_SURE = 0.95, 0.995
#: An interval of an early look may have a level that rounds to 100 %, which no interval has.
_SUREST = 0.99999

Move = Literal["regressed", "improved"]


@dataclass(frozen=True)
class Share:
    """A metric's share of the error rate."""

    alpha: float  #: of all that is judged together
    factor: float  #: what the metric's p-values are multiplied with, so that all together keep it
    benches: int = 1  #: how many benches are judged together
    alpha_unchanged: float = ALPHA  #: of each of the two one-sided tests that show it unchanged

    @property
    def limit(self) -> float:
        """The α of one test."""
        return self.alpha / self.factor

    @property
    def beforehand(self) -> float:
        """The same before anything is known of the others: what a metric has that does not move."""
        return self.alpha / max(self.factor, self.benches)

    def interval_level(self, *, moved: bool) -> float:
        """The level of the printed interval: of one of several benches it leaves zero out where the test does."""
        of_all = 1 - self.alpha if self.benches == 1 else 1 - (self.limit if moved else self.beforehand)
        return max(_MOVED_LEVEL, of_all)


@dataclass(frozen=True)
class _Moves:
    """What moved at a metric's share of the error rate."""

    mean: Move | None
    tests: PointTests
    points: npt.NDArray[np.bool_]
    p: FloatArray  #: of the points, adjusted over points and metrics
    words: frozenset[Move]


def decide(
    tested: Tested, share: Share, aligned: Aligned, covered: Coverage, cautions: tuple[Limit, ...]
) -> MetricEvidence:
    """What became of a metric, at its share of the error rate.

    covered: where each side measured it. cautions: of samples that are missing or not finite.
    """
    evidence = _by_samples(tested, share, aligned)
    evidence = evidence.model_copy(update={"limits": (*cautions, *limits.of_metric(tested, evidence))})
    evidence = with_missing(evidence, covered)
    wrong = worse_answers(tested.question, aligned)
    if wrong is None:
        return evidence
    inputs = aligned.inputs_at(wrong.places[: wording.MOST_NAMED])
    reason = wording.wrong_answers(evidence.variable, wrong, inputs, aligned)
    return evidence.model_copy(update={"decision": Decision.regressed, "cause": "correctness", "reason": reason})


def missing_metric(covered: Coverage) -> MetricEvidence:
    """What became of a metric that only the baseline declares."""
    nothing = MetricEvidence(variable=covered.variable, decision=Decision.inconclusive, reason="")
    return with_missing(nothing, covered)


def with_missing(evidence: MetricEvidence, covered: Coverage) -> MetricEvidence:
    """The same, regressed where points have samples in the baseline and none in the candidate."""
    gone, new = covered.missing, covered.appeared
    if not gone.size:
        return evidence.model_copy(update={"appeared": int(new.size)}) if new.size else evidence
    named = covered.inputs(gone)
    reason = wording.missing(evidence, named, gone.size, int(covered.baseline.sum()))
    return evidence.model_copy(
        update={
            "decision": Decision.regressed, "cause": "missing", "reason": reason, "missing": int(gone.size),
            "missing_points": tuple(i for i in named if i), "appeared": int(new.size),
            "runs_needed": None, "repeats_needed": None,
        }
    )  # fmt: skip


# ---------------------------------------------------------------------- what the samples say


def _by_samples(tested: Tested, share: Share, aligned: Aligned) -> MetricEvidence:
    if tested.overall is None or tested.p_overall is None:
        return _undecided(tested)
    moves = _moves(tested, share.factor, share.limit)
    unchanged_level = 1 - 2 * share.alpha_unchanged  # two one-sided tests
    decision = _decision(tested, moves, unchanged_level)
    moved = decision in (Decision.regressed, Decision.improved)
    level = unchanged_level if decision is Decision.unchanged else share.interval_level(moved=moved)
    interval = tested.shown_interval(tested.overall.interval(level))
    points = _points(tested, moves, aligned)
    by_mean = moves.mean is not None and moves.mean == decision.value
    advised = advice.Advice()
    if decision is Decision.inconclusive:
        advised = advice.advice(tested, share.beforehand, share.alpha_unchanged)
    percent = tested.samples.scale == "log"
    sure = None if not moved else _nearest_zero(interval if by_mean else points[0].ci)
    can_show = None if advised.can_show is None else tested.shown(advised.can_show)
    evidence = _evidence(tested, decision).model_copy(
        update={
            "cause": _cause(tested) if moved else None,
            "ci": interval,
            "interval_level": round(level, 3) if level < _NEARLY_SURE else min(round(level, 5), _SUREST),
            "decided_by": None if not moved else "mean" if by_mean else "points",
            "at_least_percent": sure if percent else None,
            "at_least": None if percent else sure,
            "p_value": min(1.0, share.factor * (tested.p or 0.0)),
            "points": points,
            "points_at_rest": _points_at_rest(tested, moves, aligned),
            "points_moved": int(moves.points.sum()),
            "points_unchanged": int(moves.tests.within(tested.samples.margin, ~moves.points).sum()),
            "points_tested": int(moves.points.size),
            "runs_needed": advised.runs,
            "repeats_needed": advised.repeats,
            "can_show_percent": can_show if percent else None,
            "can_show": None if percent else can_show,
        }
    )
    reason = wording.metric_reason(evidence, tested.question.direction, exact=tested.exact)
    return evidence.model_copy(update={"reason": reason})


def _moves(tested: Tested, factor: float, limit: float) -> _Moves:
    """Whether the mean moved, and which points. limit: the α of one test."""
    overall, p_mean, margin = tested.overall, tested.p_overall, tested.samples.margin
    assert overall is not None and p_mean is not None  # noqa: S101 - a test that can't tell comes no further
    worse = _worse_sign(tested.question.direction)
    moved = (tested.p or 0.0) <= limit and p_mean <= limit and abs(overall.effect) >= margin
    tests = tested.points.deciding(mean_moved=moved)
    both = error_rate.combined_p(p_mean, tests.q, max(tests.q.size, 1))
    points = (tests.q <= limit) & (both <= limit) & (np.abs(tests.effect) >= margin)
    mean = _word(worse, overall.effect) if moved else None
    at_points = tests.effect[points]
    ends = (float(at_points.min()), float(at_points.max())) if at_points.size else ()
    words = frozenset(([mean] if mean else []) + [_word(worse, e) for e in ends])
    return _Moves(mean, tests, points, np.minimum(factor * np.maximum(both, tests.q), 1.0), words)


def _decision(tested: Tested, moves: _Moves, unchanged_level: float) -> Decision:
    if moves.words:
        return Decision.regressed if "regressed" in moves.words else Decision.improved
    overall, margin = tested.overall, tested.samples.margin
    assert overall is not None  # noqa: S101 - as in _moves
    if may_be_of_one_side(tested.disturbed, tested.question.guards):
        return Decision.inconclusive
    low, high = overall.interval(unchanged_level)
    return Decision.unchanged if -margin <= low and high <= margin else Decision.inconclusive


def _cause(tested: Tested) -> Cause:
    """What a move speaks of: a boolean, or what is configured to say whether answers are right, is no speed."""
    question = tested.question
    correctness = question.settings.correctness or question.metric.kind is Kind.bool
    return "correctness" if correctness else "performance"


def _undecided(tested: Tested) -> MetricEvidence:
    measured = not tested.incomparable and tested.samples.places.any()
    on_machine = tested.question.on_machine
    decision = Decision.incomparable if tested.incomparable else Decision.inconclusive
    evidence = _evidence(tested, decision)
    return evidence.model_copy(
        update={
            "cause": "different" if tested.incomparable else None,
            "reason": wording.unable(evidence, tested.unable or "nothing was measured"),
            "runs_needed": advice.FEWEST_RUNS if measured and on_machine else None,
            "repeats_needed": 5 if measured and not on_machine else None,
        }
    )


def _evidence(tested: Tested, decision: Decision) -> MetricEvidence:
    """What is known of a metric beside its decision."""
    samples, question = tested.samples, tested.question
    effect = None if tested.overall is None else tested.shown(tested.overall.effect)
    percent = samples.scale == "log"
    configured = samples.margin_configured if samples.places.any() else None
    return MetricEvidence(
        variable=question.metric.variable,
        decision=decision,
        reason="",
        effect_percent=effect if percent else None,
        effect=None if percent else effect,
        units=tested.units,
        n_runs=samples.n_runs,
        n_repeats=samples.n_repeats,
        n_points=int(samples.places.sum()),
        n_dropped=samples.dropped,
        run_variance=tested.variance,
        location=tested.location,
        disturbed_runs=tested.disturbed,
        margin=tested.shown(samples.margin),
        margin_asked=question.margin_asked,
        margin_configured=None if configured is None else tested.shown(configured),
    )


def _points(tested: Tested, moves: _Moves, aligned: Aligned) -> tuple[PointEvidence, ...]:
    """The points that moved: what regressed first, and of both kinds the largest. At most MAX_POINTS_LISTED."""
    if not moves.points.any():
        return ()
    worse = _worse_sign(tested.question.direction)
    places = np.flatnonzero(moves.points)
    effects = moves.tests.effect[places]
    improved = effects * worse < 0
    order = places[np.lexsort((-np.abs(effects), improved))[:MAX_POINTS_LISTED]]
    words = [_word(worse, effect) for effect in moves.tests.effect[order].tolist()]
    return _listed(tested, moves, aligned, order, words)


def _points_at_rest(tested: Tested, moves: _Moves, aligned: Aligned) -> tuple[PointEvidence, ...]:
    """The points that did not move, in their order, where all points together are few."""
    if not 1 < moves.points.size <= FEW_POINTS:
        return ()
    places = np.flatnonzero(~moves.points)
    inside = moves.tests.within(tested.samples.margin, places)
    words = [Decision.unchanged.value if still else Decision.inconclusive.value for still in inside.tolist()]
    return _listed(tested, moves, aligned, places, words)


def _listed(
    tested: Tested, moves: _Moves, aligned: Aligned, order: npt.NDArray[np.intp], words: Sequence[str]
) -> tuple[PointEvidence, ...]:
    inputs = aligned.inputs_at(np.flatnonzero(tested.samples.places)[order])
    low, high = moves.tests.intervals(order)
    effects, p = moves.tests.effect[order].tolist(), moves.p[order].tolist()
    log = tested.samples.scale == "log"
    return tuple(
        PointEvidence.model_construct(
            inputs=where,
            decision=word,
            effect_percent=tested.shown(effect) if log else None,
            effect=None if log else tested.shown(effect),
            ci=tested.shown_interval(ends),
            p_value=value,
        )
        for where, word, effect, *ends, value in zip(
            inputs, words, effects, low.tolist(), high.tolist(), p, strict=True
        )
    )


def _nearest_zero(interval: tuple[float, float]) -> float:
    return min(interval, key=abs)


def _worse_sign(direction: Direction) -> int:
    return {Direction.minimize: 1, Direction.maximize: -1, Direction.none: 0}[direction]


def _word(worse: int, effect: float) -> Move:
    """A move's name. Without a better direction any move is a regression, as it is for holobench's detector."""
    return "regressed" if worse == 0 or effect * worse > 0 else "improved"
