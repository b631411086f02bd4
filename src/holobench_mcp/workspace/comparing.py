"""Two results, compared whole: the contract's verdict, the evidence, what else differs, and one word for it all.

This is where the parts meet. None of them is decided here: verdicts come from `contract`, decisions from `evidence`,
differences from `comparability`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from holobench_mcp.answers import CompareOptions
from holobench_mcp.model import (
    ALPHA,
    DECISIONS_WORST_FIRST,
    ROUNDS_ALPHA,
    ComparedMetric,
    ComparisonDocument,
    Decision,
    Difference,
    EvidenceBasis,
    InvalidArgument,
    Judgement,
    Manifest,
    MetricEvidence,
    RunVariance,
    Side,
    comparison_uri,
    result_uri,
)
from holobench_mcp.result.identity import group_by, identity_of
from holobench_mcp.store.bundle import SAMPLES
from holobench_mcp.workspace.correctness import with_claims, with_correctness
from holobench_mcp.workspace.headline import decide
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.listing import left_out
from holobench_mcp.workspace.sides import Sides, choose_sides, find_baseline
from holobench_mcp.workspace.tries import with_selection
from holobench_mcp.workspace.verdicts import verdicts

#: What a summary shows.
MAX_METRICS, MAX_POINTS = 20, 5
#: Results that run-to-run variance is learnt from: the newest of the bench.
_VARIANCE_RESULTS = 60

_RANK = {decision: rank for rank, decision in enumerate(DECISIONS_WORST_FIRST)}
_VERDICT_RANK = {"regressed": 0, "improved": 1, "unchanged": 2}


def compare(
    library: Library,
    baseline: str,
    candidate: str,
    options: CompareOptions,
    *,
    cautions: Sequence[Difference] = (),
) -> ComparisonDocument:
    """The comparison of two results by their names. cautions: what else was observed while they were measured.

    Raises InvalidArgument, UnknownResult and AmbiguousResult; NotComparable when they share no metric at all.
    """
    _check(options)
    named = library.match(candidate, "candidate")
    right = named.manifest
    left, note = find_baseline(library, baseline, right)
    sides = choose_sides(library.index(), left, right, options.replicates)
    full = library.comparison(_cache_key(library, sides, options), lambda: _whole(library, sides, options))
    itself = "Both sides are the same result." if left.result_id == right.result_id else sides.note
    partial = [_partial(library, m) for m in (left, right)]
    notes = [n for n in (named.note, note, itself, *partial, left_out(library.index().unreadable)) if n]
    document = full.model_copy(update={"notes": (*notes, *full.notes)}) if notes else full
    document = _with_cautions(with_selection(library.store, document, sides), cautions)
    return document if options.detail == "full" else summarised(document)


def summarised(document: ComparisonDocument) -> ComparisonDocument:
    """Every key of the contract, with the worst metrics and points only."""
    metrics = [_few_points(m) for m in document.metrics[:MAX_METRICS]]
    left_out = len(document.metrics) - len(metrics)
    return document.model_copy(update={"metrics": metrics, **({"omitted_metrics": left_out} if left_out else {})})


# ---------------------------------------------------------------------- one comparison


def _whole(library: Library, sides: Sides, options: CompareOptions) -> ComparisonDocument:
    from holobench_mcp.evidence import comparability

    base = [library.snapshot(m) for m in sides.baseline]
    cand = [library.snapshot(m) for m in sides.candidate]
    variables = tuple(m.variable for m in cand[0].metrics)
    document = verdicts(base[0], cand[0], options)
    chosen = {None, *(options.metrics or variables)}
    settings = library.config.settings_for(cand[0].bench_name, variables)
    directions = {v: s.direction for v, s in settings.items() if s.direction is not None}
    differences = tuple(d for d in comparability.compare(base, cand, directions) if d.variable in chosen)
    blocking = [d for d in differences if d.severity == "blocking"]
    basis = _basis(library, sides, options)
    if any(d.what == "no_samples" for d in blocking):
        judgement = Judgement(decision=Decision.incomparable, reason="", metrics=())
    else:
        from holobench_mcp.evidence.judgement import judge

        judgement = judge(
            base,
            cand,
            margin_percent=basis.margin_percent,
            alpha=basis.alpha,
            run_variance=_known_variance(library, sides, variables),
            paired=sides.paired,
            settings=settings,
            metrics=options.metrics,
        )
    answer = with_claims(document, decide(document, judgement, blocking))
    answer = with_correctness(document, settings, answer)
    by_variable = {m.variable: m for m in judgement.metrics}
    metrics = [{**m, "evidence": by_variable.get(m["variable"])} for m in document["metrics"]]
    return ComparisonDocument.model_validate(
        {
            **document,
            **answer._asdict(),
            "baseline": _side(document["baseline"], sides.baseline),
            "candidate": _side(document["candidate"], sides.candidate),
            "metrics": [ComparedMetric.model_validate(m) for m in sorted(metrics, key=_worst_first)],
            "evidence": basis,
            "comparability": comparability.relevant(differences, answer.decision),
            "notes": (),
            "uri": comparison_uri(sides.baseline[0].result_id, sides.candidate[0].result_id),
        }
    )


def _basis(library: Library, sides: Sides, options: CompareOptions) -> EvidenceBasis:
    measured = {m.measurement.measured_by if m.measurement else "recorded" for m in sides.baseline + sides.candidate}
    return EvidenceBasis(
        alpha=ROUNDS_ALPHA / _sweeps(library, sides) if sides.paired else ALPHA,
        margin_percent=options.margin_percent or library.config.margin_percent,
        replicates="rounds" if sides.paired else options.replicates,
        runs=(len(sides.baseline), len(sides.candidate)),
        measured_by="server" if measured == {"server"} else "recorded",
    )


def _sweeps(library: Library, sides: Sides) -> int:
    """How many sweeps were measured in the same rounds: each is an answer to one call, which has one error rate."""
    measured = sides.candidate[0].measurement
    runs = library.index().select(measurement=measured.id) if measured is not None else []
    return len({m.measurement.sweep for m in runs if m.measurement}) or 1


def _known_variance(
    library: Library, sides: Sides, variables: Sequence[str]
) -> Mapping[str, RunVariance] | Literal["auto"]:
    """What the store knows of run-to-run variance, for sides that can't tell it themselves."""
    if len(sides.baseline) > 1 or len(sides.candidate) > 1:
        return "auto"
    from holobench_mcp.evidence.judgement import run_variance_from

    named = sides.candidate[0]
    alike = library.index().select(bench_name=named.bench_name, definition=named.definition, limit=_VARIANCE_RESULTS)
    machine = identity_of(named).machine
    groups = [g for g in group_by(m for m in alike if identity_of(m).machine == machine) if len(g) > 1]
    runs = [[library.snapshot(m) for m in group if SAMPLES in m.blobs] for group in groups]
    if not runs:
        return "auto"
    known = {v: run_variance_from(runs, v) for v in variables}
    return {v: variance for v, variance in known.items() if variance is not None}


def _cache_key(library: Library, sides: Sides, options: CompareOptions) -> object:
    """All that a comparison depends on. Results never change; what is known of a lone run's variance grows."""
    return (
        tuple(m.result_id for m in sides.baseline),
        tuple(m.result_id for m in sides.candidate),
        sides.paired,
        options.model_copy(update={"detail": "full"}),
        library.index().count() if len(sides.baseline) == 1 or len(sides.candidate) == 1 else None,
    )


# ---------------------------------------------------------------------- what is said beside it


def _with_cautions(document: ComparisonDocument, cautions: Sequence[Difference]) -> ComparisonDocument:
    from holobench_mcp.evidence.comparability import with_doubt

    known = {(d.what, d.variable) for d in document.comparability}
    differences = (*document.comparability, *(d for d in cautions if (d.what, d.variable) not in known))
    step = with_doubt(differences, document.decision, document.next_step)
    return document.model_copy(update={"comparability": differences, "next_step": step})


def _partial(library: Library, named: Manifest) -> str | None:
    """What to say of a measurement that was ended before its last run."""
    measured = named.measurement
    if measured is None or measured.side is not None or measured.runs == 1:
        return None
    runs = {m.measurement.run for m in library.index().select(measurement=measured.id) if m.measurement}
    if len(runs) >= measured.runs:
        return None
    return f"The measurement of {named.result_id} is partial: {len(runs)} of {measured.runs} runs were finished."


# ---------------------------------------------------------------------- parts


def _check(options: CompareOptions) -> None:
    if options.metrics is not None and not options.metrics:
        raise InvalidArgument("metrics: name at least one, or leave it out for all.")
    if options.margin_percent is not None and not 0 < options.margin_percent <= 1000:
        raise InvalidArgument(f"margin_percent: above 0 and at most 1000, not {options.margin_percent}.")
    if options.threshold is None:
        return
    if not math.isfinite(options.threshold):
        raise InvalidArgument("threshold: a finite number.")
    if options.threshold < 0 and options.method != "absolute":
        raise InvalidArgument(f"threshold: not negative for method={options.method or 'percentage'!r}.")


def _few_points(metric: ComparedMetric) -> ComparedMetric:
    if metric.evidence is None or len(metric.evidence.points) <= MAX_POINTS:
        return metric
    evidence = metric.evidence.model_copy(update={"points": metric.evidence.points[:MAX_POINTS]})
    return metric.model_copy(update={"evidence": evidence})


def _worst_first(metric: Mapping[str, Any]) -> tuple[int, int, float]:
    evidence: MetricEvidence | None = metric["evidence"]
    size = abs(evidence.effect_percent or evidence.effect or 0.0) if evidence else abs(metric["change_percent"] or 0.0)
    return (_RANK[evidence.decision] if evidence else 1, _VERDICT_RANK[metric["verdict"]], -size)


def _side(document: Mapping[str, Any], runs: Sequence[Manifest]) -> Side:
    named, *others = (m.result_id for m in runs)
    extra = {"replicates": tuple(others)} if others else {}
    return Side.model_validate({**document, "result_id": named, "uri": result_uri(named), **extra})
