"""What overrules speed: an answer that is wrong, a claim that no longer holds, a metric that is gone.

Every run of a side is looked at. One that is right does not excuse four that are wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holobench_mcp.evidence.aligned import Aligned, align
from holobench_mcp.model import Direction, Metric, MetricSettings
from holobench_mcp.result.snapshot import FloatArray, Snapshot
from holobench_mcp.workspace.headline import Answer

#: Means of equal samples may differ by the rounding of their sum.
_ROUNDING = 1e-12


def overruled(
    answer: Answer,
    baseline: Sequence[Snapshot],
    candidate: Sequence[Snapshot],
    settings: Mapping[str, MetricSettings],
    metrics: Sequence[str] | None = None,
) -> Answer:
    """Regressed, whatever became of the speed, where the candidate lacks a metric, is wrong, or breaks a claim.

    metrics: only these, where a caller has named some.
    """
    if metrics is None and (sentence := _dropped_metrics(baseline, candidate)):
        answer = answer.overruled("missing", sentence, "Measure what the baseline measured, then compare again.")
    looked_at = [m for m in candidate[0].metrics if metrics is None or m.variable in metrics]
    for metric in looked_at:
        if sentence := _wrong_answers(baseline, candidate, metric, settings.get(metric.variable)):
            remedy = "Make the answers right again; a faster wrong one is worse."
            answer = answer.overruled("correctness", sentence, remedy)
            break
    for metric in looked_at:
        if sentence := _broken_claim(baseline, candidate, metric):
            answer = answer.overruled("claim", sentence, "Make the claim hold again; a faster wrong answer is worse.")
            break
    return answer


# ---------------------------------------------------------------------- metrics that are gone


def _dropped_metrics(baseline: Sequence[Snapshot], candidate: Sequence[Snapshot]) -> str | None:
    """What was measured of the baseline and is not declared by the candidate at all."""
    measured = {m.variable for m in candidate[0].metrics}
    dropped = [m.variable for m in baseline[0].metrics if m.variable not in measured and _has_samples(baseline, m)]
    if not dropped or len(dropped) == len(baseline[0].metrics):
        return None
    more = f" and {len(dropped) - 5} more" if len(dropped) > 5 else ""
    return f"The candidate no longer measures {', '.join(dropped[:5])}{more}, which the baseline did."


def _has_samples(runs: Sequence[Snapshot], metric: Metric) -> bool:
    return any(s.dataset is None or np.isfinite(s.samples.get(metric.variable, np.nan)).any() for s in runs)


# ---------------------------------------------------------------------- claims


def _broken_claim(baseline: Sequence[Snapshot], candidate: Sequence[Snapshot], metric: Metric) -> str | None:
    """A claim that holds in every run of the baseline and fails in one of the candidate's: a sentence, or None.

    It is the candidate's own claim; where that declares none any more, the baseline's.
    """
    from holobench_mcp.result.strict_json import strict

    variable = metric.variable
    claim = metric.claim or next((m.claim for m in baseline[0].metrics if m.variable == variable), None)
    if claim is None:
        return None
    before = [o["holds"] for o in _outcomes(baseline, variable, claim) if o["holds"] is not None]
    if not before or not all(before):
        return None
    outcomes = _outcomes(candidate, variable, claim)
    failing = [i for i, outcome in enumerate(outcomes) if outcome["holds"] is False]
    if not failing:
        return None
    outcome = strict(outcomes[failing[0]])
    # What fails a claim without a finite value is an infinity, which strict JSON has no number for.
    worst = "infinite" if outcome["worst_value"] is None else f"{outcome['worst_value']:g}"
    where = _run_name(candidate, failing[0], len(failing))
    return (
        f"{variable} no longer holds {'its' if metric.claim else 'the baseline’s'} claim '{claim}': the worst sample "
        f"is {worst} at {outcome['worst_inputs']}{where}."
    )


def _outcomes(runs: Sequence[Snapshot], variable: str, claim: str) -> list[dict[str, Any]]:
    from holobench_mcp.result import upstream

    none: dict[str, Any] = {"holds": None, "worst_value": None, "worst_inputs": {}}
    return [
        upstream.judge_claim(claim, s.dataset[variable]) if s.dataset is not None and variable in s.dataset else none
        for s in runs
    ]


# ---------------------------------------------------------------------- metrics of correctness


def _wrong_answers(
    baseline: Sequence[Snapshot], candidate: Sequence[Snapshot], metric: Metric, settings: MetricSettings | None
) -> str | None:
    """A metric that is configured to say whether answers are right, worse in any run than in the baseline's worst."""
    if settings is None or not settings.correctness:
        return None
    aligned = align(baseline, candidate)
    if aligned is None or aligned.n_points == 0:
        return None
    direction = settings.direction or metric.direction
    before = [_mean(aligned.baseline_samples(i, metric.variable)) for i in range(len(baseline))]
    after = [_mean(aligned.candidate_samples(i, metric.variable)) for i in range(len(candidate))]
    known = [value for value in before if value is not None]
    if not known:
        return None
    wrong = [i for i, value in enumerate(after) if value is not None and _is_worse(value, known, direction)]
    if not wrong:
        return None
    run = max(wrong, key=lambda i: min(abs((after[i] or 0.0) - value) for value in known))
    shown = max(known) if direction == Direction.minimize else min(known)
    where = f"{_run_name(candidate, run, len(wrong))}{_worst_point(aligned, run, metric.variable, direction)}"
    return f"{metric.variable} says that answers are wrong: it was {shown:.6g}, and is {after[run]:.6g}{where}."


def _is_worse(value: float, before: Sequence[float], direction: Direction) -> bool:
    low, high = min(before), max(before)
    below = value < low and not math.isclose(value, low, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
    above = value > high and not math.isclose(value, high, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
    return {Direction.maximize: below, Direction.minimize: above, Direction.none: below or above}[direction]


def _worst_point(aligned: Aligned, run: int, variable: str, direction: Direction) -> str:
    """Where a run differs most, for the worse, from what the baseline's first run had there."""
    if not aligned.names:
        return ""
    now, then = aligned.candidate_samples(run, variable), aligned.baseline_samples(0, variable)
    difference = _row_means(now) - _row_means(then)
    size = {Direction.maximize: -difference, Direction.minimize: difference, Direction.none: np.abs(difference)}[
        direction
    ]
    if not np.isfinite(size).any():
        return ""
    place = np.array([np.nanargmax(size)], dtype=np.intp)
    return f", worst at {aligned.inputs_at(place)[0]}"


def _mean(samples: FloatArray) -> float | None:
    finite = samples[np.isfinite(samples)]
    return float(finite.mean()) if finite.size else None


def _row_means(samples: FloatArray) -> FloatArray:
    finite = np.isfinite(samples)
    counts = finite.sum(axis=-1)
    sums = np.where(finite, samples, 0.0).sum(axis=-1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _run_name(runs: Sequence[Snapshot], run: int, wrong: int) -> str:
    """Which run it was, and of how many it is true."""
    if len(runs) == 1:
        return ""
    snapshot = runs[run]
    name = snapshot.result_id or f"run {run + 1}"
    if snapshot.measurement is not None:
        name = f"run {snapshot.measurement.run + 1} ({name})"
    return f" in {name}{f', as in {wrong} of {len(runs)} runs' if wrong > 1 else f', one of {len(runs)} runs'}"
