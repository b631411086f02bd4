"""Evidence in plain words: one sentence with its numbers, and what would settle it."""

from __future__ import annotations

from collections.abc import Sequence

from holobench_mcp.model import Decision, Direction, MetricEvidence

_MOST_NAMED = 3


def metric_reason(e: MetricEvidence, direction: Direction, *, moved: bool, exact: bool) -> str:
    """Why a metric was decided so."""
    interval = f"95 % interval {_size(e, e.ci[0])} to {_size(e, e.ci[1])}" if e.ci else "no interval"
    basis = f"{interval}, {_basis(e)}" if not exact else f"the same in every sample, {_basis(e)}"
    size = e.effect_percent if e.effect_percent is not None else e.effect or 0.0
    margin = f"{_plain(e, e.margin or 0.0)} margin"
    match e.decision:
        case Decision.regressed | Decision.improved:
            parts = []
            if moved:
                parts.append(f"{e.variable} is {_moved(e, size, direction)} ({basis}), beyond the {margin}")
            if e.points:
                parts.append(_points(e, alone=not moved))
            text = "; ".join(parts)
            if direction is Direction.none:
                text += "; it declares no better direction, so any change counts as a regression"
            return text + "."
        case Decision.unchanged:
            if exact and size == 0:
                return f"{e.variable} is exactly equal on both sides ({_basis(e)})."
            return f"{e.variable} is unchanged: {_size(e, size)} ({basis}) lies within the {margin}."
        case _:
            return f"{e.variable}: {_size(e, size)} ({basis}) can't be told from {_doubt(e, size, margin)}."


def overall_reason(judged: Sequence[MetricEvidence]) -> str:
    """Why the whole was decided so: the worst metric's reason, and how the others fared."""
    first = judged[0]
    others = [m for m in judged[1:] if m.decision is first.decision]
    text = first.reason
    if others:
        names = ", ".join(m.variable for m in others[:_MOST_NAMED])
        more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
        text += f" Also {first.decision.value}: {names}{more}."
    improved = [m.variable for m in judged if m.decision is Decision.improved]
    if first.decision is not Decision.improved and improved:
        text += f" Improved: {', '.join(improved[:_MOST_NAMED])}."
    return text


def next_step(judged: Sequence[MetricEvidence]) -> str | None:
    """What would settle the metrics that are not settled; None when nothing is needed."""
    first = judged[0]
    open_ones = [m for m in judged if m.decision is Decision.inconclusive]
    if first.decision is not Decision.inconclusive or not open_ones:
        return None
    runs = max((m.runs_needed or 0 for m in open_ones), default=0)
    repeats = max((m.repeats_needed or 0 for m in open_ones), default=0)
    if runs > 200 or repeats > 2000:
        worst = max(open_ones, key=lambda m: max(m.runs_needed or 0, m.repeats_needed or 0))
        return (
            f"{worst.variable} is too noisy to settle a change of {_plain(worst, worst.margin or 0.0)} by more runs: "
            "make the benchmark steadier (longer samples, a quieter machine), or ask for a wider margin_percent."
        )
    if runs:
        return f"Record at least {max(runs, 3)} runs a side (whole processes, not repeats), then compare again."
    if repeats:
        return f"Measure both sides again with at least {repeats} repeats."
    if any(m.n_points == 0 for m in open_ones):
        names = ", ".join([m.variable for m in open_ones if m.n_points == 0][:_MOST_NAMED])
        return f"Measure {names} on both sides at the same input points: repeats alone would not help."
    return None


# ---------------------------------------------------------------------- parts


def _doubt(e: MetricEvidence, size: float, margin: str) -> str:
    """What an inconclusive effect can't be told from. Its interval stands for this metric's mean alone."""
    if e.ci is None or e.ci[0] <= 0 <= e.ci[1]:
        return f"no change at a {margin}"
    if abs(size) < (e.margin or 0.0):
        return f"one beyond the {margin}"
    return f"chance among all that was looked at (p {e.p_value or 0.0:.2g})"


def _moved(e: MetricEvidence, size: float, direction: Direction) -> str:
    text = f"{_plain(e, abs(size))} {'higher' if size > 0 else 'lower'}"
    if direction is Direction.none:
        return text
    return f"{text} ({'better' if (size > 0) == (direction is Direction.maximize) else 'worse'})"


def _points(e: MetricEvidence, *, alone: bool) -> str:
    shown = ", ".join(_point(e, i) for i in range(min(len(e.points), _MOST_NAMED)))
    more = f" and {len(e.points) - _MOST_NAMED} more" if len(e.points) > _MOST_NAMED else ""
    if alone:
        worse = sum(p.decision == "regressed" for p in e.points)
        text = [f"worse at {worse}"] * bool(worse) + [f"better at {len(e.points) - worse}"] * (worse < len(e.points))
        return f"{e.variable} is {' and '.join(text)} of {e.n_points} input points: {shown}{more} ({_basis(e)})"
    return f"most at {shown}{more}"


def _point(e: MetricEvidence, i: int) -> str:
    p = e.points[i]
    size = p.effect_percent if p.effect_percent is not None else p.effect or 0.0
    where = ", ".join(f"{k}={v}" for k, v in p.inputs.items())
    return f"{where} ({_size(e, size)})"


def _basis(e: MetricEvidence) -> str:
    runs = _both(e.n_runs, "run")
    text = f"{runs} a side" if e.n_runs[0] == e.n_runs[1] else runs
    if max(e.n_runs) == 1:
        repeats = _both(e.n_repeats, "repeat")
        text = f"one run of {repeats} a side" if e.n_repeats[0] == e.n_repeats[1] else f"one run a side, of {repeats}"
    if e.location == "best":
        text += " by their best repeats, as others kept the machine busy"
    known = e.run_variance
    if known is not None and known.source == "assumed":
        text += f", run-to-run sd assumed {known.sd_percent:g} %"
    elif known is not None and known.source == "store":
        text += f", run-to-run sd {known.sd_percent:.2g} % from the store"
    return text


def _both(n: tuple[int, int], what: str) -> str:
    if n[0] == n[1]:
        return f"{n[0]} {what}{'s' if n[0] != 1 else ''}"
    return f"{n[0]} and {n[1]} {what}s"


def _size(e: MetricEvidence, value: float) -> str:
    return f"{value:+.3g}{_unit(e)}"


def _plain(e: MetricEvidence, value: float) -> str:
    return f"{value:.3g}{_unit(e)}"


def _unit(e: MetricEvidence) -> str:
    return f" {e.units}" if e.units else ""
