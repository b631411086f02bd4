"""Evidence: two sides of runs in, a calibrated decision out, with the input points that moved.

The unit of independence is the run, one process, wherever a number depends on the machine: two runs of identical code
differ by some percent, and a test that takes the repeats of one process for independent samples finds a difference in
almost any pair. docs/evidence.md tells the rule to people; `metric` tests one metric, `decision` makes a word of it.
Here the metrics of a comparison share its error rate. Knows no store.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from holobench_mcp.evidence import wording
from holobench_mcp.evidence.aligned import Aligned, align
from holobench_mcp.evidence.coverage import Coverage, coverages, incomplete
from holobench_mcp.evidence.decision import Share, decide, missing_metric
from holobench_mcp.evidence.error_rate import holm_factors
from holobench_mcp.evidence.family import ALONE, Family
from holobench_mcp.evidence.guards import GUARDS, Guards
from holobench_mcp.evidence.limits import NO_SPREAD
from holobench_mcp.evidence.metric import examine
from holobench_mcp.evidence.past_noise import PastNoise
from holobench_mcp.evidence.question import DEFAULT_MARGIN_PERCENT, Question, Tested, depends_on_machine
from holobench_mcp.evidence.suite_spread import Key, Spread, among
from holobench_mcp.model import (
    ALPHA,
    CAUSES_WORST_FIRST,
    DECISIONS_WORST_FIRST,
    Decision,
    Judgement,
    Limit,
    Metric,
    MetricEvidence,
    MetricSettings,
)
from holobench_mcp.result.snapshot import Snapshot

__all__ = ["depends_on_machine", "judge"]


@dataclass(frozen=True)
class Examined:
    """What the samples of two sides say of every metric that both have, whatever the margin and the error rate are."""

    baseline_metrics: Mapping[str, Metric]
    shared: tuple[Metric, ...]  #: as the candidate declares them
    aligned: Aligned | None  #: None where no metric is shared, or the inputs are not the same
    #: Of each shared metric, where an input point is shared: its test, where each side has it, and what is missing.
    tests: tuple[Tested, ...] = ()
    covered: tuple[Coverage, ...] = ()
    cautions: tuple[tuple[Limit, ...], ...] = ()


def examined(
    baseline: Sequence[Snapshot],
    candidate: Sequence[Snapshot],
    *,
    run_variance: Literal["auto", "none"] | Mapping[str, PastNoise] = "auto",
    paired: bool = False,
    settings: Mapping[str, MetricSettings] | None = None,
    metrics: Sequence[str] | None = None,
    guards: Guards = GUARDS,
) -> Examined:
    """The tests of two sides: the part of `judge`, and the costly one, that needs neither margin nor error rate."""
    asked = None if metrics is None else set(metrics)
    theirs = {m.variable: m for m in baseline[0].metrics if asked is None or m.variable in asked}
    shared = tuple(m for m in candidate[0].metrics if m.variable in theirs)
    aligned = align(baseline, candidate) if shared else None
    if aligned is None or aligned.n_points == 0:
        return Examined(theirs, shared, aligned)
    tests: list[Tested] = []
    for metric in shared:
        configured = (settings or {}).get(metric.variable, MetricSettings())
        past = run_variance.get(metric.variable) if isinstance(run_variance, Mapping) else None
        if run_variance == "none":
            configured = configured.model_copy(update={"repeats": "independent"})
        question = Question(metric, configured, None, past, paired, guards=guards)
        tests.append(examine(question, aligned, theirs[metric.variable]))
    covered = coverages(baseline, candidate, [m.variable for m in shared])
    cautions = tuple(tuple(incomplete(baseline, candidate, c.variable, but_not=c)) for c in covered)
    return Examined(theirs, shared, aligned, tuple(tests), covered, cautions)


def judge(
    baseline: Sequence[Snapshot],
    candidate: Sequence[Snapshot],
    *,
    margin_percent: float | None = None,
    default_margin_percent: float = DEFAULT_MARGIN_PERCENT,
    alpha: float = ALPHA,
    alpha_unchanged: float = ALPHA,
    run_variance: Literal["auto", "none"] | Mapping[str, PastNoise] = "auto",
    paired: bool = False,
    settings: Mapping[str, MetricSettings] | None = None,
    metrics: Sequence[str] | None = None,
    guards: Guards = GUARDS,
    found: Examined | None = None,
    family: Family = ALONE,
) -> Judgement:
    """What happened between two sides, each one or more runs of the same code.

    margin_percent: the smallest change that matters, asked for: it wins over a metric's own, which wins over the
    default. alpha: error rate of the whole comparison, over all metrics and points, and its family's. alpha_unchanged:
    how often a metric may be called unchanged though it changed by the margin. run_variance: what earlier measurements
    showed of each metric's run-to-run variance; "auto": nothing is known, and of sides of one run each 4 % is assumed
    for metrics that depend on the machine; "none" takes all repeats for independent. paired: the i-th runs of both
    sides were measured in turn, so that drift cancels. settings: what is configured, by metric. metrics: only these.
    guards: of the rule, all on but for an ablation.
    found: what `examined` found with the same arguments, where that is known already. family: what is judged together
    with it and shares its error rate.

    Raises ValueError for a side without runs, a margin or an alpha that can't be one, and pairs that don't match.
    """
    asked = {"margin_percent": margin_percent, "default_margin_percent": default_margin_percent}
    _check(baseline, candidate, asked, (alpha, alpha_unchanged), paired)
    if found is None:
        found = examined(
            baseline,
            candidate,
            run_variance=run_variance,
            paired=paired,
            settings=settings,
            metrics=metrics,
            guards=guards,
        )
    aligned, theirs, shared = found.aligned, found.baseline_metrics, found.shared
    if aligned is None or aligned.n_points == 0:
        reason = "The results share no metric." if not shared else "The results share no input point."
        return Judgement(decision=Decision.incomparable, cause="different", reason=reason)
    tests = [among(t, family.spreads).with_margin(margin_percent, default_margin_percent) for t in found.tests]
    factors = holm_factors([_share_p(t, guards) for t in tests], family.others)
    judged = []
    for tested, factor, covered, cautions in zip(tests, factors, found.covered, found.cautions, strict=True):
        share = Share(alpha, factor, family.benches, alpha_unchanged)
        judged.append(decide(tested, share, aligned, covered, cautions))
    dropped = theirs.keys() - {m.variable for m in shared}
    judged += map(missing_metric, coverages(baseline, candidate, [name for name in theirs if name in dropped]))
    judged.sort(key=_worst_first)
    deciding = [m for m in judged if _can_be_judged(m)] or judged
    answers = {variable for variable, configured in (settings or {}).items() if configured.correctness}
    return Judgement(
        decision=deciding[0].decision,
        cause=deciding[0].cause,
        reason=wording.overall_reason(deciding),
        next_step=wording.next_step(deciding, answers=answers, paired=paired),
        metrics=tuple(judged),
        limits=tuple(limit for m in judged for limit in m.limits),
    )


def p_values(
    found: Examined, spreads: Mapping[Key, Spread] | None = None, guards: Guards = GUARDS
) -> tuple[float, ...]:
    """The p of each metric that takes a share of the error rate: what it adds to the family of another comparison."""
    return tuple(p for t in found.tests if (p := _share_p(among(t, spreads or {}), guards)) is not None)


# ---------------------------------------------------------------------- parts


def _share_p(tested: Tested, guards: Guards) -> float | None:
    """A metric's p; None where all samples are equal: it can't be found changed, and takes no share (Tarone 1990)."""
    return None if guards.equal_metrics_are_free and tested.exact and tested.p == 1 else tested.p


def _worst_first(m: MetricEvidence) -> tuple[bool, int, int, float]:
    return (
        not _can_be_judged(m), DECISIONS_WORST_FIRST.index(m.decision), CAUSES_WORST_FIRST.index(m.cause), -abs(m.size)
    )  # fmt: skip


def _can_be_judged(m: MetricEvidence) -> bool:
    """Whether more of the same could settle it: a mean without a spread never can, and must not hold up the others."""
    return m.decision is not Decision.inconclusive or all(limit.what != NO_SPREAD for limit in m.limits)


def _check(
    baseline: Sequence[Snapshot],
    candidate: Sequence[Snapshot],
    margins: Mapping[str, float | None],
    alphas: Sequence[float],
    paired: bool,
) -> None:
    if not baseline or not candidate:
        raise ValueError("judge: each side needs at least one run")
    for name, margin in margins.items():
        if margin is not None and not (math.isfinite(margin) and margin > 0):
            raise ValueError(f"judge: {name} must be above 0, not {margin}")
    for alpha in alphas:
        if not 0 < alpha < 0.5:
            raise ValueError(f"judge: alpha must be between 0 and 0.5, not {alpha}")
    if paired and (len(baseline) != len(candidate)):
        raise ValueError(f"judge: pairs need as many runs on each side, not {len(baseline)} and {len(candidate)}")
