"""The guards of the evidence rule: special cases that noise made necessary, each with a name and a switch.

All are on. The switches are for benchmarks/ablation.py, which prints what each one is worth; docs/evidence.md has the
table. A guard belongs to one of five principles: variance is never below what is known, no p is below its resolution,
the worst plausible model counts, a choice is paid for, one error rate is shared out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guards:
    """Which guards are on."""

    # Variance is never below what is known.
    assumed_run_spread: bool = True  #: one run a side of a machine's metric differs by 3 %, or what the store knows
    slowed_runs: bool = True  #: and by as much as it lies above its best repeat, where others may have slowed it
    past_noise: bool = True  #: few runs differ as earlier measurements on this machine showed
    unlike_the_past: bool = True  #: and by themselves alone where they contradict these
    repeats_of_few_runs: bool = True  #: few runs differ at least by what their repeats show
    repeats_of_a_lone_run: bool = True  #: nothing but its repeats knows of an outlier in a lone run
    own_variance: bool = True  #: a point's own variance, side by side, where samples are few or unequal
    usual_variance: bool = True  #: the variance that is usual among points, where samples are few
    far_quieter: bool = True  #: the same up to 8 samples, for points at less than a tenth of the usual
    boolean_runs: bool = True  #: proportions are no surer than the runs are
    plus_two: bool = True  #: Agresti and Caffo's two successes and two failures in an interval of proportions
    distinct_runs: bool = True  #: an exact copy of a run is no further run
    # No p is below its resolution.
    resolution: bool = True  #: two modes part few samples cleanly by chance
    rounding_step: bool = True  #: constants one step of rounding apart are not exact
    coarse_clock: bool = True  #: constants of a machine's metric are a coarse clock's, not exact
    # The worst plausible model counts.
    worst_model: bool = True  #: sides of unequal size: the larger p of Welch and Student
    beside_the_others: bool = True  #: what all points of a lone run share is the run's luck, and no point's change
    # A choice is paid for.
    pooled_rounds: bool = True  #: rounds are compared as pairs only where that is quieter
    price_of_pooling: bool = True  #: and the choice costs 15 % of the variance
    best_repeats: bool = True  #: runs on a busy machine are judged by their best repeats
    best_on_both_sides: bool = True  #: and only where both sides look disturbed
    trimmed_runs: bool = True  #: single disturbed runs of many are given little weight
    far_on_one_side: bool = True  #: and only where both sides have such runs
    # One error rate is shared out.
    equal_metrics_are_free: bool = True  #: metrics that are equal in every sample take no share (Tarone 1990)


GUARDS = Guards()
