"""How many rounds two revisions are measured in: until all are done, what they show is settled, or time is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from holobench_mcp.model import EARLY_ALPHA, Decision, MeasurementDocument
from holobench_mcp.workspace import revision_report
from holobench_mcp.workspace.library import Library

if TYPE_CHECKING:
    from holobench_mcp.measure.revisions import RevisionMeasurement

#: After this share of the rounds comes the early look.
_EARLY_SHARE = 0.6


def measure_rounds(measurement: RevisionMeasurement, library: Library) -> str | None:
    """Measure until it is over or settled. Returns why it ended before its last round, if it did."""
    planned = measurement.plan.most_rounds
    early = max(2, -int(-planned * _EARLY_SHARE // 1))
    while not measurement.is_over:
        measurement.round()
        done = measurement.document.rounds
        if measurement.is_over:
            break
        if done == early and _is_settled(measurement.document, library):
            return f"settled after {done} of {planned} rounds, at the early look"
        if measurement.is_out_of_time:
            return f"max_seconds was reached after {done} of {planned} rounds"
    return "the head does not work" if measurement.gave_up else None


def _is_settled(document: MeasurementDocument, library: Library) -> bool:
    """Whether every sweep of interleaved runs shows a change, at the early look's error rate of all together."""
    sweeps = revision_report.paired_rounds(document)
    return bool(sweeps) and all(_shows_a_change(library, *ids, EARLY_ALPHA / len(sweeps)) for ids in sweeps.values())


def _shows_a_change(library: Library, base_ids: Sequence[str], head_ids: Sequence[str], alpha: float) -> bool:
    from holobench_mcp.evidence.judgement import judge

    sides = [[library.snapshot_of(i) for i in ids] for ids in (base_ids, head_ids)]
    settings = library.config.settings_for(sides[1][0].bench_name, tuple(m.variable for m in sides[1][0].metrics))
    margin = library.config.margin_percent
    judgement = judge(*sides, default_margin_percent=margin, alpha=alpha, paired=True, settings=settings)
    return judgement.decision in (Decision.regressed, Decision.improved)
