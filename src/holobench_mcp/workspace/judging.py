"""One pair of results, judged: the contract's verdict, the evidence, what else differs, and one word for it all.

This is where the parts meet. None of them is decided here: verdicts come from `contract`, decisions from `evidence`,
differences from `comparability`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from holobench_mcp import digits
from holobench_mcp.answers import CompareOptions
from holobench_mcp.model import (
    ALPHA,
    DECISIONS_WORST_FIRST,
    ComparedMetric,
    ComparisonDocument,
    Decision,
    Difference,
    EvidenceBasis,
    Judgement,
    Manifest,
    MeasurementDocument,
    MetricEvidence,
    MetricSettings,
    NotComparable,
    Side,
    comparison_uri,
    result_uri,
)
from holobench_mcp.result.identity import label_of, revision_text
from holobench_mcp.workspace.claims import with_claims
from holobench_mcp.workspace.families import NOTHING_SHARED, SharedRate, measured_together, of_the_same_rounds
from holobench_mcp.workspace.headline import Answer, decide, lead
from holobench_mcp.workspace.library import Library
from holobench_mcp.workspace.pairs import Pair
from holobench_mcp.workspace.past_noise import earlier_results, past_noise
from holobench_mcp.workspace.rounds import level_of
from holobench_mcp.workspace.sides import Sides, choose_sides
from holobench_mcp.workspace.tries import log_decision, with_selection
from holobench_mcp.workspace.verdicts import chosen, verdicts

if TYPE_CHECKING:
    from holobench_mcp.evidence.family import Family
    from holobench_mcp.evidence.judgement import Examined
    from holobench_mcp.result.snapshot import Snapshot

#: Samples of two sides whose tests are cached: they hold the samples' logs, 0.8 MB of them.
_MAX_EXAMINED = 100_000

_RANK = {decision: rank for rank, decision in enumerate(DECISIONS_WORST_FIRST)}
_VERDICT_RANK = {"regressed": 0, "improved": 1, "unchanged": 2}


def judge_pair(
    library: Library,
    pair: Pair,
    options: CompareOptions,
    *,
    rate: SharedRate | None = None,
    is_try: bool = True,
) -> ComparisonDocument:
    """The whole comparison of two results, with what has to be said beside it.

    rate: what shares the error rate, where more is asked than this pair; rounds have one of their own. is_try: whether
    it counts as a variant that was tried.
    Raises NotComparable, naming both, when they share no metric at all.
    """
    measured = choose_sides(library.index(), pair.baseline, pair.candidate, options.replicates)
    measurement = _measurement_of(library, measured)
    sides, alpha = _at_last_look(measured, measurement)
    rate = _rate_of_rounds(library, sides, options) if sides.paired else rate or shared_rate(library, [pair], options)
    level = _Level(alpha, rate.beside(sides))
    key = _cache_key(library, sides, options, level)
    try:
        full = library.comparison(key, lambda: _whole(library, sides, options, level))
    except NotComparable as problem:
        names = f"{pair.baseline.result_id} (baseline) and {pair.candidate.result_id} (candidate)"
        raise NotComparable(f"{names} can't be compared: {problem}") from problem
    partial = [_partial(library, m) for m in (pair.baseline, pair.candidate)]
    notes = [n for n in (*pair.notes, sides.note, *partial, _unfinished(measurement, sides)) if n]
    if options.detail == "full":
        notes += _where_they_differ(full)
    document = full.model_copy(update={"notes": tuple(notes), "order": pair.order, **_measured(measurement)})
    usual = options.model_copy(update={"detail": "summary"}) == CompareOptions()
    if is_try:
        document = with_selection(library, document, sides, usual=usual)
    observed = (*pair.cautions, *(measurement.cautions if measurement is not None else ()))
    document = _with_headline(document, observed)
    if is_try and usual:
        log_decision(library, document, sides)
    return document


# ---------------------------------------------------------------------- one comparison


class _Level(NamedTuple):
    """What a comparison is judged at: an error rate, and what else shares it."""

    alpha: float
    family: Family


def _at_last_look(sides: Sides, measurement: MeasurementDocument | None) -> tuple[Sides, float]:
    """The sides as a measurement's last look saw them, and the α that it spent; of other results all of both."""
    if not sides.paired:
        return sides, ALPHA
    look = level_of(measurement, len(sides.candidate))
    return sides.first(look.rounds), look.alpha


def shared_rate(library: Library, pairs: Sequence[Pair], options: CompareOptions) -> SharedRate:
    """What shares one error rate where these pairs are asked about: they, and what was measured together with them."""
    together = measured_together(library.index(), pairs, options.replicates)
    return _rate_of(library, together, options)


def _rate_of_rounds(library: Library, sides: Sides, options: CompareOptions) -> SharedRate:
    """What shares the error rate of a measurement's look: every sweep that was measured in the same rounds."""
    measured, rounds = sides.candidate[0].measurement, len(sides.candidate)
    if measured is None:
        return NOTHING_SHARED

    def made() -> SharedRate:
        return _rate_of(library, of_the_same_rounds(library.index(), measured.id, rounds), options)

    return library.cached(("rate of rounds", measured.id, rounds, options.metrics), made)


def _rate_of(library: Library, together: Sequence[Sides], options: CompareOptions) -> SharedRate:
    if len(together) < 2:
        return NOTHING_SHARED
    from holobench_mcp.evidence.judgement import p_values
    from holobench_mcp.evidence.suite_spread import effects_of, spreads_of

    effects, shares = [], dict[Hashable, tuple[float, ...]]()
    for sides in together:
        tests = _tests(library, sides, options)
        shares[sides.ids] = () if tests is None else p_values(tests)
        effects += [] if tests is None else [effects_of(tests.tests)]
    spreads = spreads_of(effects)
    if spreads:
        for sides in together:
            tests = _tests(library, sides, options)
            shares[sides.ids] = () if tests is None else p_values(tests, spreads)
    return SharedRate(shares, spreads)


def _tests(library: Library, sides: Sides, options: CompareOptions) -> Examined | None:
    """The tests of two sides; None where there are no samples to be tested."""
    base = [library.snapshot(m) for m in sides.baseline]
    cand = [library.snapshot(m) for m in sides.candidate]
    if any(run.dataset is None for run in (*base, *cand)):
        return None
    settings = library.config.settings_for(cand[0].bench_name, tuple(m.variable for m in cand[0].metrics))
    return _examined(library, sides, base, cand, settings, options.metrics)


def _whole(library: Library, sides: Sides, options: CompareOptions, level: _Level) -> ComparisonDocument:
    from holobench_mcp.evidence import comparability
    from holobench_mcp.evidence.answer_checks import answers_check, checks_answers, unchecked_answers

    base = [library.snapshot(m) for m in sides.baseline]
    cand = [library.snapshot(m) for m in sides.candidate]
    variables = tuple(m.variable for m in cand[0].metrics)
    document = chosen(_contract(library, base[0], cand[0], options), options.metrics)
    of_all = {None, *(options.metrics or variables)}
    settings = library.config.settings_for(cand[0].bench_name, variables)
    directions = {v: s.direction for v, s in settings.items() if s.direction is not None}
    found = library.cached(("differences", *sides.ids), lambda: comparability.compare(base, cand, directions))
    differences = tuple(d for d in found if d.variable in of_all)
    guarded = (_is_guarded(base[0]), _is_guarded(cand[0]))
    if not checks_answers(cand[0].metrics, settings, guarded=guarded[1]):
        differences = (*differences, unchecked_answers(cand[0].bench_name))
    blocking = [d for d in differences if d.severity == "blocking"]
    basis = _basis(library, sides, options, level)
    if any(d.what == "no_samples" for d in blocking):
        judgement = Judgement(decision=Decision.incomparable, reason="", metrics=())
    else:
        from holobench_mcp.evidence.judgement import judge

        judgement = judge(
            base,
            cand,
            margin_percent=options.margin_percent,
            default_margin_percent=library.config.margin_percent,
            alpha=level.alpha,
            alpha_unchanged=level.alpha,
            paired=sides.paired,
            settings=settings,
            metrics=options.metrics,
            found=_examined(library, sides, base, cand, settings, options.metrics),
            family=level.family,
        )
    answer = decide(document, judgement, blocking)
    if not any(d.variable is None for d in blocking):
        answer = with_claims(answer, base, cand, settings, options.metrics)
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
            "answers": answers_check(
                cand[0].metrics, settings, by_variable, document["claims"], answer.cause, guarded=guarded
            ),
            "comparability": comparability.relevant(differences, answer.decision),
            "notes": (),
            "uri": comparison_uri(sides.baseline[0].result_id, sides.candidate[0].result_id),
        }
    )


def _is_guarded(snapshot: Snapshot) -> bool:
    return snapshot.measurement is not None and snapshot.measurement.guarded


def _contract(library: Library, baseline: Snapshot, candidate: Snapshot, options: CompareOptions) -> dict[str, Any]:
    """The contract's part, which does not depend on the evidence's arguments: made once for a pair."""
    detector = (options.method, options.threshold, options.include_change)
    key = ("contract", baseline.result_id, candidate.result_id, *detector)
    return library.cached(key, lambda: verdicts(baseline, candidate, options))


def _examined(
    library: Library,
    sides: Sides,
    base: Sequence[Snapshot],
    cand: Sequence[Snapshot],
    settings: Mapping[str, MetricSettings],
    metrics: tuple[str, ...] | None,
) -> Examined:
    """The tests, which do not depend on the margin: made once for two sides, unless they are large."""
    from holobench_mcp.evidence.judgement import examined

    past = past_noise(library, (*sides.baseline, *sides.candidate), paired=sides.paired)

    def made() -> Examined:
        return examined(base, cand, run_variance=past, paired=sides.paired, settings=settings, metrics=metrics)

    size = sum(a.size for run in (*base, *cand) for a in run.samples.values())
    if size > _MAX_EXAMINED:
        return made()
    known = tuple(sorted(past.items()))
    return library.cached(("tests", *sides.ids, sides.paired, known, metrics), made, samples=size)


def _basis(library: Library, sides: Sides, options: CompareOptions, level: _Level) -> EvidenceBasis:
    measured = {m.measurement.measured_by if m.measurement else "recorded" for m in sides.baseline + sides.candidate}
    return EvidenceBasis(
        alpha=level.alpha,
        alpha_unchanged=level.alpha,
        benches=level.family.benches,
        margin_percent=options.margin_percent or library.config.margin_percent,
        replicates="rounds" if sides.paired else options.replicates,
        runs=(len(sides.baseline), len(sides.candidate)),
        measured_by="server" if measured == {"server"} else "recorded",
    )


def _cache_key(library: Library, sides: Sides, options: CompareOptions, level: _Level) -> Hashable:
    """All that a comparison depends on. Results never change; what is known of their noise grows."""
    return (
        *sides.ids,
        sides.paired,
        level,
        options.model_copy(update={"detail": "full"}),
        earlier_results(library, (*sides.baseline, *sides.candidate), paired=sides.paired),
    )


# ---------------------------------------------------------------------- what is said beside it


def _with_headline(document: ComparisonDocument, cautions: Sequence[Difference]) -> ComparisonDocument:
    """The document with further cautions, and with what has to stand first in front."""
    from holobench_mcp.evidence.comparability import relevant

    known = {(d.what, d.detail) for d in document.comparability}
    # What samples show of a metric is told once, though the last run knew a little more than the one before it.
    shown = {(d.what, d.variable) for d in document.comparability if d.variable is not None}
    new = [d for d in cautions if (d.what, d.detail) not in known and (d.what, d.variable) not in shown]
    extra = relevant(new, document.decision)
    # That nothing checks the answers matters where somebody would believe them.
    unchecked = [d for d in document.comparability if d.what == "unchecked_answers"]
    differences = tuple(
        [d for d in dict.fromkeys((*document.comparability, *extra)) if d not in unchecked]
        + (unchecked if document.decision is Decision.improved else [])
    )
    if document.decision is None:
        return document.model_copy(update={"comparability": differences})
    answer = Answer(document.decision, document.cause, document.reason or "", document.next_step)
    return document.model_copy(update={"comparability": differences, **lead(answer, differences)._asdict()})


def _measurement_of(library: Library, sides: Sides) -> MeasurementDocument | None:
    """The document of the measurement in whose rounds both sides were measured."""
    measured = sides.candidate[0].measurement
    return library.measurement(measured.id) if sides.paired and measured is not None else None


def _measured(measurement: MeasurementDocument | None) -> dict[str, str]:
    return {} if measurement is None else {"measurement": measurement.id}


def _unfinished(measurement: MeasurementDocument | None, sides: Sides) -> str | None:
    """What to say of rounds that are not all there: the error rate is meant for the last look."""
    if measurement is None or measurement.status in ("finished", "stopped"):
        return None
    return (
        f"The measurement {measurement.id} is {measurement.status}, not finished: {len(sides.candidate)} of "
        f"{measurement.rounds_planned} rounds are compared."
    )


def _where_they_differ(document: ComparisonDocument) -> tuple[str, ...]:
    """A note, with numbers, on the first metric whose threshold verdict on means is not its decision."""
    for m in document.metrics:
        if m.evidence is None or m.evidence.decision.value == m.verdict:
            continue
        change = f"{digits.signed(m.change_percent)} %" if m.change_percent is not None else "no percentage"
        return (
            f"holobench's threshold on the means of {m.variable} ({change}, method {m.method}) gives "
            f"verdict={m.verdict!r}: it looks at neither noise nor single points, and decides nothing here.",
        )
    return ()


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


def _worst_first(metric: Mapping[str, Any]) -> tuple[int, int, float]:
    evidence: MetricEvidence | None = metric["evidence"]
    size = abs(evidence.effect_percent or evidence.effect or 0.0) if evidence else abs(metric["change_percent"] or 0.0)
    return (_RANK[evidence.decision] if evidence else 1, _VERDICT_RANK[metric["verdict"]], -size)


def _side(document: Mapping[str, Any], runs: Sequence[Manifest]) -> Side:
    named, *others = (m.result_id for m in runs)
    code = revision_text(runs[0].source_revision, runs[0].environment.git_dirty)
    extra: dict[str, object] = {"replicates": tuple(others)} if others else {}
    extra |= {"rev": code} if code else {}
    extra |= {"label": label} if (label := label_of(runs[0])) else {}
    return Side.model_validate({**document, "result_id": named, "uri": result_uri(named), **extra})
