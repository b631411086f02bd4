"""How many rounds two revisions are measured in: until all is settled, all rounds are done, or time is over.

A measurement is judged at its looks, and nowhere between them: each spends a part of one error rate, and is written
into the document. Whoever compares it later judges what the last look saw, at that look's α.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from holobench_mcp.config import FEWEST_ROUNDS, MAX_ROUNDS
from holobench_mcp.model import Decision, MeasurementDocument, MetricSettings
from holobench_mcp.workspace import revision_report
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.past_noise import past_noise

if TYPE_CHECKING:
    from holobench_mcp.measure.revisions import RevisionMeasurement
    from holobench_mcp.result.snapshot import Snapshot


class Level(NamedTuple):
    """What a measurement in rounds is judged by: how many of its rounds, and at which α."""

    rounds: int
    alpha: float


def measure_rounds(measurement: RevisionMeasurement, library: Library) -> str | None:
    """Measure until it is over or settled, with its looks. Returns why it ended before its last round, if it did.

    One that has rounds and looks already goes on from them: what was spent is spent.
    """
    from holobench_mcp.evidence.looks import is_look

    while not measurement.is_over:
        measurement.round()
        if measurement.is_over:
            break
        done, of = measurement.document.rounds, f" of {measurement.plan.most_rounds}"
        automatic = measurement.document.automatic
        late = measurement.is_out_of_time and not (automatic and done < FEWEST_ROUNDS)
        if (is_look(done) or late) and _look(measurement, library):
            return f"settled after {done}{'' if automatic else of} rounds"
        if late:
            return f"max_seconds was reached after {done}{'' if automatic else of} rounds"
    _look(measurement, library)
    return "the head does not work" if measurement.gave_up else None


def level_of(document: MeasurementDocument | None, rounds: int) -> Level:
    """What so many rounds of a measurement are judged by: as its last look was.

    Where none was made, as by a look that is made now: after the only rounds there are, or in the midst of a plan.
    """
    from holobench_mcp.evidence.looks import alpha_of_look

    if document is None:
        return Level(rounds, alpha_of_look((), rounds, last=rounds, automatic=False))
    if document.looks:
        return Level(document.looks[-1].round, document.looks[-1].alpha)
    return Level(rounds, _alpha_now(document, rounds))


# ---------------------------------------------------------------------- parts


def _look(measurement: RevisionMeasurement, library: Library) -> bool:
    """Judge what was measured until now, once. Returns whether everything is settled."""
    document = measurement.document
    sweeps = revision_report.paired_rounds(document)
    if not sweeps:
        return False
    if document.looks and document.looks[-1].round >= document.rounds:
        return document.looks[-1].settled
    alpha = _alpha_now(document, document.rounds)
    settled = _are_settled(library, list(sweeps.values()), alpha)
    measurement.look(alpha, settled=settled)
    return settled


def _alpha_now(document: MeasurementDocument, rounds: int) -> float:
    """The α of a look after so many rounds, which is not made yet."""
    from holobench_mcp.evidence.looks import alpha_of_look, horizon

    last = document.rounds_planned
    if document.automatic:
        time, a_round = document.max_seconds, document.seconds_a_round
        last = horizon(MAX_ROUNDS, fits=max(time / a_round, rounds) if time and a_round else None)
    return alpha_of_look(document.looks, rounds, last=last, automatic=document.automatic)


def _are_settled(library: Library, sweeps: Sequence[tuple[Sequence[str], Sequence[str]]], alpha: float) -> bool:
    """Whether every metric of every sweep has moved or is shown unchanged, or can't be compared at all.

    sweeps: the results of both sides. alpha: of all together. They share it for what is found changed; for what is
    unchanged they need not, as all of them have to be.
    """
    from holobench_mcp.evidence.family import Family
    from holobench_mcp.evidence.judgement import examined, judge, p_values

    runs = [[[library.snapshot_of(i) for i in ids] for ids in both] for both in sweeps]
    settings = [_settings(library, head) for _, head in runs]
    firsts = [[library.store.manifest(ids[0]) for ids in both] for both in sweeps]
    found = [
        examined(base, head, run_variance=past_noise(library, first, paired=True), paired=True, settings=s)
        for (base, head), first, s in zip(runs, firsts, settings, strict=True)
    ]
    shares = [p_values(f) for f in found]
    for i, (base, head) in enumerate(runs):
        if _is_incomparable(base, head, settings[i]):
            continue
        others = [p for n, of_sweep in enumerate(shares) if n != i for p in of_sweep]
        judgement = judge(
            base,
            head,
            default_margin_percent=library.config.margin_percent,
            alpha=alpha,
            alpha_unchanged=alpha,
            paired=True,
            found=found[i],
            family=Family(tuple(others), len(runs)),
        )
        if any(metric.decision is Decision.inconclusive for metric in judgement.metrics):
            return False
    return True


def _settings(library: Library, runs: Sequence[Snapshot]) -> Mapping[str, MetricSettings]:
    return library.config.settings_for(runs[0].bench_name, tuple(m.variable for m in runs[0].metrics))


def _is_incomparable(
    base: Sequence[Snapshot], head: Sequence[Snapshot], settings: Mapping[str, MetricSettings]
) -> bool:
    from holobench_mcp.evidence import comparability

    directions = {v: s.direction for v, s in settings.items() if s.direction is not None}
    differences = comparability.compare(base, head, directions)
    return any(difference.severity == "blocking" and difference.variable is None for difference in differences)
