"""Evidence in plain words: one sentence with its numbers, and what would settle it.

The decision's words and the structure's numbers, and no others: whoever reads a sentence alone must not be misled.
"""

from __future__ import annotations

import math
from collections.abc import Container, Sequence

from holobench_mcp import digits
from holobench_mcp.config import MAX_ROUNDS, MAX_RUNS
from holobench_mcp.evidence.advice import MAX_REPEATS
from holobench_mcp.evidence.aligned import Aligned
from holobench_mcp.evidence.correctness import WorseAnswers
from holobench_mcp.evidence.coverage import at_points, in_words
from holobench_mcp.evidence.disturbed_runs import may_be_of_one_side
from holobench_mcp.evidence.guards import GUARDS
from holobench_mcp.model import Decision, Direction, JsonScalar, MetricEvidence, PointEvidence
from holobench_mcp.result.snapshot import Snapshot

MOST_NAMED = 3
#: What can show no less than ten times as much shows nothing, and is no margin to offer.
_MOST_PERCENT = 1000.0


def metric_reason(e: MetricEvidence, direction: Direction, *, exact: bool) -> str:
    """Why a metric was decided so."""
    match e.decision:
        case Decision.regressed | Decision.improved:
            undirected = "; it declares no better direction, so any change counts as a regression"
            return _moved(e, exact=exact) + (undirected if direction is Direction.none else "") + "."
        case Decision.unchanged if exact and e.size == 0:
            return f"{e.variable} is exactly equal on both sides ({_basis(e)})."
        case Decision.unchanged if exact:
            size = _signed(e, e.size)
            return f"{e.variable} {size} in every sample ({_basis(e)}), which lies within {_margin(e)}."
        case Decision.unchanged:
            return f"{e.variable} {_signed(e, e.size)}: its {_interval(e)} ({_basis(e)}) lies within {_margin(e)}."
        case _:
            can_show = _can_show(e)
            known = can_show is not None and (e.can_show_percent or 0.0) <= _MOST_PERCENT
            shows = f"; so much measured can show a change of {_plain(e, can_show or 0.0)}" if known else ""
            return (
                f"{e.variable} {_signed(e, e.size)} ({_interval(e)}, {_basis(e)}) can't be told from "
                f"{_doubt(e)}{shows}."
            )


def unable(e: MetricEvidence, why: str) -> str:
    """Why a metric can't be judged."""
    return f"{e.variable} can't be judged, as {why}."


def missing(e: MetricEvidence, named: Sequence[dict[str, JsonScalar]], count: int, of: int) -> str:
    """That points are gone, and what became of the rest."""
    if count == of:
        first = f"{e.variable} is missing, as the candidate has no finite sample of it"
        return f"{first}{'' if of == 1 else f' at any of the {of:,} input points of the baseline'}."
    first = (
        f"{e.variable}: the candidate has no finite sample of it at {count:,} of the baseline's {of:,} input "
        f"points{at_points(named, count, most=MOST_NAMED)}"
    )
    return f"{first}. At the others it is {e.decision.value}: {e.reason}"


def wrong_answers(variable: str, wrong: WorseAnswers, inputs: Sequence[dict[str, JsonScalar]], aligned: Aligned) -> str:
    """That a metric of correctness got worse: how much and where at first, in which run, and at how many points."""
    where = f" at {in_words(inputs[0])}" if inputs[0] else ""
    if aligned.n_candidate > 1:
        where += f" in {_run_name(aligned.runs[aligned.n_baseline + wrong.run], wrong.run)}"
        where += f", one of {wrong.runs.size} such runs of {aligned.n_candidate}" if wrong.runs.size > 1 else ""
    before, after = digits.plain(wrong.before, 6), digits.plain(wrong.after, 6)
    first = f"Answers are wrong: {variable} was {before}, and is {after}{where}."
    count = wrong.places.size
    if count == 1:
        return first
    return (
        f"{first} {count:,} of {aligned.n_points:,} input points are wrong{at_points(inputs, count, most=MOST_NAMED)}."
    )


def overall_reason(judged: Sequence[MetricEvidence]) -> str:
    """Why the whole was decided so: the worst metric's reason, and how the others fared."""
    first = judged[0]
    others = [m.variable for m in judged[1:] if m.decision is first.decision]
    sentences = [first.reason]
    if others:
        sentences.append(f"Also {first.decision.value}: {_few(others)}.")
    improved = [m.variable for m in judged if m.decision is Decision.improved]
    if first.decision is not Decision.improved and improved:
        sentences.append(f"Improved: {_few(improved)}.")
    return " ".join(sentences)


def next_step(judged: Sequence[MetricEvidence], *, answers: Container[str], paired: bool) -> str | None:
    """What would settle what is not settled, or mend what is broken; None when nothing is needed.

    answers: the metrics that say whether answers are right.
    """
    first = judged[0]
    if first.cause == "correctness" and first.decision is Decision.regressed and first.variable in answers:
        return "Make the answers right again: a faster wrong answer is worse."
    if first.cause == "missing":
        where = at_points(first.missing_points, first.missing, most=MOST_NAMED, before=" at ")
        return f"Find out why the candidate has no finite sample of {first.variable}{where}, and measure it again."
    if first.decision is not Decision.inconclusive:
        return None
    unsettled = [m for m in judged if m.decision is Decision.inconclusive]
    empty = [m.variable for m in unsettled if m.n_points == 0]
    hopeless = [m for m in unsettled if m.ci is not None and m.runs_needed is None and m.repeats_needed is None]
    runs = max((m.runs_needed or 0 for m in unsettled), default=0)
    repeats = max((m.repeats_needed or 0 for m in unsettled), default=0)
    if hopeless:
        noisiest = max(hopeless, key=lambda m: (_can_show(m) or 0.0) / (m.margin or 1.0))
        return _cannot_show(noisiest, max((m.can_show_percent or 0.0 for m in unsettled), default=0.0), paired=paired)
    if runs and paired:
        return f"Measure both revisions again with rounds={runs}."
    if runs:
        return f"Record at least {max(runs, 3)} runs a side (whole processes, not repeats), then compare again."
    if repeats:
        return f"Measure both sides again with at least {repeats} repeats."
    if empty:
        return f"Measure {_few(empty)} on both sides at the same input points: repeats alone would not help."
    return None


# ---------------------------------------------------------------------- parts


def _cannot_show(e: MetricEvidence, percent: float, *, paired: bool) -> str:
    """What to do about a metric that no number of runs that may be asked for would settle.

    percent: the margin that all unsettled metrics can show.
    """
    most = f"{MAX_ROUNDS} rounds" if paired else f"{MAX_RUNS} runs" if max(e.n_runs) > 1 else f"{MAX_REPEATS:,} repeats"
    if _near_margin(e):
        return (
            f"{e.variable}'s {_signed(e, e.size)} is too near {_margin(e, below=e.size < 0)} for {most} to settle: "
            "decide whether it matters, or compare with another margin_percent."
        )
    offered = 0 < percent <= _MOST_PERCENT
    wider = f", or compare with margin_percent={_rounded_up(percent)}, which it can show" if offered else ""
    return (
        f"{e.variable} is too noisy for a margin of {_plain(e, e.margin or 0.0)}: {most} would not show it. Make the "
        f"benchmark steadier (longer samples, a quieter machine){wider}."
    )


def _rounded_up(percent: float) -> str:
    """Two digits, never less than it is."""
    scale = 10.0 ** (math.floor(math.log10(percent)) - 1)
    return f"{math.ceil(percent / scale - 1e-9) * scale:g}"


def _can_show(e: MetricEvidence) -> float | None:
    return e.can_show if e.can_show_percent is None else e.can_show_percent


def _near_margin(e: MetricEvidence) -> bool:
    """Whether it is the size of the change that leaves it open, and not noise."""
    can_show = _can_show(e)
    return can_show is not None and can_show <= (e.margin or 0.0) * (1 + 1e-9)


def _doubt(e: MetricEvidence) -> str:
    """What an inconclusive effect can't be told from. Its interval stands for this metric's mean alone."""
    if may_be_of_one_side(e.disturbed_runs, GUARDS):
        return "a change of single runs, as those that lie far from the others are nearly all of one side"
    if e.ci is None or e.ci[0] <= 0 <= e.ci[1]:
        return f"no change at {_a(_margin(e))}"
    if abs(e.size) < (e.margin or 0.0):
        return f"one beyond {_margin(e)}"
    return f"chance among all that was looked at (p {e.p_value or 0.0:.2g})"


def _moved(e: MetricEvidence, *, exact: bool) -> str:
    """A move of the mean, and the points where it is most; or of single points."""
    if e.decided_by == "points":
        return _at_some_points(e)
    sure = e.at_least_percent if e.at_least_percent is not None else e.at_least or 0.0
    beyond = f"beyond {_margin(e, below=e.size < 0)}"
    if exact:
        text = f"{_signed(e, e.size)} in every sample ({_basis(e)}), {beyond}"
    else:
        text = f"{_signed(e, e.size)} ({_interval(e)}, {_basis(e)}), {beyond} and surely at least {_signed(e, sure)}"
    most = f"; most at {_points(e, e.points)}" if e.points else ""
    return f"{e.variable} {text}{most}"


def _at_some_points(e: MetricEvidence) -> str:
    listed = [p.decision for p in e.points]
    counts = [(word, listed.count(word)) for word in ("regressed", "improved") if word in listed]
    # One word is the decision's own, and needs no saying.
    named = [f"{word} at {n:,}" for word, n in counts] if len(counts) > 1 else [f"at {n:,}" for _, n in counts]
    where = f"{' and '.join(named)} of {e.points_tested:,} input points"
    if len(listed) < e.points_moved:
        where = f"at {e.points_moved:,} of {e.points_tested:,} input points"
    beyond = f"beyond {_margin(e, below=e.points[0].size < 0)}"
    return f"{e.variable} {where}, {beyond}: {_points(e, e.points)} ({_basis(e)}; their mean by {_signed(e, e.size)})"


def _points(e: MetricEvidence, points: Sequence[PointEvidence]) -> str:
    labels = ("95 % interval ", *[""] * MOST_NAMED)  # once is enough
    named = ", ".join(
        f"{in_words(p.inputs)} {_signed(e, p.size)} ({label}{_signed(e, p.ci[0])} to {_signed(e, p.ci[1])})"
        for label, p in zip(labels, points[:MOST_NAMED], strict=False)
    )
    more = e.points_moved - min(len(points), MOST_NAMED)
    return named + (f" and {more:,} more" if more > 0 else "")


def _interval(e: MetricEvidence) -> str:
    if e.ci is None or e.interval_level is None:
        return "no interval"
    return f"{100 * e.interval_level:g} % interval {_signed(e, e.ci[0])} to {_signed(e, e.ci[1])}"


def _margin(e: MetricEvidence, *, below: bool = False) -> str:
    """The margin; of a decrease in percent what it is there, since it is a ratio: 3 % up is 2.91 % down."""
    margin = e.margin or 0.0
    if below and e.effect_percent is not None:
        return f"the {_plain(e, margin)} margin ({_signed(e, -margin / (1 + margin / 100))})"
    return f"the {_plain(e, margin)} margin"


def _a(phrase: str) -> str:
    return "a " + phrase.removeprefix("the ")


def _basis(e: MetricEvidence) -> str:
    runs = _both(e.n_runs, "run")
    text = f"{runs} a side" if e.n_runs[0] == e.n_runs[1] else runs
    if max(e.n_runs) == 1:
        repeats = _both(e.n_repeats, "repeat")
        text = f"one run of {repeats} a side" if e.n_repeats[0] == e.n_repeats[1] else f"one run a side, of {repeats}"
    if e.location == "best":
        text += " by their best repeats, as others kept the machine busy"
    if e.disturbed_runs is not None:
        far = sum(e.disturbed_runs)
        joined = ", and" if e.location == "best" else ""
        text += f"{joined} by trimmed means, as {far} {'run lies' if far == 1 else 'runs lie'} far from the others"
    known = e.run_variance
    if known is not None and known.source == "assumed":
        text += f", run-to-run sd assumed {known.sd_percent:.2g} %"
    elif known is not None and known.source == "suite":
        text += f", run-to-run sd {known.sd_percent:.2g} % as the other benches differ"
    elif known is not None and known.measurements is not None and not known.unlike_past:
        before = f"{known.measurements} earlier measurement{'s' if known.measurements != 1 else ''}"
        text += f", run-to-run sd {known.sd_percent:.2g} % with {before}"
    return text


def _both(n: tuple[int, int], what: str) -> str:
    if n[0] == n[1]:
        return f"{n[0]} {what}{'s' if n[0] != 1 else ''}"
    return f"{n[0]} and {n[1]} {what}s"


def _run_name(run: Snapshot, number: int) -> str:
    """A run as a reader can look it up."""
    if run.measurement is not None:
        return f"run {run.measurement.run + 1}" + (f" ({run.result_id})" if run.result_id else "")
    return run.result_id or f"run {number + 1}"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _signed(e: MetricEvidence, value: float) -> str:
    return f"{digits.signed(value)}{_unit(e)}"


def _plain(e: MetricEvidence, value: float) -> str:
    return f"{digits.plain(value)}{_unit(e)}"


def _unit(e: MetricEvidence) -> str:
    return f" {e.units}" if e.units else ""
